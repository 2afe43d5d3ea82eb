"""The table of operations: sums are exact, percentiles those of the known latencies."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tracer.analyze.operations.results import NO_COMPLETION, Operation
from tracer.analyze.operations.summary import Summary

ONE = Operation(
    kind="io_uring", number=1, name="READ", pid=7, tid=7, fd=5, buffer=0x1000, length=61, submitted_ns=100,
    began_ns=None, completed_ns=197, result=61, bytes=61, inline=True, worker=None, notified="completion ring",
    notified_ns=197, caller_ns=3, handler_ns=None, flags=(), inferred=(),
)  # fmt: skip


def summary(*operations: Operation) -> Summary:
    made = Summary()
    made.add(operations)
    return made


def test_a_line_per_kind_name_process_and_descriptor() -> None:
    others = [replace(ONE, name="WRITE"), replace(ONE, pid=8), replace(ONE, fd=None), replace(ONE, kind="sigio")]
    rows = summary(*[ONE] * 23, *others, *others).rows()
    assert [row.count for row in rows] == [23, 2, 2, 2, 2]
    assert (rows[0].bytes, rows[0].caller_ns, rows[0].inline) == (23 * 61, 23 * 3, 23)
    assert (rows[0].p50_ns, rows[0].p99_ns) == (97, 97)


def test_failed_and_pending_are_counted_and_have_no_bytes() -> None:
    failed = replace(ONE, result=-11, bytes=0)
    pending = replace(ONE, completed_ns=None, result=None, bytes=0)
    silent = replace(pending, flags=(NO_COMPLETION,))
    (row,) = summary(ONE, failed, failed, pending, pending, pending, silent).rows()
    assert (row.count, row.failed, row.pending, row.bytes) == (7, 2, 3, 61)
    assert row.flags == (NO_COMPLETION,)


def test_without_a_known_latency_there_are_no_percentiles() -> None:
    (row,) = summary(replace(ONE, submitted_ns=None)).rows()
    assert (row.p50_ns, row.p99_ns) == (None, None)


def test_threads_that_tell_are_one_way_of_telling() -> None:
    (row,) = summary(*[replace(ONE, notified=f"thread {tid}", worker=tid % 3) for tid in range(5000)]).rows()
    assert (row.count, row.notified, row.workers) == (5000, ("a thread",), (0, 1, 2))


@given(st.lists(st.integers(0, 127), min_size=1, max_size=200))
def test_percentiles_are_the_nearest_rank(latencies: list[int]) -> None:
    (row,) = summary(*[replace(ONE, completed_ns=100 + each) for each in latencies]).rows()
    ordered = sorted(latencies)
    assert row.p50_ns == ordered[-(-len(ordered) // 2) - 1]
    assert row.p99_ns == ordered[-(-len(ordered) * 99 // 100) - 1]
