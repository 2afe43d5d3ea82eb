"""Descriptors by name, row by row: links, addresses, directories, and what renames and removals do to them."""

from __future__ import annotations

import json
import struct

import pytest

from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, piece, row
from tracer.account.calibration import Calibration
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import columns_of
from tracer.analyze.descriptors.links import Link, link_from, link_text
from tracer.analyze.descriptors.names import DescriptorNames
from tracer.wire import NO_ARG, Kind, Spawn

PID, CWD = 4241, -100
PATH, OTHER, ARRAY, ADDRESS = 0x1000, 0x1800, 0x2000, 0x3000


def link(fd: int, text: bytes) -> dict[str, int | bytes]:
    return piece(NO_ARG, EXIT, fd & (1 << 64) - 1, text)


def opened(fd: int, text: bytes) -> TestRow:
    return row("openat", CWD, PATH, result=fd, memory=[piece(1, ENTRY, PATH, b"x\0"), link(fd, text)])


def made(name: str, fd: int, text: bytes, *args: int) -> TestRow:
    return row(name, *args, result=fd, memory=[link(fd, text)])


def inet(port: int, host: bytes = b"\x7f\0\0\1") -> bytes:
    return struct.pack("<H", 2) + port.to_bytes(2, "big") + host + bytes(8)


def unix(path: bytes) -> bytes:
    return struct.pack("<H", 1) + path + b"\0"


def told(*rows: TestRow, cut: int = -1) -> DescriptorNames:
    """The names after all rows; `cut`: in two batches."""
    names, codes = DescriptorNames(), CallCodes()
    for part in (rows,) if cut < 0 else (rows[:cut], rows[cut:]):
        columns = columns_of(batch(part), Calibration.from_json({}), codes)
        names.begin(columns, codes)
        for index in range(len(part)):
            names.take_in(index)
    return names


def start(document: dict[str, object]) -> TestRow:
    texts = (b"prog", json.dumps(document).encode())
    return row(int(Spawn.START), kind=Kind.SPAWN, memory=[piece(NO_ARG, ENTRY, 0, each) for each in texts])


def born(pid: int) -> TestRow:
    return row(int(Spawn.FORK), PID, PID, kind=Kind.SPAWN, pid=pid, tid=pid, memory=[piece(NO_ARG, ENTRY, 0, b"p")])


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        (b"/etc/passwd", "</etc/passwd>"),
        (b"/dev/null\0char 1:3", "</dev/null<char 1:3>>"),
        (b"/tmp/#123 (deleted)", "</tmp/#123>(deleted)"),
        (b"/tmp/a<b>", "</tmp/a\\74b\\76>"),
        (b"pipe:[17]", "<pipe:[17]>"),
        (b"anon_inode:[eventpoll]", "<anon_inode:[eventpoll]>"),
        (b"anon_inode:[pidfd]\x0023", "<pid:23>"),
        (b"socket:[5]\0TCP", "<TCP:[5]>"),
        (b"socket:[5]\0UDP\x00127.0.0.1:53", "<UDP:[127.0.0.1:53]>"),
        (b"socket:[5]\0TCP\x000.0.0.0:0", "<TCP:[5]>"),
        (b"socket:[5]\0UNIX-STREAM\x0099", "<UNIX-STREAM:[5]>"),
        (b"socket:[5]", "<socket:[5]>"),
    ],
)
def test_links_as_strace_writes_them(kept: bytes, text: str) -> None:
    assert link_text(link_from(kept)) == text


def test_what_is_not_known_of_a_connection_is_a_question_mark() -> None:
    assert link_text(Link("socket:[5]", "TCP", "", "10.0.0.1:80", connected=True)) == "<TCP:[?->10.0.0.1:80]>"
    assert link_text(Link("socket:[5]", "UNIX-STREAM", "/s", connected=True)) == '<UNIX-STREAM:[5->?,"/s"]>'
    assert link_text(Link("socket:[5]", "UNIX", "@s")) == '<UNIX:[5,@"s"]>'
    assert link_text(Link("socket:[5]", "NETLINK", "17", family=4)) == "<NETLINK:[SOCK_DIAG:17]>"


@pytest.mark.parametrize("cut", [-1, 1, 2, 3])
def test_duplicates_and_children_have_the_same_name(cut: int) -> None:
    rows = (
        opened(3, b"/a"), row("dup2", 3, 7, result=7), row("fork", result=77), row("close", 3), row("close", 7),
        born(77),
    )  # fmt: skip
    names = told(*rows, cut=cut)
    # The child's first row comes after its parent closed both: what counts is when it was born.
    assert [names.name(77, fd) for fd in (3, 7)] == ["</a>", "</a>"]
    assert [names.name(PID, fd) for fd in (3, 7, 8, -1)] == ["", "", "", ""]


def test_the_working_directory_is_followed_and_inherited() -> None:
    rows = [start({"cwd": "/root", "fds": {"0": {"path": "/dev/null", "flags": 0, "note": "char 1:3"}}})]
    assert (told(*rows).name(PID, CWD), told(*rows).name(PID, 0)) == ("</root>", "</dev/null<char 1:3>>")
    rows += [born(77), row("chdir", PATH, memory=[piece(0, ENTRY, PATH, b"/bin\0"), link(CWD, b"/usr/bin")])]
    names = told(*rows)
    assert (names.name(PID, CWD), names.name(77, CWD)) == ("</usr/bin>", "</root>")


