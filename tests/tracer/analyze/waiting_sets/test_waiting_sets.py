"""Waiting sets: who waits, what was asked, what was ready, and what the thread then did."""

from __future__ import annotations

import errno
import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.analyze.waiting import (
    ADD,
    DEL,
    ET,
    IN,
    MOD,
    ONESHOT,
    OUT,
    asked,
    begin,
    control,
    cuts,
    epoll,
    forked,
    lives_of,
    polled,
    read,
    told,
)
from tests.tracer.rows import EXIT, TestRow, piece, row
from tracer.analyze.descriptors.lives import DescriptorLives
from tracer.analyze.inherited import interests_of
from tracer.analyze.waiting_sets.waiting_sets import Array, Bits, Family, Interests, WaitReturn
from tracer.wire import NO_ARG, Kind, Spawn

PIPE = struct.pack("<ii", 5, 7)


def pipe() -> TestRow:
    """5 reads, 7 writes."""
    return row("pipe2", 0x500, 0, memory=[piece(0, EXIT, 0x500, PIPE)])


def one(lives: DescriptorLives, number: int, waiter: int = 0) -> WaitReturn:
    """A return that is there."""
    found = lives.waiting.one(waiter, number)
    assert found is not None
    return found


def entries(ret: WaitReturn) -> dict[int, tuple[int | None, int, bool, bool, int]]:
    """By descriptor: events, times ready, stale, disarmed, ready now."""
    assert isinstance(ret.watched, Interests)
    return {e.fd: (e.events, e.ready, e.stale, e.disarmed, e.now) for e in ret.watched.entries}


EPOLL = [
    begin(), epoll(), pipe(), control(ADD, 5), control(ADD, 7, OUT | ET, data=0xABCD00000001),
    told((OUT, 0xABCD00000001)), row("write", 7, 0, 9, result=9), row("write", 7, 0, 9, result=-errno.EAGAIN),
    told((IN, 5)), told(), told((IN, 5), (OUT, 0xABCD00000001)), read(5), read(5, 0),
    told(), row("exit", 0, kind=Kind.ENTERED),
]  # fmt: skip


@pytest.mark.parametrize("batches", cuts(EPOLL))
def test_an_epoll_however_the_rows_fall_into_batches(batches: list[list[TestRow]]) -> None:
    lives = lives_of(batches)
    (waiter,) = lives.waiting.waiters()
    assert (waiter.family, waiter.fd, waiter.tids) == (Family.EPOLL, 3, (4241,))
    assert (waiter.returns, waiter.wakeups, waiter.ready, waiter.useless, waiter.timeouts) == (5, 3, 4, 1, 2)
    assert waiter.mean_ready == 4 / 3
    assert (waiter.bytes_in, waiter.bytes_out) == (0, 4 * 12)

    first, useless, empty, both = (one(lives, number) for number in range(4))
    assert entries(first) == {5: (IN, 0, False, False, 0), 7: (OUT | ET, 1, False, False, OUT)}
    assert [(b.fd, b.sent, b.transfers, b.again) for b in first.brought] == [(7, 9, 1, 1)]
    assert (useless.useless, useless.brought[0].transfers, useless.settled) == (True, 0, True)
    assert (empty.result, empty.brought, empty.useless) == (0, (), False)
    assert [(b.fd, b.received, b.ended) for b in both.brought] == [(5, 64, True), (7, 0, False)]
    assert entries(both)[7] == (OUT | ET, 2, False, False, OUT)
    assert both.names == {5: "pipe (read end)", 7: "pipe (write end)"}


def test_moments_of_an_entry() -> None:
    """Added at its ADD, last ready at the last return that told of it; `at_ns` counts the rows here."""
    lives = lives_of([EPOLL])
    watched = one(lives, 3).watched
    assert isinstance(watched, Interests)
    assert [(e.fd, e.added_ns, e.last_ns) for e in watched.entries] == [(5, 3, 10), (7, 4, 10)]
    before = one(lives, 0).watched
    assert isinstance(before, Interests)
    assert [(e.fd, e.last_ns) for e in before.entries] == [(5, None), (7, 5)]


def test_stepping_to_useless_wake_ups() -> None:
    lives = lives_of([EPOLL])
    assert [lives.waiting.useless(0, at, 1) for at in (-1, 0, 1)] == [1, 1, None]
    assert [lives.waiting.useless(0, at, -1) for at in (4, 1)] == [1, None]
    assert one(lives, -1).number == 4
    assert one(lives, 99).number == 4
    assert lives.waiting.number_at(0, one(lives, 2).line) == 2


