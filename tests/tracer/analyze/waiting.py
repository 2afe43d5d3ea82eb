"""Recordings of waiting calls written down by hand, and the views of them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tests.tracer.analyze.runs import spawn
from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, piece, row
from tracer.analyze.descriptors.lives import DescriptorLives
from tracer.analyze.lines.lines import Lines
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.tally import Tally
from tracer.recording.header import Header
from tracer.wire import Spawn

IN, OUT, ET, ONESHOT = 1, 4, 1 << 31, 1 << 30
ADD, DEL, MOD = 1, 2, 3
EVENT = struct.Struct("<IQ")
POLLFD = struct.Struct("<ihH")


def lives_of(batches: Sequence[Sequence[TestRow]]) -> DescriptorLives:
    """The views of a recording with these batches, with everything taken in."""
    tally, lines = Tally(Header()), Lines()
    firsts: list[int] = []
    made: list[pa.RecordBatch] = []
    lives = DescriptorLives(RowPlaces(made, firsts, lines), tally)
    for rows in batches:
        made.append(batch(list(rows)))
        counted = tally.add(made[-1])
        firsts.append(lines.rows)
        if counted is not None:
            lines.add(made[-1], counted)
    assert lives.waiting.update()
    return lives


def cuts(rows: Sequence[TestRow]) -> list[list[Sequence[TestRow]]]:
    """The same rows in one batch, in batches of one, and cut in two at every place."""
    return [[rows], [[each] for each in rows], *([rows[:at], rows[at:]] for at in range(1, len(rows)))]


def begin() -> TestRow:
    """The process begins, without anything open."""
    return spawn(0)


def forked(pid: int, parent: int = 4241, at: int = 8) -> TestRow:
    """`pid` is born with a copy of its parent's table."""
    made = spawn(at, pid, pid, parent)
    made.columns["nr"] = int(Spawn.FORK)
    return made


def epoll(fd: int = 3) -> TestRow:
    """epoll_create1."""
    return row("epoll_create1", 0, result=fd)


def control(op: int, fd: int, events: int = IN, data: int | None = None, result: int = 0, epfd: int = 3) -> TestRow:
    """epoll_ctl; the data is the descriptor when nothing else is said."""
    content = EVENT.pack(events, fd if data is None else data)
    memory = [] if op == DEL else [piece(3, ENTRY, 0x100, content)]
    return row("epoll_ctl", epfd, op, fd, 0x100, result=result, memory=memory)


def told(*events: tuple[int, int], epfd: int = 3, **columns: Any) -> TestRow:
    """epoll_wait that hands out (events, data)."""
    content = b"".join(EVENT.pack(*each) for each in events)
    memory = [piece(1, EXIT, 0x200, content)] if events else []
    return row("epoll_wait", epfd, 0x200, 64, 1000, result=len(events), memory=memory, **columns)


def asked(nfds: int, sets: Sequence[set[int] | None], left: Sequence[set[int] | None], result: int) -> TestRow:
    """select with its three sets, as asked and as left."""
    size = (nfds + 63) // 64 * 8
    memory = [
        piece(place, when, 0x1000 * place, sum(1 << fd for fd in each).to_bytes(size, "little"))
        for when, group in ((ENTRY, sets), (EXIT, left))
        for place, each in enumerate(group, 1)
        if each is not None
    ]
    addresses = [0 if each is None else 0x1000 * place for place, each in enumerate(sets, 1)]
    return row("select", nfds, *addresses, 0, result=result, memory=memory)


def polled(entries: Sequence[tuple[int, int, int]]) -> TestRow:
    """poll with (fd, events, revents)."""
    before = b"".join(POLLFD.pack(fd, events, 0) for fd, events, _ in entries)
    after = b"".join(POLLFD.pack(*each) for each in entries)
    ready = sum(bool(revents) for *_, revents in entries)
    memory = [piece(0, ENTRY, 0x300, before), piece(0, EXIT, 0x300, after)]
    return row("poll", 0x300, len(entries), -1 & 0xFFFFFFFF, result=ready, memory=memory)


def read(fd: int, result: int = 64, name: str = "read") -> TestRow:
    """A read."""
    return row(name, fd, 0x400, 64, result=result)
