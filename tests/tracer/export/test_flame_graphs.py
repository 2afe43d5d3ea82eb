"""Folded stacks and speedscope: every ns of the report is in one stack, and no name can make another frame."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.export.recordings import recording_of
from tests.tracer.rows import EXIT, TestRow, piece, row
from tracer.analyze.descriptions import Description
from tracer.analyze.whole import tally_of
from tracer.export import folded, speedscope
from tracer.export.descriptor_kinds import kind_of
from tracer.recording.reader import Recording
from tracer.wire import Flag, Kind

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
BUF = 0x7F0000001000


def named(tid: int, name: bytes, pid: int = 4241) -> TestRow:
    return row(0, kind=Kind.SPAWN, pid=pid, tid=tid, at_ns=0, memory=[piece(255, 0, 0, name)])


def spent(name: str, *args: int, tid: int = 4241, **columns: Any) -> TestRow:
    """A call of 24 ns in the kernel, 700 asleep and 30 in the queue, after 500 in user space."""
    clocks = {"run_ns": 24, "delay_ns": 30, "wall_ns": 754, "stops": 1, "switches": 2, "user_run_ns": 500}
    return row(name, *args, tid=tid, **{**clocks, "user_wall_ns": 500, "span_ns": 1254, **columns})


def stacks(folder: Path, *batches: list[TestRow]) -> list[str]:
    with recording_of(folder, *batches) as recording:
        return [line.rstrip("\n") for line in folded.lines(recording)]


def test_stacks_are_process_thread_call_kind_and_state(tmp_path: Path) -> None:
    pipe = row("pipe", BUF, memory=[piece(0, EXIT, BUF, (3).to_bytes(4, "little") + (4).to_bytes(4, "little"))])
    rows = [named(4241, b"prog"), named(4243, b"worker"), pipe, spent("read", 3, BUF, 64, tid=4243)]
    assert stacks(tmp_path, rows, [spent("getpid", tid=4243)]) == [
        "prog 4241;worker 4243;user space;user 1000",
        "prog 4241;worker 4243;getpid;blocked 700",
        "prog 4241;worker 4243;read;pipe;blocked 700",
        "prog 4241;worker 4243;getpid;runnable 30",
        "prog 4241;worker 4243;read;pipe;runnable 30",
        "prog 4241;worker 4243;getpid;kernel 24",
        "prog 4241;worker 4243;read;pipe;kernel 24",
    ]


def test_a_call_told_while_it_ran_is_counted_once(tmp_path: Path) -> None:
    provisional = spent("getpid", kind=Kind.ENTERED, at_ns=5)
    final = spent("getpid", kind=Kind.ENTERED, at_ns=5, flags=int(Flag.FINAL))
    lines = stacks(tmp_path, [provisional], [final])
    assert "? 4241;? 4241;getpid;blocked 700" in lines


def test_a_thread_that_is_still_inside_counts_as_far_as_it_is_known(tmp_path: Path) -> None:
    once, again = (spent("getpid", kind=Kind.ENTERED, at_ns=5) for _ in range(2))
    assert "? 4241;? 4241;getpid;blocked 700" in stacks(tmp_path, [once], [again])


def test_names_make_no_frames_and_no_lines(tmp_path: Path) -> None:
    waits = {"wall_ns": 24, "delay_ns": 0, "user_run_ns": 0, "user_wall_ns": 0, "switches": 0}
    (line,) = stacks(tmp_path, [named(4241, b"a;b\nc \x1b[2J\xff"), spent("getpid", **waits)])
    frames, _, ns = line.rpartition(" ")
    assert frames.split(";")[2:] == ["getpid", "kernel"]
    assert len(frames.split(";")) == 4
    assert ns == "24"
    assert line.isprintable()


@pytest.mark.parametrize("name", ["epoll", "nonblocking"])
def test_a_real_recording_adds_up(name: str) -> None:
    with Recording.open(RECORDINGS / f"{name}.iotrace") as recording:
        report = tally_of(recording).report(None)
        lines = list(folded.lines(recording))
        document = json.loads(b"".join(speedscope.chunks(recording)))
    sums: Counter[str] = Counter()
    by_call: Counter[str] = Counter()
    for line in lines:
        stack, _, ns = line.rpartition(" ")
        frames = stack.split(";")
        sums[frames[-1]] += int(ns)
        by_call[frames[2]] += int(ns)
    times = report.totals.times
    assert sums == {"user": times.user_ns, "kernel": times.kernel_ns, "blocked": times.blocked_ns,
                    "runnable": times.runnable_ns}  # fmt: skip
    for each in report.syscalls:
        assert by_call[each.name] == each.times.kernel_ns + each.times.blocked_ns + each.times.runnable_ns, (
            each.name
        )
    assert sum(sum(profile["weights"]) for profile in document["profiles"]) == times.own_ns


def test_a_speedscope_file_is_whole(tmp_path: Path) -> None:
    rows = [named(4241, b"prog"), named(4243, b"worker"), spent("getpid"), spent("getpid", tid=4243)]
    with recording_of(tmp_path, rows) as recording:
        document = json.loads(b"".join(speedscope.chunks(recording)))
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    names = [frame["name"] for frame in document["shared"]["frames"]]
    assert [profile["name"] for profile in document["profiles"]] == ["prog 4241", "prog 4241 / worker 4243"]
    for profile in document["profiles"]:
        assert (profile["type"], profile["unit"], profile["startValue"]) == ("sampled", "nanoseconds", 0)
        assert len(profile["samples"]) == len(profile["weights"]) == 4
        assert profile["endValue"] == sum(profile["weights"]) == 1254
        assert all(0 <= frame < len(names) for sample in profile["samples"] for frame in sample)
        assert {names[sample[-1]] for sample in profile["samples"]} == {"user", "kernel", "blocked", "runnable"}


def test_a_recording_without_rows(tmp_path: Path) -> None:
    assert stacks(tmp_path) == []
    with recording_of(tmp_path) as recording:
        assert json.loads(b"".join(speedscope.chunks(recording)))["profiles"] == []


@pytest.mark.parametrize(
    ("what", "opened_by", "kind"),
    [
        ("/etc/passwd", "openat", "file"),
        ("notes.txt", "openat", "file"),
        ("/dev/null", "openat", "device"),
        ("pipe (read end)", "pipe2", "pipe"),
        ("socket inet stream to 10.0.0.1:80", "socket", "inet stream socket"),
        ("socketpair unix dgram", "socketpair", "unix dgram socket"),
        ("epoll", "epoll_create1", "epoll"),
        ("memfd secret name", "memfd_create", "memfd"),
        ("perf event", "perf_event_open", "perf event"),
        ("/queue", "mq_open", "message queue"),
        ("stdin", "inherited", "stdin"),
        ("?", "inherited", ""),
        ("copy of 5", "dup", ""),
        ("socket", "accept", "socket"),
    ],
)
def test_kinds_of_descriptors_are_few(what: str, opened_by: str, kind: str) -> None:
    assert kind_of(Description(what, opened_by)) == kind
