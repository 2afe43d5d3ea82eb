"""What a descriptor is, moment by moment: the object behind it, O_NONBLOCK, addresses, sharing and passing on."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.analyze.runs import HEADER, report_of, tally_of
from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, completed, piece, row, submission
from tracer.analyze.tally import Tally
from tracer.syscalls.objects import Object
from tracer.wire import NO_ARG, Kind, Spawn

O_NONBLOCK, O_DIRECT, O_CLOEXEC, CLONE_FILES = 0o4000, 0o40000, 0o2000000, 0x400
BUF, TEXT, HEAD, CONTROL = 0x2000, 0x1000, 0x4000, 0x5000


def opened(path: bytes, fd: int, flags: int = 0, **columns: Any) -> TestRow:
    return row("openat", -100, TEXT, flags, result=fd, memory=[piece(1, ENTRY, TEXT, path + b"\0")], **columns)


def read(fd: int, **columns: Any) -> TestRow:
    return row("read", fd, BUF, 64, result=5, **columns)


def write(fd: int, **columns: Any) -> TestRow:
    return row("write", fd, BUF, 64, result=5, **columns)


def born(pid: int, parent: int, how: Spawn = Spawn.FORK) -> TestRow:
    return row(int(how), parent, parent, kind=Kind.SPAWN, pid=pid, tid=pid, memory=[piece(NO_ARG, ENTRY, 0, b"p")])


def start(fds: dict[str, Any], how: Spawn = Spawn.START) -> TestRow:
    texts = (b"prog", json.dumps({"fds": fds}).encode())
    return row(int(how), kind=Kind.SPAWN, memory=[piece(NO_ARG, ENTRY, 0, each) for each in texts])


def inet(port: int) -> bytes:
    return struct.pack("<H", 2) + port.to_bytes(2, "big") + bytes((127, 0, 0, 1)) + bytes(8)


def things(*rows: TestRow) -> list[Object]:
    """The object of each row's descriptor; the same when the batch is cut in two anywhere."""
    whole = tally_of([rows]).used.things.tolist()
    for cut in range(1, len(rows)):
        tally, parts = Tally(HEADER), []
        for part in (rows[:cut], rows[cut:]):
            tally.add(batch(part))
            parts += tally.used.things.tolist()
        assert parts == whole, cut
    return [Object(each) for each in whole]


def whats(*rows: TestRow) -> dict[tuple[int, int], str]:
    return {(d.pid, d.fd): d.what for d in report_of(*rows).fds}


@pytest.mark.parametrize(
    ("path", "flags", "thing"),
    [
        (b"/dev/null", 0, Object.NULL), (b"/dev//zero", 0, Object.ZERO), (b"/dev/../dev/null", 0, Object.NULL),
        (b"/etc/passwd", O_DIRECT, Object.DIRECT), (b"/etc/passwd", 0, Object.OTHER), (b"null", 0, Object.OTHER),
    ],
)  # fmt: skip
def test_a_file_is_what_its_path_and_flags_say(path: bytes, flags: int, thing: Object) -> None:
    assert things(opened(path, 3, flags), read(3), row("close", 3), read(3))[1:3] == [thing, thing]


def test_copies_know_the_object_behind_the_descriptor() -> None:
    rows = [opened(b"/dev/zero", 3), opened(b"/dev/null", 4), *[read(3), write(4)] * 23, read(0), write(1)]
    copies = report_of(*rows).totals.copies
    assert (copies.payload_out, copies.payload_in) == (24 * 5, 5)


def test_a_number_that_becomes_another_thing_is_that_thing_from_then_on() -> None:
    rows = [
        opened(b"/dev/null", 3),
        write(3),
        row("close", 3),
        opened(b"/a", 3),
        write(3),
        row("dup2", 4, 3, result=3),
    ]
    assert things(*rows, write(3))[1:5:3] == [Object.NULL, Object.OTHER]
    assert (
        things(opened(b"/dev/null", 3), opened(b"/a", 4), row("dup2", 3, 4, result=4), write(4))[3] is Object.NULL
    )


def test_o_direct_is_switched_on_and_off_for_all_copies() -> None:
    rows = [
        opened(b"/a", 3), row("dup", 3, result=4), row("fcntl", 3, 4, O_DIRECT), read(4),
        row("fcntl", 4, 4, 0), read(3),
    ]  # fmt: skip
    assert things(*rows)[3::2] == [Object.DIRECT, Object.OTHER]


