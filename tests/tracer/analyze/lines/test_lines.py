"""Compact columns: every line is there once, in order, with what the recording says of it, whatever the chunks."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from tests.tui import batches
from tracer.analyze.lines import lines as module
from tracer.analyze.lines.lines import FAILED, WASTED, Lines
from tracer.analyze.tally import Tally
from tracer.syscalls.names import number_of
from tracer.wire import Abi, Kind

READ = number_of(Abi.X86_64, "read")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 7)


def recording() -> Iterator[pa.RecordBatch]:
    """Thread 9 stays inside a call from the second batch on and dies in the last."""
    for number in range(5):
        rows = [
            {"kind": Kind.CALL, "nr": READ, "tid": 8, "at_ns": 100 * number + at, "user_run_ns": at, "span_ns": 50,
             "result": -errno.EAGAIN if at % 2 else at}
            for at in range(11)
        ]  # fmt: skip
        if number == 1:
            rows.append({"kind": Kind.ENTERED, "nr": READ, "tid": 9, "at_ns": 150, "span_ns": 23})
        if number == 4:
            rows.append({"kind": Kind.EXIT, "tid": 9, "at_ns": 460})
        yield batches.batch(rows)


def taken_in() -> Lines:
    tally, lines = Tally(batches.header()), Lines()
    for batch in recording():
        counted = tally.add(batch)
        assert counted is not None
        lines.add(batch, counted)
    return lines


def test_every_line_is_there_in_order() -> None:
    lines = taken_in()
    assert lines.count == 57
    rows = [lines.row_of(line) for line in range(lines.count)]
    assert rows == [*range(22), *range(23, 56), 22, 56], (
        "the call that never returned stands before its thread's end"
    )
    with pytest.raises(IndexError):
        lines.row_of(57)


def test_lines_have_the_values_of_their_rows() -> None:
    lines = taken_in()
    at = np.concatenate([chunk.at_ns for chunk in lines.chunks()])
    flags = np.concatenate([chunk.flags for chunk in lines.chunks()])
    error = np.concatenate([chunk.errno for chunk in lines.chunks()])
    assert at.tolist() == [100 * n + at for n in range(5) for at in range(11)] + [150, 460]
    failed = [at % 2 == 1 for _ in range(5) for at in range(11)] + [False, False]
    assert (flags & FAILED != 0).tolist() == (flags & WASTED != 0).tolist() == failed
    assert (error == errno.EAGAIN).tolist() == failed


@pytest.mark.parametrize(("first", "last"), [(0, None), (0, 7), (3, 20), (7, 14), (20, 20), (50, 99)])
def test_any_stretch_can_be_had(first: int, last: int | None) -> None:
    lines = taken_in()
    chunks = list(lines.chunks(first, last))
    numbers = [line for chunk in chunks for line in range(chunk.first, chunk.last)]
    assert numbers == list(range(first, min(57, 57 if last is None else last)))
    rows = [row for chunk in chunks for row in chunk.row.tolist()]
    assert rows == [lines.row_of(line) for line in numbers]


def test_what_was_there_stays_while_more_is_added() -> None:
    tally, lines, before = Tally(batches.header()), Lines(), list[int]()
    for batch in recording():
        counted = tally.add(batch)
        assert counted is not None
        lines.add(batch, counted)
        rows = [lines.row_of(line) for line in range(lines.count)]
        assert rows[: len(before)] == before
        before = rows
    assert len(before) == lines.count
