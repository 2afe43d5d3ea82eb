"""From one call to the next that matters, and what lies between two."""

from __future__ import annotations

import errno

import pytest

from tests.tracer.analyze.filter.known import Taken, call
from tracer.analyze.filter.matches import AllLines, Backwards
from tracer.analyze.lines import jumps as line_jumps
from tracer.analyze.lines import lines as lines_module
from tracer.analyze.lines import stretch as line_stretch
from tracer.analyze.lines.jumps import at_time, next_trouble, same_descriptor
from tracer.analyze.lines.stretch import Stretch, Stretches


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    """Reads of descriptors 3, 4, 3, 4, ..., every seventh of which fails, 1 µs apart."""
    for module in (lines_module, line_jumps, line_stretch):
        monkeypatch.setattr(module, "CHUNK", 8)
    monkeypatch.setattr(line_jumps, "_FIRST_LOOK", 2)
    recording = Taken()
    recording.add(
        [
            call(
                "read",
                1000 * n,
                3 + n % 2,
                0x5000,
                9,
                result=-errno.EIO if n % 7 == 6 else 1,
                kernel=n,
                blocked=2 * n,
            )
            for n in range(41)
        ]
    )
    return recording


@pytest.mark.parametrize(("at", "step", "to"), [(0, 1, 2), (0, -1, None), (39, 1, None), (38, 1, 40), (17, -1, 15)])
def test_the_next_call_on_the_same_descriptor(taken: Taken, at: int, step: int, to: int | None) -> None:
    """In both directions, to either end."""
    assert same_descriptor(taken.known, AllLines(41), at, step) == to


@pytest.mark.parametrize(("at", "step", "to"), [(0, 1, 6), (6, 1, 13), (34, 1, None), (33, -1, 27), (6, -1, None)])
def test_the_next_failure(taken: Taken, at: int, step: int, to: int | None) -> None:
    """Across chunks."""
    assert next_trouble(taken.known, AllLines(41), at, step) == to


def test_jumps_go_by_what_is_listed(taken: Taken) -> None:
    """Where the latest call is first, the next failure is an earlier one."""
    shown = Backwards(AllLines(41))
    position = next_trouble(taken.known, shown, 0, 1)
    assert position is not None
    assert shown.line(position) == 34


@pytest.mark.parametrize(("ns", "line"), [(0, 0), (1, 1), (17_000, 17), (17_001, 18), (99_000, 40)])
def test_the_first_line_at_a_time(taken: Taken, ns: int, line: int) -> None:
    """Or the last there is."""
    assert at_time(taken.known, ns) == line


@pytest.mark.parametrize(("one", "other"), [(0, 40), (40, 0), (3, 3), (5, 29), (8, 16)])
def test_what_lies_between_two_lines(taken: Taken, one: int, other: int) -> None:
    """Both included, the same when asked again."""
    first, last = sorted((one, other))
    numbers = range(first, last + 1)
    failed = sum(n % 7 == 6 for n in numbers)
    stretches = Stretches(taken.lines)
    expected = Stretch(
        elapsed_ns=1000 * (last - first),
        calls=len(numbers),
        failed=failed,
        wasted=0,
        user_ns=0,
        kernel_ns=sum(numbers),
        blocked_ns=2 * sum(numbers),
        runnable_ns=0,
        bytes_in=0,
        bytes_out=len(numbers) - failed,
    )
    assert stretches.between(one, other) == stretches.between(one, other) == expected


def test_there_is_nothing_beyond_the_last_line(taken: Taken) -> None:
    """An error, not zeros."""
    with pytest.raises(IndexError):
        Stretches(taken.lines).between(0, 41)
