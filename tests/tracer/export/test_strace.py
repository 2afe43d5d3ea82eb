"""Rows as strace's text: one line a call where possible, unfinished and resumed where another thread speaks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.export.recordings import BEGAN_NS, recording_of
from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, piece, row
from tracer.export.moments import Step, moments
from tracer.export.strace import lines
from tracer.wire import Flag, Kind, Spawn

BUF = 0x7F0000001000


def at(microseconds: int) -> int:
    return BEGAN_NS + 1000 * microseconds


def read(tid: int, begin: int, took: int) -> TestRow:
    data = piece(1, EXIT, BUF, b"abc")
    ns = 1000 * took
    return row("read", 3, BUF, 64, result=3, memory=[data], tid=tid, at_ns=at(begin), wall_ns=ns, run_ns=ns)


def text(folder: Path, *batches: list[TestRow]) -> list[str]:
    with recording_of(folder, *batches) as recording:
        return [line.rstrip("\n") for line in lines(recording)]


def test_a_call_is_one_line_aligned_like_strace(tmp_path: Path) -> None:
    made = row("brk", 0, result=0x555500000000, tid=7, at_ns=at(23))
    assert text(tmp_path, [made]) == ["7     1700000000.000023 brk(NULL)       = 0x555500000000 <0.000000>"]


def test_a_call_during_which_another_thread_speaks_is_two_lines(tmp_path: Path) -> None:
    inner = row("close", 5, tid=8, at_ns=at(20))
    outer = read(7, 10, 23)
    assert [line.split(maxsplit=2)[2] for line in text(tmp_path, [inner, outer])] == [
        "read(3,  <unfinished ...>",
        "close(5)        = 0 <0.000000>",
        '<... read resumed>"abc", 64) = 3 <0.000023>',
    ]


def test_a_call_known_at_entry_has_all_its_arguments_in_the_first_line(tmp_path: Path) -> None:
    waits = row("futex", BUF, 0x80, 2, 0, tid=7, at_ns=at(10), wall_ns=23_000)
    found = text(tmp_path, [row("close", 5, tid=8, at_ns=at(20)), waits])
    assert found[0].endswith("futex(0x7f0000001000, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>")
    assert "<... futex resumed>)" in found[2]


def test_an_argument_that_is_not_shown_leaves_no_comma(tmp_path: Path) -> None:
    asks = row("fcntl", 3, 1, 0, tid=7, at_ns=at(10), wall_ns=23_000)
    found = text(tmp_path, [row("close", 5, tid=8, at_ns=at(20)), asks])
    assert found[0].endswith("fcntl(3, F_GETFD <unfinished ...>")


def test_a_call_told_while_it_runs_begins_there_and_ends_later(tmp_path: Path) -> None:
    entered = row("read", 3, BUF, 64, tid=7, at_ns=at(10), kind=Kind.ENTERED)
    first = [row("close", 5, tid=8, at_ns=at(20)), entered]
    second = [row("close", 6, tid=8, at_ns=at(30)), read(7, 10, 50)]
    words = [line.split()[2].split("(")[0] for line in text(tmp_path, first, second)]
    assert words == ["read", "close", "close", "<..."]


def test_a_call_that_lasts_to_the_end_is_told_once(tmp_path: Path) -> None:
    entered = row("read", 3, BUF, 64, tid=7, at_ns=at(10), kind=Kind.ENTERED)
    others = [row("close", 5 + number, tid=8, at_ns=at(20 + number)) for number in range(3)]
    words = [line.split()[2].split("(")[0] for line in text(tmp_path, *([each, entered] for each in others))]
    assert words == ["read", "close", "close", "close"]


def test_a_call_that_never_returns(tmp_path: Path) -> None:
    final = row("exit_group", 23, kind=Kind.ENTERED, flags=int(Flag.FINAL), tid=7, at_ns=at(1))
    gone = row(0, kind=Kind.EXIT, result=0x1700, tid=7, at_ns=at(2), memory=[piece(255, ENTRY, 0, b"prog")])
    assert [line.split(maxsplit=2)[2] for line in text(tmp_path, [final, gone])] == [
        "exit_group(23)  = ?", "+++ exited with 23 +++",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "+++ exited with 0 +++"),
        (9, "+++ killed by SIGKILL +++"),
        (0x8B, "+++ killed by SIGSEGV (core dumped) +++"),
    ],
)
def test_ends(tmp_path: Path, status: int, words: str) -> None:
    assert text(tmp_path, [row(0, kind=Kind.EXIT, result=status, tid=7, at_ns=at(1))])[0].endswith(words)


def test_what_strace_has_no_words_for_is_left_out(tmp_path: Path) -> None:
    silent = [
        row(int(Spawn.CLONE), kind=Kind.SPAWN, at_ns=at(1)), row(0, kind=Kind.MARK, at_ns=at(2)),
        row(0, kind=Kind.CALIBRATION, at_ns=at(3)), row(0, 23, kind=Kind.LOST, at_ns=at(4)),
    ]  # fmt: skip
    assert text(tmp_path, silent) == []


@st.composite
def histories(draw: st.DrawFn) -> list[list[TestRow]]:
    """Calls of three threads that follow each other in each thread, in the order of their ends, in batches."""
    calls = []
    for tid in (7, 8, 9):
        now = 0
        for gap, took in draw(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), max_size=7)):
            calls.append((now + gap + took, read(tid, now + gap, took)))
            now += gap + took
    made = [each for _, each in sorted(calls, key=lambda call: call[0])]
    cut = draw(st.integers(0, len(made)))
    return [made[:cut], made[cut:]]


@settings(max_examples=100, deadline=None)
@given(histories())
def test_moments_are_in_order_and_every_call_begins_once_before_it_ends(history: list[list[TestRow]]) -> None:
    found = list(moments([batch(rows) for rows in history]))
    assert [each.at_ns for each in found] == sorted(each.at_ns for each in found)
    calls = {each.call for each in found}
    assert len(calls) == sum(map(len, history))
    for call in calls:
        assert [each.step for each in found if each.call == call] == [Step.BEGIN, Step.END]
