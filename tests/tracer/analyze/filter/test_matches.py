"""What a list shows: places and lines, for all kinds of listings."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.analyze.filter.known import Taken, call
from tracer.analyze.filter import matches as module
from tracer.analyze.filter.gather import gathered
from tracer.analyze.filter.listing import Listing, Order
from tracer.analyze.filter.matches import AllLines, Backwards, Collected, Matches, Ranked, Shown
from tracer.analyze.filter.parse import parse
from tracer.analyze.filter.ranking import Ranking
from tracer.analyze.filter.tree import Field

NUMBERS = st.sets(st.integers(0, 60)).map(sorted)


def collected(lines: list[int], parts: int = 3) -> Matches:
    gathering = Collected()
    for part in np.array_split(np.array(lines, np.int64), parts):
        gathering.add(part, 100)
    return gathering.matches


@given(NUMBERS, st.integers(0, 70))
def test_matches_are_found_by_place_and_by_line(lines: list[int], line: int) -> None:
    """In blocks of any size."""
    with patch.object(module, "_BLOCK", 5):
        found = collected(lines)
        assert [found.line(place) for place in range(found.count)] == lines
        assert found.lines(2, 9).tolist() == lines[2:9]
        assert found.below(line) == sum(each < line for each in lines)
        if lines:
            later = [each for each in lines if each >= line]
            assert found.line(found.position(line)) == (later[0] if later else lines[-1])
        earlier = found.upto(line)
        assert earlier.lines(0, 100).tolist() == [each for each in lines if each < line]
    with pytest.raises(IndexError):
        found.line(len(lines))


@given(NUMBERS)
def test_backwards_is_the_same_from_the_other_end(lines: list[int]) -> None:
    """Places and lines agree."""
    shown = Backwards(collected(lines))
    assert [shown.line(place) for place in range(shown.count)] == lines[::-1]
    assert shown.lines(1, 7).tolist() == lines[::-1][1:7]
    assert [shown.line(shown.position(line)) for line in lines] == lines


@pytest.mark.parametrize(
    "shown",
    [AllLines(4), collected([1, 3, 7, 9]), Backwards(AllLines(4)), Ranked(np.array([9, 1, 5, 3], np.uint32), 9)],
)
def test_every_listing_leads_back_to_its_places(shown: Shown) -> None:
    """And has no line beyond its end."""
    assert [shown.position(shown.line(place)) for place in range(shown.count)] == list(range(4))
    assert shown.lines(0, 4).tolist() == [shown.line(place) for place in range(4)]
    for beyond in (-1, 4):
        with pytest.raises(IndexError):
            shown.line(beyond)


def recording(kernel: list[int]) -> Taken:
    """A read for each of the kernel times."""
    taken = Taken()
    taken.add([call("read" if n % 3 else "write", 100 * n, 3, result=n, kernel=ns) for n, ns in enumerate(kernel)])
    return taken


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.booleans())
def test_a_ranking_is_the_beginning_of_the_sorted_lines(kernel: list[int], ascending: bool) -> None:
    """Equal ones in the order of time, however few candidates are kept and however the lines come."""
    known = recording(kernel).known
    with patch("tracer.analyze.filter.ranking.CHUNK", 7):
        ranking = Ranking(known, Field.KERNEL, ascending=ascending, top=5)
        for upto in (len(kernel) // 2, len(kernel)):
            while ranking.step(AllLines(upto)):
                pass
    order = sorted(range(len(kernel)), key=lambda line: (kernel[line] if ascending else -kernel[line], line))
    assert ranking.ranked.lines(0, 99).tolist() == order[:5]
    assert ranking.ranked.of == len(kernel)


@given(st.lists(st.integers(0, 49), max_size=80))
def test_values_are_gathered_from_anywhere(numbers: list[int]) -> None:
    """In the order asked, also twice."""
    known = recording(list(range(50))).known
    values = gathered(known.lines, np.array(numbers, np.int64), lambda chunk: chunk.kernel_ns)
    assert values.tolist() == numbers


def test_a_listing_is_a_filter_and_an_order() -> None:
    """Together, and by itself each."""
    known = recording([5, 40, 30, 20, 10, 50]).known
    expected = {
        ("", Order()): [0, 1, 2, 3, 4, 5],
        ("", Order(reverse=True)): [5, 4, 3, 2, 1, 0],
        ("read", Order()): [1, 2, 4, 5],
        ("read", Order(reverse=True)): [5, 4, 2, 1],
        ("read", Order(Field.KERNEL)): [5, 1, 2, 4],
        ("", Order(Field.KERNEL, reverse=True)): [0, 4, 3, 2, 1, 5],
    }
    for (text, order), lines in expected.items():
        listing = Listing(known, parse(text), order)
        while listing.step():
            pass
        listed = listing.listed()
        assert listed.shown.lines(0, 9).tolist() == lines
        assert (listed.matched, listed.searched, listed.done) == (len(lines), 6, True)


def test_a_listing_leaves_out_what_came_after_the_picture() -> None:
    """A paused view does not grow."""
    known = recording([5, 40, 30, 20, 10, 50]).known
    for text, order, lines in (("read", Order(), [1, 2]), ("", Order(reverse=True), [2, 1, 0])):
        listing = Listing(known, parse(text), order)
        while listing.step():
            pass
        assert listing.listed(3).shown.lines(0, 9).tolist() == lines
