"""Wake-ups, how many descriptors each brought, and which of them were useless."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.analyze.runs import leave, mark, report_of, spawn, tally_of
from tests.tracer.rows import ENTRY, EXIT, TestRow, piece, row
from tracer.wire import Abi, Kind, Reason

EAGAIN, EINTR, EEXIST = -11, -4, -17
ADD, DEL, MOD = 1, 2, 3
EPOLL = 4


def event(data: int, bits: int = 1) -> bytes:
    return struct.pack("<IQ", bits, data)


def registered(fd: int, data: int, op: int = ADD, epfd: int = EPOLL, result: int = 0, **columns: Any) -> TestRow:
    content = [] if op == DEL else [piece(3, ENTRY, 0x7000, event(data))]
    return row("epoll_ctl", epfd, op, fd, 0x7000, result=result, memory=content, **columns)


def epoll(*data: int, epfd: int = EPOLL, **columns: Any) -> TestRow:
    content = [piece(1, EXIT, 0x8000, b"".join(map(event, data)))] if data else []
    return row("epoll_wait", epfd, 0x8000, 64, 0xFFFFFFFF, result=len(data), memory=content, **columns)


def poll(answers: dict[int, int], **columns: Any) -> TestRow:
    array = b"".join(struct.pack("<ihh", fd, 1, revents) for fd, revents in answers.items())
    ready = sum(revents != 0 for revents in answers.values())
    return row(
        "poll", 0x8000, len(answers), 0xFFFFFFFF, result=ready, memory=[piece(0, EXIT, 0x8000, array)], **columns
    )


def select(*sets: Sequence[int], result: int | None = None) -> TestRow:
    """The ready bits of the readable, writable and exceptional set."""
    memory = [
        piece(1 + place, EXIT, 0x8000 + 128 * place, sum(1 << fd for fd in fds).to_bytes(128, "little"))
        for place, fds in enumerate(sets)
    ]
    count = sum(map(len, sets)) if result is None else result
    return row("select", 1024, 0x8000, 0x8080, 0x8100, 0, result=count, memory=memory)


def judged(*rows: TestRow) -> tuple[int, int | None, int]:
    """Wake-ups, useless ones, ready descriptors."""
    totals = report_of(*rows).totals
    return totals.wakeups, totals.useless_wakeups, totals.ready


REGISTERED = registered(7, data=0xDEAD_BEEF_0000_0007)
WOKEN = epoll(0xDEAD_BEEF_0000_0007)
AGAIN = epoll()


@pytest.mark.parametrize(
    ("after", "useless"),
    [
        ([row("read", 7, result=5)], 0),
        ([row("read", 7, result=0)], 0),  # end of file is what was announced
        ([row("read", 7, result=EAGAIN)], 1),
        ([row("read", 7, result=EAGAIN), row("read", 7, result=5)], 0),
        ([row("read", 8, result=5)], 1),
        ([], 1),
        ([row("write", 7, result=3)], 0),
        ([row("recvfrom", 7, result=3)], 0),
        ([row("accept4", 7, result=9)], 0),
        ([row("sendfile", 9, 7, result=100)], 0),
        ([row("splice", 9, 0, 7, 0, result=100)], 0),
        ([row("getsockopt", 7, 1, 4, result=0)], 0),
        ([row("getsockopt", 7, 1, 3, result=0)], 1),
        ([row("close", 7, result=0)], 1),
        ([row("read", 7, result=5, tid=4242)], 1),  # somebody else's transfer
        ([row("read", 7, result=5, kind=Kind.ENTERED)], 1),
    ],
)
def test_useless_is_a_wake_up_without_a_transfer(after: list[TestRow], useless: int) -> None:
    assert judged(REGISTERED, WOKEN, *after, AGAIN) == (1, useless, 1)


def test_nothing_is_decided_before_the_next_wait_or_the_end() -> None:
    assert judged(REGISTERED, WOKEN) == (1, 0, 1)
    assert judged(REGISTERED, WOKEN, leave(9)) == (1, 1, 1)
    assert judged(REGISTERED, WOKEN, leave(9, tid=4242)) == (1, 0, 1)
    assert judged(REGISTERED, WOKEN, epoll(0xDEAD_BEEF_0000_0007)) == (2, 1, 2)


def test_one_transfer_on_one_of_several_is_enough() -> None:
    rows = [*(registered(fd, data=fd * 1000) for fd in (7, 8, 9)), epoll(7000, 8000, 9000)]
    assert judged(*rows, row("read", 8, result=1), AGAIN) == (1, 0, 3)
    assert judged(*rows, row("read", 6, result=1), AGAIN) == (1, 1, 3)


def test_data_means_what_was_registered_last() -> None:
    old, new = registered(7, data=1), registered(8, data=1, op=MOD)
    assert judged(old, new, epoll(1), row("read", 8, result=1), AGAIN) == (1, 0, 1)
    assert judged(old, new, epoll(1), row("read", 7, result=1), AGAIN) == (1, 1, 1)
    assert judged(old, epoll(1), row("read", 7, result=1), new, AGAIN) == (1, 0, 1)
    assert judged(old, registered(8, data=1, epfd=5), epoll(1), row("read", 7, result=1), AGAIN) == (1, 0, 1)


def test_a_failed_or_deleting_registration_changes_nothing() -> None:
    for nothing in (registered(8, data=1, result=-9), registered(8, data=1, op=DEL)):
        assert judged(registered(7, data=1), nothing, epoll(1), row("read", 7, result=1), AGAIN) == (1, 0, 1)
    assert judged(registered(7, data=1, result=EEXIST), epoll(1), AGAIN) == (1, 1, 1)


def test_what_cannot_be_judged_counts_as_useful() -> None:
    assert judged(WOKEN, AGAIN) == (1, 0, 1)  # registered before we attached
    unread = row("epoll_wait", EPOLL, 0x8000, 64, 5, result=1,
                 memory=[piece(1, EXIT, 0x8000, b"", reason=Reason.NOT_CAPTURED)])  # fmt: skip
    assert judged(REGISTERED, unread, AGAIN) == (1, 0, 1)
    assert judged(REGISTERED, epoll(0xDEAD_BEEF_0000_0007, 99), AGAIN) == (1, 0, 2)


def test_a_child_looks_in_its_parents_registrations() -> None:
    born = spawn(5, tid=5000, pid=5000, parent=4241)
    born.columns["args"] = [4241, 4241, 0, 0, 0, 0]
    child = {"tid": 5000, "pid": 5000}
    woken = epoll(0xDEAD_BEEF_0000_0007, **child)
    tally = tally_of([[REGISTERED, born], [woken, epoll(**child)]])
    assert tally.report().totals.useless_wakeups == 1


def test_events_of_a_watched_epoll_are_a_transfer() -> None:
    outer, inner = registered(EPOLL, data=4, epfd=3), registered(7, data=7)
    woken = epoll(4, epfd=3)
    assert judged(outer, inner, woken, epoll(7), row("read", 7, result=1), AGAIN) == (2, 0, 2)
    assert judged(outer, inner, woken, epoll(epfd=3)) == (1, 1, 1)


def test_events_with_padding_are_read_too() -> None:
    """struct epoll_event is packed on x86 only."""
    padded = struct.pack("<IIQ", 1, 0, 11) + struct.pack("<IIQ", 1, 0, 13)
    rows = [
        row("epoll_ctl", EPOLL, ADD, fd, 9, abi=Abi.AARCH64, memory=[piece(3, ENTRY, 9, given)])
        for fd, given in ((7, padded[:16]), (8, padded[16:]))
    ]
    woken = row("epoll_pwait", EPOLL, 8, 64, 5, abi=Abi.AARCH64, result=2, memory=[piece(1, EXIT, 8, padded)])
    done = row("epoll_pwait", EPOLL, 8, 64, 5, abi=Abi.AARCH64, result=0)
    assert judged(*rows, woken, row("read", 8, abi=Abi.AARCH64, result=1), done) == (1, 0, 2)
    assert judged(*rows, woken, done) == (1, 1, 2)


@pytest.mark.parametrize(("fd", "useless"), [(5, 0), (1030, 0), (6, 1)])
def test_poll_names_its_ready_descriptors(fd: int, useless: int) -> None:
    woken = poll({5: 1, 6: 0, 1030: 0x10, -1: 0})
    assert judged(woken, row("read", fd, result=1), poll({5: 0})) == (1, useless, 2)


def test_a_poll_array_that_was_cut_off_is_not_judged() -> None:
    whole = poll(dict.fromkeys(range(11), 1))
    whole.columns["memory"][0]["bytes"] = whole.columns["memory"][0]["bytes"][:80]
    assert judged(whole, poll({5: 0})) == (1, 0, 11)


@pytest.mark.parametrize(("fd", "useless"), [(0, 0), (67, 0), (1023, 0), (1, 1)])
def test_select_leaves_bits_in_three_sets(fd: int, useless: int) -> None:
    assert judged(select([0], [67], [1023]), row("write", fd, result=1), select([])) == (1, useless, 3)


def test_select_without_all_its_sets_is_not_judged() -> None:
    assert judged(select([5], result=2), select([])) == (1, 0, 2)


def test_a_signal_about_a_descriptor_is_a_wake_up() -> None:
    def taken(number: int, code: int, fd: int) -> TestRow:
        info = struct.pack("<iiiiqi", number, 0, code, 0, 1, fd)
        return row(
            "rt_sigtimedwait",
            1,
            0x9000,
            0,
            8,
            result=number,
            memory=[piece(1, EXIT, 0x9000, info.ljust(48, b"\0"))],
        )

    nothing = row("rt_sigtimedwait", 1, 0x9000, 0, 8, result=EAGAIN)
    assert judged(taken(36, 1, 7), row("read", 7, result=1), nothing) == (1, 0, 1)
    assert judged(taken(36, 1, 7), row("read", 8, result=1), nothing) == (1, 1, 1)
    assert judged(taken(17, 1, 7), nothing) == (1, 0, 1)  # SIGCHLD: CLD_EXITED is 1 as well
    assert judged(taken(36, -1, 7), nothing) == (1, 0, 1)  # sigqueue(3)


def test_completions_are_never_useless() -> None:
    enter = row("io_uring_enter", 3, 1, 1, 1, result=1)
    busy = row("io_uring_enter", 3, 1, 0, 0, result=1)
    events = row("io_getevents", 1, 1, 64, 0x8000, 0, result=5)
    totals = report_of(enter, busy, enter, events, events, leave(99)).totals
    assert (totals.wakeups, totals.useless_wakeups) == (4, 0)
    assert (totals.ready, totals.counted_wakeups) == (10, 2)


def test_each_thread_answers_for_its_own_wake_ups() -> None:
    """A thundering herd: three threads are told, one gets the connection."""
    herd = [epoll(0xDEAD_BEEF_0000_0007, tid=tid) for tid in (1, 2, 3)]
    tries = [row("accept", 7, result=result, tid=tid) for tid, result in ((1, EAGAIN), (2, 9), (3, EAGAIN))]
    waits = [epoll(tid=tid) for tid in (3, 2, 1)]
    assert judged(REGISTERED, *herd, *tries, *waits) == (3, 2, 3)


def test_a_wake_up_belongs_to_the_phase_it_came_in() -> None:
    rows = [REGISTERED, mark(10, "begin measure"), epoll(0xDEAD_BEEF_0000_0007, at_ns=20), mark(30, "end measure"),
            epoll(at_ns=40), epoll(0xDEAD_BEEF_0000_0007, at_ns=50), leave(60)]  # fmt: skip
    assert report_of(*rows, phase="measure").totals.useless_wakeups == 1
    assert report_of(*rows).totals.useless_wakeups == 2


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([1, 2]), st.lists(st.sampled_from([7, 8, 9]), unique=True)),
        st.tuples(st.just("read"), st.sampled_from([1, 2]), st.sampled_from([7, 8, 9])),
        st.tuples(st.just("fail"), st.sampled_from([1, 2]), st.sampled_from([7, 8, 9])),
        st.tuples(st.just("register"), st.sampled_from([1, 2]), st.sampled_from([7, 8, 9])),
    ),
    max_size=40,
)  # fmt: skip


def expected(actions: Sequence[tuple[str, int, object]]) -> int:
    """The definition, one event at a time; descriptor fd is registered as fd * 1000."""
    known: set[int] = set()
    waiting: dict[int, list[int]] = {}
    useless = 0
    for action, tid, thing in actions:
        if action == "register":
            known.add(thing)  # type: ignore[arg-type]
        elif action == "read" and thing in waiting.get(tid, []):
            waiting[tid] = []
        elif action == "wait":
            useless += bool(waiting.get(tid))
            fds: list[int] = thing  # type: ignore[assignment]
            waiting[tid] = fds if set(fds) <= known else []
    return useless


@given(ACTIONS, st.lists(st.integers(0, 40), max_size=5))
def test_batches_make_no_difference(actions: list[tuple[str, int, object]], cuts: list[int]) -> None:
    rows = []
    for action, tid, thing in actions:
        if action == "wait":
            rows.append(epoll(*(fd * 1000 for fd in thing), tid=tid))  # type: ignore[attr-defined]
        elif action == "register":
            rows.append(registered(thing, data=thing * 1000, tid=tid))  # type: ignore[arg-type,operator]
        else:
            rows.append(row("read", thing, result=3 if action == "read" else EAGAIN, tid=tid))  # type: ignore[arg-type]
    borders = sorted({0, *(cut for cut in cuts if cut < len(rows)), len(rows)})
    batches = [rows[begin:end] for begin, end in pairwise(borders)]
    totals = tally_of(batches).report().totals
    assert totals.useless_wakeups == expected(actions)
    assert totals.wakeups == sum(action == "wait" and bool(thing) for action, _, thing in actions)
