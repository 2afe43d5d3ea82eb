"""The time bar and the stacked bar."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.fakes import totals
from tracer.analyze.results import Times, Totals
from tui.drawing.palette import DARK, PLAIN, STATES
from tui.drawing.phases import phases, share_out
from tui.drawing.time_bar import bar_text, time_bar

_TIMES = st.lists(st.integers(0, 10**13), min_size=4, max_size=4)


def test_the_bar_of_a_busy_wait_says_where_the_time_went() -> None:
    """Share, amount and that it was for nothing, in 80 columns."""
    lines = [line.plain for line in time_bar(totals(20_011), 0, 80, DARK)]
    assert lines[1].split("▓ ")[1].split() == ["65", "%", "374", "ms", "98", "%", "in", "failed", "calls"]
    assert [line[:9].strip() for line in lines] == ["user", "kernel", "blocked", "runnable"]


def test_a_busy_wait_is_called_by_its_name() -> None:
    """A program that asks over and over instead of waiting; the share where there is room."""
    assert "spins instead of waiting" in time_bar(totals(20_011), 0, 80, DARK)[2].plain
    wide = time_bar(totals(20_011), 0, 160, DARK)[2].plain
    assert "spins instead of waiting: 99 % of its calls find nothing" in wide


def test_the_near_misses_of_a_busy_wait() -> None:
    """Few wasted calls, or a program that does wait between them."""
    whole = totals(20_011)
    useful = replace(whole, wasted=9_973)
    patient = replace(whole, times=replace(whole.times, blocked_ns=whole.times.own_ns // 7))
    asleep = replace(whole, times=replace(whole.times, blocked_ns=whole.times.own_ns * 2))
    for totals_, words in ((useful, ""), (patient, ""), (asleep, "asleep: costs no CPU")):
        line = time_bar(totals_, 0, 160, DARK)[2].plain
        assert "spins" not in line
        assert line.endswith(words)


def test_uncertainty_is_shown_when_it_matters() -> None:
    """From 2 % of the time on; below it the bare figure is good enough."""
    whole = totals(10_007)
    user = whole.times.user_ns
    assert "±" in time_bar(whole, user // 49, 120, DARK)[0].plain
    assert "±" not in time_bar(whole, user // 51, 120, DARK)[0].plain


def test_waiting_for_a_cpu_is_said_where_most_of_the_time_goes_there() -> None:
    """A share of 60 % in a word that a newcomer has never heard needs one more."""
    busy, idle = Totals(times=Times(20, 20, 0, 60, 7)), Totals(times=Times(30, 30, 0, 40, 7))
    assert time_bar(busy, 0, 80, DARK)[3].plain.endswith("   ready, but waits for a CPU")
    assert "ready" not in time_bar(idle, 0, 80, DARK)[3].plain


def test_every_time_has_its_own_pattern() -> None:
    """No meaning rests on colour alone: without colour the bars still differ."""
    assert len({state.pattern for state in STATES}) == 4
    lines = time_bar(Totals(times=Times(1, 1, 1, 1, 0)), 0, 100, PLAIN)
    assert [state.pattern in line.plain for state, line in zip(STATES, lines, strict=True)] == [True] * 4


@given(_TIMES, st.integers(39, 300))
def test_the_time_bar_fits_any_terminal(times: list[int], width: int) -> None:
    """Whatever the times; where there is no room beside the bars nothing is said there."""
    whole = Totals(calls=3, times=Times(times[0], times[1], times[2], times[3], 7), failed_kernel_ns=times[1] // 2)
    assert all(line.cell_len <= width for line in time_bar(whole, times[0] // 3, width, DARK))


@given(st.integers(0, 10**12), st.integers(1, 10**12), st.integers(1, 200))
def test_a_bar_shows_something_exactly_when_there_is_something(part: int, whole: int, width: int) -> None:
    """A sliver for the smallest share, nothing for none, never more than the width."""
    for state in STATES:
        bar = bar_text(part, whole, width, state.pattern)
        assert bool(bar) is (part > 0)
        assert len(bar) <= width


@given(_TIMES, st.integers(4, 200))
def test_a_stacked_bar_is_full_and_leaves_nobody_out(parts: list[int], width: int) -> None:
    """Its cells add up to the width; each part above nothing has at least one."""
    cells = share_out(parts, width)
    assert sum(cells) == (width if any(parts) else 0)
    assert [cell > 0 for cell in cells] == [part > 0 for part in parts]


def test_a_stacked_bar_is_in_proportion() -> None:
    """Half user, a quarter kernel, a quarter blocked."""
    assert phases(Times(50, 25, 25, 0, 1_000), 8, DARK).plain == "████▓▓░░"
