"""What lies at an address, replayed from the calls that change address spaces."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.decode.test_garbage import rows
from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, piece, row
from tracer.analyze.region_table import What
from tracer.analyze.regions import Region, Regions
from tracer.wire import NO_ARG, Kind, Spawn

PAGE = 4096
BASE = 0x7F00_0000_0000
PID, CHILD = 4241, 4242
ANONYMOUS, FIXED, STACK = 0x22, 0x32, 0x20022
NOW = 1 << 30


def regions(made: Sequence[TestRow]) -> Regions:
    """Fed in batches of three rows."""
    found = Regions()
    for first in range(0, len(made), 3):
        found.add(batch(made[first : first + 3]))
    return found


def mmap(start: int, pages: int, flags: int = ANONYMOUS, fd: int = -1, pid: int = PID) -> TestRow:
    return row("mmap", 0, pages * PAGE - 7, 3, flags, fd, 0, result=start, pid=pid)


def texts(*contents: bytes) -> list[dict[str, int | bytes]]:
    return [piece(NO_ARG, EXIT, 0, content) for content in contents]


def exec_(maps: bytes, pid: int = PID) -> TestRow:
    return row(0, kind=Kind.EXEC, pid=pid, memory=texts(b"prog", b"/bin/prog", maps))


def born(pid: int, parent: int, how: Spawn = Spawn.FORK) -> TestRow:
    return row(int(how), parent, parent, kind=Kind.SPAWN, pid=pid, tid=pid)


MAPS = (
    b"555500000000-555500003000 r-xp /bin/prog\n"
    b"555500003000-555500005000 rw-p \n"
    b"7ffc00000000-7ffc00021000 rw-p [stack]\n"
    b"7ffc00040000-7ffc00042000 r-xp [vdso]"
)


def test_what_was_mapped_lies_there_from_then_on() -> None:
    """Up to the end of its last page, and not before its call."""
    found = regions([row("getpid"), mmap(BASE, 4), mmap(BASE + 4 * PAGE, 2, 0x1, 5)])
    assert found.at(1, PID, BASE) == Region(What.UNKNOWN)
    assert found.at(2, PID, BASE).what is What.ANONYMOUS
    assert found.at(NOW, PID, BASE + 4 * PAGE - 1).what is What.ANONYMOUS
    file = found.at(NOW, PID, BASE + 5 * PAGE)
    assert (file.what, file.fd, file.row, file.shared) == (What.FILE, 5, 2, True)
    assert found.at(NOW, PID, BASE + 6 * PAGE).what is What.UNKNOWN
    assert found.at(NOW, CHILD, BASE).what is What.UNKNOWN


def test_failed_calls_change_nothing() -> None:
    found = regions([mmap(BASE, 2), row("munmap", BASE, PAGE, result=-22), mmap(-12, 4)])
    assert found.at(NOW, PID, BASE).what is What.ANONYMOUS
    assert found.at(NOW, PID, (1 << 64) - 12).what is What.UNKNOWN


def test_an_exec_forgets_everything_but_what_it_maps() -> None:
    """Program, zeroed data behind it, stack with room to grow, the kernel's pages."""
    found = regions([mmap(BASE, 4), exec_(MAPS)])
    assert found.at(1, PID, BASE).what is What.ANONYMOUS
    assert found.at(NOW, PID, BASE).what is What.UNKNOWN
    program, data = found.at(NOW, PID, 0x5555_0000_1000), found.at(NOW, PID, 0x5555_0000_4FFF)
    assert (program.what, program.path, program.row) == (What.FILE, "/bin/prog", -1)
    assert (data.what, data.path) == (What.ANONYMOUS, "/bin/prog")
    for address in (0x7FFC_0002_0FFF, 0x7FFC_0000_0000, 0x7FFB_FFFF_0000):
        assert found.at(NOW, PID, address).what is What.STACK
    assert found.at(NOW, PID, 0x7FFC_0002_1000).what is What.UNKNOWN
    assert found.at(NOW, PID, 0x7FFC_0004_0000).what is What.KERNEL


def test_the_heap_grows_and_shrinks() -> None:
    """From the first break that was seen, also in a child that inherited it."""
    start = 0x5555_1000_0000
    breaks = [row("brk", 0, result=start), row("brk", start + 0x21000, result=start + 0x21000)]
    more = [born(CHILD, PID), row("brk", start + PAGE, result=start + PAGE, pid=CHILD)]
    found = regions([exec_(MAPS), *breaks, *more])
    assert found.at(3, PID, start + 0x20FFF).what is What.HEAP
    assert found.at(2, PID, start).what is What.UNKNOWN
    assert found.at(NOW, CHILD, start + PAGE).what is What.UNMAPPED
    assert found.at(NOW, CHILD, start).what is What.HEAP
    assert found.at(NOW, PID, start + PAGE).what is What.HEAP


