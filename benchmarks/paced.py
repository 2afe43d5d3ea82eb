"""Writes a recording that grows at a steady rate, as a recorder does: for measuring who follows it.

    python -m benchmarks.paced FILE CALLS_PER_SECOND SECONDS

The rows are those of `benchmarks.generate`, made up before the first is written; all their clocks are stretched by
one factor so that the calls end at that rate from now on. Every 100 ms the calls that have ended are written, at
most 4,096 in a batch. At the end it prints one JSON object: after how many rows of the file what time it was (ns of
CLOCK_MONOTONIC), and how late the latest batch was.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.arguments import parser, positive_time
from benchmarks.generate import BEGAN_NS, Recorder, header_of
from tracer.recording.writer import Writer, create

_TICK_NS: Final = 100_000_000
_BATCH: Final = 4096
_CLOCKS: Final = (
    "span_ns", "wall_ns", "run_ns", "delay_ns", "user_wall_ns", "user_run_ns", "user_delay_ns",
)  # fmt: skip


class Kept:
    """Takes the place of a writer: keeps the batches."""

    def __init__(self) -> None:
        self.batches: list[pa.RecordBatch] = []
        self.calls = 0

    def write(self, batch: pa.RecordBatch) -> bool:
        """Keep it."""
        self.batches.append(batch)
        self.calls += batch.num_rows
        return True

    def abandon(self) -> None:
        """Nothing to close."""


def rows_of(calls: int, seed: int = 23) -> pa.RecordBatch:
    """All rows of a recording of about `calls` calls."""
    kept = Kept()
    recorder = Recorder(kept, seed)
    recorder.births()
    while kept.calls < calls:
        recorder.block(calls - kept.calls)
    recorder.end()
    return pa.concat_batches(kept.batches)


def stretched(rows: pa.RecordBatch, factor: float, began_ns: int) -> pa.RecordBatch:
    """The rows with all clocks `factor` times as long and the beginning moved to `began_ns`."""
    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    for name in _CLOCKS:
        columns[name] = pa.array((_numbers(rows, name) * factor).astype(np.int64)).cast(columns[name].type)
    since = _numbers(rows, "at_ns").astype(np.int64) - BEGAN_NS
    columns["at_ns"] = pa.array((since * factor).astype(np.int64) + began_ns).cast(columns["at_ns"].type)
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=rows.schema)


def write(path: Path, rate: float, seconds: float) -> dict[str, object]:
    """Write the recording in real time; what was written when."""
    rows = rows_of(int(rate * seconds))
    factor = seconds * 1e9 / float(_ends(rows)[-1] - BEGAN_NS)
    began_ns = time.monotonic_ns()
    rows = stretched(rows, factor, began_ns)
    writer = Writer(create(path, overwrite=True), header_of(began_ns, factor))
    ends, done, late_ns = np.maximum.accumulate(_ends(rows)), 0, 0
    written: list[tuple[int, int]] = []
    tick_ns = began_ns
    while done < rows.num_rows:
        tick_ns += _TICK_NS
        time.sleep(max(0, tick_ns - time.monotonic_ns()) / 1e9)
        upto = int(np.searchsorted(ends, time.monotonic_ns(), side="right"))
        while done < upto:
            batch = rows.slice(done, min(_BATCH, upto - done))
            writer.write(batch)
            done += batch.num_rows
            written.append((done, time.monotonic_ns()))
        late_ns = max(late_ns, time.monotonic_ns() - tick_ns)
    writer.abandon()
    return {"written": written, "late_ns": late_ns}


def _numbers(rows: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    return np.asarray(rows.column(name).to_numpy(), np.float64)


def _ends(rows: pa.RecordBatch) -> NDArray[np.int64]:
    ends: NDArray[np.int64] = (_numbers(rows, "at_ns") + _numbers(rows, "wall_ns")).astype(np.int64)
    return ends


def main() -> None:
    """Write and tell."""
    words = parser(__doc__)
    words.add_argument("file", type=Path)
    words.add_argument("rate", type=positive_time, metavar="CALLS_PER_SECOND")
    words.add_argument("seconds", type=positive_time)
    options = words.parse_args()
    print(json.dumps(write(options.file, options.rate, options.seconds)))


if __name__ == "__main__":
    main()
