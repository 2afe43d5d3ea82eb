"""A program that was attached to: what it registered before the trace began is known, or nothing is claimed."""

from __future__ import annotations

import json

import pytest

from tests.tracer.analyze.findings.gathered import EPFD, MILLI, Script, report_of
from tests.tracer.rows import ENTRY, piece, row
from tracer.wire import NO_ARG, Kind, Spawn

EDGE = 1 | 1 << 31


def attached(*interests: tuple[int, int, int]) -> Script:
    """(descriptor, events, data) in the interest list of EPFD."""
    fds = {str(EPFD): {"path": "anon_inode:[eventpoll]", "flags": 2, "interests": interests}}
    texts = b"program", json.dumps({"fds": fds}).encode()
    script = Script()
    memory = [piece(NO_ARG, ENTRY, 0, text) for text in texts]
    script.rows.append(row(int(Spawn.ATTACH), kind=Kind.SPAWN, memory=memory, at_ns=1))
    return script


@pytest.mark.parametrize(("events", "model"), [(1, "epoll-level"), (EDGE, "epoll-edge")])
def test_registrations_made_before_are_known(events: int, model: str) -> None:
    script = attached((5, events, 77))
    for _ in range(101):
        script.told(77).call("read", 5, 0x1, 10, result=7)
    report = report_of(script)
    assert report.findings == ()
    assert [found.model for found in report.models] == [model]
    assert report.totals.useless_wakeups == 0


def test_one_that_is_never_consumed_is_found_and_named() -> None:
    script = attached((5, 1, 77))
    for _ in range(301):
        script.told(77, user=100_000)
    (finding,) = report_of(script).findings or ()
    assert (finding.rule, finding.fd) == ("level-unconsumed", 5)


def test_of_a_descriptor_that_is_not_known_nothing_is_said() -> None:
    script = attached()
    for _ in range(301):
        script.told(77, user=100_000).call("read", 5, 0x1, 10, result=7)
    report = report_of(script)
    assert report.findings == ()
    assert report.totals.useless_wakeups == 0


def test_a_loop_that_hardly_waits_is_told_by_its_wakeups() -> None:
    """A server that has always something to do: 20 requests for each time it looks what is ready."""
    script = attached((5, EDGE, 77))
    for _ in range(23):
        script.told(77)
        for _ in range(20):
            script.call("read", 5, 0x1, 10, result=7, user=300_000).call("write", 5, 0x1, 10, result=10)
    (found,) = report_of(script).models
    assert found.model == "epoll-edge"
    assert "hardly waits" in found.evidence


def test_a_loop_in_which_a_call_sleeps_is_a_loop() -> None:
    def looping(wakeups: int) -> str:
        script = attached((5, 1, 77))
        for turn in range(101):
            if turn < wakeups:
                script.told(77, slept=MILLI // 10)
            script.call("read", 5, 0x1, 10, result=7, slept=MILLI)
        (found,) = report_of(script).models
        return found.model

    assert [looping(101), looping(3)] == ["epoll-level", "blocking"]


def test_who_serves_without_waiting_does_not_compute() -> None:
    script = Script()
    for _ in range(101):
        script.call("accept", 3, 0, 0, result=4, user=100_000)
        script.call("recvfrom", 4, 0x1, 10, 0, 0, 0, result=7, user=100_000)
        script.call("sendto", 4, 0x1, 70, 0, 0, 0, result=70, user=100_000).call("close", 4)
    (found,) = report_of(script).models
    assert found.model == "blocking"


def test_waiting_for_a_lock_is_no_model() -> None:
    """As Python's threads wait for its GIL (with a timeout) and for the mutex that guards it (value 2)."""
    main, handler = attached((5, 1, 77)), Script(tid=4242)
    for _ in range(23):
        main.told(77, slept=MILLI).call("futex", 0x7000, 137, 0, 0x1, slept=3 * MILLI)
        main.call("futex", 0x7008, 128, 2, 0, slept=MILLI)
        handler.call("futex", 0x7000, 137, 0, 0x1, slept=3 * MILLI).call("recvfrom", 6, 0x1, 10, result=7)
    models = {model.tid: model.model for model in report_of(main, handler).models}
    assert models == {4241: "epoll-level", 4242: "blocking"}


def test_a_wait_that_never_returned_is_a_wait() -> None:
    script = Script()
    script.call("getpid", result=1)
    script.call("epoll_wait", EPFD, 0x2000, 16, -1, slept=500 * MILLI, kind=Kind.ENTERED)
    (found,) = report_of(script).models
    assert found.model == "epoll-level"
