"""Every ns of a thread is in exactly one of the five times, however the recording was cut into batches."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.analyze.runs import HEADER, leave, mark, spawn, tally_of, timed
from tests.tracer.rows import TestRow, row
from tracer.wire import End, Kind

calls = st.sampled_from(["read", "write", "openat", "close", "dup", "poll", "epoll_wait", "futex"])
steps = st.lists(
    st.tuples(
        calls, st.integers(0, 3), st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000),
        st.integers(0, 5000), st.integers(-12, 5), st.integers(0, 3), st.booleans(),
    ),
    max_size=12,
)  # fmt: skip
few = settings(deadline=None, max_examples=40)
Script = list[tuple[str, int, int, int, int, int, int, int, bool]]
cuts = st.lists(st.integers(1, 7), min_size=1, max_size=9)


def life(script: Script) -> list[TestRow]:
    """One thread's rows, each beginning where the one before ended; some calls are seen while they last."""
    rows, now = [spawn(1000)], 1000
    for name, fd, user, kernel, asleep, held, result, switches, seen in script:
        row = timed(
            name, fd, at=now + user, user=user, kernel=kernel, held=held, result=result,
            wall_ns=kernel + asleep, span_ns=user + kernel + asleep + held, switches=switches, stops=1,
        )  # fmt: skip
        if seen:
            half = {**row.columns, "kind": int(Kind.ENTERED), "run_ns": kernel // 2, "span_ns": user + kernel // 2}
            rows.append(replace(row, columns=half))
        rows.append(row)
        now += user + kernel + asleep + held
    rows.append(leave(now + 7, user_run_ns=7, user_wall_ns=7, span_ns=7))
    return rows


@few
@given(steps)
def test_the_five_times_add_up_to_the_lifetime(
    script: Script,
) -> None:
    thread = tally_of([life(script)]).report().threads[0]
    assert thread.times.own_ns + thread.times.tracer_ns == thread.lifetime_ns
    assert thread.calls == len(script)
    assert not thread.alive


@few
@given(steps, cuts)
def test_batches_do_not_matter(script: Script, sizes: list[int]) -> None:
    rows = life(script)
    middle = len(rows) // 2
    rows.insert(middle, mark(int(rows[middle].columns["at_ns"]), "begin measure"))
    pieces: list[list[TestRow]] = []
    at = 0
    while at < len(rows):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(rows[at : at + size])
        at += size
    whole, cut = tally_of([rows]), tally_of(pieces)
    assert cut.report() == whole.report()
    assert cut.report("measure") == whole.report("measure")


def test_a_thread_without_exit_lives_as_long_as_is_known() -> None:
    report = tally_of([[spawn(100), timed("read", 3, at=150, user=50, kernel=30, held=20, result=1)]]).report()
    assert [(thread.lifetime_ns, thread.alive, thread.name) for thread in report.threads] == [(100, True, "prog")]


def test_threads_are_named_and_kept_apart() -> None:
    rows = [
        spawn(1), spawn(5, tid=4243, name="worker"), timed("read", 3, at=7, kernel=2, tid=4243, result=1),
        leave(11, tid=4243), leave(13, status=7 << 8),
    ]  # fmt: skip
    report = tally_of([rows]).report()
    assert [(t.pid, t.tid, t.calls) for t in report.threads] == [(4241, 4241, 0), (4241, 4243, 1)]
    assert report.ending.code == 7
    assert not report.ending.complete


def test_the_ending_tells_code_signal_and_whether_it_is_complete() -> None:
    for status, reason, expected in (
        (7 << 8, End.EXITED, (7, None, True)),
        (9, End.EXITED, (None, "SIGKILL", True)),
        (0x80 | 11, End.EXITED, (None, "SIGSEGV", True)),
        (-1, End.DETACHED, (None, None, True)),
        (-1, End.CAPTURE_DIED, (None, None, False)),
        (0, End.NO_SPACE, (0, None, False)),
    ):
        ending = tally_of([[row(int(reason), kind=Kind.END, result=status)]]).report().ending
        assert (ending.code, ending.signal, ending.complete) == expected


def test_the_clock_is_named_and_several_are_joined() -> None:
    rows = [timed("read", 3, at=1, source=0, result=1), timed("read", 3, at=2, source=2, result=1)]
    assert tally_of([rows]).report().source == "schedstat+ticks"
    assert tally_of([rows[:1]]).report().source == "schedstat"
    assert tally_of([]).report().source == HEADER.source
