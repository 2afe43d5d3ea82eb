"""Copies of io_uring operations: by their completions and submissions, in columns and one by one."""

from __future__ import annotations

import errno
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.account.vector_rows import BUF, CONTROL, IOV, NAME, iovecs, msghdr
from tests.tracer.rows import EXIT, TestRow, batch, completed, piece, row, submission, submitted
from tracer.account.copies import Copies, account_copies
from tracer.account.transfers import moved
from tracer.recording.captured import captured
from tracer.syscalls.ring_entries import MORE, NAMES, NOTICE
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, Kind, Reason

Listed = list[tuple[str, str, int]]


def enter(result: int, *memory: dict[str, int | bytes]) -> TestRow:
    return row("io_uring_enter", 7, max(result, 0), 1, 1, 0, 0, result=result, memory=memory)


def listed(made: TestRow) -> Listed:
    """The transfers of a row; the columns must add up to them."""
    table = batch([made])
    one, counts = moved(captured(table).row(0)), account_copies(table)
    found = [(t.direction, t.kind, t.bytes) for t in one.transfers]
    assert sums(found) == {f.name: int(getattr(counts, f.name)[0]) for f in fields(Copies)[:-1]}
    assert bool(counts.unknown[0]) is one.unknown
    return found


def unknown(made: TestRow) -> bool:
    listed(made)
    return bool(account_copies(batch([made])).unknown[0])


def sums(found: Listed) -> dict[str, int]:
    total = {f.name: 0 for f in fields(Copies)[:-1]}
    for direction, kind, size in found:
        total[f"copies_{direction}"] += 1
        total[f"{kind}_{direction}"] += size
    return total


@pytest.mark.parametrize("opcode", ["READ", "RECV", "READ_MULTISHOT"])
def test_what_is_read_is_the_completions_result(opcode: str) -> None:
    assert listed(enter(1, completed(61, submission(opcode, len=64)))) == [("out", "payload", 61)]


@pytest.mark.parametrize("opcode", ["WRITE", "SEND"])
def test_what_is_written_is_the_completions_result(opcode: str) -> None:
    assert listed(enter(0, completed(61, submission(opcode, len=64)))) == [("in", "payload", 61)]


@pytest.mark.parametrize("opcode", ["READ", "WRITE", "READV", "RECVMSG"])
@pytest.mark.parametrize("res", [0, -errno.EAGAIN, -errno.ECANCELED])
def test_an_operation_that_moved_nothing_copied_no_payload(opcode: str, res: int) -> None:
    led_to = msghdr(0, 0, 1) + iovecs(20) + msghdr(0, 0, 1)
    found = listed(enter(0, completed(res, submission(opcode, len=1) + led_to)))
    assert not [size for _, kind, size in found if kind == "payload"]


def test_a_completion_without_its_submission_is_unknown_only_when_something_moved() -> None:
    assert unknown(enter(0, completed(61)))
    assert not unknown(enter(0, completed(-errno.EAGAIN)))
    assert not unknown(enter(0, completed(61, flags=NOTICE)))


def test_submissions_that_were_not_seen_are_unknown() -> None:
    entry = submission("READ", len=64)
    assert unknown(enter(3, submitted(entry), submitted(entry)))
    assert not unknown(enter(3, *[submitted(entry)] * 3))


def test_a_write_without_a_completion_on_success_is_unknown() -> None:
    assert unknown(enter(1, submitted(submission("WRITE", len=61, flags=1 << 6))))
    assert not unknown(enter(1, submitted(submission("FSYNC", flags=1 << 6))))


def test_entries_the_kernel_did_not_take_copied_nothing() -> None:
    entry = submission("TIMEOUT")
    assert listed(enter(1, submitted(entry), submitted(entry))) == [("in", "control", 16)]
    assert listed(enter(-errno.EBUSY, submitted(entry))) == []


def test_a_vector_is_read_when_it_is_submitted_and_filled_when_it_completes() -> None:
    entry, array = submission("READV", len=3, addr=IOV), iovecs(40, 40, 40)
    assert listed(enter(1, submitted(entry, array))) == [("in", "control", 48)]
    assert listed(enter(0, completed(47, entry + array))) == [("out", "payload", 40), ("out", "payload", 7)]
    assert unknown(enter(0, completed(47, entry + array[:-1])))


def test_a_message_that_is_sent() -> None:
    entry = submission("SENDMSG", addr=0x40000)
    memory = msghdr(NAME, 16, 2, CONTROL, 24) + iovecs(10, 20)
    assert listed(enter(1, submitted(entry, memory), completed(30, entry + memory))) == [
        ("in", "control", 44), ("in", "control", 16), ("in", "control", 32), ("in", "control", 24),
        ("in", "payload", 10), ("in", "payload", 20),
    ]  # fmt: skip


