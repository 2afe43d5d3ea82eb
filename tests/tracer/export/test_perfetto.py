"""Trace Event JSON: a slice a call, its parts inside it, nothing over anything else, whatever a recording says."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracer.export.recordings import BEGAN_NS, recording_of
from tests.tracer.export.trace_events import by_thread, check_nesting, cut, document_of, of_category, total
from tests.tracer.rows import ENTRY, EXIT, TestRow, completed, piece, row, submission, submitted
from tracer.analyze.whole import tally_of
from tracer.export.text_columns import microseconds
from tracer.recording.reader import Recording
from tracer.wire import Flag, Held, Kind

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
BUF = 0x7F0000001000


def made(folder: Path, *batches: list[TestRow]) -> dict[str, Any]:
    with recording_of(folder, *batches) as recording:
        return document_of(recording)


def call(name: str, at: int, *args: int, **columns: Any) -> TestRow:
    return row(name, *args, at_ns=BEGAN_NS + at, **columns)


def slept(at: int, kernel: int, blocked: int, runnable: int, user: int = 0) -> TestRow:
    return call(
        "read", at, 3, BUF, 64, run_ns=kernel, delay_ns=runnable, wall_ns=kernel + blocked + runnable, stops=1,
        switches=2, user_run_ns=user, user_wall_ns=user, span_ns=user + kernel + blocked + runnable,
    )  # fmt: skip


@given(st.lists(st.integers(0, 1 << 50), min_size=1, max_size=50))
def test_no_reader_takes_a_moment_for_another_nanosecond(moments: list[int]) -> None:
    texts = microseconds(np.array(moments, np.int64)).to_pylist()
    assert [cut(float(text)) for text in texts] == moments
    assert [round(float(text) * 1000) for text in texts] == moments
    apart = [text.partition(".") for text in texts]
    assert [int(whole) * 1000 + int(float(f"0.{part or 0}") * 1000) for whole, _, part in apart] == moments


def test_a_call_that_slept_has_its_parts_inside_it(tmp_path: Path) -> None:
    document = made(tmp_path, [slept(1000, kernel=24, blocked=700, runnable=30, user=500), call("getpid", 5000)])
    (slices,) = by_thread(document).values()
    found = [(each.name, each.category, each.begin, each.end) for each in slices]
    assert found == [  # moments since the first row begins; what the thread did before that is not shown
        ("read", "call", 0, 754),
        ("kernel", "inside", 0, 12),
        ("blocked", "inside", 12, 712),
        ("runnable", "inside", 712, 742),
        ("kernel", "inside", 742, 754),
        ("getpid", "call", 4000, 4000),
    ]


def test_time_between_the_calls_ends_where_the_call_begins(tmp_path: Path) -> None:
    document = made(tmp_path, [call("getpid", 0), slept(1000, kernel=24, blocked=0, runnable=0, user=500)])
    assert [(each.name, each.begin, each.end) for each in of_thread(document)][1:3] == [
        ("user", 500, 1000), ("read", 1000, 1024),
    ]  # fmt: skip


def of_thread(document: dict[str, Any]) -> list[Any]:
    (slices,) = by_thread(document).values()
    return slices


def test_what_a_call_came_to(tmp_path: Path) -> None:
    data = piece(1, EXIT, BUF, b"x" * 23)
    rows = [
        call("read", 1, 3, BUF, 64, result=23, memory=[data]),
        call("read", 2, 3, BUF, 64, result=-errno.EAGAIN),
        call("read", 3, 3, BUF, 64, result=-512),
        call("access", 4, BUF, 0, result=-errno.ENOENT, memory=[piece(0, ENTRY, BUF, b"/etc/x\0")]),
    ]
    args = [each.args for each in of_thread(made(tmp_path, rows))]
    assert args[0] == {"result": 23, "fd": 3, "on": "?", "payload_out": 23}
    assert args[1] == {"result": -errno.EAGAIN, "errno": "EAGAIN", "wasted": True, "fd": 3, "on": "?"}
    assert args[2] == {"result": -512, "interrupted": True, "fd": 3, "on": "?"}
    assert args[3] == {"result": -errno.ENOENT, "errno": "ENOENT", "path": "/etc/x", "control_in": 7}


def test_a_call_that_never_returned_is_no_call(tmp_path: Path) -> None:
    final = call("exit_group", 5, 23, kind=Kind.ENTERED, flags=int(Flag.FINAL), run_ns=7, wall_ns=7)
    document = made(tmp_path, [call("getpid", 1), final])
    assert len(of_category(document, "call")) == 1
    (unreturned,) = of_category(document, "unreturned")
    assert (unreturned["name"], unreturned["args"]) == ("exit_group", {"returned": False})
    check_nesting(document)


def test_a_call_told_while_it_ran_is_one_slice(tmp_path: Path) -> None:
    entered = call("read", 5, 3, BUF, 64, kind=Kind.ENTERED)
    document = made(tmp_path, [entered, call("getpid", 6, tid=8)], [call("read", 5, 3, BUF, 64, wall_ns=9)])
    assert [each["name"] for each in document["traceEvents"] if each["ph"] == "X"] == ["getpid", "read"]
    assert not of_category(document, "unreturned")


def test_a_call_that_goes_on_when_the_recording_stops_is_drawn_until_then(tmp_path: Path) -> None:
    entered = call("read", 5, 3, BUF, 64, kind=Kind.ENTERED, wall_ns=9)
    with recording_of(tmp_path, [call("getpid", 0, tid=8), entered], [call("getpid", 70, tid=8)]) as recording:
        document, last = document_of(recording), recording.batches[-1].column("at_ns")[-1].as_py()
    (open_call,) = [each for slices in by_thread(document).values() for each in slices if each.name == "read"]
    assert (open_call.category, open_call.begin, open_call.end) == ("unreturned", 5, last - BEGAN_NS)
    check_nesting(document)


def test_a_call_held_at_its_entry_begins_when_it_goes_on(tmp_path: Path) -> None:
    at = BEGAN_NS + 100
    held = [
        call("read", 100, 3, BUF, 64, kind=Kind.ENTERED),
        row(int(Held.ENTRY), at, kind=Kind.HELD, at_ns=at + 1),
        row(int(Held.GOES_ON), at, kind=Kind.HELD, at_ns=at + 5000),
    ]
    done = call("read", 100, 3, BUF, 64, run_ns=20, wall_ns=20)
    document = made(tmp_path, [call("getpid", 0)], held, [done])
    assert [(each.begin, each.end) for each in of_thread(document) if each.name == "read"] == [(5100, 5120)]


def test_rows_that_are_no_calls_are_moments(tmp_path: Path) -> None:
    rows = [
        row(17, kind=Kind.SIGNAL, at_ns=BEGAN_NS),
        row(0, kind=Kind.MARK, at_ns=BEGAN_NS + 10, memory=[piece(255, 0, 0, b"begin measure")]),
        row(0, kind=Kind.MARK, at_ns=BEGAN_NS + 20, memory=[piece(255, 0, 0, b"end measure")]),
        row(0, 23, kind=Kind.LOST, at_ns=BEGAN_NS + 30),
        row(0, kind=Kind.EXIT, result=0x1700, at_ns=BEGAN_NS + 40),
    ]
    document = made(tmp_path, rows)
    moments = [(each["name"], each["s"], cut(each["ts"])) for each in document["traceEvents"] if each["ph"] == "i"]
    assert moments == [
        ("SIGCHLD", "t", 0), ("mark: begin measure", "p", 10), ("mark: end measure", "p", 20), ("lost", "g", 30),
        ("exit", "t", 40),
    ]  # fmt: skip
    phase = [(each["ph"], each["name"], cut(each["ts"])) for each in of_category(document, "phase")]
    assert phase == [("b", "measure", 10), ("e", "measure", 20)]


def test_a_wake_up_is_a_moment_at_the_end_of_the_wait(tmp_path: Path) -> None:
    wait = call("epoll_wait", 0, 4, BUF, 8, 0xFFFFFFFF, result=2, wall_ns=1000, stops=1, switches=2)
    (woken,) = of_category(made(tmp_path, [wait]), "wake-up")
    assert (cut(woken["ts"]), woken["args"]) == (1000, {"result": 2})


def test_an_operation_in_flight_has_a_track_of_its_own(tmp_path: Path) -> None:
    entry = submission("READ", fd=5, len=61, user_data=17)
    rows = [
        call("io_uring_enter", 0, 9, 1, 0, 0, result=1, memory=[submitted(entry)], wall_ns=5),
        call("io_uring_enter", 700, 9, 0, 1, 1, result=0, memory=[completed(61, entry)], wall_ns=50),
    ]
    begin, end = of_category(made(tmp_path, rows), "io_uring")
    assert (begin["ph"], begin["name"], end["ph"], end["id"]) == ("b", "READ", "e", begin["id"])
    assert (begin["args"]["fd"], begin["args"]["length"], begin["args"]["result"]) == (5, 61, 61)
    assert cut(begin["ts"]) == 0
    assert cut(end["ts"]) == 750


def test_a_pending_operation_is_not_ended(tmp_path: Path) -> None:
    entry = submission("READ", fd=5, len=61, user_data=17)
    rows = [call("io_uring_enter", 0, 9, 1, 0, 0, result=1, memory=[submitted(entry)], wall_ns=5)]
    (begin,) = of_category(made(tmp_path, rows), "io_uring")
    assert begin["ph"] == "b"
    assert begin["args"]["pending"] is True


def test_names_of_a_hostile_program_stay_text(tmp_path: Path) -> None:
    name = b'"},{"ph":"X\\ \x1b[2J\n\xff\xfe'
    births = [row(0, kind=Kind.SPAWN, at_ns=BEGAN_NS, memory=[piece(255, 0, 0, name)])]
    path = [piece(1, ENTRY, BUF, name * 400)]
    opens = call("openat", 1, 0xFFFFFF9C, BUF, 0, result=3, memory=path)
    reads = call("read", 2, 3, BUF, 64, result=0)
    document = made(tmp_path, [*births, opens, reads])
    assert len(of_category(document, "call")) == 2
    assert "\x1b" not in json.dumps(document, ensure_ascii=False)
    (named,) = [each for each in document["traceEvents"] if each["name"] == "thread_name"]
    assert named["args"]["name"].startswith('"},{"ph":"X')
    assert max(len(each["args"].get("on", "")) for each in of_category(document, "call")) <= 256


def test_a_recording_without_rows_is_a_file_without_slices(tmp_path: Path) -> None:
    document = made(tmp_path)
    assert document["displayTimeUnit"] == "ns"
    assert not [each for each in document["traceEvents"] if each["ph"] == "X"]


TIMES = st.integers(0, 400)


@st.composite
def histories(draw: st.DrawFn) -> list[list[TestRow]]:
    """Rows of three threads with any clocks: also ones that contradict each other, and rows over one another."""
    rows = []
    for tid in (7, 8, 9):
        now = 0
        for _ in range(draw(st.integers(0, 6))):
            clocks = {name: draw(TIMES) for name in ("run_ns", "delay_ns", "user_run_ns", "user_delay_ns")}
            clocks["wall_ns"] = clocks["run_ns"] + clocks["delay_ns"] + draw(st.integers(-300, 300))
            clocks["user_wall_ns"] = clocks["user_run_ns"] + clocks["user_delay_ns"] + draw(st.integers(-300, 300))
            clocks = {name: max(0, value) for name, value in clocks.items()}
            now += clocks["user_wall_ns"] + draw(st.integers(-200, 400))
            at = max(0, now)
            kind = draw(st.sampled_from([Kind.CALL] * 6 + [Kind.ENTERED, Kind.EXIT]))
            counts = {"switches": draw(st.integers(0, 3)), "user_switches": draw(st.integers(0, 3)), "stops": 1}
            rows.append((at, call("read", at, 3, BUF, 64, result=3, tid=tid, kind=kind, **clocks, **counts)))
            now = at + clocks["wall_ns"]
    made = [each for _, each in sorted(rows, key=lambda each: each[0])]
    place = draw(st.integers(0, len(made)))
    return [made[:place], made[place:]]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_slices_nest_and_none_is_missing(tmp_path: Path, history: list[list[TestRow]]) -> None:
    document = made(tmp_path, *history)
    check_nesting(document)
    returned = sum(each.columns["kind"] == Kind.CALL for rows in history for each in rows)
    assert len(of_category(document, "call")) == returned


@pytest.mark.parametrize("name", ["epoll", "nonblocking"])
def test_a_real_recording_adds_up(name: str) -> None:
    with Recording.open(RECORDINGS / f"{name}.iotrace") as recording:
        document, report = document_of(recording), tally_of(recording).report(None)
    check_nesting(document)
    times, copies = report.totals.times, report.totals.copies
    assert len(of_category(document, "call")) == report.totals.calls
    assert total(document, ["user"], "between") == times.user_ns
    assert total(document, ["kernel"], "inside") == times.kernel_ns
    waits = [total(document, ["blocked", "runnable"], category) for category in ("inside", "between")]
    assert sum(waits) == times.blocked_ns + times.runnable_ns
    counters = [each for each in document["traceEvents"] if each["ph"] == "C"]
    last = counters[-1]["args"]
    assert last == {each: getattr(copies, each) for each in last}
    assert len(of_category(document, "wake-up")) == report.totals.wakeups