def test_renamed_and_removed_paths() -> None:
    begun = [start({"cwd": "/d", "fds": {}}), opened(3, b"/d/a"), opened(4, b"/d/b"), opened(5, b"/d")]
    moved = row("rename", PATH, OTHER, memory=[piece(0, ENTRY, PATH, b"a\0"), piece(1, ENTRY, OTHER, b"./b\0")])
    names = told(*begun, moved)
    assert [names.name(PID, fd) for fd in (3, 4)] == ["</d/b>", "</d/b>(deleted)"]
    gone = row("unlinkat", 5, PATH, 0, memory=[piece(1, ENTRY, PATH, b"b\0")])
    names = told(*begun, moved, gone)
    assert [names.name(PID, fd) for fd in (3, 4)] == ["</d/b>(deleted)", "</d/b>(deleted)"]
    failed = row("unlinkat", 5, PATH, 0, result=-2, memory=[piece(1, ENTRY, PATH, b"b\0")])
    assert told(*begun, moved, failed).name(PID, 3) == "</d/b>"
    whole = row("rename", PATH, OTHER, memory=[piece(0, ENTRY, PATH, b"/d\0"), piece(1, ENTRY, OTHER, b"/e\0")])
    assert told(*begun, whole).name(PID, 3) == "</e/a>"


def test_addresses_of_internet_sockets() -> None:
    at = piece(1, ENTRY, ADDRESS, inet(80))
    listening = [made("socket", 3, b"socket:[1]\0TCP", 2, 1, 0), row("bind", 3, ADDRESS, 16, memory=[at])]
    assert told(*listening[:1]).name(PID, 3) == "<TCP:[1]>"
    assert told(*listening).name(PID, 3) == "<TCP:[127.0.0.1:80]>"
    peer = piece(1, EXIT, ADDRESS, inet(999))
    come = row("accept4", 3, ADDRESS, 0x4000, result=4, memory=[peer, link(4, b"socket:[2]\0TCP")])
    assert told(*listening, come).name(PID, 4) == "<TCP:[127.0.0.1:80->127.0.0.1:999]>"
    begun = row("connect", 5, ADDRESS, 16, result=-115, memory=[at, link(5, b"socket:[3]\0TCP\x00127.0.0.1:4711")])
    names = told(made("socket", 5, b"socket:[3]\0TCP", 2, 1, 0), begun)
    assert names.name(PID, 5) == "<TCP:[127.0.0.1:4711->127.0.0.1:80]>"


def test_two_unix_sockets_that_meet_know_each_others_inode() -> None:
    at = piece(1, ENTRY, ADDRESS, unix(b"/s"))
    rows = [
        made("socket", 3, b"socket:[1]\0UNIX-STREAM", 1, 1, 0), row("bind", 3, ADDRESS, 5, memory=[at]),
        made("socket", 4, b"socket:[2]\0UNIX-STREAM", 1, 1, 0), row("connect", 4, ADDRESS, 5, memory=[at]),
    ]  # fmt: skip
    assert told(*rows).name(PID, 4) == "<UNIX-STREAM:[2->?]>"
    come = row("accept", 3, 0, 0, result=5, memory=[link(5, b"socket:[3]\0UNIX-STREAM\x004241")])
    names = told(*rows, come)
    assert names.name(PID, 5) == '<UNIX-STREAM:[3->2,"/s"]>'
    assert names.name(PID, 4) == "<UNIX-STREAM:[2->3]>"
    stranger = row("accept", 3, 0, 0, result=5, memory=[link(5, b"socket:[3]\0UNIX-STREAM\x001")])
    assert told(*rows, stranger).name(PID, 5) == '<UNIX-STREAM:[3->?,"/s"]>'


def test_both_ends_of_a_pipe_and_of_a_pair() -> None:
    fds = piece(0, EXIT, ARRAY, struct.pack("<ii", 5, 6))
    names = told(row("pipe2", ARRAY, 0, memory=[fds, link(5, b"pipe:[9]"), link(6, b"pipe:[9]")]))
    assert [names.name(PID, fd) for fd in (5, 6)] == ["<pipe:[9]>", "<pipe:[9]>"]
    fds = piece(3, EXIT, ARRAY, struct.pack("<ii", 5, 6))
    links = [link(fd, b"socket:[%d]\0UNIX-STREAM" % (fd * 11)) for fd in (5, 6)]
    names = told(row("socketpair", 1, 1, 0, ARRAY, memory=[fds, *links]))
    assert [names.name(PID, fd) for fd in (5, 6)] == ["<UNIX-STREAM:[55->66]>", "<UNIX-STREAM:[66->55]>"]


def test_without_links_the_name_is_what_the_calls_say() -> None:
    path = piece(1, ENTRY, PATH, b"/etc/passwd\0")
    names = told(row("openat", CWD, PATH, result=3, memory=[path]), row("eventfd2", 0, 0, result=4))
    assert [names.name(PID, fd) for fd in (3, 4)] == ["</etc/passwd>", "<anon_inode:[eventfd]>"]
