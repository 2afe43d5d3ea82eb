"""Numbers of descriptors as columns: which there were, which descriptor had each last, and how many had it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracer.analyze.descriptions import Description, Descriptor
from tracer.analyze.filter.known import Numbers

WHAT = Description("pipe:[13]", "pipe2")


def described(numbers: list[int]) -> list[Descriptor]:
    return [Descriptor(7, fd, place, WHAT) for place, fd in enumerate(numbers)]


@given(
    st.lists(st.one_of(st.integers(0, 40), st.sampled_from([-1, 70_001, (1 << 31) - 1])), max_size=60), st.data()
)
def test_as_counted_one_by_one_however_they_come(numbers: list[int], data: st.DataObject) -> None:
    seen: list[Descriptor] = []
    columns = Numbers(seen)
    every = described(numbers)
    while len(seen) < len(every):
        seen += every[len(seen) : len(seen) + data.draw(st.integers(1, 20))]
        columns.extend()
    each, last, times = columns.last_of_each()
    expected = sorted(set(numbers))
    assert each.tolist() == expected
    assert last.tolist() == [len(numbers) - 1 - numbers[::-1].index(fd) for fd in expected]
    assert times.tolist() == [numbers.count(fd) for fd in expected]
    assert (columns.number.tolist(), columns.generation.tolist()) == (numbers, list(range(len(numbers))))
