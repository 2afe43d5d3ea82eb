"""Retries, empty looks, failing accepts, and reports that nobody takes."""

from __future__ import annotations

import pytest

from tests.tracer.analyze.findings.gathered import EAGAIN, EMFILE, MILLI, Script, facts_of, one, only, rules
from tracer.analyze.results import Severity


def spin(times: int) -> Script:
    script = Script()
    for _ in range(times):
        script.call("read", 5, 0x1000, 64, result=EAGAIN)
    return script


def test_a_spin_is_found_with_its_descriptor_and_cost() -> None:
    finding = one(spin(1009))
    assert (finding.rule, finding.severity) == ("busy-wait", Severity.HIGH)
    assert (finding.tid, finding.fd, finding.syscall) == (4241, 5, "read")
    assert finding.evidence["retries"] == 1008
    assert finding.evidence["cpu_ns"] == 1008 * 7_000
    assert finding.lines == tuple(range(1, 9))


def test_all_other_descriptors_of_the_spin_are_in_one_finding() -> None:
    script = Script()
    for _ in range(503):
        for fd in (5, 6, 7):
            script.call("recvfrom", fd, 0x1000, 64, 0, 0, 0, result=EAGAIN, user=fd * 1000)
    finding = one(script)
    assert (finding.rule, finding.fd, finding.evidence["descriptors"]) == ("busy-wait", 7, 3)
    assert "and 2 more" in finding.text


def test_draining_after_each_wake_up_is_no_spin() -> None:
    script = Script().registered(5, 1 | 1 << 31)
    for _ in range(211):
        script.told(5).call("read", 5, 0x1000, 4096, result=100).call("read", 5, 0x1000, 4096, result=EAGAIN)
    assert facts_of(script).retries == ()
    assert rules(script) == []


def test_a_sleep_between_is_no_spin_but_polling() -> None:
    script = Script()
    for _ in range(101):
        script.call("read", 5, 0x1000, 64, result=EAGAIN).call("nanosleep", 0x1, 0, slept=10 * MILLI)
    assert facts_of(script).retries == ()
    finding = one(script)
    assert (finding.rule, finding.fd, finding.syscall) == ("sleep-poll", 5, "read")
    assert finding.evidence["mean_sleep_ns"] == 10 * MILLI
    assert finding.severity is Severity.LOW


def test_sleeping_between_messages_is_no_polling() -> None:
    script = Script()
    for _ in range(101):
        script.call("read", 5, 0x1000, 64, result=64).call("nanosleep", 0x1, 0, slept=10 * MILLI)
    assert rules(script) == []


@pytest.mark.parametrize(("user", "found"), [(5_000, ["zero-timeout-spin"]), (300_000, [])])
def test_empty_looks_are_a_spin_unless_the_thread_computes_in_between(user: int, found: list[str]) -> None:
    script = Script()
    for _ in range(307):
        script.call("epoll_wait", 9, 0x2000, 16, 0, result=0, user=user)
    assert rules(script) == found


def test_empty_looks_between_other_work_are_none() -> None:
    script = Script()
    for _ in range(307):
        script.call("epoll_wait", 9, 0x2000, 16, 0, result=0).call("write", 1, 0x1, 8000, result=8000)
    assert facts_of(script).looks == ()


def test_what_is_reported_again_and_again_is_found() -> None:
    script = Script().registered(5, 0)
    for _ in range(211):
        script.told(5, events=0x10)
    finding = one(script)
    assert (finding.rule, finding.fd, finding.syscall) == ("level-unconsumed", 5, "epoll_wait")
    assert finding.evidence["in_a_row"] == 210


def test_what_is_armed_again_without_taking_it_is_found() -> None:
    script = Script().registered(5)
    for _ in range(211):
        script.told(5, events=0x10).registered(5, 1 | 1 << 30, op=3)
    assert one(script).rule == "level-unconsumed"


def test_the_end_of_file_does_not_go_away_by_reading_it() -> None:
    script = Script().registered(5)
    for _ in range(211):
        script.told(5).call("read", 5, 0x1000, 64, result=0)
    assert rules(script) == ["level-unconsumed"]


def test_what_is_read_and_what_is_slept_for_is_none() -> None:
    busy, slow = Script().registered(5), Script(tid=4242).registered(6)
    for _ in range(211):
        busy.told(5).call("read", 5, 0x1000, 64, result=60)
        slow.told(6, slept=MILLI)  # useless, but it did sleep
    assert facts_of(busy, slow).unconsumed == ()


def test_who_looks_twice_and_then_takes_it_is_fine() -> None:
    script = Script().registered(5)
    for _ in range(211):
        script.told(5).told(5).call("read", 5, 0x1000, 64, result=60)
    assert len(facts_of(script).unconsumed) == 1
    assert rules(script) == []


def test_accept_without_descriptors_is_found() -> None:
    script = Script().registered(3)
    for _ in range(53):
        script.told(3).call("accept4", 3, 0, 0, 0, result=EMFILE)
    found = rules(script)
    assert found == ["accept-emfile"]


def test_a_descriptor_in_reserve_is_none() -> None:
    script = Script().registered(3)
    for _ in range(53):
        script.told(3).call("accept4", 3, 0, 0, 0, result=EMFILE).call("close", 7, result=0)
        script.call("accept4", 3, 0, 0, 0, result=7).call("close", 7, result=0)
    assert facts_of(script).refused == ()
    assert rules(script) == []


def test_half_a_race_is_lost_by_each_worker() -> None:
    one_, two = Script(), Script(tid=4242, at=1_500)
    for script in (one_, two):
        script.registered(3)
    for turn in range(101):
        for script in (one_, two):
            mine = (script is one_) == bool(turn % 2)
            script.told(3, slept=MILLI).call("accept4", 3, 0, 0, 0, result=EAGAIN if mine else 20)
            script.call("close", 20, result=0)
    facts = facts_of(one_, two)
    assert sum(deed.count for deed in facts.lost_races) == 101
    assert "thundering-herd" in rules(one_, two)


def test_one_worker_that_finds_nothing_is_no_herd() -> None:
    script = Script().registered(3)
    for _ in range(101):
        script.told(3, slept=MILLI).call("accept4", 3, 0, 0, 0, result=EAGAIN)
    assert only(facts_of(script).lost_races).count == 101
    assert "thundering-herd" not in rules(script)
