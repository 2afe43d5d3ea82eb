"""Differences between two runs, and which of them are noise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.analyze.comparing import run
from tracer.analyze.compare.comparison import Run, absent
from tracer.analyze.compare.differences import Weight, by_chance, differences, pairs, together_parts
from tracer.analyze.compare.parts import SYSCALL, Part
from tracer.analyze.compare.repeat import together


def with_parts(name: str, *parts: Part, repeats: int = 1, **figures: float) -> Run:
    return replace(run(name, **figures), parts=parts, repeats=repeats)


def reads(calls: float, spread: float = 0) -> Part:
    return Part(SYSCALL, "read", {"calls": calls}, {"calls": spread})


def weights(base: Run, other: Run) -> dict[str, Weight]:
    return {each.name: each.weight for each in differences(base, other)}


def test_what_is_equal_is_no_difference() -> None:
    assert differences(with_parts("a", reads(23)), with_parts("b", reads(23))) == []


def test_a_part_that_one_run_has_not_counts_as_nothing() -> None:
    (found,) = differences(with_parts("a"), with_parts("b", reads(23)))
    assert (found.kind, found.name, found.figure, found.before, found.after) == ("syscall", "read", "calls", 0, 23)
    (found,) = differences(with_parts("a", reads(23)), with_parts("b"))
    assert (found.before, found.after) == (23, 0)


def test_a_figure_that_is_not_known_of_both_is_not_compared() -> None:
    known, unknown = Part(SYSCALL, "read", {"copied": 3}), Part(SYSCALL, "read", {})
    assert differences(with_parts("a", known), with_parts("b", unknown)) == []


@pytest.mark.parametrize(
    ("before", "after", "repeats", "weight"),
    [
        (reads(100, 3), reads(105, 2), (3, 3), Weight.NOISE),
        (reads(100, 3), reads(106, 2), (3, 3), Weight.DIFFERENT),
        (reads(100, 0), reads(101, 0), (3, 3), Weight.DIFFERENT),
        (reads(100, 3), reads(106), (3, 1), Weight.NOISE),
        (reads(100, 3), reads(107), (3, 1), Weight.DIFFERENT),
        (reads(100), reads(107, 3), (1, 3), Weight.DIFFERENT),
        (reads(100), reads(1000), (1, 1), Weight.UNKNOWN),
    ],
)
def test_within_both_sides_noise_is_noise(
    before: Part, after: Part, repeats: tuple[int, int], weight: Weight
) -> None:
    base, other = with_parts("a", before, repeats=repeats[0]), with_parts("b", after, repeats=repeats[1])
    assert weights(base, other) == {"read": weight}


def test_totals_are_compared_as_parts_are() -> None:
    base = replace(run("a", calls=100, spread={"calls": 3}), repeats=3)
    other = replace(run("b", calls=107, kernel_ns=1, spread={"calls": 3}), repeats=3)
    found = {each.figure: each.weight for each in differences(base, other)}
    assert found == {"calls": Weight.DIFFERENT, "kernel_ns": Weight.DIFFERENT}
    assert "payload_copied" not in {
        each.figure for each in differences(run("a", payload_copied=1, bounds=True), run("b", payload_copied=2))
    }


def test_repetitions_become_medians_with_their_spread() -> None:
    other = Part(SYSCALL, "poll", {"calls": 4})
    merged = together_parts([[reads(10), other], [reads(13)], [reads(11), other]])
    assert [(part.name, dict(part.figures), dict(part.spread)) for part in merged] == [
        ("read", {"calls": 11}, {"calls": 2}),
        ("poll", {"calls": 4}, {"calls": 4}),
    ]
    one = together([with_parts("a", reads(10)), with_parts("a", reads(14))])
    assert (one.repeats, one.parts[0].figures["calls"], one.parts[0].spread["calls"]) == (2, 12, 2)


def test_what_is_not_known_of_one_repetition_is_not_known() -> None:
    (merged,) = together_parts([[Part(SYSCALL, "read", {"calls": 1, "copied": 3})], [reads(1)]])
    assert dict(merged.figures) == {"calls": 1}


def test_only_runs_of_the_same_kind_are_compared_part_by_part() -> None:
    plain, epoll, poll = run("a"), run("epoll", model="epoll"), run("poll", model="poll")
    assert pairs([plain, run("b"), epoll]) == [(plain, run("b"))]
    assert pairs([epoll, poll, run("epoll2", model="epoll")]) == [(epoll, run("epoll2", model="epoll"))]
    assert pairs([plain, absent("b", "cannot run")]) == []


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 1000), min_size=2, max_size=7), st.lists(st.integers(0, 1000), min_size=2, max_size=7)
)
def test_different_means_that_the_repetitions_do_not_overlap(first: list[int], second: list[int]) -> None:
    base, other = (together([with_parts("a", reads(calls)) for calls in each]) for each in (first, second))
    found = weights(base, other).get("read")
    if found is Weight.DIFFERENT:
        assert max(first) < min(second) or max(second) < min(first)


def test_the_chance_of_a_false_difference() -> None:
    five, three = replace(run("a"), repeats=5), replace(run("a"), repeats=3)
    assert by_chance(five, five) == pytest.approx(2 / 252)
    assert by_chance(three, three) == pytest.approx(0.1)
