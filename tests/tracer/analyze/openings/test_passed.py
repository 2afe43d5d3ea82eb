"""Descriptors passed over named sockets and in many messages at once: the receiver's are what the sender's were."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.tracer.analyze.runs import tally_of
from tests.tracer.rows import ENTRY, EXIT, TestRow, piece, row
from tracer.syscalls.objects import Object
from tracer.wire import NO_ARG

TEXT, HEAD, CONTROL, NAME, BUF = 0x1000, 0x4000, 0x5000, 0x6000, 0x2000
STREAM, DGRAM = 1, 2


def opened(path: bytes, fd: int, **columns: Any) -> TestRow:
    return row("openat", -100, TEXT, 0, result=fd, memory=[piece(1, ENTRY, TEXT, path + b"\0")], **columns)


def read(fd: int, **columns: Any) -> TestRow:
    return row("read", fd, BUF, 64, result=5, **columns)


def named(call: str, fd: int, path: bytes, **columns: Any) -> TestRow:
    return row(call, fd, NAME, 20, memory=[piece(1, ENTRY, NAME, b"\1\0" + path + b"\0")], **columns)


def socket(fd: int, kind: int, **columns: Any) -> TestRow:
    return row("socket", 1, kind, 0, result=fd, **columns)


def accepted(listening: int, fd: int, peer: int, **columns: Any) -> TestRow:
    link = piece(NO_ARG, EXIT, fd, b"socket:[7]\0UNIX-STREAM\0%d" % peer)
    return row("accept", listening, 0, 0, result=fd, memory=[link], **columns)


def control(*fds: int) -> bytes:
    return struct.pack("<Qii", 16 + 4 * len(fds), 1, 1) + struct.pack(f"<{len(fds)}i", *fds)


def header(fds: tuple[int, ...], at: int, name: bytes = b"") -> bytes:
    where = (NAME, len(name)) if name else (0, 0)
    return struct.pack("<QIxxxxQQQQIxxxx", *where, 0, 0, at, len(control(*fds)), 0)


def sent(over: int, *fds: int, to: bytes = b"", **columns: Any) -> TestRow:
    name = b"\1\0" + to + b"\0" if to else b""
    pieces = [piece(1, ENTRY, HEAD, header(fds, CONTROL, name)), piece(1, ENTRY, CONTROL, control(*fds))]
    pieces += [piece(1, ENTRY, NAME, name)] if to else []
    return row("sendmsg", over, HEAD, 0, result=1, memory=pieces, **columns)


def received(over: int, *fds: int, flags: int = 0, **columns: Any) -> TestRow:
    pieces = [piece(1, when, HEAD, header(fds, CONTROL)) for when in (ENTRY, EXIT)]
    pieces.append(piece(1, EXIT, CONTROL, control(*fds)))
    return row("recvmsg", over, HEAD, flags, result=1, memory=pieces, **columns)


def things(*rows: TestRow) -> list[Object]:
    return [Object(each) for each in tally_of([rows]).used.things.tolist()]


@pytest.mark.parametrize("late", [False, True])
def test_each_of_two_connections_to_one_address_has_its_own(late: bool) -> None:
    """The second client sends first; `late`: the rows of its connect come after those of its accept."""
    clients: list[dict[str, Any]] = [{"pid": 11, "tid": 11}, {"pid": 12, "tid": 12}]
    rows = [socket(3, STREAM), named("bind", 3, b"/s")]
    for client in clients:
        rows += [
            socket(4, STREAM, **client),
            opened(b"/dev/zero" if client["pid"] == 11 else b"/dev/null", 5, **client),
        ]
    meet = [[named("connect", 4, b"/s", **each), accepted(3, each["pid"], each["pid"])] for each in clients]
    rows += meet[0] + (meet[1][::-1] if late else meet[1])
    rows += [sent(4, 5, **each) for each in reversed(clients)]
    rows += [received(11, 21), received(12, 22), read(21), read(22)]
    assert things(*rows)[-2:] == [Object.ZERO, Object.NULL]


def test_datagrams_arrive_at_the_socket_with_their_address() -> None:
    other = {"pid": 12, "tid": 12}
    rows = [
        socket(3, DGRAM), named("bind", 3, b"/a"), socket(4, DGRAM, **other), named("bind", 4, b"/b", **other),
        opened(b"/dev/zero", 5), opened(b"/dev/null", 6), socket(7, DGRAM),
        sent(7, 5, to=b"/b"), sent(7, 6, to=b"/a"),
        received(3, 8), received(4, 8, **other), read(8), read(8, **other),
    ]  # fmt: skip
    assert things(*rows)[-2:] == [Object.NULL, Object.ZERO]
    connected = [*rows[:7], named("connect", 7, b"/b"), sent(7, 5), received(4, 8, **other), read(8, **other)]
    assert things(*connected)[-1] == Object.ZERO


def test_a_message_that_is_only_looked_at_comes_again() -> None:
    peek = 2
    rows = [opened(b"/dev/zero", 5), sent(3, 5), received(4, 8, flags=peek), received(4, 9), read(8), read(9)]
    assert things(*rows)[-2:] == [Object.ZERO, Object.ZERO]


def test_many_messages_in_one_call() -> None:
    """Two messages with a descriptor each; the third was not sent, and what it holds is not on its way."""
    headers = b"".join(header((fd,), CONTROL + 64 * n) + bytes(8) for n, fd in enumerate((5, 6, 7)))
    pieces = [piece(1, ENTRY, HEAD, headers)]
    pieces += [piece(1, ENTRY, CONTROL + 64 * n, control(fd)) for n, fd in enumerate((5, 6, 7))]
    sends = row("sendmmsg", 3, HEAD, 3, 0, result=2, memory=pieces)
    arrived = b"".join(header((fd,), CONTROL + 64 * n) + bytes(8) for n, fd in enumerate((8, 9)))
    pieces = [piece(1, when, HEAD, arrived) for when in (ENTRY, EXIT)]
    pieces += [piece(1, EXIT, CONTROL + 64 * n, control(fd)) for n, fd in enumerate((8, 9))]
    receives = row("recvmmsg", 4, HEAD, 2, 0, 0, result=2, memory=pieces)
    rows = [opened(b"/dev/zero", 5), opened(b"/dev/null", 6), opened(b"/dev/zero", 7), sends, receives]
    found = things(*rows, read(8), read(9), received(4, 10), read(10))
    assert (found[-4], found[-3], found[-1]) == (Object.ZERO, Object.NULL, Object.UNKNOWN)


def short_header(fds: tuple[int, ...], at: int) -> bytes:
    return struct.pack("<7I", 0, 0, 0, 0, at, len(short_control(*fds)), 0)


def short_control(*fds: int) -> bytes:
    return struct.pack(f"<3I{len(fds)}i", 12 + 4 * len(fds), 1, 1, *fds)


@pytest.mark.parametrize("number", [1, 2])
def test_a_32_bit_program_passes_them_too(number: int) -> None:
    """In one message and in many, whose array may be as long as one of a 64-bit program (struct compat_msghdr)."""
    many = number > 1
    calls, count = (("sendmmsg", "recvmmsg"), number) if many else (("sendmsg", "recvmsg"), 0)
    rows = [opened(b"/dev/zero", 5), opened(b"/dev/null", 6)]
    for call, when, fd, first in ((calls[0], ENTRY, 3, 5), (calls[1], EXIT, 4, 8)):
        headers = [
            short_header((first + place,), CONTROL + 64 * place) + bytes(4 * many) for place in range(number)
        ]
        pieces = [piece(1, each, HEAD, b"".join(headers)) for each in {ENTRY, when}]
        pieces += [piece(1, when, CONTROL + 64 * place, short_control(first + place)) for place in range(number)]
        rows.append(row(call, fd, HEAD, count, result=number, memory=pieces))
    found = things(*rows, *(read(8 + place) for place in range(number)))
    assert found[-number:] == [Object.ZERO, Object.NULL][:number]


def come(*links: bytes) -> dict[int, tuple[str, bool | None, Object]]:
    """What the descriptors that came over a socket are in the report, by how they are used: each is read once."""
    fds = range(5, 5 + len(links))
    told = received(3, *fds)
    told.columns["memory"] += [piece(NO_ARG, EXIT, fd, link) for fd, link in zip(fds, links, strict=True) if link]
    tally = tally_of([[socket(3, STREAM), told, *(read(fd) for fd in fds)]])
    rows = {each.fd: each for each in tally.report(None).fds}
    used = tally.used.things.tolist()[2:]
    return {fd: (rows[fd].what, rows[fd].nonblocking, Object(thing)) for fd, thing in zip(fds, used, strict=True)}


@pytest.mark.parametrize(
    ("link", "what"),
    [
        (b"pipe:[7]\0\0\0004000", ("pipe (read end)", True, Object.PIPE_READ)),
        (b"pipe:[7]\0\0\0001", ("pipe (write end)", False, Object.PIPE_WRITE)),
        (b"/etc/passwd\0\0\000100000", ("/etc/passwd", False, Object.OTHER)),
        (b"/x\0\0\00040000", ("/x", False, Object.DIRECT)),
        (b"/dev/null\0char 1:3\0\0001", ("/dev/null", False, Object.NULL)),
        (b"anon_inode:[eventfd]\0\0\0002", ("eventfd", False, Object.EVENTFD)),
        (b"socket:[7]\0TCP\0\0002", ("socket inet stream", False, Object.TCP)),
        (b"socket:[7]\0UNIX\0\0002", ("socket unix", False, Object.OTHER)),
        (b"socket:[7]\0\0\0002", ("socket", False, Object.OTHER)),
        # Recordings from before the flags were kept.
        (b"pipe:[7]", ("pipe", None, Object.UNKNOWN)),
        (b"/etc/passwd", ("/etc/passwd", None, Object.UNKNOWN)),
        (b"", ("received over a socket", None, Object.UNKNOWN)),
    ],
)
def test_what_came_from_somebody_who_is_not_traced_is_what_the_kernel_says(
    link: bytes, what: tuple[str, bool | None, Object]
) -> None:
    assert come(link, b"/other\0\0\0000")[5] == what


def test_what_the_sender_had_before_the_trace_is_known_from_where_it_arrives() -> None:
    arrives = received(4, 6, pid=2, tid=2)
    arrives.columns["memory"].append(piece(NO_ARG, EXIT, 6, b"pipe:[7]\0\0\0000"))
    tally = tally_of([[sent(3, 5), arrives, read(6, pid=2, tid=2), read(5)]])
    found = {(each.pid, each.fd): each.what for each in tally.report(None).fds if each.fd in (5, 6)}
    assert found == {(4241, 5): "pipe (read end)", (2, 6): "pipe (read end)"}
