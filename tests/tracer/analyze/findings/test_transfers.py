"""Small calls, copies that nobody needs, edges that are not drained, sets and registrations."""

from __future__ import annotations

import pytest

from tests.tracer.analyze.findings.gathered import (
    EAGAIN,
    MICRO,
    MILLI,
    Script,
    facts_of,
    one,
    only,
    report_of,
    rules,
)
from tests.tracer.rows import ENTRY, EXIT, piece
from tracer.analyze.results import Severity

EDGE = 1 | 1 << 31


def test_bytes_one_by_one_are_found() -> None:
    script = Script()
    for _ in range(307):
        script.call("read", 3, 0x1000, 1, result=1)
    finding = one(script)
    assert (finding.rule, finding.fd, finding.syscall) == ("tiny-io", 3, "read")
    assert finding.evidence["mean_bytes"] == 1


def test_a_short_answer_to_a_big_read_and_a_request_for_an_answer_are_not() -> None:
    big, asked, answered = Script(), Script(tid=4242), Script(tid=4343)
    for _ in range(307):
        big.call("read", 3, 0x1000, 4096, result=1)
        asked.call("sendto", 4, 0x1000, 7, 0, 0, 0, result=7)
        asked.call("recvfrom", 4, 0x1000, 100, 0, 0, 0, result=7, slept=MILLI)
        answered.call("sendto", 4, 0x1000, 7, 0, 0, 0, result=7)
        answered.call("recvfrom", 4, 0x1000, 100, 0, 0, 0, result=7)  # the other side is faster than a sleep
    assert rules(big, asked, answered) == []


def test_bytes_that_are_copied_one_by_one_are_found_on_both_sides() -> None:
    script = Script()
    for _ in range(307):
        script.call("read", 3, 0x1000, 1, result=1)
        script.call("write", 4, 0x1000, 1, result=1)
    assert [(each.rule, each.fd) for each in report_of(script).findings or ()] == [("tiny-io", 3), ("tiny-io", 4)]


@pytest.mark.parametrize(("size", "found"), [(300, ["unbatched"]), (9000, [])])
def test_messages_one_by_one(size: int, found: list[str]) -> None:
    script = Script()
    for _ in range(601):
        script.call("sendto", 3, 0x1000, size, 0, 0x2000, 16, result=size)
    assert rules(script) == found


def passed(changed: bytes = b"x" * 64, address: int = 0x1000) -> Script:
    script = Script()
    for _ in range(31):
        script.call(
            "read", 3, 0x1000, 1 << 16, result=1 << 16, kernel=50 * MICRO,
            memory=[piece(1, EXIT, 0x1000, b"x" * 64)],
        )  # fmt: skip
        script.call(
            "write", 4, address, 1 << 16, result=1 << 16, kernel=50 * MICRO,
            memory=[piece(1, ENTRY, address, changed)],
        )  # fmt: skip
    return script


def test_bytes_that_are_passed_on_are_found() -> None:
    finding = one(passed())
    assert (finding.rule, finding.fd, finding.syscall) == ("redundant-copy", 3, "read")
    assert (finding.evidence["bytes"], finding.evidence["to_fd"]) == (31 << 16, 4)


def test_bytes_that_are_changed_or_come_from_elsewhere_are_not() -> None:
    assert rules(passed(b"y" * 64)) == []
    assert rules(passed(address=0x9000)) == []


def test_an_edge_that_is_not_drained_is_found() -> None:
    script = Script().registered(5, EDGE)
    for _ in range(7):
        script.told(5, slept=MILLI).call("read", 5, 0x1000, 100, result=100)
    finding = one(script.told(5))
    assert (finding.rule, finding.fd, finding.syscall) == ("edge-undrained", 5, "read")
    assert finding.evidence == {"times": 7, "reports": 8}


@pytest.mark.parametrize("last", [EAGAIN, 30])
def test_eagain_and_a_short_read_drain(last: int) -> None:
    script = Script().registered(5, EDGE)
    for _ in range(7):
        script.told(5, slept=MILLI).call("read", 5, 0x1000, 100, result=100).call("read", 5, 0, 100, result=last)
    assert rules(script.told(5)) == []


