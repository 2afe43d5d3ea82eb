"""Clocks, CPU placement and marks of real programs, as the capture process reports them."""

from __future__ import annotations

import os
import sys

import pytest

from tests.live.captured import Captured, capture
from tracer.wire import Kind, Placement

READS = "import os\nfd = os.open('/dev/zero', os.O_RDONLY)\nfor _ in range(1009): os.read(fd, 1)"


def spans_are_whole(captured: Captured) -> None:
    """Rows of one thread cover its life without gap or overlap."""
    births = {row.tid: row.at_ns for row in captured.of_kind(Kind.SPAWN)}
    for tid, born in births.items():
        rows = [row for row in captured.rows if row.tid == tid]
        spans = sum(row.span_ns for row in rows if row.kind in (Kind.CALL, Kind.EXIT))
        unfinished = sum(row.span_ns for row in rows if row.kind is Kind.ENTERED and row.flags & 4)
        died = next(row.at_ns for row in rows if row.kind is Kind.EXIT)
        assert spans + unfinished == died - born


@pytest.mark.parametrize("pin", ["auto", "all", "off"])
def test_every_ns_of_a_life_is_in_one_row(pin: str) -> None:
    """The spans of a thread's rows add up exactly to its lifetime, in every placement."""
    captured = capture(["sh", "-c", "ls / > /dev/null; cat /dev/null | cat"], "--pin", pin)
    assert captured.end["status"] == 0
    spans_are_whole(captured)


def test_a_single_thread_shares_the_cpu_and_a_second_parts_it() -> None:
    """`--pin auto`: placement is shared until the first clone, apart while there are two."""
    captured = capture([sys.executable, "-c", READS])
    reads = [row for row in captured.of_kind(Kind.CALL) if row.name == "read"]
    assert len(reads) >= 1009
    assert {row.placement for row in reads} == {Placement.SHARED}
    threaded = capture(
        [sys.executable, "-c", "import threading, os, time\nt = threading.Thread(target=time.sleep, args=(0.05,))\n"
         "t.start()\nos.getppid()\nt.join()"]
    )  # fmt: skip
    (getppid,) = [row for row in threaded.of_kind(Kind.CALL) if row.name == "getppid"]
    assert getppid.placement == Placement.APART


@pytest.mark.parametrize("pin", ["auto", "all", "off"])
def test_the_program_never_sees_a_changed_mask(pin: str) -> None:
    """sched_getaffinity, of itself and of a child, and nproc answer as without us."""
    script = (
        "import os, subprocess\nprint(sorted(os.sched_getaffinity(0)))\n"
        "print(subprocess.run(['nproc'], capture_output=True, text=True).stdout.strip())\n"
        "print(sorted(os.sched_getaffinity(0)))"
    )
    cpus = sorted(os.sched_getaffinity(0))
    captured = capture([sys.executable, "-c", script], "--pin", pin)
    assert captured.output.decode().split("\n")[:3] == [str(cpus), str(len(cpus)), str(cpus)]


def test_a_mask_the_program_sets_is_its_own() -> None:
    """After sched_setaffinity it reads back what it set, and keeps it for its children."""
    cpu = min(os.sched_getaffinity(0))
    script = (
        f"import os\nos.sched_setaffinity(0, {{{cpu}}})\n"
        "print(os.sched_getaffinity(0), os.fork() and os.wait() and 1)"
    )
    captured = capture([sys.executable, "-c", script])
    assert captured.output.decode().splitlines() == [f"{{{cpu}}} 0", f"{{{cpu}}} 1"]


def test_a_call_that_sleeps_is_switched_in_again() -> None:
    """The third number of schedstat tells a sleep from a hand-over."""
    captured = capture([sys.executable, "-c", "import time, os\nos.getppid()\ntime.sleep(0.05)"])
    rows = {row.name: row for row in captured.of_kind(Kind.CALL)}
    assert rows["getppid"].switches[0] == rows["getppid"].stops[0] == 1
    sleep = rows["clock_nanosleep"]
    assert sleep.switches[0] > sleep.stops[0]
    wall, run, delay = sleep.clocks[:3]
    assert wall >= 50_000_000
    assert run + delay < wall


def test_marks_are_rows_of_their_own_and_harmless() -> None:
    """A write to fd -1 fails with EBADF for the program and leaves a mark."""
    script = (
        "import os\nfor text in (b'iotrace:begin measure', b'other', b'iotrace:end measure'):\n"
        "    try: os.write(-1, text)\n    except OSError as e: print(e.errno)"
    )
    captured = capture([sys.executable, "-c", script])
    assert captured.output == b"9\n9\n9\n"
    assert [row.texts for row in captured.of_kind(Kind.MARK)] == [(b"begin measure",), (b"end measure",)]


@pytest.mark.parametrize(("clock", "source"), [("process", "process-clock"), ("ticks", "ticks"), ("none", "none")])
def test_other_clocks_work_where_schedstat_is_missing(clock: str, source: str) -> None:
    """The counts are the same; only the source of on-CPU time differs, and is named."""
    captured = capture([sys.executable, "-c", READS], "--clock", clock)
    assert captured.hello["source"] == source
    assert captured.counts()["read"] >= 1009
    spans_are_whole(captured)


@pytest.mark.parametrize("clock", ["schedstat", "process", "ticks"])
def test_who_sleeps_uses_no_cpu_whatever_its_siblings_do(clock: str) -> None:
    """The clock of a process counts its threads together, so it is only asked while there is one."""
    script = (
        "import os, threading\nends = os.pipe()\n"
        "asleep = threading.Thread(target=lambda: os.read(ends[0], 97))\nasleep.start()\n"
        "sum(range(25_000_000))\n"
        "os.write(ends[1], b'x')\nasleep.join()"
    )
    captured = capture([sys.executable, "-c", script], "--clock", clock)
    calls = captured.of_kind(Kind.CALL)
    (read,) = [row for row in calls if row.name == "read" and row.args[2] == 97]
    computed = max(row.clocks[4] for row in calls if row.tid != read.tid)  # in user space
    assert computed > 100_000_000
    assert read.clocks[0] > 0.5 * computed
    assert read.clocks[1] < 0.2 * computed
    spans_are_whole(captured)


def test_the_calibration_is_measured_for_both_placements() -> None:
    """Constants are positive and a hand-over between CPUs is not cheaper than one on the same."""
    calibration = capture(["true"]).hello["calibration"]
    assert calibration["shared"]["samples"] >= 100
    assert calibration["apart"]["samples"] >= 50
    assert calibration["shared"]["run_ns"] > 0
    assert calibration["apart"]["run_ns"] > 0
