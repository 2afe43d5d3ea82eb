"""Descriptors that came over a socket: what they lead to is said where it is sure, and nowhere else."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tracer.capture.ebpf.rings import FakeRing
from tracer.capture.ebpf.arrivals import Arrivals
from tracer.capture.ebpf.layout import RECORD, SLOT_HEAD
from tracer.capture.ebpf.pieces import Belonging
from tracer.syscalls.names import number_of
from tracer.wire import NO_ARG, Abi, Kind, When

HEAD, CONTROL = 0x4000, 0x5000
_X86 = Abi.X86_64


def record(name: str | int = 0, *args: int, pid: int = 7, end: int = 0, **values: Any) -> Any:
    """One record of the kernel's."""
    made = np.zeros((), RECORD)
    made["nr"] = number_of(_X86, name) if isinstance(name, str) else name
    made["args"][: len(args)] = args
    made["pid"], made["end"], made["abi"] = pid, end, _X86
    for field, value in values.items():
        made[field] = value
    return made


def piece(when: When, address: int, data: bytes, arg: int = 1) -> tuple[Any, bytes]:
    head = np.zeros((), SLOT_HEAD)
    head["when"], head["address"], head["arg"], head["length"] = when, address, arg, len(data)
    return head, data


def message(*fds: int, level: int = 1) -> list[tuple[Any, bytes]]:
    """The pieces of a recvmsg that brought `fds`."""
    control = struct.pack(f"<Qii{len(fds)}i", 16 + 4 * len(fds), level, 1, *fds)
    header = struct.pack("<QIxxxxQQQQIxxxx", 0, 0, 0, 0, CONTROL, len(control), 0)
    return [piece(When.ENTRY, HEAD, header), piece(When.EXIT, HEAD, header), piece(When.EXIT, CONTROL, control)]


def belonging(*calls: list[tuple[Any, bytes]]) -> Belonging:
    every = [each for pieces in calls for each in pieces]
    return Belonging(
        np.array([len(pieces) for pieces in calls], np.int64),
        np.array([head for head, _ in every], SLOT_HEAD),
        np.frombuffer(b"".join(data for _, data in every), np.uint8),
    )


def told(found: Belonging) -> list[list[tuple[int, bytes]]]:
    """Of each call its pieces of no argument, and that the others are as they were."""
    memory, heads = found.memory.tobytes(), iter(found.heads)
    links: list[list[tuple[int, bytes]]] = []
    for count in found.counts.tolist():
        mine = []
        for _ in range(count):
            head = next(heads)
            data, memory = memory[: head["length"]], memory[head["length"] :]
            if head["arg"] == NO_ARG:
                assert head["when"] == When.EXIT
                mine.append((int(head["address"]), data))
        links.append(mine)
    assert not memory
    return links


def link(pid: int, fd: int) -> bytes:
    if fd == 99:
        raise FileNotFoundError
    return b"%d:%d" % (pid, fd)


def links(*later: Any, fds: tuple[int, ...] = (5, 6), lost: bool = False) -> list[tuple[int, bytes]]:
    """What is told of a message's descriptors when these records are there by then as well."""
    calls = np.stack([record("recvmsg", 3, HEAD, end=50, result=1)])
    records: NDArray[Any] = np.stack([*calls, *later])
    arrivals = Arrivals(lambda: None if lost else records, link)
    (found,) = told(arrivals(calls, belonging(message(*fds))))
    return found


def test_each_call_has_the_links_of_what_came_with_it() -> None:
    names = ("recvmsg", "read", "recvmsg", "recvmsg")
    calls = np.stack([record(name, 3, HEAD, end=at, result=1, pid=at) for at, name in enumerate(names)])
    pieces = belonging(message(5), message(6), message(7, 99, 8), message(9, level=2))
    found = told(Arrivals(lambda: calls, link)(calls, pieces))
    assert found == [[(5, b"0:5")], [], [(7, b"2:7"), (8, b"2:8")], []]


def test_a_call_that_failed_brought_nothing() -> None:
    calls = np.stack([record("recvmsg", 3, HEAD, result=-11)])
    pieces = belonging(message(5))
    assert Arrivals(lambda: calls, link)(calls, pieces) is pieces


@pytest.mark.parametrize(
    ("later", "known"),
    [
        (record("close", 5, end=60), [6]),
        (record("close", 4, end=60), [5, 6]),
        (record("close", 5, end=40), [5, 6]),
        (record("close", 5, end=60, pid=8), [5, 6]),
        (record("dup2", 5, 6, end=60), [5]),
        (record("dup3", 6, 5, end=60), [6]),
        (record("close_range", 6, 1 << 32 - 1, end=60), [5]),
        (record(0, kind=Kind.EXEC, end=60), []),
        (record("getpid", 5, end=60), [5, 6]),
    ],
)
def test_nothing_is_said_of_a_number_that_may_be_another_by_now(later: Any, known: list[int]) -> None:
    assert [fd for fd, _ in links(later)] == known


def test_nothing_is_said_when_records_were_lost() -> None:
    assert links(lost=True) == []


def test_what_waits_in_a_ring_includes_what_was_looked_at() -> None:
    ring = FakeRing(8)
    for number in range(5):
        ring.put(bytes([number] * 8))
    first = ring.ring.look(2)
    assert ring.ring.all_waiting()[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert first[:, 0].tolist() == [0, 1]
    assert ring.ring.look()[:, 0].tolist() == [2, 3, 4]
    ring.ring.give_back()
    assert len(ring.ring.all_waiting()) == 0
