"""Makes a large recording that looks like a real one, without running anything: for measuring readers.

python -m benchmarks.generate --calls 10000000 -o FILE [--seed N]

A server of four epoll threads that accept, serve and close connections; one thread that spins on a non-blocking
descriptor; eight processes that open, read and close files; and short-lived processes that do so and end. Rows
come in the order in which calls ended, 4,096 to a batch, as the recorder writes them. The same seed gives the same
rows.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa

from benchmarks.stories import STORIES
from benchmarks.telling import STOP_NS, TABLE, Thread, Told, pieces_of
from tracer.recording.frames import Events, batch_of
from tracer.recording.header import Header
from tracer.recording.rows import Ended, last_batch
from tracer.recording.writer import Writer, create
from tracer.wire import ITEM, NO_ARG, RECORD_FIELDS, End, Kind, Spawn, When

_SERVER, _FILES, _VISITORS = 4001, 5001, 100_000
"""Process ids: of the server, of the first of the processes that read files, of the first short-lived one."""
_BATCH: Final = 4096
_BLOCK: Final = 1 << 17
"""Calls that are made up at once."""
BEGAN_NS: Final = 1_000_000_000
"""CLOCK_MONOTONIC of the first row; the last one, END, is as old as the last call, whatever the real clock says."""
_NAMES: Final = list(STORIES)


def threads() -> list[Thread]:
    """The threads that live from the beginning to the end."""
    server = [Thread(_SERVER, _SERVER + n, "accept", 0.09, 100 + 100 * n) for n in range(4)]
    spinner = Thread(_SERVER, _SERVER + 4, "spin", 0.30)
    readers = [Thread(_FILES + n, _FILES + n, "file", 0.035, 5, 3) for n in range(8)]
    return [*server, spinner, *readers]


class Output(Protocol):
    """Where rows go: a `Writer`, or what stands in for it."""

    def write(self, batch: pa.RecordBatch) -> bool:
        """Take a batch."""
        ...

    def abandon(self) -> None:
        """No more will come."""
        ...


class Recorder:
    """Writes block after block: all threads side by side, and one short-lived process in each."""

    def __init__(self, writer: Output, seed: int) -> None:
        self._writer = writer
        self._rng = np.random.default_rng(seed)
        self._since = dict.fromkeys(threads(), BEGAN_NS)
        self._now_ns = BEGAN_NS
        self._blocks = 0

    def births(self) -> None:
        """The first stops of all threads, and the mark that begins the phase to measure."""
        for index, thread in enumerate(self._since):
            how = Spawn.START if not index else Spawn.CLONE if thread.pid == _SERVER else Spawn.FORK
            self._event(Kind.SPAWN, thread, thread.story, nr=how, args=(_SERVER,) * 2 + (0,) * 4)
        self._event(Kind.MARK, threads()[0], "begin measure")

    def block(self, most: int) -> None:
        """About `_BLOCK` calls, at most `most`. Every thread first waits for the block to begin."""
        visitor = Thread(_VISITORS + self._blocks, _VISITORS + self._blocks, "file", 0.0)
        self._since[visitor] = self._now_ns
        self._event(Kind.SPAWN, visitor, "visitor", nr=Spawn.FORK, args=(_SERVER,) * 2 + (0,) * 4)
        told = {}
        for thread, since_ns in self._since.items():
            story = _NAMES.index(thread.story)
            stories = np.full(3 + int(thread.share * _BLOCK / TABLE.length[story]), story)
            stories[0] = _NAMES.index("wait")
            if not self._blocks and thread.story == "accept":
                stories[1] = _NAMES.index("listen")
            told[thread] = Told(thread, stories, self._rng, since_ns, self._now_ns)
        self._now_ns = self._write(list(told.values()), most)
        self._since = {thread: each.end_ns(self._since[thread], self._now_ns) for thread, each in told.items()}
        self._exit(visitor)
        self._blocks += 1

    def end(self) -> None:
        """All threads exit."""
        for thread in list(self._since):
            self._exit(thread)
        self._writer.write(last_batch(Ended(End.EXITED, 0, "the program ended", self._now_ns), 0))
        self._writer.abandon()

    def _write(self, told: list[Told], most: int) -> int:
        """All rows in the order they ended, in batches as the recorder writes them; returns when the last did."""
        records = np.concatenate([each.records for each in told])
        ends = np.concatenate([each.ends for each in told])
        order = np.argsort(ends, kind="stable")[:most]
        line = np.concatenate([each.line for each in told])[order]
        fds = np.concatenate([each.fds for each in told])[order]
        for at in range(0, len(order), _BATCH):
            chosen = slice(at, at + _BATCH)
            items, memory = pieces_of(line[chosen], fds[chosen], self._rng)
            part = records[order[chosen]]
            self._writer.write(batch_of([Events(len(part), part.tobytes(), items.tobytes(), memory.tobytes())]))
        return int(ends[order[-1]])

    def _exit(self, thread: Thread) -> None:
        waited = self._now_ns - self._since.pop(thread)
        self._event(Kind.EXIT, thread, "", span_ns=waited, user_wall_ns=waited, user_stops=1, user_switches=2)

    def _event(self, kind: Kind, thread: Thread, text: str, **fields: Any) -> None:
        """One row that is no call: a birth, a mark, an end."""
        record = np.zeros(1, np.dtype(list(RECORD_FIELDS)))
        everywhere = {"kind": kind, "pid": thread.pid, "tid": thread.tid, "at_ns": self._now_ns, "items": 1}
        for name, value in {**everywhere, **fields}.items():
            record[name] = value
        item = ITEM.pack(NO_ARG, When.ENTRY, 0, len(text), 0)
        self._writer.write(batch_of([Events(1, record.tobytes(), item, text.encode())]))


def main() -> None:
    """Write the recording and say what was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("-o", dest="file", type=Path, required=True)
    options = parser.parse_args()
    began = time.monotonic()
    writer = generate(options.file, options.calls, options.seed)
    size, took = options.file.stat().st_size, time.monotonic() - began
    print(f"{writer.calls:,} calls, {writer.rows:,} rows, {size / 1e6:,.0f} MB in {took:.1f} s")


def header_of(began_ns: int, factor: float = 1.0) -> Header:
    """The header of a recording that began at `began_ns`, its clocks `factor` times as long as they are made up."""
    constants = dict.fromkeys(("run_ns", "delay_ns", "wall_ns"), round(STOP_NS * factor))
    constants |= {f"user_{name}": value for name, value in constants.items()}
    constants |= {"run_spread_ns": 90, "samples": 307}
    return Header(
        command=("generated",), machine="x86_64", kernel="Linux", source="schedstat", pid=_SERVER,
        began_ns=began_ns, began_unix_ns=1_700_000_000_000_000_000,
        calibration={"shared": constants, "apart": constants},
    )  # fmt: skip


def generate(path: Path, calls: int, seed: int) -> Writer:
    """Write a recording of `calls` calls to `path`, replacing what is there."""
    writer = Writer(create(path, overwrite=True), header_of(BEGAN_NS))
    recorder = Recorder(writer, seed)
    recorder.births()
    while writer.calls < calls:
        recorder.block(calls - writer.calls)
    recorder.end()
    return writer


if __name__ == "__main__":
    main()
