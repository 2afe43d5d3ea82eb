"""From a recording to the figures of a run: those of the measured phase, and the job's own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tracer.analyze.runs import HEADER, leave, mark, spawn, tally_of, timed
from tests.tracer.rows import EXIT, TestRow, batch, piece, row
from tracer.analyze.compare.comparison import run_of
from tracer.analyze.compare.job import job_of
from tracer.wire import Kind

LINE = {
    "model": "epoll", "transport": "pipe", "clients": 3, "messages": 7, "size": 64, "interval": 0.1, "ok": True,
    "received": 21, "payload_bytes": 1344, "checksum_ok": True, "sequence_ok": True, "latency_p50_ns": 1009,
    "latency_p99_ns": 5003, "work_done": 11, "wall_ns": 1, "rusage_user_ns": 2, "rusage_system_ns": 3,
}  # fmt: skip


def result(at: int, **changed: Any) -> TestRow:
    return mark(at, f"result {json.dumps({**LINE, **changed})}")


def recorded(*rows: TestRow, ended: bool = True) -> Any:
    """The run made of these rows, as `iotrace compare FILE` sees it."""
    end = [row(0, kind=Kind.END, at_ns=10**9)] if ended else []
    tally = tally_of([[spawn(0), *rows, leave(900), *end]], HEADER)
    report = tally.report(tally.default_phase)
    return run_of("it", report, job_of([batch(rows)]), model="epoll")


def measured(*rows: TestRow) -> list[TestRow]:
    return [mark(100, "begin measure"), *rows, mark(500, "end measure")]


def test_only_the_measured_phase_counts() -> None:
    before = [timed("read", 3, at=10, kernel=71, result=64)] * 5
    inside = [
        timed("read", 3, 0x1000, 64, at=110 + 10 * n, user=7, kernel=13, held=5, result=64) for n in range(21)
    ]
    figures = recorded(*before, *measured(*inside), result(600)).figures
    assert (figures.calls, figures.kernel_ns, figures.user_ns, figures.wall_ns) == (21, 21 * 13, 21 * 7, 400)
    assert (figures.payload_copied, figures.payload_bytes) == (1344, 1344)
    assert (figures.messages, figures.calls_per_message, figures.copies_per_message) == (21, 1.0, 1.0)
    assert (figures.latency_p50_ns, figures.latency_p99_ns, figures.work_done) == (1009, 5003, 11)
    assert figures.cpu_percent == 100
    assert figures.ok


def test_cpu_is_a_share_of_own_time_of_one_thread() -> None:
    sleeping = timed("read", 3, at=110, user=10, kernel=10, held=60, result=64)
    sleeping.columns.update(wall_ns=90, span_ns=160, switches=9)
    assert recorded(*measured(sleeping), result(600)).figures.cpu_percent == 20


def test_cpu_is_a_share_of_wall_of_several_threads() -> None:
    rows = [timed("read", 3, at=110, user=100, kernel=100, held=9, result=64, tid=tid) for tid in (4241, 4242)]
    run = recorded(*measured(*rows), result(600))
    assert run.threads == 2
    assert run.figures.cpu_percent == 100 * 400 / 400


def test_ready_per_wakeup_is_unknown_when_one_wakeup_keeps_it_to_itself() -> None:
    events = row("io_getevents", 1, 1, 64, 0x8000, 0, result=5, at_ns=120)
    enter = row("io_uring_enter", 3, 1, 1, 1, result=1, at_ns=130)
    assert recorded(*measured(events), result(600)).figures.ready_per_wakeup == 5
    assert recorded(*measured(events, enter), result(600)).figures.ready_per_wakeup is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ok": False, "received": 20}, "it received 20 of 21 messages, or damaged ones"),
        ({"ok": False}, "it received 21 of 21 messages, or damaged ones"),
    ],
)
def test_a_job_that_was_not_done(changed: dict[str, Any], reason: str) -> None:
    run = recorded(*measured(), result(600, **changed))
    assert (run.figures.ok, run.reason, run.ran) == (False, reason, True)


def test_a_recording_without_an_end_is_not_ok() -> None:
    assert not recorded(*measured(), result(600), ended=False).figures.ok


def test_another_program_has_no_messages() -> None:
    figures = recorded(timed("read", 3, at=10, kernel=71, result=64)).figures
    assert (figures.messages, figures.calls_per_message, figures.latency_p50_ns, figures.calls) == (
        None,
        None,
        None,
        1,
    )
    assert figures.ok


@pytest.mark.parametrize(
    "label",
    ["result", "result {", "result 7", "result []", 'result {"clients": 1}', "result null", "begin result {}"],
)
def test_a_mark_that_is_no_result_is_none(label: str) -> None:
    assert job_of([batch([mark(5, label)])]) is None
    kept = job_of([batch([result(1), mark(5, label)])])
    assert kept is not None
    assert kept.received == 21


def test_the_last_result_counts() -> None:
    job = job_of([batch([result(1, received=3)]), batch([result(2, received=5)])])
    assert job is not None
    assert job.received == 5


def test_a_result_in_the_program_is_not_a_copy() -> None:
    """The write to fd -1 that makes a mark fails and copies nothing."""
    failed = row("write", 0xFFFFFFFF, 0x9000, 600, result=-9, at_ns=120)
    assert recorded(*measured(failed), result(600)).figures.payload_copied == 0


def test_useless_wakeups_come_through() -> None:
    array = piece(0, EXIT, 0x8000, b"\5\0\0\0\1\0\1\0")
    woken = [row("poll", 0x8000, 1, 5, result=1, memory=[array], at_ns=120 + n) for n in range(3)]
    figures = recorded(*measured(*woken), result(600)).figures
    assert (figures.wakeups, figures.useless_wakeups, figures.ready_per_wakeup) == (3, 3, 1)
