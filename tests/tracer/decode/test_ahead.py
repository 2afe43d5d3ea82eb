"""What a call that has not begun will meet, given how its descriptors stand."""

from __future__ import annotations

import struct

import pytest

from tests.tracer.rows import ENTRY, TestRow, batch, piece, row
from tracer.decode.ahead import descriptors_of, outlook
from tracer.decode.sentence import intention
from tracer.kernel.states import DescriptorState
from tracer.recording.captured import Row, captured
from tracer.wire import Kind

BUF = 0x7F0000001000
POLLED = b"".join(struct.pack("<ihh", fd, 1, 0) for fd in (3, 5, -1))
POLL = row("poll", BUF, 3, -1, kind=Kind.ENTERED, memory=[piece(0, ENTRY, BUF, POLLED)])
POLL_AT_ONCE = row("poll", BUF, 3, 0, kind=Kind.ENTERED, memory=[piece(0, ENTRY, BUF, POLLED)])
SELECT = row("select", 8, BUF, 0, 0, 0, kind=Kind.ENTERED, memory=[piece(1, ENTRY, BUF, b"\x28" + bytes(7))])
EMPTY = DescriptorState(3, "pipe:[1]", nonblocking=False, queued=0, readable=False)


def plain(made: TestRow) -> Row:
    return captured(batch([made])).row(0)


def entered(name: str, *args: int) -> Row:
    return plain(row(name, *args, kind=Kind.ENTERED))


@pytest.mark.parametrize(
    ("call", "state", "said"),
    [
        (entered("read", 3, BUF, 64), EMPTY, "nothing is there: its thread will sleep until something comes"),
        (entered("read", 3, BUF, 64), DescriptorState(3, "pipe:[1]", True, 0, readable=False),
         "nothing is there, and it may not sleep: it will fail with EAGAIN"),
        (entered("recvfrom", 3, BUF, 64, 0x40, 0, 0), EMPTY,
         "nothing is there, and it may not sleep: it will fail with EAGAIN"),
        (entered("read", 3, BUF, 64), DescriptorState(3, "pipe:[1]", False, 5, readable=True),
         "5 bytes are waiting: it will not sleep"),
        (entered("read", 3, BUF, 64), DescriptorState(3, "pipe:[1]", False, 0, readable=True, hung_up=True),
         "nothing is there and the other end is closed: it will not sleep"),
        (entered("read", 3, BUF, 64), DescriptorState(3, "/etc/passwd", False), ""),
        (entered("read", 3, BUF, 64), DescriptorState(3, "", reason="not open"),
         "that descriptor is not open: it will fail with EBADF"),
        (entered("read", 3, BUF, 64), DescriptorState(3, "socket:[1]", reason="pidfd_getfd: EPERM"), ""),
        (entered("accept4", 3, 0, 0, 0o4000), DescriptorState(3, "socket:[1]", False, readable=False),
         "nobody is waiting to be accepted: its thread will sleep until somebody connects"),
        (entered("accept", 3, 0, 0), DescriptorState(3, "socket:[1]", False, readable=True),
         "somebody is waiting to be accepted: it will not sleep"),
        (entered("write", 3, BUF, 64), DescriptorState(3, "pipe:[1]", False, writable=False),
         "there is no room: its thread will sleep until there is"),
        (entered("write", 3, BUF, 64), DescriptorState(3, "pipe:[1]", False, writable=True, hung_up=True),
         "nobody is there to read any more: it will fail"),
        (entered("getpid"), EMPTY, ""),
        (entered("epoll_wait", 3, BUF, 8, -1), DescriptorState(3, "anon_inode:[eventpoll]", readable=False),
         "none is ready now: its thread will sleep"),
        (entered("epoll_wait", 3, BUF, 8, 0), DescriptorState(3, "anon_inode:[eventpoll]", readable=False),
         "none is ready now, and it may not sleep: it will return 0"),
    ],
)  # fmt: skip
def test_outlook_of_one_descriptor(call: Row, state: DescriptorState, said: str) -> None:
    assert outlook(call, {3: state}) == said


@pytest.mark.parametrize(
    ("call", "readable", "said"),
    [
        (POLL, False, "none is ready now: its thread will sleep"),
        (POLL, True, "one is ready now: it will not sleep"),
        (POLL, None, ""),
        (POLL_AT_ONCE, False, "none is ready now, and it may not sleep: it will return 0"),
        (SELECT, False, "none is ready now: its thread will sleep"),
        (SELECT, True, "one is ready now: it will not sleep"),
    ],
)
def test_outlook_of_a_wait_for_several(call: TestRow, readable: bool | None, said: str) -> None:
    states = {3: EMPTY, 5: DescriptorState(5, "socket:[2]", readable=readable)}
    assert outlook(plain(call), states) == said
    assert descriptors_of(plain(call)) == (3, 5)


def test_nothing_is_said_when_one_of_several_is_not_known() -> None:
    assert outlook(plain(POLL), {3: EMPTY}) == ""


def test_descriptors_in_arguments_come_once_and_in_order() -> None:
    assert descriptors_of(entered("sendfile", 5, 4, 0, 9)) == (5, 4)
    assert descriptors_of(entered("dup2", 5, 5)) == (5,)
    assert descriptors_of(plain(row(9999, kind=Kind.ENTERED))) == ()


def test_intention_says_nothing_of_the_end() -> None:
    assert intention(entered("read", 3, BUF, 64)) == "asks descriptor 3 for up to 64 bytes"
    assert intention(plain(row(9999, kind=Kind.ENTERED))) == "makes the system call syscall_0x270f"
    assert intention(plain(POLL)) == "asks whether any of 2 descriptors is readable, and waits until one is"