def test_level_triggered_need_not_be_drained() -> None:
    script = Script().registered(5)
    for _ in range(7):
        script.told(5, slept=MILLI).call("read", 5, 0x1000, 100, result=100)
    assert rules(script) == []


def polled(count: int, ready: int = 1) -> Script:
    script = Script()
    for _ in range(53):
        script.call("poll", 0x1000, count, -1, result=ready, kernel=30 * MICRO)
        script.call("read", 5, 0x1000, 100, result=40)
    return script


def test_large_sets_are_found_and_small_or_busy_ones_are_not() -> None:
    finding = one(polled(900))
    assert (finding.rule, finding.syscall) == ("large-wait-set", "poll")
    assert (finding.evidence["mean_descriptors"], finding.evidence["ready"]) == (900, 53)
    assert rules(polled(8)) == []
    assert rules(polled(900, ready=300)) == []


@pytest.mark.parametrize(
    ("nfds", "severity"), [(1025, Severity.HIGH), (1024, Severity.MEDIUM), (901, Severity.MEDIUM)]
)
def test_select_near_its_limit(nfds: int, severity: Severity) -> None:
    finding = one(Script().call("select", nfds, 0x1000, 0, 0, 0, result=1))
    assert (finding.rule, finding.severity, finding.fd) == ("fd-setsize", severity, nfds - 1)
    assert rules(Script().call("select", 500, 0x1000, 0, 0, 0, result=1)) == []


def test_registrations_changed_for_every_event_are_found() -> None:
    script = Script().registered(5)
    for _ in range(211):
        script.told(5, slept=MILLI // 10).call("read", 5, 0x1000, 100, result=40)
        script.registered(5, 4, op=3).registered(5, 1, op=3)
    finding = one(script)
    assert (finding.rule, finding.fd) == ("epoll-ctl-churn", 5)
    assert finding.evidence["changes"] == 422


def test_connections_that_come_and_go_and_one_shots_are_no_churn() -> None:
    come, shots = Script(), Script(tid=4242)
    for _ in range(211):
        come.registered(5).told(5).call("read", 5, 0x1000, 100, result=40).registered(5, op=2).call("close", 5)
        shots.told(6).call("read", 6, 0x1000, 100, result=40).registered(6, 1 | 1 << 30, op=3)
    assert facts_of(come, shots).churn == ()


def test_handed_to_another_thread_and_back_is_no_churn_and_no_useless_wakeup() -> None:
    """A listener takes what is ready out of its set, and a worker puts it back when it is done with it."""
    listener, worker = Script().registered(5), Script(tid=4242, at=1_000 + 20 * MICRO)
    for _ in range(211):
        listener.told(5, user=MILLI).registered(5, op=2)
        worker.call("read", 5, 0x1000, 100, result=40, user=MILLI).registered(5)
    assert facts_of(listener, worker).churn == ()
    assert rules(listener, worker) == []


@pytest.mark.parametrize(("events", "found"), [(1 | 1 << 30, []), (1 | 1 << 31, ["useless-wakeups"])])
def test_a_one_shot_that_another_thread_serves_was_handed_on(events: int, found: list[str]) -> None:
    """A thread that polls for the workers: each report is for one of them. With EPOLLET it just watches too."""
    poller, worker = Script().registered(5, events), Script(tid=4242, at=1_000 + 20 * MICRO)
    for _ in range(211):
        poller.told(5, user=MILLI + 2 * MICRO + 5 * MICRO)
        worker.call("read", 5, 0x1000, 100, result=40, user=MILLI).registered(5, events, op=3 if not found else 1)
    assert rules(poller, worker) == found


def test_registered_and_removed_again_and_again_is_churn() -> None:
    script = Script()
    for _ in range(211):
        script.registered(5).told(5).call("read", 5, 0x1000, 100, result=40).registered(5, op=2)
    assert only(facts_of(script).churn).count == 210