def test_o_direct_on_a_pipe_is_packets() -> None:
    ends = piece(0, EXIT, 0x3000, struct.pack("<ii", 4, 5))
    rows = [row("pipe2", 0x3000, O_DIRECT, memory=[ends]), row("fcntl", 5, 4, O_DIRECT), read(4), write(5)]
    assert things(*rows)[2:] == [Object.PIPE_READ, Object.PIPE_WRITE]


def test_sockets_know_their_protocol_and_zero_copy() -> None:
    option = piece(3, ENTRY, TEXT, struct.pack("<i", 1))
    rows = [
        row("socket", 2, 1, 0, result=3), read(3), row("setsockopt", 3, 1, 60, TEXT, 4, memory=[option]), write(3),
        row("socket", 2, 2, 0, result=4), read(4), row("socket", 10, 1 | O_NONBLOCK, 6, result=5), read(5),
        row("socket", 2, 1, 132, result=6), read(6),
    ]  # fmt: skip
    assert things(*rows)[1::2] == [Object.TCP, Object.ZEROCOPY, Object.OTHER, Object.TCP, Object.OTHER]


def test_addresses_of_sockets() -> None:
    peer = [piece(1, EXIT, TEXT, inet(43210)), piece(2, EXIT, BUF, b"\x10\0\0\0")]
    rows = [
        row("socket", 2, 1, 0, result=3), row("bind", 3, TEXT, 16, memory=[piece(1, ENTRY, TEXT, inet(80))]),
        row("accept4", 3, TEXT, BUF, O_NONBLOCK, result=4, memory=peer), read(4),
        row("accept", 3, 0, 0, result=5), read(5),
        row("socket", 2, 1, 0, result=6),
        row("connect", 6, TEXT, 16, result=-115, memory=[piece(1, ENTRY, TEXT, inet(443))]), read(6),
    ]  # fmt: skip
    assert {fd: what for (_, fd), what in whats(*rows).items()} == {
        3: "socket inet stream bound to 127.0.0.1:80", 4: "socket inet stream from 127.0.0.1:43210",
        5: "socket inet stream (accepted)", 6: "socket inet stream to 127.0.0.1:443",
    }  # fmt: skip
    assert things(*rows)[3::2][:2] == [Object.TCP, Object.TCP]
    assert {d.fd: d.nonblocking for d in report_of(*rows).fds} == {3: False, 4: True, 5: False, 6: False}


def test_nonblocking_is_known_at_every_moment() -> None:
    on, off = (piece(2, ENTRY, TEXT, struct.pack("<i", value)) for value in (1, 0))
    rows = [
        row("socket", 1, 1, 0, result=3), read(3), row("fcntl", 3, 4, O_NONBLOCK), read(3),
        row("ioctl", 3, 0x5421, TEXT, memory=[off]), read(3), row("ioctl", 3, 0x5421, TEXT, memory=[on]), read(3),
        read(9),
    ]  # fmt: skip
    assert tally_of([rows]).used.nonblocking[1:8:2].tolist() == [0, 1, 0, 1]
    assert tally_of([rows]).used.nonblocking[-1] == -1


@pytest.mark.parametrize("how", [Spawn.START, Spawn.ATTACH])
def test_what_was_open_before_the_trace(how: Spawn) -> None:
    fds = {
        "0": {"path": "/dev/pts/1", "flags": 0o102002}, "1": {"path": "/dev/null", "flags": 1},
        "3": {"path": "pipe:[17]", "flags": 0}, "4": {"path": "pipe:[17]", "flags": 1 | O_NONBLOCK},
        "5": {"path": "anon_inode:[eventfd]", "flags": 2},
        "6": {"path": "socket:[19]", "flags": 2, "socket": "inet stream to 10.0.0.1:80"},
        "7": {"path": "socket:[23]", "flags": 2 | O_CLOEXEC}, "8": {"path": "anon_inode:[eventpoll]", "flags": 2},
    }  # fmt: skip
    rows = [start(fds, how), *(read(fd) for fd in (0, 1, 3, 4, 5, 6, 7, 8, 9))]
    assert things(*rows)[1:] == [
        Object.OTHER, Object.NULL, Object.PIPE_READ, Object.PIPE_WRITE, Object.EVENTFD, Object.TCP, Object.OTHER,
        Object.OTHER, Object.UNKNOWN,
    ]  # fmt: skip
    assert {fd: what for (_, fd), what in whats(*rows).items()} == {
        0: "/dev/pts/1", 1: "/dev/null", 3: "pipe (read end)", 4: "pipe (write end)", 5: "eventfd",
        6: "socket inet stream to 10.0.0.1:80", 7: "socket", 8: "epoll", 9: "?",
    }  # fmt: skip
    after_exec = [start(fds, how), row(0, kind=Kind.EXEC), read(7), read(6)]
    assert things(*after_exec)[2:] == [Object.UNKNOWN, Object.TCP]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"fds": 7}', b'{"fds": {"x": {}, "3": 4, "5": {"path": 6}}}'])
