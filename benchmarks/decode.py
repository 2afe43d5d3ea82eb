"""How fast recorded rows are accounted, followed and decoded: `python -m benchmarks.decode [FILE]`.

Without a file, batches are made up of the calls of typical programs, as capture would have recorded them. Printed,
never asserted: accounting of copies and times should reach a million calls a second on one core, following
descriptors and adding up as well, and decoding for the screen 50,000 rows a second.
"""

from __future__ import annotations

import struct
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from tests.tracer.analyze.runs import HEADER
from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, completed, piece, row, submission, submitted
from tracer.account.calibration import Calibration
from tracer.account.copies import account_copies
from tracer.account.times import account_times
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import columns_of
from tracer.analyze.descriptors import Descriptors
from tracer.analyze.tally import Tally
from tracer.decode.call import call_text
from tracer.recording.captured import _recent
from tracer.recording.reader import Recording

ROWS = 4096
"""Of a batch, as the recorder writes them."""
SECONDS = 0.5
BUF, TEXT = 0x1000, 0x2000


def _path(name: str, *args: int, result: int = 0) -> TestRow:
    return row(name, *args, result=result, memory=[piece(args.index(TEXT), ENTRY, TEXT, b"/etc/passwd\0")])


def _read(fd: int, result: int) -> TestRow:
    memory = [piece(1, EXIT, BUF, bytes(64))] if result > 0 else []
    return row("read", fd, BUF, 4096, result=result, memory=memory)


def _spin() -> list[TestRow]:
    """A loop over descriptors that have nothing."""
    return [row("read", fd, BUF, 64, result=-11) for fd in (3, 4, 5, 6, 7)]


def _server() -> list[TestRow]:
    """An event loop: wait, read, write."""
    event = piece(1, EXIT, BUF, struct.pack("<IQ", 1, 7))
    return [
        row("epoll_wait", 3, BUF, 64, 1000, result=1, memory=[event]), _read(7, 61),
        row("sendto", 7, BUF, 64, 0, 0, 0, result=61, memory=[piece(1, ENTRY, BUF, bytes(61))]),
    ]  # fmt: skip


def _files() -> list[TestRow]:
    """A tool that looks at many files: two calls of five change the descriptor table."""
    stat = piece(1, EXIT, BUF, bytes(144))
    return [
        _path("openat", -100, TEXT, 0, result=3), row("fstat", 3, BUF, memory=[stat]), _read(3, 4096), _read(3, 0),
        row("close", 3),
    ]  # fmt: skip


def _vectors() -> list[TestRow]:
    """Vectors and messages."""
    array = b"".join(struct.pack("<QQ", BUF + 4096 * place, 40) for place in range(3))
    header = struct.pack("<QIxxxxQQQQIxxxx", 0, 0, TEXT, 3, 0, 0, 0)
    return [
        row("readv", 3, TEXT, 3, result=100, memory=[piece(1, ENTRY, TEXT, array)]),
        row("recvmsg", 4, BUF, 0, result=61, memory=[
            piece(1, ENTRY, BUF, header), piece(1, ENTRY, TEXT, array), piece(1, EXIT, BUF, header)
        ]),
    ]  # fmt: skip


def _rings() -> list[TestRow]:
    """io_uring with three reads a call."""
    reads = [submission("READ", fd, len=64) for fd in (4, 5, 6)]
    memory = [*map(submitted, reads), *(completed(64, each) for each in reads)]
    return [row("io_uring_enter", 7, 3, 1, 1, 0, 0, result=3, memory=memory)]


PROGRAMS: dict[str, Callable[[], list[TestRow]]] = {
    "spin": _spin, "server": _server, "files": _files, "vectors": _vectors, "rings": _rings,
}  # fmt: skip


def made(rows: list[TestRow]) -> pa.RecordBatch:
    """A batch of `ROWS` rows that repeats `rows`."""
    return batch((rows * (ROWS // len(rows) + 1))[:ROWS])


def per_second(work: Callable[[pa.RecordBatch], object], batches: Sequence[pa.RecordBatch]) -> float:
    """Rows a second `work` gets through, repeating the batches for a while."""
    rows, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        for each in batches:
            _recent.clear()
            work(each)
            rows += each.num_rows
    return rows / (time.perf_counter() - began)


def measured(batches: Sequence[pa.RecordBatch]) -> dict[str, float]:
    """Rows a second of every step."""
    codes, calibration = CallCodes(), Calibration()
    accounted = {id(each): columns_of(each, calibration, codes) for each in batches}
    descriptors, tally = Descriptors(), Tally(HEADER)
    return {
        "copies": per_second(account_copies, batches),
        "times": per_second(lambda each: account_times(each, calibration), batches),
        "descriptors": per_second(lambda each: descriptors.of(accounted[id(each)], codes), batches),
        "tally": per_second(tally.add, batches),
        "decode": per_second(lambda each: [call_text(each, index) for index in range(500)], batches)
        * 500 * len(batches) / sum(each.num_rows for each in batches),
    }  # fmt: skip


def main() -> None:
    """Print one line a program, or one for the recording named on the command line."""
    subjects = {name: [made(rows())] for name, rows in PROGRAMS.items()}
    if len(sys.argv) > 1:
        subjects = {
            Path(sys.argv[1]).name: [b for b in Recording.open(Path(sys.argv[1])).batches if b.num_rows >= 500]
        }
    steps = ("copies", "times", "descriptors", "tally", "decode")
    print(f"{'rows/s':<16}" + "".join(f"{step:>14}" for step in steps))
    for name, batches in subjects.items():
        speeds = measured(batches)
        print(f"{name:<16}" + "".join(f"{speeds[step]:>14,.0f}" for step in steps))


if __name__ == "__main__":
    main()
