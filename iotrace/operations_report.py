"""`iotrace report --by operation`: asynchronous operations as a table, a list, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from iotrace.failures import USAGE, Failure
from iotrace.json_report import document
from iotrace.operations_table import lines
from iotrace.report import print_lines, report_of, tally_of
from tracer.analyze.operations.operations import Operations
from tracer.analyze.operations.results import Operation, OperationRow
from tracer.analyze.operations.summary import Summary
from tracer.analyze.scope import SUMS_ONLY
from tracer.analyze.tally import Tally
from tracer.recording.reader import Recording

_LISTED: Final = 10
"""Single operations that are listed when nobody says how many; in JSON all of them are."""
_AT_ONCE: Final = 4096


@dataclass(frozen=True, slots=True)
class Found:
    """What came to be known of the operations of a phase."""

    rows: tuple[OperationRow, ...]
    first: tuple[Operation, ...]
    """The first of them, as many as were asked for."""


def show(path: Path, *, phase: str | None, limit: int | None, as_json: bool) -> None:
    """Write the operations of the recording at `path` to stdout."""
    tally = tally_of(path)
    report = report_of(tally, phase)
    if report.scope.summary:
        raise Failure(f"no single operation is known: {SUMS_ONLY}.\nWhat there is: iotrace report {path}", USAGE)
    if as_json:
        found = found_in(path, tally, report.phase, limit)
        print(json.dumps({**document(report), "operations": as_document(found)}, indent=1))
        return
    found = found_in(path, tally, report.phase, _LISTED if limit is None else limit)
    corrected = any(constants.samples for constants in (tally.calibration.shared, tally.calibration.apart))
    began_ns = tally.began_ns or 0
    print_lines(lambda _width, palette: lines(report, found.rows, found.first, began_ns, corrected, palette))


def found_in(path: Path, tally: Tally, phase: str | None, limit: int | None) -> Found:
    """The operations of the recording at `path` that were submitted in `phase`; `limit` None keeps every one.

    Raises UnknownPhase.
    """
    summary = Summary()
    kept: list[Operation] = []
    for some in _some_at_once(within(_operations(path), tally, phase)):
        summary.add(some)
        kept.extend(some if limit is None else some[: limit - len(kept)])
    return Found(summary.rows(), tuple(kept))


def within(operations: Iterator[Operation], tally: Tally, phase: str | None) -> Iterator[Operation]:
    """The operations that were submitted in `phase`; where that was not seen, that were first heard of in it."""
    if phase is None:
        yield from operations
        return
    wanted = list(tally.phases.sets_with(phase))
    for some in _some_at_once(operations):
        moments = np.array([_moment(each) for each in some], dtype=np.int64)
        _, sets = tally.phases.of(moments)
        yield from (each for each, fits in zip(some, np.isin(sets, wanted).tolist(), strict=True) if fits)


def as_document(found: Found) -> dict[str, Any]:
    """The operations as JSON: sums for every kind, name and descriptor, and single ones. Names are those of
    `tracer.analyze.operations.results`."""
    listed = [{**asdict(each), "latency_ns": each.latency_ns} for each in found.first]
    return {
        "count": sum(row.count for row in found.rows),
        "summary": [asdict(row) for row in found.rows],
        "list": listed,
    }


def _operations(path: Path) -> Iterator[Operation]:
    with Recording.open(path) as recording:
        found = Operations(recording.header)
        yield from chain.from_iterable(map(found.add, recording.batches))
        yield from found.finish()


def _moment(operation: Operation) -> int:
    moments = (operation.submitted_ns, operation.began_ns, operation.completed_ns)
    return next((each for each in moments if each is not None), 0)


def _some_at_once(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    source = iter(operations)
    while some := list(islice(source, _AT_ONCE)):
        yield some
