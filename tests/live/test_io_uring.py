"""io_uring seen through its rings, on the bundled workload: every byte that arrived was counted, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.live.recorded import Recorded, iotrace
from tracer.account.copies import account_copies
from tracer.decode.call import call_text
from tracer.recording.captured import Piece, captured
from tracer.syscalls.names import number_of
from tracer.syscalls.ring_entries import CQE, SQE
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, Abi, Kind

CLIENTS, MESSAGES, SIZE = 3, 23, 61


def run(folder: Path, *options: str) -> Recorded:
    """Record the workload; skips where io_uring is switched off."""
    path = folder / "recording.iotrace"
    done = iotrace(
        "record", "-o", path, "io-uring", "--clients", str(CLIENTS), "--messages", str(MESSAGES),
        "--size", str(SIZE), "--interval", "0.001", *options,
    )  # fmt: skip
    if "io_uring_setup" in done.stderr:
        pytest.skip("io_uring is switched off here")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["ok"]
    return Recorded(path, done.returncode, done.stdout.encode(), done.stderr)


@pytest.mark.parametrize("transport", ["pipe", "unix", "tcp"])
def test_every_byte_is_counted(transport: str, tmp_path: Path) -> None:
    """A completion is counted at the call that found it: mostly io_uring_enter, the last ones at what came next."""
    recorded = run(tmp_path, "--transport", transport)
    report = recorded.report()
    assert report["totals"]["payload_out"] == CLIENTS * MESSAGES * SIZE
    enters = next(row for row in report["syscalls"] if row["name"] == "io_uring_enter")
    assert (enters["payload_in"], enters["control_in"], enters["control_out"]) == (0, 0, 0)
    number = number_of(Abi.X86_64, "io_uring_enter")
    submitted = completed = 0
    for batch in recorded.open().batches:
        flat, counts = captured(batch), account_copies(batch)
        for index in np.flatnonzero(flat.kind == Kind.CALL).tolist():
            pieces = [piece.arg for piece in flat.pieces(index)]
            submitted += pieces.count(RING_SUBMISSION)
            completed += pieces.count(RING_COMPLETION)
            if flat.nr[index] == number:
                assert not counts.unknown[index]
                assert ("submitted: RE" in call_text(batch, index).line) is (RING_SUBMISSION in pieces)
    assert submitted == completed == CLIENTS * MESSAGES


def pieces_of(recorded: Recorded) -> Iterator[Piece]:
    for batch in recorded.open().batches:
        flat = captured(batch)
        for index in range(flat.rows):
            yield from flat.pieces(index)


def test_submissions_that_a_kernel_thread_takes_are_seen_too(tmp_path: Path) -> None:
    """All of them, unless kernel and program went once round the ring between two calls; then the trace says so.

    That takes a program that was not run for a while, so it must not happen in three runs out of three."""
    for attempt in range(3):
        (tmp_path / str(attempt)).mkdir()
        recorded = run(tmp_path / str(attempt), "--sqpoll")
        kept = [piece for piece in pieces_of(recorded) if piece.arg in (RING_SUBMISSION, RING_COMPLETION)]
        if not any(piece.reason for piece in kept):
            break
    else:
        pytest.fail("the ring was overwritten unseen in each of three runs")
    assert [piece.arg for piece in kept].count(RING_SUBMISSION) == CLIENTS * MESSAGES
    assert [len(piece.data) for piece in kept if piece.arg == RING_COMPLETION] == [CQE + SQE] * (CLIENTS * MESSAGES)
    assert recorded.report()["totals"]["payload_out"] == CLIENTS * MESSAGES * SIZE


def test_completions_reaped_without_a_call_are_counted_at_a_later_one(tmp_path: Path) -> None:
    """With work to do the program never waits in the kernel, and looks at the ring in its own memory."""
    recorded = run(tmp_path, "--work", "7")
    total = completed = 0
    for batch in recorded.open().batches:
        flat, counts = captured(batch), account_copies(batch)
        for index in range(flat.rows):
            kept = sum(piece.arg == RING_COMPLETION for piece in flat.pieces(index))
            if kept and flat.kind[index] == Kind.CALL:
                completed += kept
                total += int(counts.payload_out[index])
                assert not counts.unknown[index]
    assert completed == CLIENTS * MESSAGES
    assert total == CLIENTS * MESSAGES * SIZE
