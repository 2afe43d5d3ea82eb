"""How things stand among threads that run on: what is told before the moment, and what behind it."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from tracer.capture.ebpf.layout import RECORD, THREAD
from tracer.capture.ebpf.lives import Lives
from tracer.capture.ebpf.pieces import Pieces
from tracer.capture.ebpf.snapshot import take_snapshot
from tracer.capture.ebpf.waiting import so_far
from tracer.capture.outbox import Outbox
from tracer.wire import FRAME, FRAME_JSON, Kind
from tracer.wire import RECORD as WIRE

APART = 0x80000000


def state(**fields: int) -> Any:
    made = np.zeros((), THREAD)
    for name, value in fields.items():
        made[name] = value
    return made


def record(tid: int, seq: int, at: int, kind: Kind = Kind.CALL) -> Any:
    made = np.zeros((), RECORD)
    made["kind"], made["tid"], made["pid"], made["seq"], made["at"], made["end"] = kind, tid, 1, seq, at, at + 5
    return made


class States:
    """Stands for task storage."""

    def __init__(self, **states: Any) -> None:
        self._states = {int(name[1:]): each for name, each in states.items()}

    def state(self, tid: int) -> Any:
        return self._states.get(tid)


class Rings:
    """Stands for the reader: what was already sent, and what the rings hold when the states were read."""

    def __init__(self, outbox: Outbox, live: dict[int, int], *batches: list[Any]) -> None:
        self.pieces = Pieces()
        self.lives = Lives(outbox, self.pieces)
        self.lives.live.update(live)
        self.lives.phases.append(b"measure")
        self._batches = [np.array(each, RECORD) if each else np.empty(0, RECORD) for each in batches]
        self.sent: list[tuple[int, int]] = []

    def pass_on(self) -> int:
        return 0

    def mark(self) -> int:
        return 1

    def is_past(self, _mark: int) -> bool:
        return not self._batches

    def take(self) -> Any:
        return self._batches.pop(0)

    def send(self, records: Any) -> None:
        self.sent += [(int(each["tid"]), int(each["seq"]) & (APART - 1)) for each in records]

    def give_back(self) -> None:
        pass


def snapshot(rings: Rings, states: States, outbox: Outbox, reader: int, writer: int) -> tuple[dict[str, Any], Any]:
    """The document, and the records of the frame behind it."""
    take_snapshot(rings, states, outbox, writer)  # type: ignore[arg-type]
    kind, _, _, size = FRAME.unpack(os.read(reader, FRAME.size))
    assert kind == FRAME_JSON
    document = json.loads(os.read(reader, size))["snapshot"]
    _, count, _, _ = FRAME.unpack(os.read(reader, FRAME.size))
    rows = [WIRE.unpack(os.read(reader, WIRE.size)) for _ in range(count)]
    return document, rows


def test_rows_of_the_part_under_way_come_behind_it_and_earlier_ones_before() -> None:
    reader, writer = os.pipe()
    try:
        outbox = Outbox(writer)
        now = 1 << 62  # later than any moment a state is read at
        rings = Rings(
            outbox, {7: 1, 8: 1},
            [record(7, 4, 10), record(7, 5, 20), record(8, 2, 20), record(9, 0, 30, Kind.SPAWN)],
            [record(9, 1, 40), record(7, 6, 40), record(8, 3 | APART, 50, Kind.SIGNAL),
             record(8, 3 | APART, now, Kind.SIGNAL)],
        )  # fmt: skip
        states = States(
            t7=state(part=5, seq=5, since=15, at=18, in_call=1, nr=35), t8=state(part=3, seq=3, since=25, at=19)
        )
        document, rows = snapshot(rings, states, outbox, reader, writer)
    finally:
        os.close(reader)
        os.close(writer)
    # Before: what ended, an early signal, and how far both have come in what is under way. Behind: the rest, and
    # the newborn's all.
    assert rings.sent == [(7, 4), (8, 2), (8, 3), (7, 5), (8, 3), (7, 5), (9, 0), (9, 1), (7, 6), (8, 3)]
    assert document["rows"] == len(rows)
    assert [row[0] for row in rows] == [Kind.SPAWN, Kind.SPAWN, Kind.ENTERED, Kind.MARK]
    assert [row[7] for row in rows[:3]] == [7, 8, 7]
    for row, since in zip(rows[:2], (15, 25), strict=True):
        assert row[10] == row[9] - since  # span_ns: of the next row so much lies before


def test_a_thread_that_is_away_just_now_comes_back_later() -> None:
    """Away is asleep until it was woken; the switch that brings it back is not counted yet."""
    asleep = state(at=100, since=50, in_call=1, off=120, asleep=1, woken=170, switches=2, blocked=5)
    told = so_far(asleep, 200)
    assert tuple(int(told[name]) for name in ("blocked", "delay", "switches")) == (5 + 50, 30, 3)
    waiting = state(at=10, since=50, off=120, user_switches=1)
    told = so_far(waiting, 200)
    assert [int(told[name]) for name in ("at", "user_blocked", "user_delay", "user_switches")] == [200, 0, 80, 2]
