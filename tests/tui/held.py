"""A live recording whose thread is held before a read, made of the rows of a committed one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from tracer.account.times import column
from tracer.decode.ahead import outlook
from tracer.kernel.states import DescriptorState, ThreadState
from tracer.recording.reader import Recording
from tracer.recording.writer import Writer, create
from tracer.syscalls.names import number_of
from tracer.wire import Abi, Held, Kind
from tui.source import RecordingSource
from tui.step_view import Request, StepView

_AFTER = 60
"""Bytes a read must have brought to be the one: a message, not a byte of the start."""


def before_a_read(recording: Path, path: Path) -> RecordingSource:
    """The recording up to its last read of a message, which is about to be made; its clock stands still."""
    with Recording.open(recording) as opened:
        table = pa.Table.from_batches(opened.batches).combine_chunks()
        (batch,) = table.to_batches()
        reads = (column(batch, "nr") == number_of(Abi.X86_64, "read")) & (column(batch, "kind") == Kind.CALL)
        place = int((reads & (column(batch, "result") >= _AFTER)).nonzero()[0][-1])
        (call,) = batch.slice(place, 1).to_pylist()
        entered = call | {"kind": int(Kind.ENTERED), "result": 0, "memory": [], "wall_ns": 0, "run_ns": 0}
        held = entered | {"kind": int(Kind.HELD), "nr": int(Held.ENTRY), "at_ns": call["at_ns"] + 1_000}
        writer = Writer(create(path), opened.header)
        writer.write(batch.slice(0, place))
        writer.write(pa.RecordBatch.from_pylist([entered, held], schema=batch.schema))
        writer.abandon()
    return RecordingSource(path, lambda: True, lambda: int(call["at_ns"]) + 1_000_000)


def answered(request: Request) -> StepView:
    """What the kernel says of a thread that is held at a call on one descriptor: a message is there to be read."""
    assert request.call is not None
    states = tuple(
        DescriptorState(fd, "socket:[52361]", nonblocking=True, queued=64, readable=True, writable=True)
        for fd in request.call.fds
    )
    state = ThreadState("t", "held by the tracer")
    ahead = outlook(request.call.row, {each.fd: each for each in states})
    return StepView(request.call, ahead, states, state, 0, (), request.threads)
