"""Calls of i386 that stand for others: the table is what ptrace's unfolding does."""

from __future__ import annotations

from struct import pack

from tracer.capture.ebpf.layout import MULTIPLEXED, PLANS
from tracer.capture.ebpf.multiplexed import Unfolding, unfoldings
from tracer.capture.memory import Reader
from tracer.capture.unfold import unfold
from tracer.syscalls.multiplexers import IPC

ARGS = (0, 11, 22, 33, 44, 55)
BLOCK = (101, 102, 103, 104, 105, 106)


class Memory(Reader):
    """Has the block wherever it is looked for."""

    def peek(self, address: int, length: int) -> bytes:
        return pack("<6I", *BLOCK)[:length]


def by_table(each: Unfolding, args: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """As programs/unfold.h reads it."""
    block = (*BLOCK[: each.words], *[0] * 6)[:6]
    values = (*args[1:], *block, *[0] * 5)
    places = each.head()[3]
    return each.number, tuple(values[place] for place in places)


def test_every_operation_becomes_the_call_it_stands_for() -> None:
    for each in unfoldings():
        multiplexer, operation = each.number & 0xFFFF, each.number >> 16
        version = 1 << 16 if multiplexer == IPC and not each.words else 0
        first = operation | version if each.place - MULTIPLEXED not in (31, 63) else ARGS[0]
        args = (first, *ARGS[1:])
        assert by_table(each, args) == unfold(Memory(0), multiplexer, args), each


def test_places_are_all_different_and_there() -> None:
    places = [each.place for each in unfoldings()]
    assert len(set(places)) == len(places)
    assert all(MULTIPLEXED < place < PLANS for place in places)
