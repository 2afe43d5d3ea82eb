"""Reading io_uring's rings out of memory: order, wrap-around, repeated user_data, and memory that is gone."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.tracer.rows import submission
from tracer.capture.rings import Ring, Rings
from tracer.syscalls.ring_entries import CQE, SQE
from tracer.wire import ITEM, RING_COMPLETION, RING_SUBMISSION, Reason, When

SQ_RING, SQES, PARAMS = 0x10000, 0x20000, 0x1000
HEAD, TAIL, CQ_HEAD, CQ_TAIL, CQES, ARRAY = 0, 4, 8, 12, 64, 256
ENTRIES, COMPLETIONS = 4, 8
OFF_SQES, OFF_CQ_RING = 0x10000000, 0x8000000


def parameters(flags: int = 0, features: int = 1) -> bytes:
    return struct.pack(
        "<10I 8IQ 8IQ", ENTRIES, COMPLETIONS, flags, 0, 0, features, 0, 0, 0, 0,
        HEAD, TAIL, 0, 0, 0, 0, ARRAY, 0, 0, CQ_HEAD, CQ_TAIL, 0, 0, 0, CQES, 0, 0, 0,
    )  # fmt: skip


class Memory:
    """A program's memory, and what was kept of it: the part of `tracer.capture.memory.Reader` that rings use."""

    def __init__(self) -> None:
        self.bytes: dict[int, bytearray] = {SQ_RING: bytearray(4096), SQES: bytearray(4096)}
        self.kept: list[tuple[int, int, bytes]] = []
        self.lost: list[tuple[int, int, int]] = []

    def peek(self, address: int, length: int) -> bytes:
        for start, content in self.bytes.items():
            if start <= address < start + len(content):
                return bytes(content[address - start : address - start + length])
        return b""

    def text_at(self, address: int, limit: int) -> bytes:
        text = self.peek(address, limit)
        return text[: text.find(b"\0") + 1]

    def missing(self, arg: int, when: int, address: int, reason: int) -> None:
        self.lost.append((arg, when, reason))

    def keep(self, arg: int, when: int, address: int, data: bytes) -> None:
        self.kept.append((arg, when, data))

    def word(self, offset: int, value: int) -> None:
        self.bytes[SQ_RING][offset : offset + 4] = struct.pack("<I", value & 0xFFFFFFFF)


class Program:
    """A program that uses a ring, and the kernel that serves it."""

    def __init__(self, start: int = 0, flags: int = 0) -> None:
        self.memory: Any = Memory()
        self.ring = Ring(parameters(flags))
        self.ring.mapped(0, SQ_RING)
        self.ring.mapped(OFF_SQES, SQES)
        self.submitted = self.completed = start
        for offset in (HEAD, TAIL, CQ_HEAD, CQ_TAIL):
            self.memory.word(offset, start)
        self.ring._seen = start

    def submit(self, *entries: bytes) -> None:
        self.memory.word(HEAD, self.submitted)
        for entry in entries:
            slot = self.submitted % ENTRIES
            self.memory.bytes[SQES][slot * SQE : (slot + 1) * SQE] = entry
            self.memory.word(ARRAY + 4 * slot, slot)
            self.submitted += 1
        self.memory.word(TAIL, self.submitted)
        self.ring.keep_submissions(self.memory, len(entries))

    def complete(self, *answers: tuple[int, int, int]) -> None:
        for answer in answers:
            at = CQES + self.completed % COMPLETIONS * CQE
            self.memory.bytes[SQ_RING][at : at + CQE] = struct.pack("<QiI", *answer)
            self.completed += 1
        self.memory.word(CQ_TAIL, self.completed)

    def look(self) -> list[tuple[int, bytes]]:
        """(res, what was answered) of the completions since the last look."""
        self.memory.kept.clear()
        self.ring.keep_completions(self.memory, When.EXIT)
        assert {(arg, when) for arg, when, _ in self.memory.kept} <= {(RING_COMPLETION, When.EXIT)}
        return [(struct.unpack_from("<i", data, 8)[0], data[CQE:]) for _, _, data in self.memory.kept]


def entry(number: int, opcode: str = "READ", fd: int = 5, **fields: int) -> bytes:
    return submission(opcode, fd, user_data=number, **fields)


