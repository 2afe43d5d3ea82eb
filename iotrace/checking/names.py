"""Everything a budget can be set on, by name.

A name is a total (`wasted`), a figure of the comparison (`latency_p99_ns`), the length of a table (`threads`), a
figure of a call (`read.calls`, or the other way round: `calls.read`), or any count for each message
(`copies_per_message`). The ending `_ns` or `_percent` may be left out. `iotrace.checking.fields` reads them off.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from iotrace.checking.amounts import Unit
from iotrace.checking.fields import (
    CALL_FIGURES,
    CALLS,
    NO_MESSAGES,
    PER_MESSAGE,
    call_value,
    countable,
    errno_named,
    known,
    totals_of,
    unit_of,
)
from iotrace.json_report import document
from tracer.analyze.compare.job import Job
from tracer.analyze.results import Copies, Report

_ENDINGS: Final = ("", "_ns", "_percent")


@dataclass(frozen=True, slots=True)
class Measured:
    """The value of a figure; None when it is not known, and `doubt` says why."""

    name: str
    value: float | None
    unit: Unit
    doubt: str = ""
    """Why it is not known; or, with a value, why that is a lower bound only."""
    syscall: str = ""
    """The call it is about; empty for a total."""
    figure: str = ""
    """Its name in the JSON document."""


class UnknownName(KeyError):
    """No such figure; `near` are names that look like it."""

    def __init__(self, name: str, near: list[str]) -> None:
        super().__init__(name)
        self.name = name
        self.near = near


class Figured:
    """All figures of one report."""

    def __init__(self, report: Report, job: Job | None = None, messages: int | None = None) -> None:
        """`messages`: how many there were, for programs that do not say so themselves."""
        self.report = report
        self._messages = messages if messages is not None else job.received if job else None
        self._calls: Mapping[str, Mapping[str, Any]] = {row["name"]: row for row in document(report)["syscalls"]}
        self._copies = {row.name: row.copies for row in report.syscalls}
        self._totals = totals_of(report, job, self._messages)

    def totals(self) -> list[str]:
        """All names that are no figure of a single call, nor of a message."""
        return sorted(self._totals)

    def of(self, name: str) -> Measured:
        """The figure called `name`. Raises UnknownName."""
        for ending in _ENDINGS:
            if (found := self._total(name, name + ending) or self._call(name, ending)) is not None:
                return found
        raise UnknownName(name, self._near(name))

    def _total(self, name: str, figure: str) -> Measured | None:
        if figure in self._totals:
            return self._measured(name, figure, self._totals[figure], self.report.totals.copies)
        if not figure.endswith(PER_MESSAGE):
            return None
        part = self._part(figure.removesuffix(PER_MESSAGE))
        if part is None:
            return None
        if not self._messages:
            return Measured(name, None, part.unit, NO_MESSAGES, figure=part.figure)
        value = None if part.value is None else part.value / self._messages
        return Measured(name, value, part.unit, part.doubt, figure=part.figure)

    def _part(self, name: str) -> Measured | None:
        figure = next((name + ending for ending in _ENDINGS if name + ending in countable(self._totals)), None)
        return self._total(name, figure) if figure is not None else None

    def _call(self, name: str, ending: str) -> Measured | None:
        """`read.calls`, `calls.read`, `read.errors.EAGAIN`."""
        words = name.split(".")
        pairs = ((words[0], words[1:]), (words[-1], words[:-1]))
        call, rest = next(((call, rest) for call, rest in pairs if call in CALLS or call in self._calls), ("", []))
        row = self._calls.get(call)
        match rest:
            case ["errors", word] if number := errno_named(word):
                value = row["errors"].get(number, 0) if row else 0
                return Measured(name, value, Unit.COUNT, "", call, f"errors.{number}")
            case [word] if (figure := word + ending) in CALL_FIGURES:
                if ("_p50_" in figure or "_p99_" in figure) and (row is None or not row["calls"]):
                    return Measured(name, None, unit_of(figure), f"no {call} returned", call, figure)
                if ("_p50_" in figure or "_p99_" in figure) and self.report.scope.summary:
                    doubt = "recorded with --summary, percentiles are known to a power of two only"
                    return Measured(name, None, unit_of(figure), doubt, call, figure)
                value = call_value(row, figure) if row else 0
                return self._measured(name, figure, value, self._copies.get(call, Copies()), call)
        return None

    def _measured(self, name: str, figure: str, value: float | None, copies: Copies, call: str = "") -> Measured:
        value, doubt = known(figure, value, copies, self.report.source)
        return Measured(name, value, unit_of(figure), doubt, call, figure)

    def _near(self, name: str) -> list[str]:
        names = [*self._totals, *(each.removesuffix("_ns") for each in self._totals)]
        names += [f"{each}{PER_MESSAGE}" for each in countable(self._totals)]
        if "." in name:
            first, last = name.split(".")[0], name.split(".")[-1]
            names += [f"{call}.{figure}" for call in _calls_like(first) for figure in CALL_FIGURES]
            names += [f"{figure}.{call}" for call in _calls_like(last) for figure in CALL_FIGURES]
        return difflib.get_close_matches(name, dict.fromkeys(names), 3, 0.6)


def _calls_like(word: str) -> list[str]:
    return [word] if word in CALLS else difflib.get_close_matches(word, CALLS, 2, 0.5)
