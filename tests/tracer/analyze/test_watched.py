"""Epoll events by descriptor at any row: as registered last before it, in the process or its parents."""

from __future__ import annotations

import json
import struct

from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, piece, row
from tracer.analyze.watched import Watching
from tracer.decode.call import call_text
from tracer.wire import NO_ARG, Kind, Spawn

EVENT, ADD, DEL, MOD = 0x1000, 1, 2, 3
POINTER = 0x55AA00112233


def control(operation: int, fd: int, data: int, result: int = 0) -> TestRow:
    event = piece(3, ENTRY, EVENT, struct.pack("<IQ", 1, data))
    return row("epoll_ctl", 4, operation, fd, EVENT, result=result, memory=[event])


def waited(data: int, pid: int = 4241) -> TestRow:
    event = piece(1, EXIT, EVENT, struct.pack("<IQ", 1, data))
    return row("epoll_wait", 4, EVENT, 8, -1, result=1, memory=[event], pid=pid)


def born(pid: int) -> TestRow:
    name = piece(NO_ARG, ENTRY, 0, b"p")
    return row(int(Spawn.FORK), 4241, 4241, kind=Kind.SPAWN, pid=pid, tid=pid, memory=[name])


def test_the_registration_in_force_at_the_row_counts() -> None:
    watching = Watching()
    parts = [[control(ADD, 5, POINTER), waited(POINTER)], [control(MOD, 6, POINTER), waited(POINTER), born(77)]]
    for part in parts:
        watching.add(batch(part))
    found = [watching.at(*place, 4241)(4, POINTER) for place in ((0, 0), (0, 1), (1, 0), (1, 1))]
    assert found == [None, 5, 5, 6]
    assert watching.at(1, 3, 77)(4, POINTER) == 6
    assert watching.at(1, 3, 78)(4, POINTER) is None
    assert watching.at(1, 1, 4241)(9, POINTER) is None


def test_what_failed_registers_nothing_and_what_was_there_already_does() -> None:
    watching = Watching()
    watching.add(batch([control(ADD, 5, 1, result=-9), control(ADD, 6, 2, result=-17), control(DEL, 7, 3)]))
    assert [watching.at(1, 0, 4241)(4, data) for data in (1, 2, 3)] == [None, 6, None]


def test_what_was_registered_before_the_trace_began_counts() -> None:
    fds = {"4": {"path": "anon_inode:[eventpoll]", "flags": 2, "interests": [[8, 1, POINTER]]}}
    texts = b"p", json.dumps({"fds": fds}).encode()
    found = row(
        int(Spawn.ATTACH), kind=Kind.SPAWN, memory=[piece(NO_ARG, ENTRY, 0, each) for each in texts], pid=4241
    )
    watching = Watching()
    watching.add(batch([found, waited(POINTER), control(MOD, 9, POINTER)]))
    assert [watching.at(0, at, 4241)(4, POINTER) for at in (1, 2, 3)] == [8, 8, 9]
    assert watching.at(0, 1, 4241)(5, POINTER) is None


def test_the_decoder_takes_it() -> None:
    watching, made = Watching(), batch([control(ADD, 5, POINTER), waited(POINTER)])
    watching.add(made)
    text = call_text(made, 1, watching.at(0, 1, 4241)).line
    assert "(fd 5)" in text
    assert "(fd 5)" not in call_text(made, 1).line
