"""Small runs for tests: rows with every clock set, and the report of batches of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.tracer.rows import TestRow, batch, piece, row
from tracer.analyze.results import Report
from tracer.analyze.tally import Tally
from tracer.recording.header import Header
from tracer.wire import NO_ARG, Kind, When

HEADER = Header(command=("prog",), source="schedstat", pid=4241)


def tally_of(batches: Iterable[Sequence[TestRow]], header: Header = HEADER) -> Tally:
    """A tally that has taken in every batch."""
    tally = Tally(header)
    for rows in batches:
        tally.add(batch(rows))
    return tally


def report_of(*rows: TestRow, phase: str | None = None) -> Report:
    """The report of one batch."""
    return tally_of([rows]).report(phase)


def timed(name: str, *args: int, at: int, user: int = 0, kernel: int = 0, held: int = 0, **other: Any) -> TestRow:
    """A call that ran `user` ns before and `kernel` ns inside, and was held by the tracer for `held` ns."""
    clocks = {
        "at_ns": at, "user_run_ns": user, "user_wall_ns": user, "run_ns": kernel, "wall_ns": kernel,
        "span_ns": user + kernel + held,
    }  # fmt: skip
    return row(name, *args, **{**clocks, **other})


def text(kind: Kind, at: int, label: str, **columns: Any) -> TestRow:
    """An event with a text: a mark, a birth, an exit."""
    return row(0, kind=kind, at_ns=at, memory=[piece(NO_ARG, When.ENTRY, 0, label.encode())], **columns)


def mark(at: int, label: str) -> TestRow:
    """A mark."""
    return text(Kind.MARK, at, label)


def spawn(at: int, tid: int = 4241, pid: int = 4241, parent: int = 0, name: str = "prog") -> TestRow:
    """A thread's first stop."""
    made = text(Kind.SPAWN, at, name, tid=tid, pid=pid)
    made.columns["args"] = [parent, parent, 0, 0, 0, 0]
    return made


def leave(at: int, tid: int = 4241, pid: int = 4241, status: int = 0, **columns: Any) -> TestRow:
    """A thread's exit."""
    return text(Kind.EXIT, at, "prog", tid=tid, pid=pid, result=status, **columns)
