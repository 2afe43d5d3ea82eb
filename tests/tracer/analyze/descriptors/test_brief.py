"""Descriptors opened and closed within a batch: taken in together they come to what following each of them does."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.analyze.openings.test_passed import accepted, named, opened, received, sent, socket
from tests.tracer.analyze.runs import leave, spawn
from tests.tracer.rows import EXIT, TestRow, batch, piece, row
from tracer.account.calibration import Calibration
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns, columns_of
from tracer.analyze.descriptors import descriptors as followed
from tracer.analyze.descriptors.brief import NO_BRIEF, brief_of
from tracer.analyze.descriptors.descriptors import Descriptors
from tracer.analyze.descriptors.history import History
from tracer.analyze.openings.openings import changes_of
from tracer.wire import Kind

ONE: dict[str, Any]
TWO: dict[str, Any]
ONE, TWO = {"pid": 4241, "tid": 4241}, {"pid": 4242, "tid": 4242}
CLONE_FILES = 0x400


def brief(*rows: TestRow) -> list[tuple[int, int, int]]:
    """(row opened, row closed, fd) of the brief lives among these rows."""
    codes = CallCodes()
    columns = columns_of(batch(rows), Calibration(), codes)
    found = brief_of(columns, codes, changes_of(columns, codes))
    return list(zip(found.opened.tolist(), found.closed.tolist(), (found.key & 0xFFFFFFFF).tolist(), strict=True))


def read(fd: int) -> TestRow:
    return row("read", fd, 0x2000, 64, result=5)


OPENED, CLOSED = opened(b"/a", 3), row("close", 3)


def test_what_is_opened_used_and_closed() -> None:
    assert brief(OPENED, read(3), CLOSED, opened(b"/b", 4), OPENED, row("close", 4), CLOSED) == [
        (0, 2, 3), (3, 5, 4), (4, 6, 3),
    ]  # fmt: skip
    assert brief(row("accept4", 5, 0, 0, 0, result=3), CLOSED) == [(0, 1, 3)]
    assert brief(OPENED, row("close", 3, result=-5)) == [(0, 1, 3)], "a close that failed closes as well (close(2))"


@pytest.mark.parametrize(
    "between",
    [
        row("dup", 3, result=9),
        row("dup2", 9, 3, result=3),
        row("fcntl", 3, 4, 0o4000),
        row("accept4", 3, 0, 0, 0, result=9),
        row("clone", 0, result=4242),
        row("close_range", 7, 9),
        row("pipe2", 0x3000, 0),
        sent(5, 3),
        received(5, 9),
        spawn(1),
        row(0, kind=Kind.EXEC),
        leave(1),
    ],
    ids=lambda each: f"{each.columns['kind']}-{each.columns['nr']}",
)
def test_near_misses(between: TestRow) -> None:
    """What copies, changes or passes on the descriptor, or may."""
    assert brief(OPENED, between, CLOSED) == []
    assert brief(OPENED, CLOSED, between) == [(0, 1, 3)]


def test_another_number_or_process_or_a_failed_opening_is_no_life() -> None:
    assert brief(OPENED, row("close", 4)) == []
    assert brief(OPENED, row("close", 3, **TWO)) == []
    assert brief(opened(b"/a", -2), CLOSED) == []
    assert brief(OPENED, OPENED, CLOSED) == [], "a close was missed"


def test_a_close_that_began_before_the_number_was_given_out_is_of_the_one_before() -> None:
    begun = opened(b"/a", 3, at_ns=50, wall_ns=60)
    assert brief(begun, row("close", 3, at_ns=109, tid=4240)) == []
    assert brief(begun, row("close", 3, at_ns=110, tid=4240)) == [(0, 1, 3)]


def state(batches: Sequence[Columns], codes: CallCodes) -> list[object]:
    """Everything that following these batches leaves behind."""
    descriptors = Descriptors()
    descriptors.history = history = History()
    used = []
    for columns in batches:
        used += [column.tolist() for column in descriptors.of(columns, codes)]
    seen = descriptors.seen
    changes = np.concatenate(history.parts) if history.parts else np.zeros(0, [("key", "<i8")])
    changes = changes[np.argsort(changes["key"], kind="stable")]
    tables = [dict(descriptors._tables.table(pid)) for pid in (4241, 4242)]
    marked = [sorted(descriptors._tables._cloexec.get(pid, ())) for pid in (4241, 4242)]
    return [
        used, seen.keys.tolist(), seen.generations.tolist(), changes.tolist(),
        [(each.what, each.opened_by, each.nonblocking, each.thing, each.number) for each in seen.descriptions],
        [each.other_end.number if each.other_end else None for each in seen.descriptions],
        [each.holders for each in seen.descriptions], tables, marked,
    ]  # fmt: skip


Place = dict[str, Any]
"""Process, thread and time of a row."""

MAKERS: list[Callable[[int, int, int, Place], TestRow]] = [
    *[lambda fd, _other, _flags, at: opened(b"/a", fd, **at), lambda fd, _other, _flags, at: row("close", fd, **at)]
    * 6,
    lambda fd, _other, _flags, at: row("read", fd, 0x2000, 64, result=5, **at),
    lambda fd, other, _flags, at: accepted(fd, other, 4242, **at),
    lambda fd, other, _flags, at: accepted(fd, other, 0, **at),
    lambda fd, _other, flags, at: row("openat", -100, 0x1000, flags, result=fd, **at),
    lambda fd, _other, _flags, at: socket(fd, 1, **at),
    lambda fd, _other, _flags, at: named("bind", fd, b"/s", **at),
    lambda fd, _other, _flags, at: named("connect", fd, b"/s", **at),
    lambda fd, _other, flags, at: row("fcntl", fd, 4, flags, **at),
    lambda fd, other, _flags, at: row("fcntl", fd, 1030, 0, result=other, **at),
    lambda fd, other, _flags, at: row("dup2", fd, other, result=other, **at),
    lambda fd, _other, _flags, at: row("close", fd, result=-9, **at),
    lambda fd, other, flags, at: row(
        "pipe2", 0x3000, flags, memory=[piece(0, EXIT, 0x3000, struct.pack("<ii", fd, other))], **at
    ),
    lambda fd, other, _flags, at: row("close_range", fd, other, **at),
    lambda fd, other, _flags, at: sent(fd, other, **at),
    lambda fd, other, _flags, at: received(fd, other, **at),
    lambda _fd, _other, flags, at: row("clone", CLONE_FILES if flags else 0, result=4242, **at),
    lambda _fd, _other, _flags, at: spawn(at["at_ns"], 4242, 4242, 4241),
    lambda _fd, _other, _flags, at: leave(at["at_ns"], 4242, 4242),
    lambda _fd, _other, _flags, at: row(0, kind=Kind.EXEC, **at),
]
"""Every way to change the tables of two processes; most are openings and closes."""

FDS = st.integers(3, 6)
THREADS: list[Place] = [ONE, ONE, TWO, {"pid": 4241, "tid": 4240}]
PLACES = st.builds(
    lambda thread, at, wall: {**thread, "at_ns": at, "wall_ns": wall},
    st.sampled_from(THREADS), st.integers(0, 40), st.integers(0, 9),
)  # fmt: skip
ROWS = st.builds(
    lambda made, *what: made(*what),
    st.sampled_from(MAKERS),
    FDS,
    FDS,
    st.sampled_from((0, 0o4000, 0o2000000)),
    PLACES,
)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.lists(ROWS, min_size=3, max_size=31), max_size=2))
def test_it_comes_to_the_same_as_following_each(batches: list[list[TestRow]]) -> None:
    codes = CallCodes()
    columns = [columns_of(batch(rows), Calibration(), codes) for rows in batches]
    quickly = state(columns, codes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(followed, "brief_of", lambda *_: NO_BRIEF)
        assert quickly == state(columns, codes)
