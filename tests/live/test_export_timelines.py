"""Timelines and flame graphs of a real program with several threads: nothing overlaps, nothing is missing."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pyarrow.dataset
import pytest

from tests.live.recorded import Recorded, iotrace, record
from tests.tracer.export.trace_events import by_thread, check_nesting, document_of, of_category, total
from tracer.analyze.whole import tally_of
from tracer.export import folded, speedscope

THREADS, TURNS = 5, 23
PROGRAM = f"""
import os, threading
def turn(source, sink):
    for _ in range({TURNS}):
        os.write(sink, os.read(source, 7))
ends = [os.pipe() for _ in range({THREADS} + 1)]
threads = [threading.Thread(target=turn, args=(ends[n][0], ends[n + 1][1])) for n in range({THREADS})]
for thread in threads: thread.start()
for _ in range({TURNS}):
    os.write(ends[0][1], b"x" * 7)
    assert os.read(ends[-1][0], 7) == b"x" * 7
for thread in threads: thread.join()
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A message goes round through five threads, 23 times."""
    made = record([sys.executable, "-c", PROGRAM], tmp_path_factory.mktemp("timelines"))
    assert made.status == 0
    return made


def test_the_timeline_has_every_call_once_and_nothing_overlaps(recorded: Recorded) -> None:
    with recorded.open() as recording:
        document, totals = document_of(recording), tally_of(recording).report(None).totals
    check_nesting(document)
    assert len(of_category(document, "call")) == totals.calls
    assert len(by_thread(document)) == THREADS + 1
    assert document["otherData"]["host"]
    # What two clocks say of the same time may differ by some ns a call, and is cut to fit.
    assert total(document, ["user"], "between") == pytest.approx(totals.times.user_ns, rel=0.01)
    assert total(document, ["kernel"], "inside") == pytest.approx(totals.times.kernel_ns, rel=0.01)
    reads = [each for each in of_category(document, "call") if each["name"] == "read"]
    assert sum(each["args"].get("payload_out") == 7 for each in reads) == TURNS * (THREADS + 1)


def test_flame_graphs_add_up_to_the_report(recorded: Recorded) -> None:
    with recorded.open() as recording:
        lines, threads = list(folded.lines(recording)), tally_of(recording).report(None).threads
        document = json.loads(b"".join(speedscope.chunks(recording)))
    sums: Counter[tuple[int, str]] = Counter()
    for line in lines:
        stack, _, ns = line.rpartition(" ")
        frames = stack.split(";")
        sums[int(frames[1].rpartition(" ")[2]), frames[-1]] += int(ns)
    for thread in threads:
        for state in ("user", "kernel", "blocked", "runnable"):
            assert sums[thread.tid, state] == getattr(thread.times, f"{state}_ns"), (thread.tid, state)
    assert len(document["profiles"]) == THREADS + 1
    assert sum(sum(each["weights"]) for each in document["profiles"]) == sum(sums.values())


def test_a_table_says_where_each_row_was_recorded(recorded: Recorded, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    words = ("--to", "parquet", "--partition", "host,date", "-o", folder)
    assert iotrace("export", recorded.path, *words).returncode == 0
    table = pyarrow.dataset.dataset(str(folder), partitioning="hive").to_table()
    with recorded.open() as recording:
        assert set(table.column("host").to_pylist()) == {recording.header.host}
        calls = tally_of(recording).report(None).totals.calls
    assert Counter(table.column("event").to_pylist())["call"] == calls
