"""Which calls have their stack kept, and chains of frame pointers in memory made by hand."""

from __future__ import annotations

import struct

import pytest

from tracer.capture.memory import Reader
from tracer.capture.seccomp_filter import Wanted
from tracer.capture.stack_choice import (
    NAMED,
    NEVER,
    WITH_MILLISECONDS,
    WITH_STRUCT,
    StackChoice,
    choice_of,
    timeout_argument,
    traits,
    with_mappings,
)
from tracer.capture.stacks import walk
from tracer.syscalls.names import number_of
from tracer.wire import Abi

SP = 0x10000


class Memory(Reader):
    """A stack that begins at SP."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self.data = data
        self.reads = 0

    def peek(self, address: int, length: int) -> bytes:
        self.reads += 1
        return self.data[address - SP : address - SP + length] if address >= SP else b""


def frames(*pairs: tuple[int, int]) -> Memory:
    """Frame pointer and return address, one behind the other."""
    return Memory(b"".join(struct.pack("<QQ", *pair) for pair in pairs))


@pytest.mark.parametrize(
    "choice",
    [StackChoice(), StackChoice(wasted=True, blocked_ns=1_000_000), StackChoice(failed=True, every=True),
     StackChoice(names=frozenset({"read", "poll"}), blocked_ns=0)],
)  # fmt: skip
def test_a_choice_survives_the_command_line(choice: StackChoice) -> None:
    assert choice_of(choice.as_argument()) == choice


def test_what_is_known_of_calls() -> None:
    choice = StackChoice(names=frozenset({"read"}))

    def of(name: str) -> int:
        number = number_of(Abi.X86_64, name)
        assert number is not None
        return traits(choice, Abi.X86_64, number)

    assert of("read") == NAMED
    assert of("getpid") == 0
    assert of("execve") == NEVER
    assert (of("epoll_wait") & WITH_MILLISECONDS, timeout_argument(of("epoll_wait"))) == (WITH_MILLISECONDS, 3)
    assert (of("ppoll") & WITH_STRUCT, timeout_argument(of("ppoll"))) == (WITH_STRUCT, 2)


def test_with_a_filter_the_mappings_are_still_seen() -> None:
    assert {"read", "mmap", "munmap", "mprotect"} <= with_mappings(Wanted(frozenset({"read"}))).names
    assert with_mappings(Wanted(frozenset({"mmap", "futex"}), inverted=True)).names == {"futex"}


def test_a_chain_is_followed_to_its_end() -> None:
    stack = frames((SP + 16, 0xA), (SP + 32, 0xB), (0, 0xC))
    assert walk(stack, 0x1, SP, SP) == [0x1, 0xA, 0xB, 0xC]
    assert stack.reads == 1


@pytest.mark.parametrize(
    "pairs",
    [[(SP, 0xA)], [(SP + 3, 0xA)], [(SP - 64, 0xA)], [(1 << 60, 0xA)], [((1 << 64) - 8, 0xA)]],
    ids=["itself", "odd", "below", "nowhere", "the last word"],
)
def test_nonsense_ends_it(pairs: list[tuple[int, int]]) -> None:
    assert walk(frames(*pairs), 0x1, SP, SP) == [0x1, 0xA]


def test_no_more_than_127_frames_and_eight_reads() -> None:
    deep = frames(*((SP + 16 * (each + 1), 0xA + each) for each in range(1000)))
    assert len(walk(deep, 0x1, SP, SP)) == 127
    far = Memory(b"".join(struct.pack("<QQ", SP + 20_000 * (each + 1), 0xA).ljust(20_000) for each in range(50)))
    walk(far, 0x1, SP, SP)
    assert far.reads <= 8


def test_words_of_32_bits() -> None:
    stack = Memory(struct.pack("<4I", SP + 8, 0xA, 0, 0xB))
    assert walk(stack, 0x1, SP, SP, 4) == [0x1, 0xA, 0xB]


def test_a_register_that_is_no_pointer() -> None:
    assert walk(frames((0, 0xA)), 0x1, SP, 7) == [0x1]
    assert walk(frames((0, 0)), 0x1, SP, SP) == [0x1]
