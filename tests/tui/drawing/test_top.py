"""The lines of `iotrace top`."""

from __future__ import annotations

import pytest

from tracer.analyze.top import TopCounts, TopProcess, TopView
from tui.drawing.palette import PLAIN
from tui.drawing.top import (
    cpu_share,
    rate,
    size_rate,
    title,
    top_about,
    top_columns,
    top_heading,
    top_line,
    top_totals,
)

SPINNER = TopProcess(
    4242, "spin", "./spin \x1b[31m--fast", False, TopCounts(83_000, 82_999, 82_999, 310_000_000, 5, 0)
)
GONE = TopProcess(23, "tr\x07ue", "", True, TopCounts(7, 0, 1, 900_000, 832, 0))
OTHERS = TopProcess(None, "processes of other pid namespaces", "", False, TopCounts(calls=1))
VIEW = TopView(500_000_000, (SPINNER, GONE, OTHERS))


def line(process: TopProcess, width: int) -> str:
    return "".join(segment.text for segment in top_line(process, VIEW, width, PLAIN))


def test_a_line_has_rates_and_the_command() -> None:
    """What did not happen is left blank; nothing of a command reaches the terminal as a control."""
    spinner = "   4242     166k      166k      166k  62.0 %      10            ./spin ␛[31m--fast"
    assert line(SPINNER, 100).rstrip() == spinner
    assert line(GONE, 100).split() == ["23", "14", "2.0", "0.2", "%", "1.62K", "[tr␇ue]", "(ended)"]
    assert line(OTHERS, 100).split()[:2] == ["–", "2.0"]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_every_line_is_as_wide_as_the_screen(width: int) -> None:
    """Columns give way; pid, calls, wasted, kernel and command stay."""
    for process in VIEW.processes:
        assert len(line(process, width)) == max(width, 55)
    shown = {column.what for column in top_columns(width)}
    assert {"pid", "calls", "wasted", "kernel", "command"} <= shown
    assert ("failed" in shown) == (width >= 100)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, ""), (0.01, "0.1"), (3.14, "3.1"), (9.96, "10"), (83_401.2, "83,401"), (1.2e6, "1.20M")],
)
def test_rates(value: float, shown: str) -> None:
    """Never 0 for what is not nothing."""
    assert rate(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(0, ""), (0.2, "1"), (1024, "1.00K"), (3.5 * (1 << 30), "3.50G")])
def test_size_rates(value: float, shown: str) -> None:
    """Likewise."""
    assert size_rate(value) == shown


@pytest.mark.parametrize(("share", "shown"), [(0, ""), (1e-6, "<0.1 %"), (0.123, "12.3 %"), (1.5, "150.0 %")])
def test_shares_of_a_cpu(share: float, shown: str) -> None:
    """More than one CPU is more than 100 %."""
    assert cpu_share(share) == shown


def test_titles() -> None:
    """The command line; in brackets the name, when there is no other."""
    assert title(OTHERS) == "[processes of other pid namespaces]"


def test_totals() -> None:
    """In words; with arrows where there is less room; what was lost comes first."""
    words = top_totals(VIEW, PLAIN).plain
    assert words == "166k calls/s · 166k wasted · 166k failed · kernel 0.62 CPUs · read 1.63K · written 0"
    assert top_totals(VIEW, PLAIN, 80).plain.endswith("· ↑1.63K · ↓0")
    assert top_totals(TopView(10**9, lost=3), PLAIN).plain.startswith("lost 3 calls · 0 calls/s")
    assert top_totals(VIEW, PLAIN, 40).cell_len == 40


def test_heading() -> None:
    """How many, how often, and whether the view is held."""
    live = top_heading((64,), 0.5, 78, PLAIN, paused=False).plain
    assert live.startswith("iotrace top · 64 processes made calls · every 0.5 s ")
    assert live.endswith("● live")
    assert len(live) == 78
    held = top_heading((1, 64), 1, 78, PLAIN, paused=True).plain
    assert "1 of 64 processes" in held
    assert held.endswith("‖ paused")
    assert "1 process made" in top_heading((1,), 1, 78, PLAIN, paused=False).plain


def test_more_about_one() -> None:
    """Two lines, cut to the width."""
    first, second = top_about(SPINNER, 78, PLAIN).plain.split("\n")
    assert first == "4242 spin · 99.99 % wasted · 99.99 % failed · 3.73 µs of CPU in a call · 83,0…"
    assert second == "./spin ␛[31m--fast"