@pytest.mark.parametrize("start", [0, 3, 5, (1 << 32) - 2])
def test_completions_come_with_the_submission_they_answer(start: int) -> None:
    program = Program(start)
    program.submit(entry(1), entry(2), entry(3))
    assert [arg for arg, _, _ in program.memory.kept] == [RING_SUBMISSION] * 3
    program.complete((2, 61, 0), (1, 7, 0))
    assert program.look() == [(61, entry(2)), (7, entry(1))]
    assert program.ring.waiting
    program.complete((3, -11, 0))
    assert program.look() == [(-11, entry(3))]
    assert not program.ring.waiting
    assert program.look() == []


def test_submissions_with_the_same_user_data_are_answered_in_order() -> None:
    program = Program()
    program.submit(entry(0, fd=4), entry(0, fd=5))
    program.complete((0, 61, 0), (0, 7, 0), (0, 5, 0))
    assert program.look() == [(61, entry(0, fd=4)), (7, entry(0, fd=5)), (5, b"")]


def test_a_multishot_submission_is_answered_until_the_last_time() -> None:
    program = Program()
    program.submit(entry(1, "RECV", ioprio=2))
    program.complete((1, 61, 2), (1, 7, 2), (1, 0, 0), (1, 9, 0))
    assert [bool(answered) for _, answered in program.look()] == [True, True, True, False]


def test_more_completions_than_the_ring_holds_are_those_that_are_left() -> None:
    program = Program()
    program.complete(*[(number, number, 0) for number in range(23)])
    assert [result for result, _ in program.look()] == list(range(23 - COMPLETIONS, 23))
    assert program.memory.lost == [(RING_COMPLETION, When.EXIT, Reason.NOT_CAPTURED)]
    program.complete((1, 5, 0))
    assert [result for result, _ in program.look()] == [5]
    assert len(program.memory.lost) == 1


@pytest.mark.parametrize("when", When)
def test_what_a_kernel_thread_took_comes_before_its_completions(when: When) -> None:
    program = Program(flags=1 << 1)
    assert program.ring.polled
    program.submit(entry(1), entry(2))
    assert program.memory.kept == []
    program.memory.word(HEAD, program.submitted)
    program.complete((2, 61, 0))
    program.ring.keep_completions(program.memory, when)
    taken = [(RING_SUBMISSION, When.EXIT, entry(number)) for number in (1, 2)]
    assert program.memory.kept[:2] == taken
    assert [data[CQE:] for arg, _, data in program.memory.kept if arg == RING_COMPLETION] == [entry(2)]
    program.complete((1, 61, 0))
    assert program.look() == [(61, entry(1))]
    assert program.ring.waiting, "more may be submitted without a call at any time"


def test_more_submissions_than_the_ring_holds_are_those_that_are_left() -> None:
    program = Program(flags=1 << 1)
    for number in range(7):
        program.submit(entry(number))
    program.ring.keep_completions(program.memory, When.EXIT)
    assert [data for _, _, data in program.memory.kept] == [entry(number) for number in range(3, 7)]
    assert program.memory.lost == [(RING_SUBMISSION, When.EXIT, Reason.NOT_CAPTURED)]


def test_a_ring_without_an_index_array_is_read_in_place() -> None:
    program = Program(flags=1 << 16)
    program.memory.bytes[SQ_RING][ARRAY : ARRAY + 16] = b"\xff" * 16
    program.submit(entry(1))
    assert len(program.memory.kept) == 1


def test_memory_that_is_gone_ends_the_watching() -> None:
    program = Program()
    program.submit(entry(1))
    program.memory.bytes.clear()
    assert program.look() == []
    assert not program.ring.waiting


def test_iovecs_paths_and_headers_are_kept_with_their_submission() -> None:
    program = Program()
    program.memory.bytes[0x40000] = bytearray(b"/tmp/a\0and more")
    program.memory.bytes[0x50000] = bytearray(struct.pack("<4Q", 1, 2, 3, 4))
    program.submit(entry(1, "OPENAT", addr=0x40000), entry(2, "READV", addr=0x50000, len=2))
    assert [data[SQE:] for _, _, data in program.memory.kept] == [b"/tmp/a\0", struct.pack("<4Q", 1, 2, 3, 4)]
    program.complete((2, 5, 0))
    assert program.look()[0][1][SQE:] == struct.pack("<4Q", 1, 2, 3, 4)


def test_rings_by_descriptor() -> None:
    memory: Any = Memory()
    memory.bytes[PARAMS] = bytearray(parameters())
    rings = Rings()
    rings.set_up(memory, 7, PARAMS)
    rings.set_up(memory, 8, 0x99999)
    assert rings.get(7) is not None
    assert rings.get(8) is None
    assert not rings.keep_completions(memory)
    assert ITEM.size == 16
