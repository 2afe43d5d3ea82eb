"""Calls that a compiled program makes one by one, as they were recorded: results and copies of each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest

from tests.live.captured import compile_c
from tests.live.recorded import record
from tests.live.vector_calls import Call, program
from tracer.account.copies import account_copies
from tracer.account.transfers import Moved, Transfer, moved
from tracer.analyze.tally import Tally
from tracer.recording.captured import captured
from tracer.syscalls.names import name_of
from tracer.syscalls.objects import Object
from tracer.wire import Kind

Expected = tuple[str, str, int, bool]
"""Direction, kind, bytes, whether they are zeros."""


class Seen(NamedTuple):
    """The call made for one case: its name, its result, what it copied, and what the columns add up to."""

    name: str
    result: int
    moved: Moved
    columns: tuple[int, ...]


def calls_seen(calls: dict[str, Call], folder: Path) -> dict[str, Seen]:
    """All cases made by one program, by name. Skips without a compiler."""
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    recorded = record([compile_c(program(calls), folder, "-w")], folder, cwd=folder)
    assert recorded.status == 0, recorded.errors
    recording = recorded.open()
    found = _after_marks(recording.batches, Tally(recording.header))
    return {list(calls)[number]: call for number, call in found}


def _after_marks(batches: list[pa.RecordBatch], tally: Tally) -> Iterator[tuple[int, Seen]]:
    """The first call of the thread after every mark; between them is the write that made it."""
    number, wanted, thread = -1, 0, 0
    for batch in batches:
        tally.add(batch)
        flat, copies = captured(batch), account_copies(batch, tally.used.things)
        for index in range(flat.rows):
            if flat.kind[index] == Kind.MARK:
                number, wanted = int(flat.row(index).pieces[0].data.split()[1]), 2
                thread = flat.tid[index]
            elif flat.kind[index] == Kind.CALL and wanted and flat.tid[index] == thread:
                wanted -= 1
                if not wanted:
                    row = flat.row(index)
                    found = moved(row, Object(int(tally.used.things[index])))
                    counts = (copies.copies_in, copies.copies_out, copies.payload_in, copies.payload_out,
                              copies.control_in, copies.control_out)  # fmt: skip
                    totals = tuple(int(each[index]) for each in counts)
                    yield number, Seen(name_of(row.abi, row.nr), row.result, found, totals)


def sums(transfers: list[Expected]) -> tuple[int, ...]:
    """What the columns of a row with these transfers are: copies in, out, payload in, out, control in, out."""

    def total(kind: str, way: str) -> int:
        return sum(size for direction, each, size, _ in transfers if (direction, each) == (way, kind))

    ways = [sum(direction == way for direction, *_ in transfers) for way in ("in", "out")]
    return (*ways, *(total(kind, way) for kind in ("payload", "control") for way in ("in", "out")))


def as_expected(transfer: Transfer) -> Expected:
    """A transfer without its names."""
    return transfer.direction, transfer.kind, transfer.bytes, transfer.zero_fill
