"""Facts and findings of made-up rows, read through the same path as a recording."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from tests.tracer.analyze.runs import HEADER, timed
from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, piece
from tracer.analyze.diagnosis import Diagnosis
from tracer.analyze.findings.facts import Deed, Facts
from tracer.analyze.results import Finding, Report

EAGAIN, EINTR, ENOENT, EMFILE = -11, -4, -2, -24
MICRO, MILLI = 1_000, 1_000_000
EPFD = 9


class Script:
    """The calls of one thread, one after the other, each with its clocks."""

    def __init__(self, tid: int = 4241, pid: int = 4241, at: int = 1_000) -> None:
        self.rows: list[TestRow] = []
        self._who = {"tid": tid, "pid": pid}
        self._at = at

    def call(
        self, name: str, *args: int, user: int = 5 * MICRO, kernel: int = 2 * MICRO, slept: int = 0, **other: Any
    ) -> Script:
        """A call that slept for `slept` ns, and was switched in once more for that."""
        wall = kernel + slept
        clocks = {"user": user, "kernel": kernel, "wall_ns": wall, "span_ns": user + wall}
        switches = {"switches": 1 + bool(slept), "stops": 1, "user_switches": 1, "user_stops": 1}
        self.rows.append(timed(name, *args, at=self._at + user, **clocks, **switches, **self._who, **other))
        self._at += user + wall
        return self

    def told(self, fd: int, *, slept: int = 0, events: int = 1, user: int = 5 * MICRO) -> Script:
        """epoll_wait reports `fd`."""
        memory = [piece(1, EXIT, 0x2000, struct.pack("<IQ", events, fd))]
        return self.call("epoll_wait", EPFD, 0x2000, 16, -1, result=1, slept=slept, memory=memory, user=user)

    def registered(self, fd: int, events: int = 1, op: int = 1, result: int = 0) -> Script:
        """epoll_ctl."""
        memory = [piece(3, ENTRY, 0x3000, struct.pack("<IQ", events, fd))]
        return self.call("epoll_ctl", EPFD, op, fd, 0x3000, result=result, memory=memory)


def diagnosis_of(*batches: Sequence[TestRow]) -> Diagnosis:
    """What is known after these batches."""
    diagnosis = Diagnosis(HEADER)
    for rows in batches:
        diagnosis.add(batch(rows))
    return diagnosis


def facts_of(*scripts: Script) -> Facts:
    """The facts of these threads, their rows in the order of time."""
    return diagnosis_of(merged(*scripts))._gathering.facts()


def report_of(*scripts: Script) -> Report:
    """The report, with its findings."""
    return diagnosis_of(merged(*scripts)).report()


def merged(*scripts: Script) -> list[TestRow]:
    """The rows of all, in the order in which their calls ended."""
    rows = [each for script in scripts for each in script.rows]
    return sorted(rows, key=lambda each: each.columns["at_ns"] + each.columns.get("wall_ns", 0))


def rules(*scripts: Script) -> list[str]:
    """The rules that found something."""
    return [finding.rule for finding in report_of(*scripts).findings or ()]


def one(*scripts: Script) -> Finding:
    """The only finding."""
    (finding,) = report_of(*scripts).findings or ()
    return finding


def only(deeds: tuple[Deed, ...]) -> Deed:
    """The only one."""
    (deed,) = deeds
    return deed
