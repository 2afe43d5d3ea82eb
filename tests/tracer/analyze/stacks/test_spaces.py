"""Which file's code lies where, after the calls that change it."""

from __future__ import annotations

import struct

from tests.tracer.rows import EXIT, TestRow, batch, piece, row
from tracer.analyze.mapped import mapped
from tracer.analyze.stacks.spaces import MADE, Spaces
from tracer.wire import NO_ARG, Kind, Spawn

PID, CHILD = 4241, 4300
MAPS = b"5000-6000 r-xp 00001000 fe:00 77 /usr/bin/server\n6000-7000 rw-p 00002000 fe:00 77 /usr/bin/server"
START = row(int(Spawn.START), kind=Kind.SPAWN)
LIBRARY = row("mmap", 0, 0x2000, 5, 2, 3, 0x4000, result=0x10000)


def executed(maps: bytes = MAPS, path: bytes = b"/usr/bin/server") -> TestRow:
    texts = [piece(NO_ARG, EXIT, 0, text) for text in (b"server", path, maps)]
    return row(0, kind=Kind.EXEC, memory=texts)


def spaces(*rows: TestRow) -> Spaces:
    found = Spaces()
    found.add(batch(rows))
    return found


def test_a_file_from_its_mapping_on() -> None:
    found = spaces(START, executed(), LIBRARY, row("getpid"))
    assert found.at(1, PID).at(0x5800) is not None
    code = found.at(3, PID).at(0x11000)
    assert code is not None
    assert (code.start, code.end, code.offset, code.fd, code.row, code.pid) == (0x10000, 0x12000, 0x4000, 3, 2, PID)
    server = found.at(3, PID).at(0x5FFF)
    assert server is not None
    assert (server.path, server.inode, server.offset) == ("/usr/bin/server", 77, 0x1000)
    assert found.at(3, PID).at(0x6000) is None  # data
    assert found.at(1, PID).at(0x11000) is None
    assert found.at(0, 99).at(0x5000) is None


def test_what_covers_or_removes_it() -> None:
    """Unmapped in the middle, data over the beginning; what is left keeps its offsets."""
    hole = row("munmap", 0x10800 & ~0xFFF, 0x1000)
    found = spaces(START, executed(), LIBRARY, hole, row("getpid"))
    assert found.at(4, PID).at(0x10400) is None
    rest = found.at(4, PID).at(0x11400)
    assert rest is not None
    assert (rest.start, rest.offset) == (0x11000, 0x5000)
    failed = row("munmap", 0x10000, 0x2000, result=-22)
    assert spaces(START, executed(), LIBRARY, failed).at(4, PID).at(0x10400) is not None


def test_a_child_has_what_its_parent_had_then() -> None:
    born = row(int(Spawn.FORK), kind=Kind.SPAWN)
    born.columns.update(pid=CHILD, tid=CHILD, args=[PID, PID, 0, 0, 0, 0])
    found = spaces(START, executed(), LIBRARY, born, row("munmap", 0x10000, 0x2000), row("getpid"))
    assert found.at(5, CHILD).at(0x10000) is not None
    assert found.at(5, PID).at(0x10000) is None
    assert found.at(5, CHILD).root


def test_another_root_is_not_ours() -> None:
    found = spaces(START, executed(), row("chroot", 0x1000), row("getpid"))
    assert found.at(1, PID).root
    assert not found.at(3, PID).root


def test_code_made_at_run_time() -> None:
    """Memory that is made executable, and a file's code that stays what it is."""
    make = row("mprotect", 0x20000, 0x1000, 5)
    relocated = row("mprotect", 0x10000, 0x1000, 5)
    found = spaces(START, executed(), LIBRARY, make, relocated, row("getpid")).at(5, PID)
    made, library = found.at(0x20010), found.at(0x10010)
    assert made is not None
    assert made.path == MADE
    assert library is not None
    assert library.fd == 3


def test_a_program_gone_too_soon_is_known_by_its_auxiliary_vector() -> None:
    vector = piece(NO_ARG, EXIT, 0, struct.pack("<6Q", 7, 0x7000, 9, 0x5555_0000_1040, 0, 0))
    found = spaces(START, executed(b""), row("execve", 1, 2, 3, memory=[vector]), row("getpid")).at(3, PID)
    assert found.program is not None
    assert (found.program.path, found.program.entry) == ("/usr/bin/server", 0x5555_0000_1040)


def test_lines_of_mappings_old_and_new() -> None:
    text = b"1000-2000 r-xp /old path\n3000-4000 rw-p 00000000 00:00 0\n5000-6000 r-xp 00001000 fe:00 7 /a b"
    assert [(each.path, each.offset, each.inode) for each in mapped(text)] == [
        ("/old path", None, 0), ("", 0, 0), ("/a b", 0x1000, 7),
    ]  # fmt: skip
