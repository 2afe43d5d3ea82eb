"""The source: from the rows of a recording to the lines, totals and details on screen."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.tui.batches import BEGAN, EXIT_GROUP, PID, batch, event, inside, read, writer
from tracer.analyze.descriptors.fd_story import Use
from tracer.analyze.results import Times
from tracer.recording.errors import MissingRecording, NotARecording
from tracer.recording.stretches import groups
from tracer.wire import End, Flag, Kind, When
from tui.snapshot import RowKind, Snapshot
from tui.source import RecordingSource

AGAIN = -errno.EAGAIN
CLOCKS = {"wall_ns": 9_001, "run_ns": 4_001, "user_run_ns": 2_003, "span_ns": 12_007, "switches": 3}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the recording goes."""
    return tmp_path / "run.iotrace"


def polled(source: RecordingSource) -> Snapshot:
    """How things stand when all there is has been read; there must be a recording."""
    snapshot = source.poll()
    while snapshot is not None and snapshot.loading is not None:
        snapshot = source.poll()
    assert snapshot is not None
    return snapshot


def finished(path: Path, *rows: dict[str, object], per_batch: int = 3) -> RecordingSource:
    """A finished recording with these rows."""
    recording = writer(path)
    for first in range(0, len(rows), per_batch):
        recording.write(batch(rows[first : first + per_batch]))
    recording.end(End.EXITED, 0, "the program exited")
    return RecordingSource(path)


def test_every_row_is_a_line_with_its_times_and_copies(path: Path) -> None:
    """Corrected times (here without calibration: raw), copies by direction, time since the start."""
    source = finished(path, *(read(1_000 * number, 64, **CLOCKS) for number in range(7)))
    snapshot = polled(source)
    lines = source.rows(snapshot, 0, snapshot.rows)
    assert [line.since_start_ns for line in lines[:7]] == [1_000 * number for number in range(7)]
    assert {line.times for line in lines[:7]} == {Times(2_003, 4_001, 5_000, 0, 1_003)}
    assert {(line.name, line.bytes_in, line.bytes_out, line.kind) for line in lines[:7]} == {
        ("read", 0, 64, RowKind.CALL)
    }
    assert lines[7].kind is RowKind.EVENT
    assert snapshot.rows == 8


def test_results_decide_the_kind_of_a_line(path: Path) -> None:
    """Wasted, failed, interrupted (ERESTARTSYS, -512), and the near misses -511 and -517 that are failures."""
    source = finished(path, *(read(n, result) for n, result in enumerate((3, AGAIN, -9, -512, -516, -511, -517))))
    lines = source.rows(polled(source), 0, 7)
    assert [line.kind for line in lines] == [
        RowKind.CALL,
        RowKind.WASTED,
        RowKind.FAILED,
        RowKind.INTERRUPTED,
        RowKind.INTERRUPTED,
        RowKind.FAILED,
        RowKind.FAILED,
    ]
    assert [line.result for line in lines[1:3]] == ["EAGAIN", "EBADF"]


def test_totals_are_those_of_the_tally(path: Path) -> None:
    """Exactly."""
    source = finished(path, *(read(n, 64 if n % 7 == 0 else AGAIN) for n in range(101)))
    totals = polled(source).report.totals
    assert (totals.calls, totals.wasted, totals.copies.payload_out) == (101, 86, 64 * 15)


def test_a_growing_recording_shows_a_call_its_thread_is_inside(path: Path) -> None:
    """Last of all, for as long as it lasts; when it returns it is one line, not two."""
    recording = writer(path)
    recording.write(batch([read(1_000, 64), inside(2_000), read(3_000, 64, tid=PID + 1)]))
    source = RecordingSource(path, growing=lambda: True)
    before = polled(source)
    line = source.rows(before, before.rows - 1, before.rows)[0]
    assert (before.live, before.rows) == (True, 3)
    assert (line.kind, line.since_start_ns, line.tid) == (RowKind.RUNNING, 2_000, PID)
    assert line.inside_ns == before.now_ns - BEGAN - 2_000

    recording.write(batch([read(2_000, 64)]))
    after = polled(source)
    kinds = [line.kind for line in source.rows(after, 0, after.rows)]
    assert kinds == [RowKind.CALL] * 3
    assert source.rows(before, 0, 2) == source.rows(after, 0, 2)
    recording.end(End.EXITED, 0, "the program exited")


def test_a_call_that_never_returned_says_so_when_all_is_over(path: Path) -> None:
    """exit_group, and a call cut off when the recorder was killed."""
    final = inside(5_000, nr=EXIT_GROUP, flags=Flag.FINAL)
    source = finished(path, read(1_000, 64), final, event(Kind.EXIT, 6_000), inside(3_000, PID + 1))
    snapshot = polled(source)
    lines = source.rows(snapshot, 0, snapshot.rows)
    unfinished = [line.name for line in lines if line.kind is RowKind.UNFINISHED]
    assert unfinished == ["exit_group", "read"]
    assert [line.result for line in lines if line.kind is RowKind.UNFINISHED] == ["", ""]


def test_a_recording_without_an_end_is_incomplete(path: Path) -> None:
    """Up to its last whole batch; when nobody writes it any more it is not live."""
    recording = writer(path)
    recording.write(batch([read(n, 64) for n in range(17)]))
    snapshot = polled(RecordingSource(path))
    assert (snapshot.live, snapshot.rows, snapshot.report.ending.complete) == (False, 17, False)
    recording.abandon()


