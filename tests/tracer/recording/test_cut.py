"""A file that begins in the middle of a run: its rows are cut to its beginning."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tests.tracer.rows import batch, piece, row
from tracer.recording.cut import Cut
from tracer.wire import NO_ARG, Flag, Kind, Spawn

CUT = 1_000_000
INSIDE, OUTSIDE = 4243, 4259


def snapshot() -> pa.RecordBatch:
    """Two threads: one inside a read since 400,000, one between calls; both had their last row end before."""
    name = [piece(NO_ARG, 0, 0, b"prog")]
    so_far: dict[str, Any] = {
        "user_wall_ns": 600_000,
        "user_run_ns": 7_000,
        "user_delay_ns": 50,
        "user_switches": 3,
        "user_stops": 1,
    }
    return batch([
        row(Spawn.ATTACH, kind=Kind.SPAWN, tid=INSIDE, at_ns=CUT, span_ns=650_000, memory=name, **so_far),
        row("read", 3, kind=Kind.ENTERED, tid=INSIDE, at_ns=400_000, span_ns=650_000, wall_ns=600_000, run_ns=7_000,
            delay_ns=50, switches=3, stops=1, user_wall_ns=50_000, user_run_ns=40_000, user_switches=1,
            user_stops=1),
        row(Spawn.ATTACH, kind=Kind.SPAWN, tid=OUTSIDE, at_ns=CUT, span_ns=90_000, memory=name,
            user_wall_ns=80_000, user_run_ns=70_000, user_switches=1, user_stops=1),
    ])  # fmt: skip


def later(*, kind: Kind = Kind.CALL, **columns: int) -> pa.RecordBatch:
    returned = {"at_ns": 400_000, "span_ns": 950_000, "wall_ns": 900_000, "run_ns": 9_000, "delay_ns": 60,
                "switches": 4, "stops": 1, "user_wall_ns": 50_000, "user_run_ns": 40_000, "user_switches": 1,
                "user_stops": 1}  # fmt: skip
    chosen: dict[str, Any] = {**returned, **columns}
    return batch([row("read", 3, kind=kind, tid=INSIDE, **chosen)])


def only(cut: pa.RecordBatch) -> dict[str, Any]:
    (found,) = cut.to_pylist()
    assert isinstance(found, dict)
    return found


def test_the_snapshot_begins_at_the_cut() -> None:
    rows = Cut(snapshot()).snapshot.to_pylist()
    assert [each["at_ns"] for each in rows] == [CUT] * 3
    assert [each["span_ns"] for each in rows] == [0] * 3
    entered = rows[1]
    assert entered["flags"] == Flag.NO_ENTRY
    assert not any(entered[name] for name in ("wall_ns", "run_ns", "user_wall_ns", "user_run_ns", "switches"))


def test_a_call_under_way_counts_from_the_cut_on() -> None:
    cut = Cut(snapshot())
    row_ = only(cut.apply(later()))
    assert (row_["at_ns"], row_["span_ns"], row_["wall_ns"], row_["run_ns"], row_["delay_ns"]) == (
        CUT, 300_000, 300_000, 2_000, 10)  # fmt: skip
    assert (row_["user_wall_ns"], row_["user_run_ns"], row_["flags"]) == (0, 0, Flag.NO_ENTRY)


def test_of_a_thread_between_calls_only_the_user_part_is_cut() -> None:
    call = row("write", 1, tid=OUTSIDE, at_ns=1_020_000, span_ns=120_000, wall_ns=10_000, run_ns=5_000,
               user_wall_ns=100_000, user_run_ns=85_000, user_switches=2, user_stops=1)  # fmt: skip
    row_ = only(Cut(snapshot()).apply(batch([call])))
    assert (row_["at_ns"], row_["span_ns"], row_["wall_ns"], row_["run_ns"]) == (1_020_000, 30_000, 10_000, 5_000)
    assert (row_["user_wall_ns"], row_["user_run_ns"], row_["user_switches"], row_["flags"]) == (
        20_000,
        15_000,
        1,
        0,
    )


def test_only_the_first_row_of_a_thread_is_cut() -> None:
    cut = Cut(snapshot())
    cut.apply(later())
    again = later(at_ns=1_500_000)
    assert cut.apply(again).equals(again)


def test_rows_that_are_superseded_are_cut_each_time() -> None:
    cut = Cut(snapshot())
    assert only(cut.apply(later(kind=Kind.ENTERED)))["span_ns"] == 300_000
    assert only(cut.apply(later(kind=Kind.ENTERED, span_ns=1_250_000)))["span_ns"] == 600_000
    assert only(cut.apply(later(span_ns=1_350_000)))["span_ns"] == 700_000


def test_when_every_thread_has_had_its_row_batches_pass_untouched() -> None:
    cut = Cut(snapshot())
    cut.apply(later())
    assert not cut.done
    cut.apply(batch([row("write", 1, tid=OUTSIDE, at_ns=1_020_000, span_ns=120_000)]))
    assert cut.done
    passing = later()
    assert cut.apply(passing) is passing


def test_nothing_gets_below_zero_when_clocks_and_snapshot_disagree() -> None:
    row_ = only(Cut(snapshot()).apply(later(span_ns=1, wall_ns=1, run_ns=1, switches=0)))
    assert (row_["span_ns"], row_["wall_ns"], row_["run_ns"], row_["switches"]) == (0, 0, 0, 0)


def test_columns_and_memory_stay_as_they_were() -> None:
    before = later()
    after = Cut(snapshot()).apply(before)
    assert after.schema == before.schema
    for name in ("kind", "nr", "pid", "tid", "args", "result", "memory", "ip"):
        assert after.column(name).equals(before.column(name))
