"""Recordings of known rows, taken in as the screen does, for the tests of filters and jumps."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from tests.tui import batches
from tests.tui.batches import BEGAN, Fields
from tracer.analyze.filter.known import Known
from tracer.analyze.lines.lines import Lines
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.tally import Tally
from tracer.syscalls.names import number_of
from tracer.wire import Abi, Kind, Spawn, When

PID, OTHER = 4242, 5151


class Taken:
    """A recording that grows by `add`; `known` looks at it."""

    def __init__(self) -> None:
        self.tally = Tally(batches.header())
        self.lines = Lines()
        self._batches: list[pa.RecordBatch] = []
        self._firsts: list[int] = []
        places = RowPlaces(self._batches, self._firsts, self.lines)
        tally = self.tally
        self.known = Known(
            self.lines, tally.codes.facts, tally.descriptors.seen, tally.threads.lives, tally.phases.members, BEGAN,
            lambda line: places.row(self.lines.row_of(line)),
        )  # fmt: skip

    def add(self, rows: Iterable[Fields]) -> None:
        """Take in a batch of these rows."""
        batch = batches.batch(rows)
        counted = self.tally.add(batch)
        self._batches.append(batch)
        self._firsts.append(self.lines.rows)
        if counted is not None:
            self.lines.add(batch, counted)


def taken(*rows: Fields) -> Known:
    """A recording of one batch."""
    recording = Taken()
    recording.add(rows)
    return recording.known


def call(
    name: str, at_ns: int, *args: int, result: int = 0, tid: int = PID, pid: int = PID, **fields: int
) -> Fields:
    """A call that returned. `kernel`, `blocked`: ns inside."""
    kernel, blocked = fields.pop("kernel", 0), fields.pop("blocked", 0)
    return {
        "kind": Kind.CALL, "abi": Abi.X86_64, "nr": number_of(Abi.X86_64, name), "pid": pid, "tid": tid,
        "at_ns": BEGAN + at_ns, "args": [*args, *[0] * (6 - len(args))], "result": result,
        "wall_ns": kernel + blocked, "run_ns": kernel, "span_ns": kernel + blocked, "switches": 2 if blocked else 1,
        "stops": 1, "user_stops": 1, "user_switches": 1, **fields,
    }  # fmt: skip


def pipe(at_ns: int, read: int, write: int) -> Fields:
    """pipe2 that made these two descriptors."""
    fds = read.to_bytes(4, "little") + write.to_bytes(4, "little")
    piece = {"arg": 0, "when": When.EXIT, "reason": 0, "address": 0x1000, "bytes": fds}
    return {**call("pipe2", at_ns, 0x1000, 0), "memory": [piece]}


def opened(at_ns: int, fd: int, path: str) -> Fields:
    """openat of a path."""
    piece = {"arg": 1, "when": When.ENTRY, "reason": 0, "address": 0x2000, "bytes": path.encode() + b"\0"}
    return {**call("openat", at_ns, 0xFFFF_FF9C, 0x2000, 0, result=fd), "memory": [piece]}


def born(at_ns: int, tid: int, name: str, pid: int = PID) -> Fields:
    """A thread's first stop."""
    piece = {"arg": 255, "when": When.ENTRY, "reason": 0, "address": 0, "bytes": name.encode()}
    how = Spawn.CLONE if tid != pid else Spawn.FORK
    return {
        "kind": Kind.SPAWN, "pid": pid, "tid": tid, "at_ns": BEGAN + at_ns, "nr": how,
        "args": [PID, PID, 0, 0, 0, 0], "memory": [piece],
    }  # fmt: skip


def marked(at_ns: int, label: str) -> Fields:
    """A mark of the program."""
    piece = {"arg": 255, "when": When.ENTRY, "reason": 0, "address": 0, "bytes": label.encode()}
    return {"kind": Kind.MARK, "pid": PID, "tid": PID, "at_ns": BEGAN + at_ns, "memory": [piece]}
