"""Rules about waiting for disks, locks, CPUs, signals and paths; and what a finding must cost to be one."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from tests.tracer.analyze.findings.gathered import (
    EINTR,
    ENOENT,
    MICRO,
    MILLI,
    Script,
    diagnosis_of,
    facts_of,
    merged,
    one,
    only,
    rules,
)
from tests.tracer.analyze.runs import mark
from tests.tracer.rows import EXIT, piece
from tracer.analyze.findings import cpu_starved, fd_leak, futex_contention, severity
from tracer.analyze.findings.facts import CallSum, Deed, Facts, Leak, ThreadFacts
from tracer.analyze.findings.rules import RULES, findings_of
from tracer.analyze.results import Severity, Times
from tracer.wire import Kind

NAMES = (
    "busy-wait zero-timeout-spin level-unconsumed accept-emfile sleep-poll tiny-io large-wait-set fd-setsize "
    "edge-undrained useless-wakeups thundering-herd blocking-in-loop loop-lag redundant-copy unbatched "
    "epoll-ctl-churn fsync-bound failed-lookups fd-leak eintr-storm signal-overflow cpu-starved futex-contention "
    "sync-aio"
)
SECOND = 1_000 * MILLI


def test_the_names_are_those_of_the_design() -> None:
    assert sorted(RULES) == sorted(NAMES.split())


def test_nothing_is_found_in_nothing() -> None:
    assert findings_of(Facts()) == ()


def thread(**times: int) -> ThreadFacts:
    return ThreadFacts(1, 2, "t", Times(**times))


@pytest.mark.parametrize(
    ("cost", "found"),
    [
        (250 * MILLI, Severity.HIGH),
        (50 * MILLI, Severity.MEDIUM),
        (10 * MILLI, Severity.LOW),
        (9 * MILLI, None),
        (MILLI - 1, None),
    ],
)
def test_severity_by_share_of_the_time(cost: int, found: Severity | None) -> None:
    assert severity.by_cpu(cost, thread(user_ns=100 * MILLI, blocked_ns=900 * MILLI)) is found


def test_a_share_of_the_cpu_counts_where_there_is_little_of_it() -> None:
    assert severity.by_cpu(2 * MILLI, thread(user_ns=5 * MILLI, blocked_ns=995 * MILLI)) is Severity.LOW


def synced(times: int, slept: int) -> Script:
    script = Script()
    for _ in range(times):
        script.call("write", 3, 0x1, 4096, result=4096, kernel=20 * MICRO).call("fsync", 3, slept=slept)
    return script


def test_the_disk_decides() -> None:
    finding = one(synced(53, 2 * MILLI))
    assert (finding.rule, finding.fd, finding.severity) == ("fsync-bound", 3, Severity.HIGH)
    assert rules(synced(1, 2 * MILLI)) == rules(synced(53, 1 * MICRO)) == []


def looked(missing: int, there: int) -> Script:
    script = Script()
    for name, result, times in (("openat", ENOENT, missing), ("newfstatat", 0, there)):
        for _ in range(times):
            script.call(name, -100, 0x1000, 0, 0, result=result)
    return script


def test_paths_that_are_not_there() -> None:
    finding = one(looked(601, 100))
    assert (finding.rule, finding.syscall, finding.evidence["lookups"]) == ("failed-lookups", "openat", 701)
    assert rules(looked(301, 0)) == rules(looked(601, 700)) == []


def test_interrupted_calls() -> None:
    storm, calm, waiting = Script(), Script(), Script()
    for _ in range(211):
        storm.call("read", 3, 0x1, 10, result=-512, slept=MILLI).call("rt_sigreturn", result=EINTR)
        calm.call("read", 3, 0x1, 10, result=10, slept=MILLI)
        waiting.call("rt_sigsuspend", 0x1, 8, result=EINTR, slept=MILLI)
    finding = one(storm)
    assert (finding.rule, finding.syscall, finding.evidence["interrupted"]) == ("eintr-storm", "read", 211)
    assert rules(calm) == rules(waiting) == []


def sigio(code: int, signal: int = 29) -> dict[str, int | bytes]:
    return piece(1, EXIT, 0x2000, struct.pack("<iii", signal, 0, code).ljust(128, b"\0"))


def test_a_full_queue_of_signals() -> None:
    asked = Script().call("fcntl", 3, 10, 35)
    asked.call("rt_sigtimedwait", 0x1, 0x2000, 0, 8, result=29, memory=[sigio(0x80)])
    finding = one(asked)
    assert (finding.rule, finding.severity) == ("signal-overflow", Severity.HIGH)
    plain = Script().call("rt_sigtimedwait", 0x1, 0x2000, 0, 8, result=29, memory=[sigio(0x80)])
    named = Script().call("fcntl", 3, 10, 35)
    named.call("rt_sigtimedwait", 0x1, 0x2000, 0, 8, result=35, memory=[sigio(1, 35)])
    assert rules(plain) == rules(named) == []
    assert one(Script().call("rt_sigqueueinfo", 1, 35, 0, result=-11)).syscall == "rt_sigqueueinfo"


def test_a_plain_sigio_with_a_handler_is_a_signal_row() -> None:
    script = Script().call("fcntl", 3, 10, 35)
    script.call("getpid", result=1)
    script.rows[-1].columns.update(kind=int(Kind.SIGNAL), nr=29, args=[0x80, 0, 0, 0, 0, 0])
    assert rules(script) == ["signal-overflow"]


def locked(value: int, slept: int) -> tuple[Script, Script]:
    scripts = Script(), Script(tid=4242)
    for script in scripts:
        for _ in range(101):
            script.call("futex", 0x7000, 128, value, 0, slept=slept)
    return scripts


def test_threads_that_wait_for_one_lock() -> None:
    finding = one(*locked(2, MILLI))
    assert (finding.rule, finding.syscall, finding.fd) == ("futex-contention", "futex", None)
    assert (finding.evidence["waits"], finding.evidence["threads"]) == (202, 2)
    assert rules(*locked(0, MILLI)) == []  # a condition, not a lock
    assert rules(locked(2, MILLI)[0]) == []


def test_waits_as_long_as_the_stops_of_who_holds_the_lock_are_the_tracers() -> None:
    """A holder that makes a call is stopped in it, and all others wait for that."""

    def found(tracer: int) -> int:
        threads = [ThreadFacts(1, tid, "t", Times(blocked_ns=MILLI, tracer_ns=tracer), {"futex": CallSum(100)})
                   for tid in (2, 3)]  # fmt: skip
        deeds = tuple(Deed(each, "futex", 0, count=100, blocked_ns=MILLI, amount=100) for each in threads)
        return len(list(futex_contention.find(Facts(tuple(threads), locks=deeds))))

    assert [found(0), found(MILLI // 4), found(MILLI // 2), found(2 * MILLI)] == [1, 1, 0, 0]


def test_a_semaphore_that_is_taken_and_given_back_is_a_lock() -> None:
    def taking(tid: int, gives: bool) -> Script:
        script = Script(tid=tid)
        for _ in range(101):
            script.call("futex", 0x7000, 137, 0, 0, slept=MILLI)
            script.call("futex", 0x7000, 129, 1, result=1) if gives else script.call("getpid", result=1)
        return script

    assert rules(taking(4241, True), taking(4242, True)) == ["futex-contention"]
    assert rules(taking(4241, False), taking(4242, False)) == []


def test_locks_of_different_processes_are_different() -> None:
    facts = facts_of(Script().call("futex", 0x7000, 128, 2), Script(5000, 5000).call("futex", 0x7000, 128, 2))
    assert len({deed.fd for deed in facts.locks}) == 2
    assert list(futex_contention.find(facts)) == []


def test_waiting_for_a_cpu() -> None:
    starved = Facts((thread(user_ns=300 * MILLI, runnable_ns=700 * MILLI),))
    (finding,) = cpu_starved.find(starved)
    assert (finding.severity, finding.evidence["runnable_ns"]) == (Severity.HIGH, 700 * MILLI)
    calm = Facts((thread(user_ns=800 * MILLI, runnable_ns=200 * MILLI), thread(runnable_ns=249 * MILLI)))
    assert list(cpu_starved.find(calm)) == []


LEAK = Leak(1, "openat", "/etc/passwd", 100, 120, (20, 30, 30, 20), True, 103, (5, 6))


@pytest.mark.parametrize(
    ("leak", "found"),
    [
        (LEAK, 1),
        (replace(LEAK, count=23), 0),
        (replace(LEAK, opened=10_000), 0),
        (replace(LEAK, quarters=(100, 0, 0, 0)), 1),
        (replace(LEAK, abandoned=False), 1),
        (replace(LEAK, quarters=(90, 10, 0, 0), abandoned=False), 0),
        (replace(LEAK, paths=100), 0),
        (replace(LEAK, paths=99), 1),
        (replace(LEAK, count=256, opened=256, paths=256), 1),
    ],
)
def test_a_leak_is_used_and_forgotten_or_grows_steadily(leak: Leak, found: int) -> None:
    assert len(list(fd_leak.find(Facts(leaks=(leak,))))) == found


def opened(close: bool) -> Script:
    script = Script()
    for turn in range(101):
        fd = 3 if close else 3 + turn
        script.call("openat", -100, 0x1000, 0, 0, result=fd).call("read", fd, 0x1000, 10, result=10)
        script.call("close", fd) if close else script.call("getpid", result=1)
    return script


def test_what_is_closed_at_once_is_no_leak_though_a_thread_sleeps_from_beginning_to_end() -> None:
    """The last row is a call that was entered before everything else."""
    work = Script()
    for _ in range(104):  # the last row is one of those whose time is kept
        work.call("openat", -100, 0x1000, 0, result=4).call("read", 4, 0x2000, 100, result=100).call("close", 4)
    sleeper = Script(tid=4242).call("futex", 0x5000, 0, 0, 0, slept=10_000 * MILLI)
    assert facts_of(work, sleeper).leaks == ()


def test_connections_that_are_held_are_no_leak() -> None:
    script = Script()
    for fd in range(3, 104):
        script.call("socket", 2, 1, 0, result=fd).call("connect", fd, 0x1000, 16)
    script.call("nanosleep", 0x1, 0, slept=900 * MILLI)
    assert rules(script) == []


def test_files_that_nobody_closes() -> None:
    finding = one(opened(close=False))
    assert (finding.rule, finding.syscall, finding.pid) == ("fd-leak", "openat", 4241)
    assert 80 <= int(finding.evidence["leaked"]) <= 101
    assert rules(opened(close=True)) == []


def test_a_fork_may_be_read_before_the_child_has_a_row() -> None:
    """A live run is looked at at any moment; what the child inherited is no leak of a process nobody has seen."""
    script = opened(close=False).call("fork", result=4242)
    assert {leak.pid for leak in facts_of(script).leaks} == {4241}


def submitted(spent: int, waited: int) -> Script:
    script = Script()
    for _ in range(23):
        script.call("io_submit", 0x1, 1, 0x2, result=1, kernel=spent)
        script.call("io_getevents", 0x1, 1, 1, 0x3, 0, result=1, slept=waited)
    return script


def test_aio_that_does_it_all_at_once() -> None:
    finding = one(submitted(500 * MICRO, 0))
    assert (finding.rule, finding.syscall, finding.severity) == ("sync-aio", "io_submit", Severity.HIGH)
    assert rules(submitted(5 * MICRO, MILLI)) == rules(submitted(500 * MICRO, MILLI)) == []


def test_the_worst_comes_first() -> None:
    facts = Facts((thread(user_ns=100 * MILLI, runnable_ns=SECOND),))
    late = Deed(facts.threads[0], "select", 1500, most=1501, count=1)
    found = findings_of(replace(facts, high_sets=(replace(late, most=1000),)))
    assert [finding.severity for finding in found] == [Severity.HIGH, Severity.MEDIUM]


def test_a_fact_of_a_phase_is_not_in_another() -> None:
    rows = merged(synced(3, MILLI), Script(at=SECOND).call("fsync", 3, slept=5 * MILLI))
    rows[6:6] = [mark(SECOND // 2, "begin late")]
    diagnosis = diagnosis_of(rows)
    whole, late = (only(diagnosis._gathering.facts(phase).syncs) for phase in (None, "late"))
    assert (whole.count, whole.most, late.count, late.most) == (4, 5 * MILLI, 1, 5 * MILLI)
    assert late.thread.times.own_ns < whole.thread.times.own_ns
