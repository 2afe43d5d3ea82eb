"""The comparison as text: tables that fit, marks that need no colour, sentences the numbers bear out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from iotrace.comparing.output import document
from iotrace.comparing.sentences import sentences
from iotrace.comparing.table import growth_table, tables, troubles
from tests.tracer.analyze.comparing import calls_of, run
from tracer.analyze.compare.comparison import Alone, Run, absent
from tracer.analyze.compare.growth import growths
from tui.drawing.palette import PLAIN

SPIN = run(
    "nonblocking", cpu_percent=97.0, calls=23_000, calls_per_message=1000.0, wasted=22_977, kernel_ns=9_000_000
)
FAST = run("epoll", ready=23, wakeups=23, useless_wakeups=0, syscalls=(calls_of("epoll_wait", 23, 0, 276),))
WIDE = run("select", ready=23, wakeups=23, useless_wakeups=0, syscalls=(calls_of("pselect6", 23, 552, 552),))
ARRAY = run("poll", ready=23, wakeups=23, useless_wakeups=5, syscalls=(calls_of("poll", 23, 4000, 1000),))
FIELDS = [
    "name", "messages", "payload_bytes", "wall_ns", "user_ns", "kernel_ns", "blocked_ns", "runnable_ns",
    "cpu_percent", "calls", "calls_per_message", "wasted", "wakeups", "useless_wakeups", "ready_per_wakeup",
    "copies_per_message", "payload_copied", "control_copied", "latency_p50_ns", "latency_p99_ns", "work_done", "ok",
]  # fmt: skip


def printed(shown: Sequence[Any], width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    for each in shown:
        console.print(each, width=width)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text.splitlines()


@pytest.mark.parametrize("width", [60, 80, 120, 400])
def test_tables_fit_and_hold_every_column(width: int) -> None:
    runs = [SPIN, FAST, WIDE, ARRAY, run("a-model-with-a-very-long-name-indeed", cpu_percent=None)]
    lines = printed(tables(runs, width, PLAIN), width)
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines if not line.startswith("…"))
    headings = " ".join(line for line in lines if line.startswith(" "))
    for heading in ("messages", "wall", "CPU", "calls/msg", "wasted", "useless", "control", "p50", "p99"):
        assert f" {heading}" in headings
    assert sum(line.startswith("epoll ") for line in lines) == len(tables(runs, width, PLAIN))
    if width == 400:
        assert len(tables(runs, width, PLAIN)) == 1


def test_best_and_worst_have_a_sign() -> None:
    (table,) = tables([SPIN, FAST, WIDE], 400, PLAIN)
    spin, fast = printed([table], 400)[1:3]
    assert "97 %▼" in spin
    assert "22,977▼" in spin
    assert "2.0 %" in fast


def test_a_run_that_failed_is_shown_with_its_reason() -> None:
    runs = [
        FAST,
        run("poll", ok=False, messages=22, reason="it received 22 of 23"),
        absent("io-uring", "no rings here"),
    ]
    lines = printed([*tables(runs, 400, PLAIN), *troubles(runs, PLAIN)], 400)
    assert "22 FAILED" in lines[2]
    assert set(lines[3].split()) == {"io-uring", "–"}
    assert lines[4:] == ["poll failed: it received 22 of 23", "io-uring cannot run: no rings here"]


def test_spread_and_untraced_figures_have_their_place() -> None:
    runs = [run("a", spread={"kernel_ns": 1000}, alone=Alone(1_230_000, 4_560_000, 9_990_000)), run("b")]
    first, second, third = printed(tables(runs, 400, PLAIN), 400)
    assert "100 µs ±1.00 µs" in second
    assert first.split()[-6:] == ["user", "alone", "kernel", "alone", "wall", "alone"]
    assert second.split()[-6:] == ["1.23", "ms", "4.56", "ms", "9.99", "ms"]
    assert third.split()[-3:] == ["–"] * 3


def test_names_cannot_draw_on_the_terminal() -> None:
    assert "\x1b" not in "".join(printed(tables([run("\x1b[31mred"), FAST], 80, PLAIN), 80))


def test_json_has_the_fixed_names() -> None:
    words = document([FAST, SPIN])
    assert words["format"] == 1
    assert [list(each) for each in words["runs"]] == [FIELDS, FIELDS]
    added = document([run("a", reason="why", ok=False, spread={"calls": 1}, alone=Alone(1, 2, 3))])["runs"][0]
    assert list(added) == [*FIELDS, "spread", "untraced", "reason"]


def said(*runs: Run) -> str:
    return "\n".join(sentences(runs))


def test_sentences_say_what_the_numbers_say() -> None:
    text = said(SPIN, FAST, WIDE, ARRAY)
    assert (
        "select 24 in and 24 out per wait; poll 174 in and 43 out per wait on average; epoll 12 out per ready"
        in text
    )
    assert "nonblocking kept 97 % of a CPU busy, epoll 2.0 %, for the same 23 messages." in text
    assert "99.90 % of the 23,000 calls of nonblocking were wasted: 999 for each message that came." in text
    assert "After 5 of the 23 wake-ups of poll nothing was transferred on what was ready." in text


def test_what_is_within_the_noise_is_not_said() -> None:
    slow, fast = run("slow", kernel_ns=9_000_000), run("fast", kernel_ns=1_000_000)
    assert "slow spent 9.00 ms inside the kernel, fast 1.00 ms." in said(slow, fast)
    noisy = run("slow", kernel_ns=9_000_000, spread={"kernel_ns": 8_500_000})
    assert "inside the kernel, fast" not in said(noisy, fast)


def test_per_ready_is_not_said_when_the_sums_do_not_bear_it_out() -> None:
    odd = run("epoll", ready=22, wakeups=23, useless_wakeups=0, syscalls=(calls_of("epoll_wait", 23, 0, 276),))
    assert "per ready descriptor" not in said(SPIN, odd, WIDE)


def test_payload_is_only_compared_where_it_is_known() -> None:
    twice = run("copy-readwrite", payload_copied=2 * 23 * 64)
    none = run("copy-sendfile", payload_copied=0)
    assert "twice with copy-readwrite, once with plain and not at all with copy-sendfile" in said(
        twice, none, run("plain")
    )
    assert "payload" not in said(run("plain"), run("io-uring", payload_copied=0, bounds=True))
    assert "payload" not in said(run("plain"), run("almost", payload_copied=22 * 64))


def test_growth_comes_first_and_the_rest_is_about_the_largest() -> None:
    runs = [
        run(f"{model} ×{n}", model=model, clients=n, control_copied=each * 23, cpu_percent=cpu)
        for model, n, each, cpu in (("poll", 10, 100, 1.0), ("poll", 1000, 10_000, 60.0), ("epoll", 10, 12, 2.0),
                                    ("epoll", 1000, 12, 9.0))
    ]  # fmt: skip
    first, second, *_ = sentences(runs)
    assert first == (
        "From 10 to 1,000 clients the control bytes per message grew 100-fold with poll, "
        "and stayed about the same with epoll."
    )
    assert second == "poll ×1000 kept 60 % of a CPU busy, epoll ×1000 9.0 %, for the same 23 messages."
    table = printed([growth_table(growths(runs), PLAIN)], 80)
    assert table[1].split()[-2:] == ["100.0", "10,000.0"]


def test_runs_that_are_alike_get_sentences_too() -> None:
    assert len(sentences([run("a"), run("b")])) == 3
    assert sentences([run("a"), run("b", ok=False)]) == []


SOME = st.one_of(st.none(), st.integers(0, 10**12))


@settings(deadline=None)
@given(st.lists(st.tuples(SOME, SOME, st.integers(0, 10**9), st.booleans(), st.booleans()), min_size=2, max_size=6))
def test_nothing_that_can_be_measured_breaks_it(figures: list[Any]) -> None:
    runs = [
        run(f"r{n}", calls=a, wasted=a, cpu_percent=b, latency_p50_ns=b, messages=a, wakeups=c, ready=c,
            kernel_ns=c, useless_wakeups=c, payload_copied=c, ok=ok, bounds=bound, signals=c, calls_per_message=b,
            syscalls=(calls_of("poll", c, c, c),))
        for n, (a, b, c, ok, bound) in enumerate(figures)
    ]  # fmt: skip
    assert len(sentences(runs)) <= 6
    assert max(map(len, printed(tables(runs, 80, PLAIN), 80))) <= 80