def test_a_message_that_is_received() -> None:
    entry = submission("RECVMSG", addr=0x40000)
    memory = msghdr(NAME, 28, 1) + iovecs(100)
    assert listed(enter(1, submitted(entry, memory))) == [("in", "control", 44), ("in", "control", 16)]
    assert listed(enter(0, completed(23, entry + memory + msghdr(NAME, 16, 1)))) == [
        ("out", "payload", 23), ("in", "control", 4), ("out", "control", 16), ("out", "control", 4),
        ("out", "control", 4), ("out", "control", 8),
    ]  # fmt: skip


def test_paths_and_structures_of_other_operations() -> None:
    path = submitted(submission("STATX", off=BUF), b"/tmp\0")
    assert listed(enter(1, path, completed(0, submission("STATX", off=BUF) + b"/tmp\0"))) == [
        ("in", "control", 5), ("out", "control", 256),
    ]  # fmt: skip
    how = submission("OPENAT2", len=24)
    assert listed(enter(1, submitted(how, b"/a\0"))) == [("in", "control", 3), ("in", "control", 24)]
    assert listed(enter(1, submitted(submission("EPOLL_CTL", len=1)))) == [("in", "control", 12)]
    assert listed(enter(1, submitted(submission("EPOLL_CTL", len=2)))) == []
    assert listed(enter(1, submitted(submission("CONNECT", off=16)))) == [("in", "control", 16)]
    assert listed(enter(1, submitted(submission("RENAMEAT"), b"/a\0/bc\0"))) == [
        ("in", "control", 3), ("in", "control", 4),
    ]  # fmt: skip


def test_an_accepted_address() -> None:
    entry = submission("ACCEPT", addr=NAME, off=0x30000)
    room, length = (128).to_bytes(4, "little"), (16).to_bytes(4, "little")
    assert listed(enter(0, completed(9, entry + room + length))) == [
        ("in", "control", 4), ("out", "control", 16), ("out", "control", 4),
    ]  # fmt: skip


def test_zero_copy_sending_copies_nothing_and_its_notice_is_no_payload() -> None:
    entry = submission("SEND_ZC", len=4096)
    assert listed(enter(1, submitted(entry), completed(4096, entry, MORE), completed(0, entry, NOTICE))) == []


def test_an_operation_nobody_described_is_unknown() -> None:
    assert unknown(enter(0, completed(0, submission("URING_CMD"))))
    assert unknown(enter(0, completed(0, bytes([200]) + submission("NOP")[1:])))
    assert unknown(enter(0, completed(-errno.EFAULT, submission("READ"))))


def test_completions_count_at_whatever_call_they_were_seen() -> None:
    seen = completed(61, submission("RECV", len=64))
    assert listed(row("write", 1, BUF, 5, result=5, memory=[seen])) == [
        ("in", "payload", 5),
        ("out", "payload", 61),
    ]
    assert listed(row("getcpu", 0, BUF, 128, result=-errno.ENOSYS, memory=[seen])) == [("out", "payload", 61)]


def test_completions_that_were_overwritten_are_unknown() -> None:
    assert unknown(row("getpid", result=7, memory=[piece(RING_COMPLETION, EXIT, 0, reason=Reason.NOT_CAPTURED)]))


def test_what_a_kernel_thread_took_counts_whatever_the_call_returned() -> None:
    taken = piece(RING_SUBMISSION, EXIT, 0x7000, submission("TIMEOUT"))
    assert listed(row("getpid", result=-errno.EAGAIN, memory=[taken])) == [("in", "control", 16)]


def test_a_call_that_has_not_returned_counts_nothing() -> None:
    made = row("io_uring_enter", 7, memory=[completed(61, submission("READ"))], kind=Kind.ENTERED)
    assert listed(made) == []


def test_many_rows_at_once_are_what_they_are_alone() -> None:
    read, vector = submission("READ", len=64), submission("READV", len=2, addr=IOV)
    rows = [
        enter(1, submitted(read), completed(23, read)), row("getpid", result=7),
        enter(1, submitted(vector, iovecs(40, 40)), completed(50, vector + iovecs(40, 40)), completed(5, read)),
        enter(0, completed(7, submission("WRITE", len=7)), completed(11, read)), enter(0, completed(61)),
    ] * 7  # fmt: skip
    together = account_copies(batch(rows))
    for field in fields(Copies):
        alone = [getattr(account_copies(batch([made])), field.name)[0] for made in rows]
        np.testing.assert_array_equal(getattr(together, field.name), alone)


@given(
    st.lists(st.tuples(st.booleans(), st.binary(max_size=400)), max_size=7),
    st.integers(-600, 9), st.sampled_from(range(len(NAMES) + 3)),
)  # fmt: skip
def test_garbage_in_the_rings_never_raises_and_columns_agree(
    pieces: list[tuple[bool, bytes]], result: int, opcode: int
) -> None:
    memory = []
    for submits, data in pieces:
        entry = bytes([opcode, 0, 0, 0]) + data
        memory.append(submitted(entry) if submits else completed(len(data), entry))
    listed(enter(result, *memory))
