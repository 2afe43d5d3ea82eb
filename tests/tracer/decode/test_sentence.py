"""Calls in plain language: what is asked for, and what came of it."""

from __future__ import annotations

import errno
import struct

import pytest

from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, piece, row
from tracer.decode.sentence import sentence
from tracer.syscalls.names import names
from tracer.syscalls.table import declaration_of
from tracer.wire import Abi, Flag, Kind

BUF, OTHER = 0x7F0000001000, 0x7F0000002000
POLLIN, POLLOUT = 1, 4


def polled(count: int, events: int, revents: int = 0) -> bytes:
    return b"".join(struct.pack("<ihh", fd, events, revents) for fd in range(count))


SENTENCES = [
    (row("read", 3, BUF, 64, result=23), "asks descriptor 3 for up to 64 bytes; gets 23"),
    (row("read", 3, BUF, 64), "asks descriptor 3 for up to 64 bytes; gets none: this is the end of the data"),
    (
        row("read", 3, BUF, 64, result=-errno.EAGAIN),
        "asks descriptor 3 for up to 64 bytes; does not wait: it cannot be done at once, and the descriptor is "
        "non-blocking (EAGAIN)",
    ),
    (row("write", 1, BUF, 64, result=23),
     "hands 64 bytes to descriptor 1; only 23 are taken, the rest must be offered again"),
    (row("write", 1, BUF, 1, result=1), "hands 1 byte to descriptor 1; it is taken"),
    (
        row("poll", BUF, 23, 0, memory=[
            piece(0, ENTRY, BUF, polled(23, POLLIN)), piece(0, EXIT, BUF, polled(23, POLLIN)),
        ]),
        "asks whether any of 23 descriptors is readable; returns at once, none was",
    ),
    (
        row("poll", BUF, 2, 100, result=1, memory=[
            piece(0, ENTRY, BUF, polled(2, POLLIN | POLLOUT)),
            piece(0, EXIT, BUF, polled(1, POLLIN) + struct.pack("<ihh", 1, 5, POLLIN)),
        ]),
        "asks whether any of 2 descriptors is readable or writable, and waits for one at most 100 ms; 1 is: 1",
    ),
    (
        row("select", 8, BUF, 0, 0, 0, result=1, memory=[
            piece(1, ENTRY, BUF, b"\x88" + bytes(7)), piece(1, EXIT, BUF, b"\x08" + bytes(7)),
        ]),
        "asks whether any of 2 descriptors is readable, and waits until one is; 1 is: 3",
    ),
    (
        row("epoll_ctl", 4, 1, 7, BUF, memory=[piece(3, ENTRY, BUF, struct.pack("<IQ", 0x80000001, 7))]),
        "puts descriptor 7 on the interest list of descriptor 4: tell when it is readable, only when that changes "
        "(edge-triggered)",
    ),
    (
        row("epoll_wait", 4, BUF, 64, -1, result=4, memory=[
            piece(1, EXIT, BUF, b"".join(struct.pack("<IQ", events, 7) for events in (1, 1, 0x11))),
        ]),
        "asks which descriptors on the interest list of descriptor 4 are ready, and waits until one is; "
        "2 are readable, 1 is readable and hung up, 1 is ready",
    ),
    (row("futex", BUF, 0x81, 1, result=0), "wakes up to 1 thread that sleeps at 0x7f0000001000; none slept there"),
    (
        row("futex", BUF, 0x80, 2, 0, result=-errno.EAGAIN),
        "sleeps until another thread wakes it at 0x7f0000001000, provided the word there is 2; does not sleep, "
        "because the word there has another value by now (EAGAIN)",
    ),
    (
        row("clock_nanosleep", 1, 0, BUF, 0, memory=[piece(2, ENTRY, BUF, struct.pack("<qq", 1, 500_000_000))]),
        "sleeps for 1.5 s; the time is over",
    ),
    (
        row("wait4", -1, BUF, 1, 0, result=4243, memory=[piece(1, EXIT, BUF, struct.pack("<i", 0x1700))]),
        "asks, without waiting, whether any child has ended; 4243 exited with 23",
    ),
    (
        row("openat", -100, BUF, 0o1102, 0o644, result=5, memory=[piece(1, ENTRY, BUF, b"log\0")]),
        'opens "log" for reading and writing, creates it if it is missing, empties it; gets descriptor 5',
    ),
    (row("sendfile", 4, 5, 0, 4096, result=4096),
     "moves up to 4096 bytes from descriptor 5 to descriptor 4 inside the kernel, without a copy in the program; "
     "4096 bytes moved"),
    (row("poll", BUF, 1, -1, result=-516, memory=[piece(0, ENTRY, BUF, polled(1, POLLIN))]),
     "asks whether descriptor 0 is readable, and waits until one is; a signal interrupts it "
     "(ERESTART_RESTARTBLOCK)"),
    (row("read", 3, BUF, 0), "asks descriptor 3 for up to no bytes"),
    (row("write", 3, BUF, 0), "hands no bytes to descriptor 3"),
    (row("readv", 3, BUF, 0), "asks descriptor 3 for bytes to fill no buffers"),
    (
        row("recvfrom", 3, BUF, 64, 0x40, 0, 0, result=-errno.EAGAIN),
        "asks descriptor 3 for up to 64 bytes; does not wait: it cannot be done at once, and it was told not to "
        "(MSG_DONTWAIT) (EAGAIN)",
    ),
    (row("recvfrom", 3, BUF, 64, 2, 0, 0, result=23),
     "asks descriptor 3 for up to 64 bytes, which stay there (MSG_PEEK); gets 23"),
    (row("recvfrom", 3, BUF, 5, 0x20, 0, 0, result=11),
     "asks descriptor 3 for up to 5 bytes; 11 bytes were there (MSG_TRUNC: cut to the room, or, of TCP, thrown "
     "away)"),
    (row("recvfrom", 3, BUF, 0, 0, 0, 0), "asks descriptor 3 for up to no bytes; gets none"),
    (row("recvmsg", 3, BUF, 0x2000, result=-errno.EAGAIN),
     "asks descriptor 3 for a message, out of its queue of errors; does not wait: it cannot be done at once, and "
     "the descriptor is non-blocking (EAGAIN)"),
    (row("recvmmsg", 3, BUF, 2, 0, 0, result=1),
     "asks for up to 2 messages on descriptor 3 in one call; 1 is done"),
    (row("connect", 3, BUF, 16, memory=[piece(1, ENTRY, BUF, bytes(16))]),
     "makes descriptor 3 connected to nobody (AF_UNSPEC)"),
    (row("shutdown", 3, 7, result=-errno.EINVAL),
     "declares that descriptor 3 ends in a way that does not exist (7); fails: Invalid argument (EINVAL)"),
    (row("semop", 3, BUF, 1, result=-errno.EAGAIN), "makes the system call semop; cannot be done now (EAGAIN)"),
    (row("poll", BUF, 0, 2), "sleeps for 2 ms: it watches no descriptors; the time is over"),
    (row("poll", BUF, 0, 0), "watches no descriptors and does not wait"),
    (
        row("poll", BUF, 1 << 20, 0, result=-errno.EINVAL, memory=[piece(0, ENTRY, BUF, polled(9, POLLIN))]),
        "watches 1048576 descriptors; fails: Invalid argument (EINVAL)",
    ),
    (row("select", 0, 0, 0, 0, OTHER, memory=[piece(4, ENTRY, OTHER, struct.pack("<qq", 0, 500))]),
     "sleeps for 500 µs: it watches no descriptors; the time is over"),
    (row("epoll_ctl", 4, 77, 7, BUF, result=-errno.EINVAL),
     "does 0x4d with descriptor 7 on the interest list of descriptor 4; fails: Invalid argument (EINVAL)"),
    (row("epoll_ctl", 4, 1, 7, 8, result=-errno.EFAULT),
     "puts descriptor 7 on the interest list of descriptor 4; fails, because it points to memory that is not the "
     "program's (EFAULT)"),
    (row("epoll_ctl", 4, 2, 7, 0, result=-errno.ENOENT),
     "takes descriptor 7 off the interest list of descriptor 4; fails, because it is not on the list (ENOENT)"),
    (row("tee", 3, 4, 64, 2, result=23),
     "gives up to 64 bytes of the pipe descriptor 3 also to the pipe descriptor 4; they stay in the first; 23 "
     "bytes given"),
    (
        row("openat", -100, BUF, 0o10000000, 0, result=5, memory=[piece(1, ENTRY, BUF, b"log\0")]),
        'takes hold of "log" as a place only, not to read or write; gets descriptor 5',
    ),
    (row("statx", 3, 0, 0x1000, 0xFFF, 0, result=-errno.EBADF),
     "asks what descriptor 3 is: its kind, size, owner and times; fails, because that descriptor is not open for "
     "this (EBADF)"),
    (row("rt_sigaction", 1, BUF, 0, 4, result=-errno.EINVAL),
     "changes what SIGHUP does; fails: Invalid argument (EINVAL)"),
    (row("alarm", 0, result=5), "asks for no SIGALRM any more"),
    (row("process_madvise", 3, BUF, 1, 20, 0, result=4),
     "makes the system call process_madvise on descriptor 3; returns 4 bytes"),
    (row("pause", kind=Kind.ENTERED), "waits for a signal; is still inside"),
    (row("pause", kind=Kind.ENTERED, flags=int(Flag.FINAL)),
     "waits for a signal; never returns: its thread ends inside it"),
    (row("exit_group", 23, kind=Kind.ENTERED), "ends the process, with all its threads, with status 23"),
    (row("personality", 0xFFFFFFFF), "makes the system call personality; succeeds"),
    (row(499, 1), "makes the system call syscall_0x1f3"),
    (row(10, kind=Kind.SIGNAL), ""),
]  # fmt: skip


@pytest.mark.parametrize(("made", "expected"), SENTENCES)
def test_a_call_in_a_sentence(made: TestRow, expected: str) -> None:
    assert sentence(batch([made]), 0) == expected


def test_a_descriptor_is_called_by_what_it_is() -> None:
    made = batch([row("read", 3, BUF, 64, result=23)])
    assert (
        sentence(made, 0, {3: "/etc/passwd"}.get) == "asks descriptor 3 (/etc/passwd) for up to 64 bytes; gets 23"
    )


def test_every_call_has_a_sentence_whatever_its_result() -> None:
    calls = [name for number, name in names(Abi.X86_64).items() if declaration_of(Abi.X86_64, number)]
    assert len(calls) > 350
    for result in (0, 5, -errno.EFAULT, -512):
        made = batch([row(name, 1, BUF, 3, OTHER, 5, 6, result=result) for name in calls])
        assert all(sentence(made, index).isprintable() for index in range(len(calls)))
        assert all(sentence(made, index) for index in range(len(calls)))
