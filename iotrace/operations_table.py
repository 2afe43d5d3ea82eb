"""Asynchronous operations as text: a table of sums, what it rests on, and single operations as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from errno import errorcode
from typing import Final

from rich.table import Table
from rich.text import Text

from iotrace.text_report import heading
from tracer.analyze.operations.results import Operation, OperationRow
from tracer.analyze.results import Report
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import count, duration, moment, percent, size

Line = Text | Table

_MOST_ROWS: Final = 30
_MEANING: Final = {
    "io_uring": "from the io_uring_enter that submitted it to the stop at which its completion was first seen",
    "posix-aio": "from the call that gave it to a helper thread to the return of the helper's transfer",
    "native-aio": "from io_submit to the return of the io_getevents that brought its event",
    "sigio": "from the delivery of the signal to the last transfer it announced",
}
"""What the percentiles of a kind measure."""


def lines(
    report: Report, rows: Sequence[OperationRow], first: Sequence[Operation], began_ns: int, corrected: bool,
    palette: Palette,
) -> list[Line]:  # fmt: skip
    """Heading, table, its meaning, and a sentence for each of `first`; times there are since `began_ns`."""
    top: list[Line] = [*heading(report, corrected, palette), Text()]
    if not rows:
        return [*top, Text("no asynchronous operations: no io_uring, AIO or signal-driven I/O was seen")]
    notes = [Text(note, palette.faint) for note in _notes(rows)]
    single: list[Line] = [Text(sentence(each, began_ns)) for each in first]
    total = sum(row.count for row in rows)
    if first and total > len(first):
        single.append(Text(f"… {count(total - len(first))} more: --limit N, or --json for all", palette.faint))
    return [*top, table(rows, palette), Text(), *notes, *([Text()] if single else []), *single]


def table(rows: Sequence[OperationRow], palette: Palette) -> Table:
    """A line per kind, operation and descriptor; columns that say nothing are left out."""
    several = len({row.pid for row in rows}) > 1
    made = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style=palette.faint, show_edge=False)
    columns = [each for each in _COLUMNS if each[2] is None or any(each[2](row) for row in rows)]
    for position, (name, _, _) in enumerate(columns):
        made.add_column(name, justify="left" if position < 2 else "right", no_wrap=True, overflow="ellipsis")
    for row in rows[:_MOST_ROWS]:
        cells = [Text(clean(cell(row))) for _, cell, _ in columns]
        if several and row.fd is not None:
            cells[2] = Text(f"{row.pid}:{row.fd}")
        made.add_row(*cells)
    if len(rows) > _MOST_ROWS:
        made.add_row(Text(f"… {len(rows) - _MOST_ROWS} more: --json"))
    return made


def sentence(operation: Operation, began_ns: int) -> str:
    """One operation, from submission to notice."""
    where = f"fd {operation.fd}" if operation.fd is not None else "fd not known"
    asked = f", {size(operation.length)}" if operation.length and operation.kind != "sigio" else ""
    parts = [f"{operation.kind} {operation.name} {operation.number}: {where}{asked}", *_course(operation, began_ns)]
    if operation.flags:
        parts.append(f"[{', '.join(operation.flags)}]")
    return clean(" · ".join(parts))


def _course(operation: Operation, began_ns: int) -> Iterator[str]:
    since = operation.submitted_ns
    if since is None:
        yield "submission not seen"
        since = operation.began_ns if operation.began_ns is not None else operation.completed_ns or began_ns
    elif operation.kind == "sigio":
        yield f"{moment(since - began_ns)} s {operation.notified} to {operation.tid}"
    else:
        yield f"{moment(since - began_ns)} s submitted by {operation.tid}"
    if operation.began_ns is not None and operation.worker is not None:
        yield f"worked on by thread {operation.worker} after {duration(max(0, operation.began_ns - since))}"
    if operation.completed_ns is None:
        yield "pending"
    else:
        inside = ", in the submitting call" if operation.inline else ""
        yield f"{_result(operation)} after {duration(max(0, operation.completed_ns - since))}{inside}"
    if operation.kind == "sigio":
        if operation.handler_ns is not None:
            yield f"handler {duration(operation.handler_ns)}"
    elif operation.notified and operation.notified_ns is not None and operation.kind == "posix-aio":
        yield f"told by {operation.notified} after {duration(max(0, operation.notified_ns - since))}"


def _result(operation: Operation) -> str:
    result = operation.result
    if result is None:
        return "done"
    if result < 0:
        return errorcode.get(-result, str(result))
    return size(operation.bytes) if operation.bytes else f"result {result}"


def _notes(rows: Sequence[OperationRow]) -> Iterator[str]:
    """What p50 and p99 measure, what is concluded, and the caller's own time apart."""
    for kind in dict.fromkeys(row.kind for row in rows):
        these = [row for row in rows if row.kind == kind]
        yield f"{kind}: {_MEANING[kind]}"
        inferred = sorted({each for row in these for each in row.inferred})
        if inferred:
            yield f"  concluded, not recorded: {', '.join(inferred)}"
        caller = sum(row.caller_ns for row in these)
        if caller:
            yield f"  the callers spent {duration(caller)} of CPU time in the calls that handed them over"
        handler = sum(row.handler_ns for row in these)
        if handler:
            yield f"  the handlers took {duration(handler)}"
        told = sorted({each for row in these for each in row.notified})
        flags = sorted({each for row in these for each in row.flags})
        yield from (f"  {word}: {', '.join(each)}" for word, each in (("told by", told), ("flags", flags)) if each)


def _optional(ns: int | None) -> str:
    return "" if ns is None else duration(ns)


def _workers(row: OperationRow) -> str:
    few = ",".join(str(tid) for tid in row.workers[:2])
    return few if len(row.workers) <= 2 else f"{few},+{len(row.workers) - 2}"


_Cell = Callable[[OperationRow], str]
_COLUMNS: Final[tuple[tuple[str, _Cell, Callable[[OperationRow], object] | None], ...]] = (
    ("kind", lambda row: row.kind, None),
    ("op", lambda row: row.name, None),
    ("fd", lambda row: "?" if row.fd is None else str(row.fd), None),
    ("count", lambda row: count(row.count), None),
    ("bytes", lambda row: size(row.bytes), None),
    ("p50", lambda row: _optional(row.p50_ns), None),
    ("p99", lambda row: _optional(row.p99_ns), None),
    ("inline", lambda row: percent(row.inline, row.count), lambda row: row.kind == "io_uring"),
    ("failed", lambda row: count(row.failed), lambda row: row.failed),
    ("pending", lambda row: count(row.pending), lambda row: row.pending),
    ("workers", _workers, lambda row: row.workers),
)
"""Heading, cell, and whether a row has something to say there; None: always shown."""
