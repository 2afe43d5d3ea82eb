"""Lives of descriptors: opened and closed when, copies of what, carrying how much; and their stories."""

from __future__ import annotations

import errno
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.analyze.runs import leave
from tests.tracer.analyze.waiting import ADD, DEL, IN, asked, begin, control, cuts, epoll, forked, lives_of, polled
from tests.tracer.rows import ENTRY, TestRow, piece, row
from tracer.analyze.descriptors.history import BEFORE, OPEN, UNSEEN
from tracer.analyze.descriptors.lives import Choice, DescriptorLine, DescriptorLives
from tracer.analyze.descriptors.story import origin_of, story_of
from tracer.wire import NO_ARG, Kind

PID = 4241


def opened(path: bytes, fd: int, flags: int = 0, **columns: Any) -> TestRow:
    return row("openat", -100, 0x1000, flags, result=fd, memory=[piece(1, ENTRY, 0x1000, path + b"\0")], **columns)


def listed(lives: DescriptorLives, choice: Choice | None = None) -> list[DescriptorLine]:
    """The table's lines."""
    table = lives.table(choice or Choice())
    return [lives.line(table, code) for code in table.order.tolist()]


LIFE = [
    begin(), opened(b"/a", 3), row("read", 3, 0, 9, result=9), row("fcntl", 3, 4, 0o4000), row("dup", 3, result=4),
    row("close", 3), opened(b"/b", 3), row("write", 1, 0, 5, result=5), forked(4242),
    row("close", 3, pid=4242, tid=4242), leave(10, 4242, 4242), row("dup2", 1, 4, result=4),
]  # fmt: skip


@pytest.mark.parametrize("batches", cuts(LIFE))
def test_lives_however_the_rows_fall_into_batches(batches: list[list[TestRow]]) -> None:
    """Opened and closed at the right rows: by close, dup2 and the end of the process; else open."""
    lives = lives_of(batches)
    found = {
        (line.pid, line.fd, line.generation): (
            line.what, int(lives.lives.opened[line.code]), int(lives.lives.closed[line.code])
        )
        for line in listed(lives)
    }  # fmt: skip
    assert found == {
        (PID, 3, 0): ("/a", 1, 5), (PID, 4, 0): ("/a", 4, 11), (PID, 3, 1): ("/b", 6, OPEN),
        (PID, 1, 0): ("stdout", BEFORE, OPEN), (PID, 4, 1): ("stdout", 11, OPEN),
        (4242, 1, 0): ("stdout", 8, 10), (4242, 4, 0): ("/a", 8, 10), (4242, 3, 0): ("/b", 8, 9),
    }  # fmt: skip
    gone = {line.what: int(lives.lives.gone[line.code]) for line in listed(lives) if line.what != "/b"}
    assert gone == {"/a": 11, "stdout": OPEN}, "the last copy of /a was closed by dup2"


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(("open", "dup2", "close")), st.integers(0, 4), st.integers(0, 4)), max_size=40
    ),
    st.integers(1, 41),
)
def test_the_code_at_any_row_is_the_one_open_there(steps: list[tuple[str, int, int]], per_batch: int) -> None:
    """Against a table kept by hand, row by row."""
    rows, tables = [begin()], [dict[int, int]()]
    table: dict[int, int] = {}
    for number, (what, fd, other) in enumerate(steps, 1):
        tables.append(dict(table))
        if what == "close":
            rows.append(row("close", fd, result=0 if fd in table else -errno.EBADF))
            table.pop(fd, None)
        elif what == "dup2" and fd in table and fd != other:
            rows.append(row("dup2", fd, other, result=other))
            table[other] = number
        else:
            rows.append(opened(b"/%d" % number, fd))
            table[fd] = number
    tables.append(dict(table))
    lives = lives_of([rows[at : at + per_batch] for at in range(0, len(rows), per_batch)]).lives
    lives.update()
    for number, open_then in enumerate(tables):
        keys = np.array([PID << 32 | fd for fd in range(5)])
        codes = lives.at(keys, np.full(5, number)).tolist()
        openings = {fd: int(lives.opened[code]) for fd, code in enumerate(codes) if code != UNSEEN}
        assert openings == open_then


