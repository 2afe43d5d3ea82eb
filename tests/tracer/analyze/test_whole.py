"""A whole recording at once, in long stretches, comes to what its batches come to one by one."""

from __future__ import annotations

import gc
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.generate import generate
from tracer.analyze.tally import Tally
from tracer.analyze.whole import take_in, tally_of
from tracer.recording.reader import Recording

CALLS = 30_011


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("generated") / "whole.iotrace"
    generate(path, CALLS, seed=7)
    return path


@pytest.mark.parametrize("phase", [None, "measure"])
def test_the_report_does_not_depend_on_the_length_of_batches(file: Path, phase: str | None) -> None:
    with Recording.open(file) as recording:
        one_by_one = Tally(recording.header)
        for batch in recording.batches:
            one_by_one.add(batch)
        assert tally_of(recording).report(phase) == one_by_one.report(phase)


def test_the_rows_cut_into_short_batches_come_to_the_same(file: Path) -> None:
    with Recording.open(file) as recording:
        short = Tally(recording.header)
        for batch in recording.batches:
            for begin in range(0, batch.num_rows, 997):
                short.add(batch.slice(begin, 997))
        assert tally_of(recording).report() == short.report()


def test_a_generated_recording_is_whole_and_plausible(file: Path) -> None:
    with Recording.open(file) as recording:
        report = tally_of(recording).report()
    assert (report.totals.calls, report.ending.code, report.ending.complete) == (CALLS, 0, True)
    assert report.totals.wakeups > 100 < report.totals.wasted
    assert report.totals.copies.unknown == 0
    for thread in report.threads:
        times = thread.times
        assert times.own_ns + times.tracer_ns == pytest.approx(thread.lifetime_ns, rel=0.02)


def test_the_same_seed_gives_the_same_recording(file: Path, tmp_path: Path) -> None:
    again, other = tmp_path / "again.iotrace", tmp_path / "other.iotrace"
    generate(again, CALLS, seed=7)
    generate(other, CALLS, seed=11)
    assert again.read_bytes() == file.read_bytes() != other.read_bytes()


def test_memory_is_that_of_libc_only_meanwhile(file: Path) -> None:
    """Arrow's own allocator gives pages back between two stretches, and takes them anew."""
    before, meanwhile = pa.default_memory_pool().backend_name, set[str]()
    with Recording.open(file) as recording:
        take_in(recording, lambda _stretch: meanwhile.add(pa.default_memory_pool().backend_name))
        with pytest.raises(ZeroDivisionError):
            take_in(recording, lambda _stretch: 1 // 0)
    assert meanwhile == {"system"}
    assert pa.default_memory_pool().backend_name == before


def test_the_collector_is_on_again_afterwards(file: Path) -> None:
    with Recording.open(file) as recording:
        tally_of(recording)
    assert gc.isenabled()
