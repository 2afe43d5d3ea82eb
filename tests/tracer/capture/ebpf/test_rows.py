"""Kernel records as wire records."""

from __future__ import annotations

import os
import tempfile
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracer.capture.ebpf.layout import RECORD, SLOT_HEAD
from tracer.capture.ebpf.lives import Lives
from tracer.capture.ebpf.pieces import Pieces
from tracer.capture.ebpf.rows import as_records, send, wire_calls
from tracer.capture.outbox import Outbox
from tracer.recording.frame_buffer import FrameBuffer
from tracer.recording.frames import Columns, Events, batch_of
from tracer.wire import RECORD as RECORD_SIZE
from tracer.wire import Flag, Kind, Source, Spawn

TORN = 8
_NOBODY: Final = 0x3FFFFF
"""Beyond pid_max (proc_sys_kernel(5))."""


def record(**values: Any) -> Any:
    """One record."""
    made = np.zeros((), RECORD)
    for name, value in values.items():
        made[name] = value
    return made


def _bytes(*records: Any) -> NDArray[np.uint8]:
    """As a ring has them."""
    return np.stack(records).view(np.uint8).reshape(len(records), -1)


def rows(*records: Any) -> list[dict[str, Any]]:
    """As the recording has them."""
    outbox, pieces = Outbox(-1), Pieces()
    send(
        as_records(np.stack(records).view(np.uint8).reshape(len(records), -1)),
        pieces,
        outbox,
        Lives(outbox, pieces),
    )
    frame = Events(
        len(outbox.records) // RECORD_SIZE.size, bytes(outbox.records), bytes(outbox.items), bytes(outbox.memory)
    )
    found: list[dict[str, Any]] = batch_of([frame]).to_pylist()
    return found


def test_times_of_a_call_and_of_the_user_part_before_it() -> None:
    """Wall, on CPU, waiting for it; the thread was switched in once more than it came back."""
    (row,) = rows(
        record(at=1000, end=1700, since=400, blocked=300, delay=100, user_delay=50, switches=1, pid=3, tid=4, nr=7,
               result=-11, flags=Flag.FIRST | TORN)
    )  # fmt: skip
    assert (row["wall_ns"], row["run_ns"], row["delay_ns"], row["switches"], row["stops"]) == (700, 300, 100, 2, 1)
    assert (row["user_wall_ns"], row["user_run_ns"], row["user_delay_ns"], row["user_switches"]) == (
        600,
        550,
        50,
        1,
    )
    assert (row["span_ns"], row["result"], row["source"], row["flags"]) == (1300, -11, Source.SWITCHES, Flag.FIRST)


def test_lives_and_calls_keep_their_order() -> None:
    """A thread is born, calls, is signalled, executes, ends."""
    name = np.frombuffer(b"worker".ljust(16, b"\0"), "<u8")
    signed = [0, 0, 0, 0, *name]
    found = rows(
        record(kind=Kind.SPAWN, at=1, pid=5, tid=6, args=[4, 3, 0, 0, *name]),
        record(kind=Kind.CALL, at=2, end=3, pid=5, tid=6),
        record(kind=Kind.SIGNAL, at=4, pid=5, tid=6, nr=14),
        record(kind=Kind.EXEC, at=5, pid=5, tid=5, args=[6, 0, 0, 0, *name]),
        record(kind=Kind.EXIT, at=9, end=9, since=6, pid=5, tid=5, result=256, args=signed),
    )
    kinds = [Kind(row["kind"]) for row in found]
    assert kinds == [Kind.SPAWN, Kind.CALL, Kind.SIGNAL, Kind.EXIT, Kind.SPAWN, Kind.EXEC, Kind.EXIT]
    assert (found[0]["nr"], found[0]["args"][:2], found[0]["memory"][0]["bytes"]) == (
        Spawn.CLONE,
        [4, 3],
        b"worker",
    )
    assert found[4]["nr"] == Spawn.RENAMED
    assert (found[6]["result"], found[6]["user_wall_ns"]) == (256, 3)


def test_what_keeping_memory_took_is_in_the_span_and_in_no_part() -> None:
    """At the call's entry, and at the exit of the one before; never more than there is."""
    times = {"since": 400, "at": 1000, "end": 1700, "pid": 3, "tid": 4}
    (row,) = rows(record(**times, own=120, user_own=90, blocked=300, switches=1))
    assert (row["span_ns"], row["wall_ns"], row["run_ns"]) == (1300, 580, 280)
    assert (row["user_wall_ns"], row["user_run_ns"]) == (510, 510)
    (row,) = rows(record(**times, own=5000, user_own=5000))
    assert (row["span_ns"], row["wall_ns"], row["user_wall_ns"]) == (1300, 0, 0)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 1 << 40)] * 6), min_size=1, max_size=20))
