"""Event loops: long laps, and calls that sleep in them."""

from __future__ import annotations

import pytest

from tests.tracer.analyze.findings.gathered import MILLI, Script, diagnosis_of, facts_of, merged, one, only, rules
from tests.tracer.rows import ENTRY, piece
from tracer.analyze.results import Severity


def loop(laps: int) -> Script:
    script = Script().registered(5)
    for _ in range(laps):
        script.told(5, slept=MILLI).call("read", 5, 0x1000, 64, result=60)
    return script


def test_a_sleep_in_the_loop_is_found() -> None:
    script = loop(11).call("fsync", 6, slept=30 * MILLI)
    script.told(5).call("read", 5, 0x1000, 64, result=60).told(5)
    finding = one(script)
    assert (finding.rule, finding.syscall, finding.fd) == ("blocking-in-loop", "fsync", 6)
    assert (finding.severity, finding.evidence["longest_ns"]) == (Severity.MEDIUM, 30 * MILLI)
    assert "run_in_executor" in finding.advice


@pytest.mark.parametrize(("descriptors", "found"), [(1, []), (2, ["blocking-in-loop", "loop-lag"])])
def test_who_polls_one_descriptor_serves_one_client(descriptors: int, found: list[str]) -> None:
    """A thread for each connection that polls it before it reads, so as to give up in time, is no event loop."""
    script = Script()
    for _ in range(11):
        script.call("poll", 0x1000, descriptors, 5000, result=1, slept=MILLI)
        script.call("read", 5, 0x1000, 64, result=60, user=150 * MILLI).call("accept", 3, 0, 0, slept=30 * MILLI)
    assert sorted(rules(script)) == found


def test_a_file_cannot_be_told_not_to_wait() -> None:
    """O_NONBLOCK means nothing for it, so that is not the advice."""
    script = loop(11)
    where = [piece(1, ENTRY, 0x1000, b"/etc/passwd\0")]
    script.call("openat", -100, 0x1000, 0, 0, result=6, memory=where)
    script.told(5).call("read", 6, 0x2000, 64, result=60, slept=30 * MILLI).told(5)
    finding = one(script)
    assert (finding.rule, finding.syscall, finding.fd) == ("blocking-in-loop", "read", 6)
    assert "O_NONBLOCK" not in finding.advice
    assert "run_in_executor" in finding.advice


def test_sleeping_before_the_first_and_after_the_last_wait_is_not_in_the_loop() -> None:
    script = Script().call("fsync", 6, slept=500 * MILLI)
    script.rows += loop(11).rows
    last = Script(at=10**12).call("wait4", 1, 0, 0, 0, result=1, slept=500 * MILLI)
    assert facts_of(script, last).held == ()
    assert rules(script, last) == []


def test_a_thread_that_waits_for_nothing_has_no_loop() -> None:
    script = Script()
    for _ in range(11):
        script.call("read", 5, 0x1000, 64, result=60, slept=100 * MILLI)
    assert rules(script) == []


def test_computing_between_two_waits_is_found() -> None:
    script = loop(11).call("read", 5, 0x1000, 64, result=60, user=150 * MILLI)
    script.told(5).call("read", 5, 0x1000, 64, result=60).told(5)
    finding = one(script)
    assert (finding.rule, finding.severity, finding.syscall) == ("loop-lag", Severity.MEDIUM, "read")
    assert 150 * MILLI < float(finding.evidence["longest_ns"]) < 151 * MILLI


def test_computing_for_a_short_time_is_not() -> None:
    script = loop(11)
    for _ in range(11):
        script.told(5).call("read", 5, 0x1000, 64, result=60, user=40 * MILLI)
    assert rules(script.told(5)) == []


def busy(each: int) -> Script:
    """Eleven connections taken one after the other, each with `each` ns of computing, before it waits again."""
    script = loop(11)
    for _ in range(11):
        script.call("accept4", 5, 0x1000, 0x2000, result=7).call("read", 7, 0x1000, 64, result=60, user=each)
        script.call("close", 7)
    return script.call("accept4", 5, 0x1000, 0x2000, error="EAGAIN").told(5)


def test_taking_the_next_connection_is_looking_for_news() -> None:
    """A server that waits only when nobody is there: 440 ms of computing, 40 ms for each client."""
    assert rules(busy(40 * MILLI)) == []
    finding = one(busy(110 * MILLI))
    assert (finding.rule, finding.syscall) == ("loop-lag", "read")
    assert 110 * MILLI < float(finding.evidence["longest_ns"]) < 111 * MILLI


def test_a_lap_over_the_end_of_a_batch_is_measured() -> None:
    script = loop(11).call("read", 5, 0x1000, 64, result=60, user=150 * MILLI).call("fsync", 6, slept=30 * MILLI)
    script.told(5)
    rows = merged(script)
    for cut in (len(rows) - 1, len(rows) - 2, len(rows) - 3):
        facts = diagnosis_of(rows[:cut], rows[cut:])._gathering.facts()
        assert only(facts.laps).count == 11
        assert 180 * MILLI < only(facts.laps).most < 181 * MILLI
        assert only(facts.held).blocked_ns == 30 * MILLI
