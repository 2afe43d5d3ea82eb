"""Multiplexed calls of i386 become the calls they stand for, against the memory of a real process: this one."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Iterator
from struct import pack

import pytest

from tracer.capture.calls import CallTables
from tracer.capture.memory import Reader
from tracer.capture.plan import PlanOptions
from tracer.capture.unfold import unfold
from tracer.syscalls.multiplexers import IPC, MMAP_BLOCK, SELECT, SOCKETCALL, number
from tracer.syscalls.names import name_of, number_of
from tracer.wire import ARGUMENT_BLOCK, ITEM, Abi

I386, X86_64 = 0x40000003, 0xC000003E
UNMAPPED = 8


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader(os.getpid())
    yield made
    made.close()


@pytest.fixture
def block() -> Iterator[int]:
    """The address of 64 readable bytes: the words 1, 2, 3, ..."""
    memory = mmap.mmap(-1, 4096)
    memory.write(pack("<16I", *range(1, 17)))
    where = ctypes.c_char.from_buffer(memory)
    yield ctypes.addressof(where)
    del where
    memory.close()


def _pieces(reader: Reader) -> list[tuple[int, int, int]]:
    return [(arg, address, length) for arg, _, _, length, address in ITEM.iter_unpack(reader.items)]


@pytest.mark.parametrize(
    ("nr", "first", "name", "args"),
    [
        (SOCKETCALL, 3, "connect", (1, 2, 3, 0, 0, 0)),
        (SOCKETCALL, 12, "recvfrom", (1, 2, 3, 4, 5, 6)),
        (SOCKETCALL, 20, "sendmmsg", (1, 2, 3, 4, 0, 0)),
    ],
)
def test_socketcall_is_the_call_it_stands_for(
    nr: int, first: int, name: str, args: tuple[int, ...], reader: Reader, block: int
) -> None:
    made, found = unfold(reader, nr, (first, block, 0, 0, 0, 0))
    assert (name_of(Abi.I386, made), found) == (name, args)
    assert _pieces(reader) == [(ARGUMENT_BLOCK, block, 4 * (6 - found[::-1].index(max(found))))]


def test_old_select_and_mmap_have_their_arguments_in_memory(reader: Reader, block: int) -> None:
    assert unfold(reader, SELECT, (block, 0, 0, 0, 0, 0)) == (number(SELECT, 1), (1, 2, 3, 4, 5, 0))
    assert unfold(reader, MMAP_BLOCK, (block, 0, 0, 0, 0, 0)) == (number(MMAP_BLOCK, 1), (1, 2, 3, 4, 5, 6))
    assert [name_of(Abi.I386, number(nr, 1)) for nr in (SELECT, MMAP_BLOCK)] == ["select", "mmap"]


def test_ipc_has_them_in_registers_but_for_two(reader: Reader, block: int) -> None:
    """ipc(operation, first, second, third, ptr, fifth); msgrcv of version 0 has pointer and type behind ptr."""
    assert unfold(reader, IPC, (4, 11, 12, 13, 14, 15)) == (number(IPC, 4), (11, 14, 12, 15, 0, 0))
    assert unfold(reader, IPC, (0x1000C, 11, 12, 13, 14, 15)) == (number(IPC, 12), (11, 14, 12, 15, 13, 0))
    assert _pieces(reader) == []
    assert unfold(reader, IPC, (12, 11, 12, 13, block, 15)) == (number(IPC, 12), (11, 1, 12, 2, 13, 0))
    assert unfold(reader, IPC, (3, 11, 12, 13, block, 15)) == (number(IPC, 3), (11, 12, 13, 1, 0, 0))
    assert [length for _, _, length in _pieces(reader)] == [8, 4]


@pytest.mark.parametrize(
    ("nr", "args"),
    [
        (SOCKETCALL, (3, UNMAPPED, 0, 0, 0, 0)),
        (SOCKETCALL, (99, UNMAPPED, 0, 0, 0, 0)),
        (SOCKETCALL, (0, UNMAPPED, 0, 0, 0, 0)),
        (SELECT, (UNMAPPED, 0, 0, 0, 0, 0)),
        (IPC, (12, 1, 2, 3, UNMAPPED, 0)),
        (IPC, (77, 1, 2, 3, 4, 5)),
    ],
)
def test_what_cannot_be_told_stays_as_it_is(nr: int, args: tuple[int, ...], reader: Reader) -> None:
    """An operation nobody knows, a block nobody can read."""
    assert unfold(reader, nr, args) == (nr, args)
    assert _pieces(reader) == []


def test_a_32_bit_call_has_32_bit_arguments(reader: Reader) -> None:
    """Whatever is in the high halves of a 64-bit program's registers; an x32 number loses its bit."""
    tables = CallTables(PlanOptions())
    write, getpid = number_of(Abi.I386, "write"), number_of(Abi.X32, "getpid")
    assert write is not None
    assert getpid is not None
    table, nr, args = tables.find(I386, write, (0x700000001, (1 << 64) - 1, 3, 0, 0, 0), reader)
    assert (table.abi, nr, args) == (Abi.I386, write, (1, 0xFFFFFFFF, 3, 0, 0, 0))
    table, nr, args = tables.find(X86_64, getpid | 0x40000000, (0x700000001, 0, 0, 0, 0, 0), reader)
    assert (table.abi, nr, args[0]) == (Abi.X32, getpid, 0x700000001)
