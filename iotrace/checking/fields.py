"""What the JSON document of a report and the figures of `compare` have: their numbers, by name.

Nothing is listed here that can be read off those two.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from iotrace.checking.amounts import Unit
from iotrace.json_report import document
from tracer.analyze.compare.comparison import run_of
from tracer.analyze.compare.job import Job
from tracer.analyze.results import Copies, Ending, Report, SyscallRow, Times, Totals
from tracer.syscalls.names import numbers
from tracer.wire import Abi

PER_MESSAGE: Final = "_per_message"
NO_MESSAGES: Final = "the recording does not say how many messages there were; give it: --messages N"
UNKNOWN_COPIES: Final = "of some calls it is not known what they copied"
COPIED: Final = {
    "copies": ("copies_in", "copies_out"),
    "payload": ("payload_in", "payload_out"),
    "control": ("control_in", "control_out"),
    "copied": ("payload_in", "payload_out", "control_in", "control_out"),
}
"""Sums of fields that are asked for so often that they have a name."""
_COPY_FIELDS: Final = frozenset({*(field.name for field in fields(Copies)), *COPIED})
_NEED_A_CLOCK: Final = ("user_ns", "kernel_ns", "blocked_ns", "runnable_ns", "cpu_percent", "kernel_p50_ns",
                        "kernel_p99_ns")  # fmt: skip
_NO_CLOCK: Final = "no clock of CPU time was there when it was recorded"
SUMS_ONLY: Final = "recorded with --summary, it has sums only"
_OF_SINGLE_CALLS: Final = ("fds", "findings", "models")
_REASONS: Final = {
    **dict.fromkeys(_OF_SINGLE_CALLS, SUMS_ONLY),
    "messages": NO_MESSAGES,
    "exit.code": "the program did not end by itself",
    "cpu_percent": "the program had no time of its own",
    "useless_wakeups": "it is not known what was transferred after the wake-ups",
    "ready_per_wakeup": "there were no wake-ups, or they do not say how much was ready",
    "latency_p50_ns": "the program does not measure its messages' latency",
    "latency_p99_ns": "the program does not measure its messages' latency",
}


def unit_of(figure: str) -> Unit:
    """The unit that a name of the JSON document implies."""
    if figure.endswith("_ns"):
        return Unit.TIME
    if figure.endswith("_percent"):
        return Unit.PERCENT
    return Unit.BYTES if figure.startswith(("payload", "control", "copied")) else Unit.COUNT


def known(figure: str, value: float | None, copies: Copies, source: str) -> tuple[float | None, str]:
    """The value when it is known, and why it is not, or why it is a lower bound only."""
    if figure in _NEED_A_CLOCK and "none" in source.split("+"):
        return None, _NO_CLOCK
    if value is None:
        return None, _REASONS.get(figure, "the recording does not say it")
    copied = figure in _COPY_FIELDS or figure.endswith("_copied")
    return value, UNKNOWN_COPIES if copied and copies.unknown else ""


def totals_of(report: Report, job: Job | None, messages: int | None) -> dict[str, float | None]:
    """All numbers about the whole; a table counts as its length."""
    words = document(report)
    ending = words["exit"]
    found = dict(_numbers(words["totals"]))
    found |= {name: len(table) for name, table in words.items() if isinstance(table, list) and name != "command"}
    found |= {name: value for name, value in _numbers(words) if name != "format"}
    found |= {"exit.code": ending["code"]} | {name: _sum(words["totals"], parts) for name, parts in COPIED.items()}
    figures = asdict(run_of("", report, job).figures)
    found |= {name: value for name, value in figures.items() if name not in ("name", "ok")
              and not name.endswith(PER_MESSAGE)}  # fmt: skip
    if report.scope.summary:
        found |= dict.fromkeys(_OF_SINGLE_CALLS)
    return found | {"messages": messages}


def countable(totals: Mapping[str, float | None]) -> set[str]:
    """Those that make sense divided by the messages."""
    return {name for name in totals if "." not in name and not name.endswith(("_percent", "_per_wakeup"))
            and not name.startswith(("latency_", "messages"))}  # fmt: skip


def call_value(row: Mapping[str, Any], figure: str) -> float:
    """The figure of a line of the table of calls."""
    value: float = _sum(row, COPIED[figure]) if figure in COPIED else row[figure]
    return value


def errno_named(word: str) -> str | None:
    """The name of an errno as recordings have it (EWOULDBLOCK is EAGAIN); None when there is none."""
    number = getattr(errno, word, None) if word.isupper() else None
    return errno.errorcode.get(number) if isinstance(number, int) else None


def _sum(words: Mapping[str, int], parts: tuple[str, ...]) -> int:
    return sum(words[part] for part in parts)


def _numbers(words: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    for name, value in words.items():
        if (isinstance(value, int | float) and not isinstance(value, bool)) or name == "useless_wakeups":
            yield name, value


def _call_figures() -> frozenset[str]:
    """Read off a line of the table that is empty."""
    row = SyscallRow("", 0, 0, 0, {}, Times(), 0, 0, 0, 0, Copies())
    empty = Report((), "", "", None, 0, Ending(), Totals(), syscalls=(row,), fds=(), threads=(), phases=())
    return frozenset({name for name, _ in _numbers(document(empty)["syscalls"][0])} | set(COPIED))


CALL_FIGURES: Final = _call_figures()
"""What is known of a single call."""
CALLS: Final = frozenset(name for abi in (Abi.X86_64, Abi.I386, Abi.AARCH64) for name in numbers(abi))
"""The names of all system calls."""
