"""Which rows are messages, how they are numbered, which one is typical; and that batches make no difference."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.analyze.figures import GENERIC, MODEL, MS, call, empty, measured, message, messages_of, woken
from tests.tracer.rows import TestRow
from tracer.analyze.figure.figure import Figure, StepKind


def test_no_message_no_figure() -> None:
    messages = messages_of([woken(at=10), empty(4, at=20)])
    assert len(messages) == 0
    assert messages.figure() is None


def test_numbers_begin_at_one_and_end_with_the_last() -> None:
    messages = messages_of([message(4, at=100 * n) for n in range(23)])
    last = messages.figure(23)
    assert last is not None
    assert (last.number, last.of, last.typical) == (23, 23, False)
    for wrong in (0, -1, 24):
        with pytest.raises(IndexError):
            messages.figure(wrong)


def test_only_the_measured_phase_counts_when_there_is_one() -> None:
    inside = measured(*[message(4, at=100 * n) for n in range(1, 8)], until=1000)
    rows = [message(4, at=0), *inside, message(4, at=2000)]
    assert len(messages_of(rows)) == 7


def test_of_a_model_only_transfers_of_the_message_size_count() -> None:
    rows = [message(4, at=100 * n) for n in range(1, 12)] + [message(9, at=5000, size=1)]
    assert (len(messages_of(rows, header=MODEL)), len(messages_of(rows, header=GENERIC))) == (11, 12)


def test_the_typical_one_has_the_median_latency() -> None:
    latencies = [5, 1, 3, 2, 4, 9, 8]
    rows = [
        message(4, at=MS * n, blocked=MS // 2, sent=MS * n + MS // 2 - each) for n, each in enumerate(latencies, 1)
    ]
    figure = messages_of(rows, header=MODEL).figure()
    assert figure is not None
    assert (figure.latency_ns, figure.number, figure.typical) == (4, 5, True)


def test_the_typical_one_has_no_calls_of_other_matters_where_its_neighbours_have_none() -> None:
    """As the first message of a thread, before which the thread itself is set up."""
    rows = []
    for number, latency in enumerate((5, 1, 3, 2, 4, 9, 8), 1):
        if latency in (1, 4, 3):  # the median, and others
            rows.append(call("futex", 0x1000, 1, 1, at=MS * number - MS // 2))
        sent = MS * number + MS // 2 - latency
        rows.append(message(4, at=MS * number, blocked=MS // 2, sent=sent))
    figure = messages_of(rows, header=MODEL).figure()
    assert figure is not None
    assert figure.latency_ns in (2, 5)
    assert StepKind.OTHERS not in {step.kind for step in figure.steps}


def test_the_typical_one_was_waited_for_where_any_was() -> None:
    rows = [woken(at=10, ready=3, blocked=MS), *[message(fd, at=2 * MS + fd) for fd in (4, 5, 6)]]
    figure = messages_of(rows).figure()
    assert figure is not None
    assert figure.number == 1


def test_threads_do_not_mix() -> None:
    rows = [woken(at=10, tid=1), message(4, at=20, tid=2), message(5, at=30, tid=1)]
    messages = messages_of(rows)
    first, second = messages.figure(1), messages.figure(2)
    assert first is not None
    assert second is not None
    assert [step.name for step in first.steps] == ["read"]
    assert [step.name for step in second.steps] == ["epoll_wait", "read"]


Event = tuple[str, int, int]
EVENTS = st.lists(
    st.tuples(st.sampled_from(("read", "empty", "wait")), st.sampled_from((4, 5)), st.sampled_from((4241, 4242))),
    max_size=31,
)


def rows_of(events: list[Event]) -> list[TestRow]:
    make = {"read": message, "empty": empty}
    return [
        woken(at=100 * n, tid=tid, blocked=7) if what == "wait" else make[what](fd, at=100 * n, tid=tid, kernel=3)
        for n, (what, fd, tid) in enumerate(events, 1)
    ]


def all_of(batches: list[list[TestRow]]) -> list[Figure | None]:
    messages = messages_of(*batches)
    return [messages.figure(number) for number in range(1, len(messages) + 1)]


@settings(max_examples=61, deadline=None)
@given(EVENTS, st.integers(1, 7))
def test_cut_into_batches_anywhere_the_figures_are_the_same(events: list[Event], length: int) -> None:
    rows = rows_of(events)
    pieces = [rows[start : start + length] for start in range(0, len(rows), length)]
    assert all_of(pieces) == all_of([rows])


@settings(max_examples=61, deadline=None)
@given(EVENTS)
def test_every_read_is_one_message_told_in_order_from_rows_of_its_thread(events: list[Event]) -> None:
    figures = all_of([rows_of(events)])
    reads = [(fd, tid) for what, fd, tid in events if what == "read"]
    assert [(figure.fd, figure.tid) for figure in figures if figure] == reads
    for figure in figures:
        assert figure is not None
        assert [step.at_ns for step in figure.steps] == sorted(step.at_ns for step in figure.steps)
        assert {step.tid for step in figure.steps} == {figure.tid}
        assert StepKind.THREAD not in {step.kind for step in figure.steps}
        assert figure.copied("out", "payload") == 64