def test_the_table_by_any_column() -> None:
    """Calls, wasted and bytes as the report has them; the order by each column, and what a search finds."""
    rows = [
        begin(), opened(b"/one", 3), opened(b"/two", 5), opened(b"/three", 7),
            *[row("read", 5, 0x2000, 9, result=9)] * 3,
        row("read", 3, 0x2000, 700, result=700), *[row("read", 7, 0x2000, 9, result=-errno.EAGAIN)] * 2,
        row("write", 7, 0x2000, 50, result=50),
    ]  # fmt: skip
    lives = lives_of([rows])
    assert [(line.fd, line.calls, line.wasted, line.bytes_in, line.bytes_out) for line in listed(lives)] == [
        (5, 3, 0, 0, 27), (7, 3, 2, 50, 0), (3, 1, 0, 0, 700),
    ]  # fmt: skip

    def order(**choice: Any) -> list[int]:
        return [line.fd for line in listed(lives, Choice(**choice))]

    assert order(sort="wasted") == [7, 3, 5]
    assert order(sort="in") == [7, 3, 5]
    assert order(sort="out", ascending=True) == [7, 5, 3]
    assert order(sort="fd", ascending=True) == [3, 5, 7]
    assert order(sort="what", ascending=True) == [3, 7, 5]
    assert order(sort="opened") == [7, 5, 3]
    assert order(search="T", sort="fd", ascending=True) == [3, 5, 7], "all were opened with openat"
    assert order(search="/T") == [5, 7]
    assert order(search="5") == [5]
    assert order(search="nothing") == []


def test_numbers_of_one_phase() -> None:
    def marked(label: bytes) -> TestRow:
        return row(0, kind=Kind.MARK, memory=[piece(NO_ARG, ENTRY, 0, label)])

    rows = [
        begin(), opened(b"/a", 3), row("read", 3, 0, 9, result=9), marked(b"begin measure"),
        *[row("read", 3, 0, 9, result=9)] * 5, marked(b"end measure"),
    ]  # fmt: skip
    lives = lives_of([rows])
    assert [line.calls for line in listed(lives)] == [6]
    assert [line.calls for line in listed(lives, Choice(phase="measure"))] == [5]


def test_those_of_one_process_together() -> None:
    one, other = row("read", 3, 0, 9, result=9), row("read", 4, 0, 9, result=9)
    rows = [begin(), opened(b"/a", 3), forked(4242), one, one, row("read", 3, 0, 9, pid=4242)]
    lives = lives_of([[*rows, opened(b"/b", 4), other, other, other]])
    choice = Choice(sort="calls", ascending=True, by_process=True)
    assert [(line.pid, line.fd) for line in listed(lives, choice)] == [(PID, 3), (PID, 4), (4242, 3)]


def story(lives: DescriptorLives, fd: int, generation: int = 0, pid: int = PID) -> list[str]:
    """The texts of a story."""
    (line,) = (each for each in listed(lives) if (each.pid, each.fd, each.generation) == (pid, fd, generation))
    return [told.text for told in story_of(lives, line.code)]


def test_the_story_of_a_descriptor() -> None:
    lives = lives_of([LIFE])
    assert story(lives, 3) == [
        'opened by openat(AT_FDCWD, "/a", O_RDONLY) = 3 in thread 4241',
        "made non-blocking",
        "dup passed it on as 4 of process 4241",
        "fork passed it on as 4 of process 4242",
        "last used; in all 1 × close, 1 × dup, 1 × fcntl, 1 × read",
        "closed by close(3) = 0 in thread 4241",
    ]


def test_the_story_tells_who_watched() -> None:
    """Every registration, and the first select and poll seen to ask."""
    rows = [
        begin(), epoll(), opened(b"/a", 5), control(ADD, 5, IN), control(DEL, 5), polled([(5, IN, IN)]),
        asked(6, [{5}, {5}, None], [{5}, set(), None], 1), leave(9),
    ]  # fmt: skip
    lives = lives_of([rows])
    assert story(lives, 5)[1:-2] == [
        "watched by epoll 3 for EPOLLIN", "no longer watched by epoll 3", "poll of thread 4241 asks for POLLIN",
        "select of thread 4241 asks for reading and writing",
    ]  # fmt: skip
    assert story(lives, 5)[-2:] == ["no call used it", "closed by the end of process 4241"]


def test_who_watches_now() -> None:
    rows = [begin(), epoll(), opened(b"/a", 5), opened(b"/b", 6), control(ADD, 5), control(ADD, 6), control(DEL, 6)]
    assert {line.fd: line.epoll for line in listed(lives_of([rows]))} == {3: None, 5: 3, 6: None}
    assert {line.fd: line.epoll for line in listed(lives_of([[*rows, row("close", 5)]]))}[5] is None


def test_where_it_was_opened() -> None:
    lives = lives_of([LIFE])
    origins = {(line.pid, line.fd, line.generation): origin_of(lives, line.code) for line in listed(lives)}
    assert origins[PID, 4, 0] == 4
    assert origins[PID, 1, 0] is None
    assert origins[4242, 3, 0] == 8