def test_a_closed_number_stays_while_a_copy_is_open() -> None:
    """As epoll(7) warns; closing the copy ends it, and the number given anew is another entry."""
    rows = [
        begin(), epoll(), pipe(), control(ADD, 5), row("dup", 5, result=8), row("close", 5), told((IN, 5)),
        pipe(), control(ADD, 5, data=55), told((IN, 55)), row("close", 8), told(),
    ]  # fmt: skip
    for batches in cuts(rows):
        lives = lives_of(batches)
        assert entries(one(lives, 0)) == {5: (IN, 1, True, False, IN)}
        watched = one(lives, 1).watched
        assert isinstance(watched, Interests)
        assert [(e.fd, e.stale, e.now) for e in watched.entries] == [(5, True, 0), (5, False, IN)]
        assert entries(one(lives, 2)) == {5: (IN, 1, False, False, 0)}


def test_one_shot_until_it_is_modified() -> None:
    rows = [
        begin(), epoll(), pipe(), control(ADD, 5, IN | ONESHOT), told(), told((IN, 5)), told(),
        control(MOD, 5, IN | ONESHOT), told(), control(DEL, 5), told(),
        control(ADD, 5, result=-errno.ENOENT), told(),
    ]  # fmt: skip
    lives = lives_of([rows])
    disarmed = [each[3] for number in range(4) for each in entries(one(lives, number)).values()]
    assert disarmed == [False, True, True, False]
    assert entries(one(lives, 4)) == {}
    assert entries(one(lives, 5)) == {}


def test_registrations_from_before_the_trace() -> None:
    """Reported without a registration, added once more (EEXIST), modified without having been added."""
    rows = [
        control(ADD, 5, result=-errno.EEXIST), control(MOD, 7, OUT), told((IN, 0xDEAD), (OUT, 7)), read(5), told(),
    ]  # fmt: skip
    lives = lives_of([rows])
    ret = one(lives, 0)
    watched = ret.watched
    assert isinstance(watched, Interests)
    assert watched.inherited
    assert [(e.fd, e.events, e.added_ns) for e in watched.entries] == [(5, None, None), (7, OUT, None)]
    assert [(e.fd, e.data) for e in watched.told] == [(None, 0xDEAD), (7, 7)]
    assert not ret.useless, "nobody can say what the thread should have transferred"


def test_one_epoll_of_two_processes() -> None:
    """fork: the child waits on its parent's instance, and sees what the parent registered."""
    rows = [
        begin(), epoll(), pipe(), control(ADD, 5), told((IN, 5)), read(5),
        forked(4242), told((IN, 5), pid=4242, tid=4242),
    ]  # fmt: skip
    lives = lives_of([rows])
    (waiter,) = lives.waiting.waiters()
    assert waiter.tids == (4241, 4242)
    assert entries(one(lives, 1)) == {5: (IN, 2, False, False, IN)}


def test_select_and_its_end() -> None:
    rows = [
        asked(131, [{3, 5, 130}, {7}, None], [{130}, {7}, None], 2), read(130, 7), row("write", 7, 0, 3, result=3),
        asked(131, [{3}, set(), None], [set(), set(), None], 0), asked(4, [{3}, None, None], [{3}, None, None], -9),
    ]  # fmt: skip
    lives = lives_of([rows])
    (waiter,) = lives.waiting.waiters()
    assert (waiter.family, waiter.fd, waiter.returns, waiter.timeouts, waiter.failed) == (
        Family.SELECT,
        None,
        3,
        1,
        1,
    )
    first, _, bad = (one(lives, number) for number in range(3))
    watched = first.watched
    assert isinstance(watched, Bits)
    assert (watched.nfds, watched.bytes_each) == (131, 24)
    assert [each and set(each) for each in watched.asked] == [{3, 5, 130}, {7}, None]
    assert [each and set(each) for each in watched.ready] == [{130}, {7}, None]
    assert [(b.fd, b.received, b.sent) for b in first.brought] == [(7, 0, 3), (130, 7, 0)]
    assert isinstance(bad.watched, Bits)
    assert bad.watched.ready == (None, None, None), "a failed select leaves its sets as they were"


def test_poll_and_what_it_skips() -> None:
    lives = lives_of([[polled([(3, IN, 0), (-1, IN, 0), (5, IN | OUT, IN), (5, OUT, OUT)]), read(5)]])
    ret = one(lives, 0)
    assert isinstance(ret.watched, Array)
    assert [tuple(each) for each in ret.watched.entries] == [(3, IN, 0), (-1, IN, 0), (5, 5, IN), (5, OUT, OUT)]
    assert [(b.fd, b.received) for b in ret.brought] == [(5, 64)]
    assert not ret.settled, "the thread may still do something"


