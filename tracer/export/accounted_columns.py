"""The columns that accounting adds to those of a recording, for tables that other tools read.

Times in ns, sizes in bytes, names as text. The times of all rows together, not only of calls, are those of the
report of the whole run; what belongs between the calls (user, before_...) is in the row of the call that came next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.analyze.diagnosis import Diagnosis
from tracer.decode.results import errno_name
from tracer.export.accounted import Accounted, Accounting
from tracer.recording.header import Header
from tracer.recording.reader import Recording
from tracer.wire import Kind

Ints = NDArray[np.int64]

_TIMES: Final = ("user", "kernel", "blocked", "runnable", "before_blocked", "before_runnable", "tracer")
_COPIES: Final = ("copies_in", "copies_out", "payload_in", "payload_out", "control_in", "control_out")
_OUTCOMES: Final = ("failed", "wasted", "wakeup")

FIELDS: Final = (
    pa.field("event", pa.string()),
    pa.field("name", pa.string()),
    pa.field("errno", pa.string()),
    *(pa.field(name, pa.bool_()) for name in _OUTCOMES),
    pa.field("useless_wakeup", pa.bool_()),
    *(pa.field(f"{name}_ns", pa.int64()) for name in _TIMES),
    pa.field("spread_ns", pa.int64()),
    *(pa.field(name, pa.int64()) for name in _COPIES),
    pa.field("copies_unknown", pa.bool_()),
    pa.field("fd", pa.int64()),
    pa.field("fd_is", pa.string()),
    pa.field("phase", pa.string()),
    pa.field("process", pa.string()),
    pa.field("thread", pa.string()),
    pa.field("model", pa.string()),
    pa.field("workload", pa.string()),
    pa.field("time", pa.timestamp("us", tz="UTC")),
    pa.field("date", pa.date32()),
    pa.field("host", pa.string()),
)
"""`spread_ns` is the ± of the times on a CPU; `model` how the thread does its I/O, over the whole run; `process`
and `thread` what they were called last; `host` null where the recording does not say."""
_EVENTS: Final = {int(kind): kind.name.lower() for kind in Kind}
_NS_A_DAY: Final = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of threads and wake-ups only when all has been read."""

    thread: dict[int, tuple[str | None, str | None, str | None]]
    """By pid << 32 | tid: names of its process and its own, and its model."""
    useless: Ints
    """Rows of the recording whose wake-up was useless, ascending."""


def known_of(recording: Recording) -> Known:
    """Read all that `recording` has."""
    diagnosis = Diagnosis(recording.header)
    diagnosis.tally.wakeups.useless_rows = []
    diagnosis.take_in(recording)
    lives = diagnosis.tally.threads.lives
    models = {(each.pid, each.tid): each.model for each in diagnosis.report(None).models}
    leaders = {life.pid: life.name or None for life in lives if life.pid == life.tid}
    threads = {
        _key(life.pid, life.tid): (leaders.get(life.pid), life.name or None, models.get((life.pid, life.tid)))
        for life in lives
        if life.tid
    }
    return Known(threads, np.array(sorted(diagnosis.tally.wakeups.useless_rows), np.int64))


def _key(pid: int, tid: int) -> int:
    return pid << 32 | tid & 0xFFFFFFFF


class Adding:
    """Makes the columns of one batch after the other."""

    def __init__(self, header: Header, accounting: Accounting, known: Known) -> None:
        self._header = header
        self._accounting = accounting
        self._known = known
        self._rows = 0

    def of(self, accounted: Accounted) -> list[pa.Array]:
        """The columns of the next batch, in the order of FIELDS."""
        made = [*self._outcome(accounted), *_amounts(accounted), *self._whose(accounted), *self._when(accounted)]
        self._rows += accounted.batch.num_rows
        return [each.cast(field.type) for each, field in zip(made, FIELDS, strict=True)]

    def _outcome(self, accounted: Accounted) -> Iterator[pa.Array]:
        columns = accounted.columns
        names = [facts.name or None for facts in self._accounting.codes.facts]
        yield looked_up([_EVENTS.get(kind) for kind in range(256)], columns.kind)
        yield looked_up(names, columns.code)
        numbers, place = np.unique(np.where(columns.failed, -columns.result, 0), return_inverse=True)
        yield looked_up([errno_name(number) if number else None for number in numbers.tolist()], place)
        for name in _OUTCOMES:
            yield pa.array(getattr(columns, name))
        first, last = np.searchsorted(self._known.useless, (self._rows, self._rows + len(columns.kind)))
        useless = np.zeros(len(columns.kind), np.bool_)
        useless[self._known.useless[first:last] - self._rows] = True
        yield pa.array(useless)

    def _whose(self, accounted: Accounted) -> Iterator[pa.Array]:
        columns, seen, used = accounted.columns, self._accounting.descriptors.seen, accounted.used.code
        codes, place = np.unique(used, return_inverse=True)
        yield looked_up([seen[code].fd if code >= 0 else None for code in codes.tolist()], place, pa.int64())
        yield looked_up([seen[code].description.what if code >= 0 else None for code in codes.tolist()], place)
        yield pa.array(accounted.phase, pa.string())
        keys, place = np.unique(columns.pid << 32 | columns.tid & 0xFFFFFFFF, return_inverse=True)
        facts = [self._known.thread.get(key, (None, None, None)) for key in keys.tolist()]
        for column in range(3):
            yield looked_up([each[column] for each in facts], place)

    def _when(self, accounted: Accounted) -> Iterator[pa.Array]:
        rows = accounted.batch.num_rows
        yield _same(self._header.model or None, rows)
        unix_ns = accounted.columns.at_ns - self._header.began_ns + self._header.began_unix_ns
        yield pa.array(unix_ns // 1000)  # Spark reads no nanoseconds
        yield pa.array((unix_ns // _NS_A_DAY).astype(np.int32))
        yield _same(self._header.host or None, rows)


def _amounts(accounted: Accounted) -> Iterator[pa.Array]:
    columns = accounted.columns
    for name in _TIMES:
        yield pa.array(getattr(columns.times, name))
    yield pa.array(columns.spread)
    for name in (*_COPIES, "unknown"):
        yield pa.array(getattr(columns.copies, name))


def _same(text: str | None, rows: int) -> pa.Array:
    return pa.array([text], pa.string()).take(pa.array(np.zeros(rows, np.int64)))


def looked_up(table: list[Any], place: Ints, kind: pa.DataType | None = None) -> pa.Array:
    """The values of `table` at `place`."""
    return pa.array(table, kind or pa.string()).take(pa.array(place))