def test_no_part_is_negative(times: list[tuple[int, ...]]) -> None:
    """Whatever the clocks say."""
    made = np.zeros(len(times), RECORD)
    for each, (since, user, inside, blocked, delay, before) in zip(made, times, strict=True):
        each["since"], each["at"], each["end"] = since, since + user, since + user + inside
        each["blocked"], each["delay"], each["user_blocked"] = blocked, delay, before
    wire = wire_calls(made, np.zeros(len(made), np.int64))
    assert (wire["run_ns"] <= wire["wall_ns"]).all()
    assert (wire["user_run_ns"] <= wire["user_wall_ns"]).all()
    assert (wire["span_ns"] == wire["wall_ns"] + wire["user_wall_ns"]).all()


def test_a_thread_whose_end_was_lost_does_not_live_for_ever() -> None:
    """Else a capture would wait for it."""
    outbox, pieces = Outbox(-1), Pieces()
    lives = Lives(outbox, pieces)
    alive = os.getpid()
    for tid in (alive, _NOBODY):
        send(as_records(_bytes(record(kind=Kind.SPAWN, pid=tid, tid=tid))), pieces, outbox, lives)
    assert set(lives.live) == {alive, _NOBODY}
    lives.forget_the_gone()
    assert set(lives.live) == {alive}
    assert lives.ended == [_NOBODY]


def test_a_write_to_nowhere_is_a_mark() -> None:
    """Its text is an event before the call; other writes to -1 are only calls."""
    marked = record(kind=Kind.CALL, nr=1, args=[0xFFFFFFFF, 0x1000, 9, 0, 0, 0], pid=3, tid=3, seq=1, items=1, at=5)
    head = np.zeros((), SLOT_HEAD)
    text = b"iotrace:begin it\n"
    head["tid"], head["seq"], head["length"], head["arg"] = 3, 1, len(text), 1
    slot = np.frombuffer(head.tobytes() + text.ljust(104, b"\0"), np.uint8)[None]
    outbox, pieces = Outbox(-1), Pieces()
    pieces.add(slot)
    other = record(kind=Kind.CALL, nr=1, args=[(1 << 64) - 1, 0, 0, 0, 0, 0], pid=3, tid=3, seq=2, at=6)
    send(as_records(_bytes(marked, other)), pieces, outbox, Lives(outbox, pieces))
    found = list(RECORD_SIZE.iter_unpack(outbox.records))
    assert [row[0] for row in found] == [Kind.MARK, Kind.CALL, Kind.CALL]
    assert bytes(outbox.memory) == b"begin it" + text


def test_many_calls_go_as_columns_and_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads, pieces out of order and of different lengths, something else in between."""
    rng = np.random.default_rng(23)
    calls = np.zeros(2003, RECORD)
    calls["tid"] = rng.integers(7, 9, len(calls))
    for tid in (7, 8):
        mine = calls["tid"] == tid
        calls["seq"][mine] = np.arange(mine.sum())
    for name in ("at", "end", "since", "args", "result", "ip", "blocked", "delay", "switches", "nr"):
        calls[name] = rng.integers(0, 100_000, calls[name].shape)
    calls["end"] += calls["at"]
    calls["kind"][1500] = Kind.SIGNAL
    calls["items"] = 1
    heads = np.zeros(len(calls), SLOT_HEAD)
    heads["tid"], heads["seq"], heads["length"] = calls["tid"], calls["seq"], rng.integers(0, 104, len(calls))
    slots = np.zeros((len(calls), SLOT_HEAD.itemsize + 104), np.uint8)
    slots[:, : SLOT_HEAD.itemsize] = heads.view(np.uint8).reshape(len(heads), -1)
    slots[:, SLOT_HEAD.itemsize :] = rng.integers(0, 256, (len(calls), 104))
    slots = slots[rng.permutation(len(slots))]

    def sent() -> tuple[list[type], list[dict[str, Any]]]:
        with tempfile.TemporaryFile() as file:
            outbox, pieces = Outbox(file.fileno()), Pieces()
            pieces.add(slots)
            send(as_records(_bytes(*calls)), pieces, outbox, Lives(outbox, pieces))
            outbox.flush()
            file.seek(0)
            frames = [each for each in FrameBuffer().feed(file.read()) if not isinstance(each, dict)]
        return [type(each) for each in frames], batch_of(frames).to_pylist()

    kinds, found = sent()
    assert kinds == [Columns, Events]
    monkeypatch.setattr("tracer.capture.ebpf.rows._MANY", len(calls) + 1)
    kinds, wanted = sent()
    assert kinds == [Events]
    assert found == wanted