def test_a_damaged_document_tells_nothing(text: bytes) -> None:
    spawn = row(int(Spawn.START), kind=Kind.SPAWN, memory=[piece(NO_ARG, ENTRY, 0, each) for each in (b"p", text)])
    assert things(spawn, read(3))[1] is Object.UNKNOWN


def test_a_process_that_shares_its_table_sees_what_the_other_opens() -> None:
    child: dict[str, Any] = {"pid": 4243, "tid": 4243}
    rows = [
        opened(b"/a", 3), born(4243, 4241, Spawn.CLONE), row("clone", CLONE_FILES | 17, result=4243),
        opened(b"/dev/null", 4), write(4, **child), row("close", 3, **child), row("read", 3, result=-9),
    ]  # fmt: skip
    for cut in (0, 4):
        tally = tally_of([rows[:cut], rows[cut:]])
        assert {(d.pid, d.fd): d.what for d in tally.report().fds}[(4241, 3)] == "/a"
    assert tally_of([rows[:4], rows[4:5]]).used.things.tolist() == [Object.NULL]
    unshared = [
        *rows[:4],
        row("unshare", CLONE_FILES, **child),
        opened(b"/b", 5),
        read(4, **child),
        read(5, **child),
    ]
    assert tally_of([unshared[:6], unshared[6:]]).used.things.tolist() == [Object.NULL, Object.UNKNOWN]


def rights(*fds: int) -> bytes:
    return struct.pack("<Qii", 16 + 4 * len(fds), 1, 1) + struct.pack(f"<{len(fds)}i", *fds).ljust(8, b"\0")


def header(length: int) -> bytes:
    return struct.pack("<QIxxxxQQQQIxxxx", 0, 0, 0, 0, CONTROL, length, 0)


def test_descriptors_passed_over_a_socket_are_the_same_things() -> None:
    sv = piece(3, EXIT, 0x3000, struct.pack("<ii", 6, 7))
    sent, got = rights(3), rights(11)
    child: dict[str, Any] = {"pid": 4243, "tid": 4243}
    rows = [
        opened(b"/dev/null", 3), opened(b"/a", 4), row("socketpair", 1, 1, 0, 0x3000, memory=[sv]),
        born(4243, 4241),
        row("sendmsg", 6, HEAD, 0, result=1,
            memory=[piece(1, ENTRY, HEAD, header(len(sent))), piece(1, ENTRY, CONTROL, sent)]),
        row("recvmsg", 7, HEAD, 0, result=1, **child, memory=[
            piece(1, ENTRY, HEAD, header(64)), piece(1, EXIT, HEAD, header(len(got))), piece(1, EXIT, CONTROL, got),
        ]),
        write(11, **child),
    ]  # fmt: skip
    assert things(*rows)[-1] is Object.NULL
    assert whats(*rows)[4243, 11] == "/dev/null"


def test_a_number_of_a_process_that_ended_is_not_its_successors() -> None:
    rows = [
        born(4243, 4241), opened(b"/dev/null", 3, pid=4243, tid=4243),
        row(0, kind=Kind.EXIT, pid=4243, tid=4243), born(4243, 4241), write(3, pid=4243, tid=4243),
    ]  # fmt: skip
    assert tally_of([rows[:3], rows[3:]]).used.things.tolist() == [Object.UNKNOWN] * 2


def iocb(fd: int) -> bytes:
    return struct.pack("<QIIHHIQQQqQ", 0, 0, 0, 0, 0, fd, BUF, 4096, 0, 0, 0)[:64].ljust(64, b"\0")


@pytest.mark.parametrize(
    ("fds", "payload", "unknown"), [((3, 3), 8192, 0), ((4, 4), 0, 0), ((3, 4), 0, 1), ((9, 9), 0, 1)]
)
def test_native_aio_copies_depend_on_the_files_of_its_requests(
    fds: tuple[int, ...], payload: int, unknown: int
) -> None:
    pointers = struct.pack("<2Q", HEAD, HEAD + 64)
    memory = [piece(2, ENTRY, BUF, pointers)]
    memory += [piece(2, ENTRY, HEAD + 64 * place, iocb(fd)) for place, fd in enumerate(fds)]
    rows = [
        opened(b"/a", 3), opened(b"/b", 4, O_DIRECT), row("io_submit", 0x7F0000, 2, BUF, result=2, memory=memory),
    ]  # fmt: skip
    totals = report_of(*rows).totals.copies
    assert (totals.payload_out, totals.unknown) == (payload, unknown)


