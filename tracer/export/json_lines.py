"""A recording as one JSON object per line and event; times in ns, sizes in bytes.

The names of a call's entries are fixed. A call that never returned has the kind "entered" and no result. Of a call
that its thread was inside before the attach, nobody knows when it began: its at_ns and wall_ns are null; the other
times are those since the attach.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any, Final

import numpy as np

from tracer.analyze.watched import Watching
from tracer.decode.call import CallText, row_text
from tracer.export.accounted import Accounted, Accounting, inside_ns
from tracer.recording.captured import Row, captured
from tracer.recording.reader import Recording
from tracer.wire import Flag, Kind

_TIMES: Final = ("user", "kernel", "blocked", "runnable")
_COPIES: Final = ("copies_in", "copies_out", "payload_in", "payload_out", "control_in", "control_out")
_ENTRIES: Final = ", ".join(
    [f'"{name}_ns": %s' for name in (*_TIMES, "wall")] + [f'"{name}": %d' for name in _COPIES]
)
_KINDS: Final = {int(kind): kind.name.lower() for kind in Kind}
_CALLS: Final = (Kind.CALL, Kind.ENTERED)


def lines(recording: Recording) -> Iterator[str]:
    """The lines of `recording`, each with its newline."""
    watching = Watching()
    for number, accounted in enumerate(Accounting(recording.header, recording.batches)):
        watching.add(accounted.batch)
        flat = captured(accounted.batch)
        numbers = _numbers(accounted)
        phases = [_text(phase) for phase in accounted.phase]
        for index in np.flatnonzero(~accounted.superseded).tolist():
            row = flat.row(index)
            text = row_text(row, watching.at(number, index, row.pid))
            made = _call if row.kind in _CALLS else _event
            yield f'{made(row, text, numbers[index])}, "phase": {phases[index]}}}\n'


def _numbers(accounted: Accounted) -> list[tuple[int, ...]]:
    """The numeric entries of every row: when, the times of `_TIMES` and inside the call, and `_COPIES`."""
    columns = accounted.columns
    times = [getattr(columns.times, name) for name in _TIMES]
    copies = [getattr(columns.copies, name) for name in _COPIES]
    every = (columns.at_ns, *times, inside_ns(accounted), *copies)
    return list(zip(*(values.tolist() for values in every), strict=True))


def _text(value: str | None) -> str:
    """A text as JSON. The standard library's encoder takes four times as long for a whole line as its parts do."""
    return "null" if value is None else _encoded(value)


def _encoded(value: str) -> str:
    """All but ASCII is escaped: a terminal may take it for orders (C1 controls, directions of writing)."""
    return encode_basestring(value) if value.isascii() else encode_basestring_ascii(value)


def _texts(values: tuple[str, ...]) -> str:
    return f"[{', '.join([_encoded(value) for value in values])}]"


def _since_attach(row: Row, numbers: tuple[int, ...]) -> tuple[int | str, ...]:
    """`numbers` of a row without those that are not known."""
    if not row.flags & Flag.NO_ENTRY:
        return numbers
    wall = 1 + len(_TIMES)
    return ("null", *numbers[1:wall], "null", *numbers[wall + 1 :])


def _common(row: Row, text: CallText, at_ns: int | str) -> str:
    kind = _KINDS.get(row.kind) or str(row.kind)
    return (
        f'{{"kind": "{kind}", "at_ns": {at_ns}, "pid": {row.pid}, "tid": {row.tid}, '
        f'"name": {_text(text.name)}, "args": {_texts(text.args)}'
    )


def _call(row: Row, text: CallText, measured: tuple[int, ...]) -> str:
    numbers = _since_attach(row, measured)
    result = row.result if row.kind == Kind.CALL else "null"
    interrupted = "true" if text.interrupted else "false"
    return (
        f'{_common(row, text, numbers[0])}, "raw": [{", ".join(map(str, row.args))}], "result": {result}, '
        f'"errno": {_text(text.errno)}, "interrupted": {interrupted}, {_ENTRIES % numbers[1:]}'
    )


def _event(row: Row, text: CallText, numbers: tuple[int, ...]) -> str:
    extra = _EXTRAS.get(row.kind)
    more = "".join([f', "{name}": {json.dumps(value)}' for name, value in extra(row).items()]) if extra else ""
    return f'{_common(row, text, numbers[0])}{more}, "text": {_text(text.result)}'


_EXTRAS: Final[dict[int, Callable[[Row], dict[str, Any]]]] = {
    Kind.SIGNAL: lambda row: {"signal": row.nr},
    Kind.SPAWN: lambda row: {"parent_tid": row.args[0], "parent_pid": row.args[1]},
    Kind.EXEC: lambda row: {"called_by": row.args[0]},
    Kind.EXIT: lambda row: {"status": row.result},
    Kind.LOST: lambda row: {"lost": row.args[0]},
    Kind.END: lambda row: {"status": row.result if row.result >= 0 else None},
}
"""What else is worth a number of its own, by kind; statuses are wait statuses (wait(2))."""
