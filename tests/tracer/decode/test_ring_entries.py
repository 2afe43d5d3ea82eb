"""io_uring's operations as they read on screen."""

from __future__ import annotations

import errno

import pytest

from tests.tracer.rows import EXIT, batch, completed, piece, row, submission, submitted
from tracer.decode.call import call_text
from tracer.decode.ring_entries import submission_text
from tracer.syscalls.ring_entries import NOTICE
from tracer.wire import RING_COMPLETION, RING_SUBMISSION


def test_a_call_shows_what_it_submitted_and_what_was_complete() -> None:
    reads = [submission("READ", fd, len=64) for fd in (4, 5, 6)]
    memory = [*map(submitted, reads), completed(64, reads[0]), completed(-errno.EAGAIN, reads[1])]
    made = row("io_uring_enter", 7, 3, 1, 1, 0, 0, result=3, memory=memory)
    assert call_text(batch([made]), 0).line == (
        "io_uring_enter(7, 3 submitted: READ 4 64, READ 5 64, READ 6 64, 1, IORING_ENTER_GETEVENTS, NULL, 0) = 3"
        " · completed READ 4 = 64, READ 5 = EAGAIN"
    )


def test_what_a_kernel_thread_took_was_submitted_without_a_call() -> None:
    taken = piece(RING_SUBMISSION, EXIT, 0x7000, submission("READ", 4, len=64))
    made = row("write", 1, 0x1000, 5, result=5, memory=[taken, piece(RING_COMPLETION, EXIT, 0, reason=1001)])
    shown = "5 · submitted without a call READ 4 64 · completed <not captured>"
    assert call_text(batch([made]), 0).result == shown


def test_a_long_list_is_cut_short_and_says_by_how_much() -> None:
    memory = [completed(number) for number in range(23)]
    made = row("io_uring_enter", 7, 0, 1, 1, 0, 0, memory=memory)
    assert call_text(batch([made]), 0).result == (
        "0 · completed user_data 0x11 = 0, user_data 0x11 = 1, user_data 0x11 = 2, user_data 0x11 = 3, ... 19 more"
    )


@pytest.mark.parametrize(
    ("entry", "led_to", "text"),
    [
        (submission("NOP", -1), b"", "NOP"),
        (submission("READV", 4, len=3), b"", "READV 4 iov[3]"),
        (submission("OPENAT", -100), b"/tmp/a\0", 'OPENAT "/tmp/a"'),
        (submission("LINKAT", -100), b"/a\0/b\0", 'LINKAT "/a" "/b"'),
        (submission("WRITE", 2, len=5, flags=1 | 1 << 2), b"", "WRITE file 2 5 linked"),
        (submission("RECV", 4, len=0, flags=1 << 5, ioprio=2), b"", "RECV 4 0 provided buffer multishot"),
        (submission("ACCEPT", 4, ioprio=1), b"", "ACCEPT 4 multishot"),
        (bytes([201]) + submission("NOP", 9)[1:], b"", "op 201 9"),
        (b"\0" * 7, b"", "<cut off>"),
    ],
)
def test_one_operation(entry: bytes, led_to: bytes, text: str) -> None:
    assert submission_text(entry + led_to) == text


def test_completions_show_at_any_call_and_a_notice_is_no_result() -> None:
    sent = submission("SEND_ZC", 4, len=64)
    made = row("write", 1, 0x1000, 5, result=5, memory=[completed(0, sent, NOTICE)])
    assert call_text(batch([made]), 0).result == "5 · completed SEND_ZC 4 buffer free"