@pytest.mark.parametrize("word", [8, 4])
def test_a_preview_as_long_as_an_iocb_is_none(word: int) -> None:
    """Of a program with words of 64 and of 32 bits; the bytes to write would name descriptor 0x61616161."""
    pointers = struct.pack("<2Q" if word == 8 else "<2I", HEAD, HEAD + 64)
    memory = [piece(2, ENTRY, BUF, pointers), piece(2, ENTRY, HEAD, iocb(3))]
    memory += [piece(2, ENTRY, BUF + 64, b"a" * 64), piece(2, ENTRY, HEAD + 64, iocb(3))]
    rows = [opened(b"/a", 3, O_DIRECT), row("io_submit", 0x7F0000, 2, BUF, result=2, memory=memory)]
    assert tally_of([rows]).used.things.tolist()[-1] == Object.DIRECT


@pytest.mark.parametrize(
    ("path", "flags", "read_bytes", "written"),
    [(b"/a", 0, 64, 61), (b"/a", O_DIRECT, 0, 0), (b"/dev/null", 0, 64, 0), (b"/dev/zero", 0, 64, 0)],
)
def test_ring_operations_know_their_file_too(path: bytes, flags: int, read_bytes: int, written: int) -> None:
    memory = [completed(64, submission("READ", 3, len=64)), completed(61, submission("WRITE", 3, len=61))]
    totals = report_of(opened(path, 3, flags), row("io_uring_enter", 7, memory=memory)).totals.copies
    assert (totals.payload_out, totals.payload_in) == (read_bytes, written)


@dataclass
class Model:
    """The tables as anyone would write them down: fd to a description, [nonblocking, object]."""

    tables: dict[int, dict[int, list[Any]]] = field(default_factory=lambda: {4241: {}})
    expected: list[tuple[int, int]] = field(default_factory=list)
    """Object and O_NONBLOCK of every row."""

    def row_of(self, pid: int, action: str, fd: int, other: int) -> TestRow:
        """Do one thing, and say what row it leaves."""
        table = self.tables[pid]
        who: dict[str, Any] = {"pid": pid, "tid": pid}
        mine = table.get(fd)
        if action != "open":
            self.expected.append((int(mine[1]), int(mine[0])) if mine else (0, -1))
        if action == "open":
            self.expected.append((0, -1))  # names no descriptor
            null = bool(other % 2)
            table[fd] = [False, Object.NULL if null else Object.OTHER]
            return opened(b"/dev/null" if null else b"/a", fd, **who)
        if mine is None:
            return row("read", fd, BUF, 64, result=-9, **who)
        if action == "close":
            del table[fd]
            return row("close", fd, **who)
        if action == "dup2" and fd != other:
            table[other] = mine
            return row("dup2", fd, other, result=other, **who)
        if action == "setfl":
            mine[0] = bool(other % 2)
            return row("fcntl", fd, 4, O_NONBLOCK * (other % 2), **who)
        return read(fd, **who)

    def fork(self) -> TestRow:
        child = max(self.tables) + 1
        self.tables[child] = dict(self.tables[4241])
        self.expected.append((0, -1))
        return born(child, 4241)


@given(
    st.lists(
        st.tuples(st.sampled_from(["open", "close", "dup2", "setfl", "read", "fork"]), st.integers(3, 6),
                  st.integers(3, 6), st.integers(0, 3)),
        min_size=1, max_size=40,
    ),
    st.lists(st.integers(0, 40), max_size=3),
)  # fmt: skip
def test_any_sequence_of_changes_in_any_batches(actions: list[tuple[str, int, int, int]], cuts: list[int]) -> None:
    model, rows = Model(), []
    for action, fd, other, process in actions:
        pids = sorted(model.tables)
        if action == "fork":
            rows.append(model.fork())
        else:
            rows.append(model.row_of(pids[process % len(pids)], action, fd, other))
    borders = sorted({0, *(cut for cut in cuts if cut < len(rows)), len(rows)})
    tally, found = Tally(HEADER), []
    for begin, end in pairwise(borders):
        tally.add(batch(rows[begin:end]))
        found += list(zip(tally.used.things.tolist(), tally.used.nonblocking.tolist(), strict=True))
    assert found == model.expected
