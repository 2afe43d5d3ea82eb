"""JSON lines: fixed names, one object an event, nothing told twice."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

from tests.tracer.export.recordings import recording_of
from tests.tracer.rows import EXIT, TestRow, piece, row
from tracer.export.json_lines import lines
from tracer.wire import Flag, Kind

BUF = 0x7F0000001000
NAMES = [
    "kind", "at_ns", "pid", "tid", "name", "args", "raw", "result", "errno", "interrupted", "user_ns", "kernel_ns",
    "blocked_ns", "runnable_ns", "wall_ns", "copies_in", "copies_out", "payload_in", "payload_out", "control_in",
    "control_out", "phase",
]  # fmt: skip


def objects(folder: Path, *batches: list[TestRow]) -> list[dict[str, Any]]:
    with recording_of(folder, *batches) as recording:
        return [json.loads(line) for line in lines(recording)]


def mark(at: int, label: str) -> TestRow:
    return row(0, kind=Kind.MARK, at_ns=at, memory=[piece(255, 0, 0, label.encode())])


def test_a_call_has_the_fixed_names_and_its_numbers(tmp_path: Path) -> None:
    data = piece(1, EXIT, BUF, b"x" * 23)
    read = row("read", 3, BUF, 64, result=23, memory=[data], at_ns=7, wall_ns=100, run_ns=100, span_ns=100)
    (call, end) = objects(tmp_path, [read])
    assert list(call) == NAMES
    assert (call["kind"], call["name"], call["result"], call["errno"]) == ("call", "read", 23, None)
    assert call["args"] == ["3", '"' + "x" * 23 + '"', "64"]
    assert call["raw"] == [3, BUF, 64, 0, 0, 0]
    assert (call["copies_out"], call["payload_out"], call["kernel_ns"], call["wall_ns"]) == (1, 23, 100, 100)
    assert (end["kind"], end["status"]) == ("end", 0)


def test_an_error_and_an_interruption(tmp_path: Path) -> None:
    failed = row("read", 3, BUF, 64, result=-errno.EAGAIN)
    interrupted = row("read", 3, BUF, 64, result=-512)
    found = objects(tmp_path, [failed, interrupted])[:2]
    assert [(each["errno"], each["interrupted"]) for each in found] == [("EAGAIN", False), (None, True)]


def test_a_call_that_was_told_while_it_ran_appears_once(tmp_path: Path) -> None:
    entered = row("read", 3, BUF, 64, kind=Kind.ENTERED, at_ns=5)
    returned = row("read", 3, BUF, 64, at_ns=5)
    assert [each["kind"] for each in objects(tmp_path, [entered], [returned])] == ["call", "end"]


def test_a_thread_that_computes_appears_once_as_far_as_it_is_known(tmp_path: Path) -> None:
    def computing(at: int, user: int) -> TestRow:
        return row(0, kind=Kind.LEFT, at_ns=at, user_run_ns=user, user_wall_ns=user, span_ns=user)

    found = objects(tmp_path, [computing(5, 5), row("read", 3, at_ns=8)], [computing(10, 2)], [computing(20, 12)])
    assert [(each["kind"], each["at_ns"]) for each in found[:-1]] == [("call", 8), ("left", 20)]


def test_a_call_that_never_returned_appears_once_without_result(tmp_path: Path) -> None:
    entered = row("read", 3, BUF, 64, kind=Kind.ENTERED, at_ns=5)
    final = row("read", 3, BUF, 64, kind=Kind.ENTERED, at_ns=5, flags=int(Flag.FINAL))
    found = objects(tmp_path, [entered], [final])
    assert [(each["kind"], each.get("result")) for each in found] == [("entered", None), ("end", None)]


def test_a_call_that_lasts_appears_once_as_far_as_it_is_known(tmp_path: Path) -> None:
    def inside(wall: int, at: int = 5, tid: int = 7) -> TestRow:
        return row("read", 3, BUF, 64, tid=tid, kind=Kind.ENTERED, at_ns=at, wall_ns=wall, span_ns=wall, switches=1)

    batches = (
        [inside(1), inside(9, tid=8)],
        [inside(2), inside(3, at=40, tid=8)],
        [row("getpid", at_ns=50)],
        [inside(4)],
    )
    found = objects(tmp_path, *batches)
    calls = [(each["tid"], each["at_ns"], each["blocked_ns"]) for each in found if each["kind"] == "entered"]
    assert calls == [(8, 5, 0), (8, 40, 3), (7, 5, 4)]


def test_phases_are_named(tmp_path: Path) -> None:
    rows = [mark(10, "begin measure"), row("getpid", at_ns=11), mark(12, "end measure"), row("getpid", at_ns=13)]
    found = objects(tmp_path, rows)
    assert [each["phase"] for each in found if each["kind"] == "call"] == ["measure", None]
