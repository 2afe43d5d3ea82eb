"""How things stand, for a file of the recording that begins in the middle of the trace (`tracer.capture.snapshot`).

Nothing stands still here. Of each thread its state in the kernel is read, as it is at some moment, with the number
of the part of its life that is under way. What the rings hold of earlier parts is sent before the snapshot, what
they hold of this and later ones behind it. Each thread's SPAWN row has the moment its own state was read, and says
how much of its next row lies before that.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf.layout import RECORD
from tracer.capture.ebpf.reader import KernelReader
from tracer.capture.ebpf.rows import Records, send, wire_calls
from tracer.capture.ebpf.waiting import Waiting, so_far
from tracer.capture.inherited import inherited
from tracer.capture.maps import maps_of
from tracer.capture.outbox import Outbox
from tracer.capture.threads import process_of
from tracer.wire import RECORD as WIRE
from tracer.wire import Kind, Placement, Source, Spawn

_PATIENCE_NS: Final = 500_000_000
"""Reading of descriptors and mappings stops after this long, as in `tracer.capture.snapshot`."""
_APART: Final = 0x80000000
"""In a record's number: of an event, not of the call it came in."""
_AT_ONCE: Final = 512
"""Calls that travel as records, not as columns."""
_INSIDE: Final = ("wall_ns", "run_ns", "delay_ns")
_USER: Final = tuple(f"user_{name}" for name in _INSIDE)


@dataclass(frozen=True, slots=True)
class _Standing:
    """One thread at one moment."""

    at: int
    pid: int
    name: bytes
    record: Any
    """The part under way up to that moment, of `layout.RECORD`."""
    inside: bool
    """In a call, whose record it is."""
    returns: int
    """How often it has come back to a CPU in this part. If it is away just now, it will come back later."""


def take_snapshot(reader: KernelReader, waiting: Waiting, outbox: Outbox, wire: int) -> None:
    """Send what the rings hold, how far calls under way have got, and then a frame that says how things stand.

    `outbox` is that of `reader` and sends to the pipe `wire`. Raises BrokenPipeError."""
    reader.pass_on()
    threads = reader.lives.live.items()
    standing = {tid: each for tid, pid in threads if (each := _standing(waiting, tid, pid)) is not None}
    if not standing:
        return
    later = _send_earlier(reader, standing)
    reader.send(np.array([each.record for each in standing.values()], RECORD))
    calls = [each.record for each in standing.values() if each.inside]
    inside = np.array(calls, RECORD) if calls else np.empty(0, RECORD)
    box, latest = Outbox(wire), max(each.at for each in standing.values())
    _describe(standing, box)
    for begin in range(0, len(inside), _AT_ONCE):
        send(inside[begin : begin + _AT_ONCE], reader.pieces, box, reader.lives)
    root = next(iter(standing.values())).pid
    for name in reader.lives.phases:
        box.event(Kind.MARK, latest, root, root, texts=(b"begin " + name,), source=Source.SWITCHES)
    outbox.document({"snapshot": {"at_ns": latest, "rows": len(box.records) // WIRE.size}})
    box.flush()
    reader.send(later)


def _standing(waiting: Waiting, tid: int, pid: int) -> _Standing | None:
    state = waiting.state(tid)
    at = time.monotonic_ns()
    if state is None or state["ended"]:
        return None  # its last row is in the ring
    inside = bool(state["in_call"] and state["at"] >= state["since"])
    if state["in_call"] and not inside:  # it has entered one just now: the copy has half of it
        state = state.copy()
        state["in_call"] = 0
    record = so_far(state, at)
    record["pid"], record["tid"] = pid, tid
    if not inside:
        record["kind"] = Kind.LEFT
    returns = int(state["switches" if inside else "user_switches"])
    return _Standing(at, pid, _name(tid), record, inside, returns)


def _describe(standing: Mapping[int, _Standing], box: Outbox) -> None:
    """A SPAWN row for each thread, once for each process with its descriptors and mappings."""
    described: set[int] = set()
    until = time.monotonic_ns() + _PATIENCE_NS
    for tid, each in standing.items():
        texts: tuple[bytes, ...] = (each.name,)
        if each.pid not in described and time.monotonic_ns() < until:
            texts += (inherited(each.pid), maps_of(each.pid))
        described.add(each.pid)
        parent = process_of(each.pid)[1] if tid == each.pid else each.pid
        clocks = wire_calls(each.record[None], np.zeros(1, np.int64))[0]
        names = _INSIDE if each.inside else _USER
        wall, run, delay = (int(clocks[name]) for name in names)
        box.event(
            Kind.SPAWN, each.at, each.pid, tid, nr=Spawn.ATTACH, args=(parent, parent), texts=texts,
            user=(wall, run, delay, each.returns, 0), span_ns=int(clocks["span_ns"]), source=Source.SWITCHES,
            placement=Placement.APART,
        )  # fmt: skip


def _name(tid: int) -> bytes:
    try:
        with open(f"/proc/{tid}/comm", "rb") as file:
            return file.read().rstrip(b"\n")
    except OSError:
        return b""


def _send_earlier(reader: KernelReader, standing: Mapping[int, _Standing]) -> Records:
    """Send what belongs before the snapshot; what belongs behind it."""
    later, behind, mark = [np.empty(0, RECORD)], _Behind(standing), reader.mark()
    until = time.monotonic_ns() + _PATIENCE_NS
    while True:
        records = reader.take()
        which = behind(records)
        later.append(records[which])
        reader.send(records[~which])
        reader.give_back()
        if reader.is_past(mark) or time.monotonic_ns() > until:
            return np.concatenate(later)


class _Behind:
    """Which records tell of the part of a thread's life that was under way, of later ones, or of a later thread."""

    def __init__(self, standing: Mapping[int, _Standing]) -> None:
        tids = np.fromiter(standing, np.int32, len(standing))
        order = np.argsort(tids)
        self._tids = tids[order]
        self._seqs = np.array([each.record["seq"] for each in standing.values()], np.uint32)[order]
        self._moments = np.array([each.at for each in standing.values()], np.uint64)[order]
        self._born = np.empty(0, np.int32)

    def __call__(self, records: Records) -> NDArray[np.bool_]:
        """For each record."""
        tids = records["tid"]
        place = np.minimum(np.searchsorted(self._tids, tids), len(self._tids) - 1)
        known = self._tids[place] == tids
        apart = records["seq"] & _APART != 0
        number, seqs = records["seq"] & np.uint32(_APART - 1), self._seqs[place]
        now = (number == seqs) & (~apart | (records["at"] >= self._moments[place]))
        self._born = np.append(self._born, tids[~known & (records["kind"] == Kind.SPAWN)])
        found: NDArray[np.bool_] = np.where(known, (number > seqs) | now, np.isin(tids, self._born))
        return found
