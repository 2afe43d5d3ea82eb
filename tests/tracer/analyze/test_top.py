"""Processes by what their calls cost: rates, order, search."""

from __future__ import annotations

import pytest

from tracer.analyze.top import ASCENDING, SORTS, TopCounts, TopProcess, TopView, matching, ordered


def process(pid: int | None, command: str = "", **counts: int) -> TopProcess:
    """A process that runs."""
    return TopProcess(pid, (command.split() or ["x"])[0], command, False, TopCounts(**counts))


SPINNER = process(40, "spinner --fast", calls=1000, wasted=990, failed=990, kernel_ns=300_000_000)
COPIER = process(7, "cp a b", calls=200, kernel_ns=800_000_000, bytes_read=1 << 30, bytes_written=1 << 30)
READER = process(12, "Reader", calls=200, failed=1, kernel_ns=5_000, bytes_read=23)
VIEW = TopView(500_000_000, (READER, SPINNER, COPIER))


def test_rates_are_of_the_time_that_went_by() -> None:
    """Half a second has half as many."""
    assert VIEW.per_second(SPINNER.counts.calls) == 2000
    assert VIEW.share(COPIER.counts.kernel_ns) == pytest.approx(1.6)
    assert TopView(0).per_second(5) == 0
    assert TopView(0).share(5) == 0


def test_totals_are_of_all() -> None:
    """Each count by itself."""
    assert VIEW.totals == TopCounts(1400, 991, 990, 1_100_005_000, (1 << 30) + 23, 1 << 30)
    assert TopView(1).totals == TopCounts()


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("calls", [40, 7, 12]),
        ("wasted", [40, 7, 12]),
        ("failed", [40, 12, 7]),
        ("kernel", [7, 40, 12]),
        ("read", [7, 12, 40]),
        ("written", [7, 40, 12]),
        ("pid", [7, 12, 40]),
        ("command", [7, 12, 40]),
    ],
)
def test_orders(sort: str, expected: list[int]) -> None:
    """The most first, names and numbers from the front; equal ones by calls, then by pid."""
    found = ordered(VIEW.processes, sort, ascending=sort in ASCENDING)
    assert [each.pid for each in found] == expected


def test_every_order_is_tested() -> None:
    """And works both ways, with processes that have no number."""
    for sort in SORTS:
        assert len(ordered((*VIEW.processes, process(None)), sort, ascending=True)) == 4


@pytest.mark.parametrize(
    ("words", "expected"), [("", [12, 40, 7]), ("READ", [12]), ("fast spin", [40]), ("12", [12]), ("none", [])]
)
def test_search(words: str, expected: list[int]) -> None:
    """All words, in any order and case, of pid, name and command."""
    assert [each.pid for each in matching(VIEW.processes, words)] == expected