def test_what_counts_as_a_transfer() -> None:
    """sendfile moves on both descriptors; an accepted connection counts, the outcome of connect, an inner epoll."""
    ready = [(IN, fd) for fd in (5, 6, 7, 8, 9, 10)]
    rows = [
        begin(), epoll(), *(control(ADD, fd) for _, fd in ready), told(*ready),
        row("sendfile", 6, 5, 0, 99, result=99), row("accept4", 7, 0, 0, 0, result=11),
        row("getsockopt", 8, 1, 4, 0x10), row("getsockopt", 9, 1, 7, 0x10), told((IN, 1), epfd=10), told(),
    ]  # fmt: skip
    lives = lives_of([rows])
    outer = next(waiter for waiter in lives.waiting.waiters() if waiter.fd == 3)
    found = {b.fd: b for b in one(lives, 0, outer.number).brought}
    assert (found[5].received, found[6].sent, found[7].accepted) == (99, 99, 1)
    assert [found[fd].transfers for fd in (5, 6, 7, 8, 9, 10)] == [1, 1, 1, 1, 0, 1]


def test_memory_that_was_not_captured() -> None:
    lives = lives_of([[row("poll", 0x300, 2, 0, result=1), row("epoll_wait", 3, 0x200, 8, 0, result=2)]])
    by_family = {waiter.family: waiter.number for waiter in lives.waiting.waiters()}
    assert "not captured" in one(lives, 0, by_family[Family.POLL]).watched.unread
    watched = one(lives, 0, by_family[Family.EPOLL]).watched
    assert isinstance(watched, Interests)
    assert (watched.told, watched.entries) == ((), ())
    assert "not captured" in watched.unread


@pytest.mark.parametrize(
    "document", ["", "x", "[]", "{}", '{"fds": 1}', '{"fds": {"3": 1}}', '{"fds": {"3": {"interests": [[1]]}}}']
)
def test_a_damaged_list_is_none(document: str) -> None:
    assert interests_of(document) == {}


def test_a_list_found_when_the_trace_began() -> None:
    """Its entries are listed with their events, their data resolves, and one may go."""
    document = {"fds": {
        "3": {"path": "anon_inode:[eventpoll]", "flags": 2, "interests": [[5, IN | 0x18, 55], [6, OUT | 0x18, 66]]},
        "5": {"path": "pipe:[1]", "flags": 0},
    }}  # fmt: skip
    attached = begin()
    attached.columns["nr"] = int(Spawn.ATTACH)
    attached.columns["memory"].append(piece(NO_ARG, EXIT, 0, json.dumps(document).encode()))
    for batches in cuts([attached, told((IN, 55)), read(5), control(DEL, 6), told((IN, 55))]):
        lives = lives_of(batches)
        first, second = one(lives, 0), one(lives, 1)
        assert entries(first) == {5: (IN, 1, False, False, IN), 6: (OUT, 0, False, False, 0)}
        assert entries(second) == {5: (IN, 2, False, False, IN)}
        assert isinstance(first.watched, Interests)
        assert not first.watched.inherited
        assert [(each.fd, each.data) for each in first.watched.told] == [(5, 55)]
        assert [each.received for each in first.brought] == [64]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("told"), st.sets(st.sampled_from((5, 6, 7)))),
        st.tuples(st.just("read"), st.sampled_from((5, 6, 7, 8))),
        st.tuples(st.just("again"), st.sampled_from((5, 6, 7))),
        st.tuples(st.just("poll"), st.sets(st.sampled_from((5, 6)), min_size=1)),
    ),
    max_size=25,
)  # fmt: skip


@settings(deadline=None)
@given(STEPS, st.integers(1, 26))
def test_useless_wake_ups_are_those_of_the_report(steps: list[tuple[str, object]], per_batch: int) -> None:
    """Each is marked on its return, their number is the report's, and nothing was transferred there."""
    rows = [begin(), epoll(), *(control(ADD, fd) for fd in (5, 6, 7))]
    for what, which in steps:
        if what == "told":
            assert isinstance(which, set)
            rows.append(told(*((IN, fd) for fd in sorted(which))))
        elif what == "poll":
            assert isinstance(which, set)
            rows.append(polled([(fd, IN, IN) for fd in sorted(which)]))
        else:
            assert isinstance(which, int)
            rows.append(read(which, 64 if what == "read" else -errno.EAGAIN))
    lives = lives_of([rows[at : at + per_batch] for at in range(0, len(rows), per_batch)])
    waiters = lives.waiting.waiters()
    assert sum(each.useless for each in waiters) == lives.tally.report().totals.useless_wakeups
    assert sum(each.wakeups for each in waiters) == lives.tally.report().totals.wakeups
    for waiter in waiters:
        returns = [one(lives, number, waiter.number) for number in range(waiter.returns)]
        assert sum(ret.useless for ret in returns) == waiter.useless
        for ret in returns:
            idle = ret.result > 0 and ret.settled and not any(each.transfers for each in ret.brought)
            assert ret.useless == idle