def test_there_is_nothing_before_the_recorder_has_begun(path: Path) -> None:
    """The file may be missing or empty for a moment; then it is a recording."""
    source = RecordingSource(path, growing=lambda: True)
    assert source.poll() is None
    path.touch()
    assert source.poll() is None
    path.unlink()
    recording = writer(path)
    recording.write(batch([read(1, 64)]))
    assert polled(source).rows == 1
    recording.abandon()


def test_nobody_writes_and_there_is_no_recording(path: Path) -> None:
    """An error, in the reader's words."""
    with pytest.raises(MissingRecording):
        RecordingSource(path).poll()
    path.write_bytes(b"not a recording" * 101)
    with pytest.raises(NotARecording):
        RecordingSource(path).poll()


def test_a_long_recording_is_read_in_slices(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look takes in a part and says how far it got; lines already there can be drawn."""
    source = finished(path, *(read(n, 64) for n in range(11)), per_batch=1)
    monkeypatch.setattr("tui.intake.groups", lambda batches: groups(batches, rows=4))
    monkeypatch.setattr("tui.intake.SLICE", 0.0)
    first = source.poll()
    assert first is not None
    assert first.loading == pytest.approx(4 / 12)
    assert [line.index for line in source.rows(first, 0, 99)] == [0, 1, 2, 3]
    monkeypatch.setattr("tui.intake.SLICE", 60.0)
    rest = source.poll()
    assert rest is not None
    assert (rest.loading, rest.rows) == (None, 12)


def test_the_beginning_of_a_long_recording_is_shown_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything else is read, however much time there is."""
    monkeypatch.setattr("tui.intake.LONG", 10)
    monkeypatch.setattr("tui.intake.SLICE", 60.0)
    monkeypatch.setattr("tui.intake.groups", lambda batches, rows=7: groups(batches, rows=min(rows, 7)))
    source = finished(path, *(read(n, 64) for n in range(11)), per_batch=1)
    first = source.poll()
    assert first is not None
    assert first.loading == pytest.approx(7 / 12)
    assert first.rows == 7
    assert polled(source).rows == 12


def test_totals_that_cost_much_are_not_made_at_every_look(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a growing recording; lines come at once, the last totals are complete."""
    now = 0.0
    monkeypatch.setattr("tui.reporting.time.monotonic", lambda: now)
    recording, grows = writer(path), True
    recording.write(batch([read(1_000, 64)]))
    source = RecordingSource(path, lambda: grows)
    assert polled(source).report.totals.calls == 1
    monkeypatch.setattr(source._opened[2], "_due", 1.0)  # type: ignore[index]
    recording.write(batch([read(2_000, 64)]))
    later = polled(source)
    assert (later.rows, later.report.totals.calls) == (2, 1)
    now = 1.0
    assert polled(source).report.totals.calls == 2
    recording.write(batch([read(3_000, 64)]))
    now, grows = 0.0, False
    assert polled(source).report.totals.calls == 3
    recording.abandon()


def test_the_measured_phase_is_shown_unless_the_whole_run_is_asked_for(path: Path) -> None:
    """By default what the workload marked."""
    begin, end = (
        event(
            Kind.MARK,
            at,
            memory=[{"arg": 255, "when": When.ENTRY, "reason": 0, "address": 0, "bytes": text}],
        )
        for at, text in ((10, b"begin measure"), (20, b"end measure"))
    )
    before, within = [read(n, 64) for n in range(3)], [read(11 + n, AGAIN) for n in range(7)]
    source = finished(path, *before, begin, *within, end, per_batch=5)
    assert (polled(source).report.phase, polled(source).report.totals.calls) == ("measure", 7)
    source.whole_run = True
    assert (polled(source).report.phase, polled(source).report.totals.calls) == (None, 10)


def test_details_have_the_raw_clocks_the_transfers_and_the_memory(path: Path) -> None:
    """As recorded; memory that is missing has its reason."""
    there = {"arg": 1, "when": When.EXIT, "reason": 0, "address": 0x7FFE_1230, "bytes": b"hello"}
    gone = {"arg": 1, "when": When.EXIT, "reason": errno.EFAULT, "address": 0x7FFE_1235, "bytes": b""}
    source = finished(path, read(0, 5, memory=[there, gone], **CLOCKS), read(9, AGAIN))
    snapshot = polled(source)
    details = source.details(snapshot, 0)
    assert dict(details.raw)["wall_ns"] == 9_001
    assert [node.name for node in details.tree] == ["fd", "buf", "count"]
    assert [piece.name for piece in details.pieces] == ["buf", "buf"]
    assert details.sentence == "asks descriptor 3 for up to 64 bytes; gets 5"
    assert details.story is not None
    assert (details.story.fd, details.story.previous, details.story.next) == (3, None, Use(1, BEGAN + 9, "read"))
    assert [(copied.direction, copied.kind, copied.size) for copied in details.copied] == [("out", "payload", 5)]
    assert [(piece.content, piece.missing) for piece in details.pieces] == [(b"hello", None), (b"", "EFAULT")]
    assert source.details(snapshot, 1).result == "-1 EAGAIN (Resource temporarily unavailable)"
    assert source.details(snapshot, 1).copied == ()


def test_many_batches_are_reached_from_anywhere(path: Path) -> None:
    """More than are kept accounted; the same line is the same again."""
    source = finished(path, *(read(n, n % 61) for n in range(307)), per_batch=3)
    snapshot = polled(source)
    once = source.rows(snapshot, 0, 307)
    assert [line.bytes_out for line in once] == [n % 61 for n in range(307)]
    assert [source.rows(snapshot, n, n + 1)[0] for n in (305, 2, 150, 0)] == [once[n] for n in (305, 2, 150, 0)]