def test_what_is_moved_stays_what_it_was() -> None:
    """However often; the old place is free."""
    moves = [(BASE, 2, BASE + 64 * PAGE, 4), (BASE + 64 * PAGE, 4, BASE + 256 * PAGE, 8)]
    calls = [row("mremap", old, had * PAGE, has * PAGE, 1, result=new) for old, had, new, has in moves]
    found = regions([mmap(BASE, 2, 0x2, 7), *calls])
    moved = found.at(NOW, PID, BASE + 257 * PAGE)
    assert (moved.what, moved.fd) == (What.FILE, 7)
    assert found.at(NOW, PID, BASE).what is found.at(NOW, PID, BASE + 65 * PAGE).what is What.UNMAPPED
    shrunk = regions([mmap(BASE, 4), row("mremap", BASE, 4 * PAGE, PAGE, 0, result=BASE)])
    assert [shrunk.at(NOW, PID, BASE + n * PAGE).what for n in range(2)] == [What.ANONYMOUS, What.UNMAPPED]


def test_threads_have_stacks_of_their_own() -> None:
    """By clone3 the range is told, by clone only its top."""
    arguments = struct.pack("<8Q", 0x10100, 0, 0, 0, 0, BASE + PAGE, 8 * PAGE, 0)
    new = row("clone3", 0x1000, 88, result=17, memory=[piece(0, ENTRY, 0x1000, arguments)])
    old = row("clone", 0x10100, BASE + 40 * PAGE, result=19)
    found = regions([mmap(BASE, 9, STACK), mmap(BASE + 32 * PAGE, 8), new, old])
    assert [found.at(NOW, PID, BASE + n * PAGE).tid for n in (0, 1, 8, 9, 32, 39, 40)] == [0, 17, 17, 0, 19, 19, 0]
    assert found.at(NOW, PID, BASE).what is What.THREAD_STACK


def test_a_child_has_what_its_parent_had_at_its_birth() -> None:
    """Later changes are each one's own; after vfork they share everything up to the exec."""
    calls = [mmap(BASE, 1), born(CHILD, PID), row("munmap", BASE, PAGE), mmap(BASE + PAGE, 1)]
    found = regions(calls)
    assert found.at(NOW, CHILD, BASE).what is What.ANONYMOUS
    assert found.at(NOW, PID, BASE).what is What.UNMAPPED
    assert found.at(NOW, CHILD, BASE + PAGE).what is What.UNKNOWN
    shares = regions([calls[0], born(CHILD, PID, Spawn.VFORK), *calls[2:], exec_(MAPS, CHILD)])
    assert shares.at(4, CHILD, BASE + PAGE).what is What.ANONYMOUS
    assert shares.at(NOW, CHILD, BASE + PAGE).what is What.UNKNOWN


def test_a_number_used_again_is_another_process() -> None:
    found = regions([mmap(BASE, 1, pid=CHILD), born(CHILD, PID), row("getpid", pid=CHILD)])
    assert found.at(1, CHILD, BASE).what is What.ANONYMOUS
    assert found.at(NOW, CHILD, BASE).what is What.UNKNOWN


def test_an_attached_process_has_what_proc_said() -> None:
    memory = texts(b"prog", b"{}", MAPS + b"\n560000000000-560000010000 rw-p [heap]")
    found = regions(
        [row(int(Spawn.ATTACH), kind=Kind.SPAWN, memory=memory), row("brk", 0, result=0x5600_0002_0000)]
    )
    assert found.at(1, PID, 0x5600_0000_0000).what is What.HEAP
    assert found.at(NOW, PID, 0x5600_0001_FFFF).what is What.HEAP
    assert found.at(NOW, PID, 0x7FFC_0000_0000).what is What.STACK


CHANGES = st.lists(
    st.tuples(st.sampled_from(["map", "unmap", "move"]), st.integers(0, 12), st.integers(1, 5), st.integers(0, 12)),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(CHANGES)
def test_every_page_is_what_the_last_change_made_of_it(changes: list[tuple[str, int, int, int]]) -> None:
    """Against an address space that is a dictionary of pages."""
    pages: dict[int, int] = {}
    calls: list[TestRow] = []
    for number, (what, at, count, to) in enumerate(changes):
        here = range(at, at + count)
        if what == "map":
            calls.append(mmap(BASE + at * PAGE, count, FIXED - 0x20, number))
            pages |= dict.fromkeys(here, number)
        elif what == "unmap":
            calls.append(row("munmap", BASE + at * PAGE, count * PAGE))
            pages = {page: fd for page, fd in pages.items() if page not in here}
        elif (
            set(here).isdisjoint(range(to, to + count))
            and len({pages.get(page) for page in here}) == 1
            and at in pages
        ):
            calls.append(row("mremap", BASE + at * PAGE, count * PAGE, count * PAGE, 3, result=BASE + to * PAGE))
            fd = pages[at]
            pages = {page: each for page, each in pages.items() if page not in here}
            pages |= dict.fromkeys(range(to, to + count), fd)
    found = regions(calls)
    for page in range(20):
        region = found.at(NOW, PID, BASE + page * PAGE + 5)
        assert (region.fd if region.what is What.FILE else None) == pages.get(page)


@settings(max_examples=200, deadline=None)
@given(st.lists(rows((Kind.CALL, Kind.SPAWN, Kind.EXEC)), max_size=6), st.integers(0, (1 << 64) - 1))
def test_nothing_in_a_recording_makes_it_fail(made: list[TestRow], address: int) -> None:
    found = regions(made)
    for pid in (0, PID, CHILD):
        assert found.at(NOW, pid, address).what in What
