"""A recording as one JSON object per line and event; times in ns, sizes in bytes.

The names of a call's entries are fixed. A call that never returned has the kind "entered" and no result.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from tracer.decode.call import CallText, row_text
from tracer.export.accounted import Accounted, Accounting, inside_ns
from tracer.recording.captured import Row, captured
from tracer.recording.reader import Recording
from tracer.wire import Kind

_TIMES: Final = ("user", "kernel", "blocked", "runnable")
_COPIES: Final = ("copies_in", "copies_out", "payload_in", "payload_out", "control_in", "control_out")
_CALLS: Final = (Kind.CALL, Kind.ENTERED)


def lines(recording: Recording) -> Iterator[str]:
    """The lines of `recording`, each with its newline."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode
    for accounted in Accounting(recording.header, recording.batches):
        flat = captured(accounted.batch)
        numbers = _numbers(accounted)
        for index in np.flatnonzero(~accounted.superseded).tolist():
            row = flat.row(index)
            made = _call if row.kind in _CALLS else _event
            yield encode(made(row, row_text(row), numbers, index) | {"phase": accounted.phase[index]}) + "\n"


def _numbers(accounted: Accounted) -> dict[str, list[int]]:
    """The numeric entries by name, one number a row."""
    columns = accounted.columns
    numbers = {"at_ns": columns.at_ns, "wall_ns": inside_ns(accounted)}
    numbers |= {f"{name}_ns": getattr(columns.times, name) for name in _TIMES}
    numbers |= {name: getattr(columns.copies, name) for name in _COPIES}
    return {name: values.tolist() for name, values in numbers.items()}


def _common(row: Row, numbers: dict[str, list[int]], index: int) -> dict[str, Any]:
    known = tuple(Kind)
    kind = Kind(row.kind).name.lower() if row.kind in known else str(row.kind)
    return {"kind": kind, "at_ns": numbers["at_ns"][index], "pid": row.pid, "tid": row.tid}


def _call(row: Row, text: CallText, numbers: dict[str, list[int]], index: int) -> dict[str, Any]:
    returned = row.kind == Kind.CALL
    return {
        **_common(row, numbers, index),
        "name": text.name,
        "args": list(text.args),
        "raw": list(row.args),
        "result": row.result if returned else None,
        "errno": text.errno,
        "interrupted": text.interrupted,
        **{f"{name}_ns": numbers[f"{name}_ns"][index] for name in (*_TIMES, "wall")},
        **{name: numbers[name][index] for name in _COPIES},
    }


def _event(row: Row, text: CallText, numbers: dict[str, list[int]], index: int) -> dict[str, Any]:
    extra = _EXTRAS.get(row.kind)
    return {
        **_common(row, numbers, index),
        "name": text.name,
        "args": list(text.args),
        **(extra(row) if extra else {}),
        "text": text.result,
    }


_EXTRAS: Final[dict[int, Callable[[Row], dict[str, Any]]]] = {
    Kind.SIGNAL: lambda row: {"signal": row.nr},
    Kind.SPAWN: lambda row: {"parent_tid": row.args[0], "parent_pid": row.args[1]},
    Kind.EXEC: lambda row: {"called_by": row.args[0]},
    Kind.EXIT: lambda row: {"status": row.result},
    Kind.LOST: lambda row: {"lost": row.args[0]},
    Kind.END: lambda row: {"status": row.result if row.result >= 0 else None},
}
"""What else is worth a number of its own, by kind; statuses are wait statuses (wait(2))."""
