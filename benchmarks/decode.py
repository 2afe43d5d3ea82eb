"""How many rows a second are accounted, summed and turned into text, in CPU time. Prints; asserts nothing.

python -m benchmarks.decode [RECORDING ...]

Without recordings it makes its own, of a spinning reader, a walk over files, a compiler, an epoll server and an
io_uring program, and a generated one. What one of these needs that is not installed is left out.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from benchmarks.arguments import parser
from benchmarks.generate import generate
from tracer.account.calibration import Calibration
from tracer.account.copies import account_copies
from tracer.account.times import account_times
from tracer.analyze.whole import tally_of
from tracer.decode.call import row_text
from tracer.decode.sentence import row_sentence
from tracer.export import json_lines, strace
from tracer.recording.captured import captured
from tracer.recording.reader import Recording
from tracer.recording.stretches import stretches
from tracer.wire import RING_COMPLETION, RING_SUBMISSION

_FIO: Final = (
    "fio --name=job --filename={scratch} --size=16M --rw=randrw --bs=4k --ioengine=io_uring --iodepth=16 "
    "--number_ios=12000 --output=/dev/null"
)
SAMPLES: Final = {
    "spin": "nonblocking --messages 20",
    "files": "-- find /usr/share -name *.none",
    "compiler": "-- gcc -x c -c -o /dev/null {source}",
    "epoll": "epoll --transport tcp --clients 50 --messages 2000 --interval 0",
    "io_uring": f"-- {_FIO}",
}
"""By name what `iotrace record` is told to record."""
_TIMES: Final = 3
"""Repetitions; the quickest counts, because others use the machine as well."""
_GENERATED: Final = 500_000


def times(recording: Recording) -> int:
    calibration = Calibration.from_json(recording.header.calibration)
    for stretch in stretches(recording.batches):
        account_times(stretch, calibration)
    return recording.rows


def copies(recording: Recording) -> int:
    for stretch in stretches(recording.batches):
        account_copies(stretch)
    return recording.rows


def tally(recording: Recording) -> int:
    tally_of(recording)
    return recording.rows


def texts(recording: Recording) -> int:
    for batch in recording.batches:
        flat = captured(batch)
        for index in range(flat.rows):
            row_text(flat.row(index))
    return recording.rows


def ring_texts(recording: Recording) -> int:
    """Only rows that submit to an io_uring or find something complete there."""
    rows = 0
    for batch in recording.batches:
        flat = captured(batch)
        if not ((flat.arg == RING_SUBMISSION) | (flat.arg == RING_COMPLETION)).any():
            continue
        for index in range(flat.rows):
            first, last = flat.first[index : index + 2].tolist()
            if {RING_SUBMISSION, RING_COMPLETION}.intersection(flat.arg[first:last].tolist()):
                row_text(flat.row(index))
                rows += 1
    return rows


def sentences(recording: Recording) -> int:
    for batch in recording.batches:
        flat = captured(batch)
        for index in range(flat.rows):
            row_sentence(flat.row(index))
    return recording.rows


def written(lines: Callable[[Recording], Iterator[str]]) -> Callable[[Recording], int]:
    def run(recording: Recording) -> int:
        deque(lines(recording), maxlen=0)
        return recording.rows

    return run


PARTS: Final[dict[str, Callable[[Recording], int]]] = {
    "times": times,
    "copies": copies,
    "tally": tally,
    "text": texts,
    "ring text": ring_texts,
    "sentence": sentences,
    "strace": written(strace.lines),
    "jsonl": written(json_lines.lines),
}


def rates(path: Path) -> list[str]:
    """Rows a second of every part, as text; empty where the recording has no such rows."""
    found = []
    with Recording.open(path) as recording:
        for run in PARTS.values():
            best, rows = float("inf"), 0
            for _ in range(_TIMES):
                began = time.process_time()
                rows = run(recording)
                best = min(best, time.process_time() - began)
            found.append(f"{rows / best:,.0f}" if rows else "")
        return [f"{recording.rows:,}", *found]


def samples(folder: Path) -> Iterator[Path]:
    """Records the samples into `folder`, one after the other, and makes the generated recording."""
    source = folder / "hello.c"
    source.write_text('#include <stdio.h>\n#include <netdb.h>\nint main(void) { return puts("hello") < 0; }\n')
    for name, words in SAMPLES.items():
        command = words.format(source=source, scratch=folder / "scratch").split()
        if command[0] == "--" and shutil.which(command[1]) is None:
            continue
        path = folder / f"{name}.iotrace"
        subprocess.run(
            [sys.executable, "-m", "iotrace.main", "record", "-o", str(path), *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        yield path
    generate(folder / "generated.iotrace", _GENERATED, seed=23)
    yield folder / "generated.iotrace"


def report(paths: Iterator[Path]) -> None:
    """A line a recording."""
    print(f"{'rows/s':<14}{'rows':>12}" + "".join(f"{part:>12}" for part in PARTS))
    for path in paths:
        print(f"{path.stem:<14}" + "".join(f"{rate:>12}" for rate in rates(path)), flush=True)


def main() -> None:
    """The recordings named, or fresh ones."""
    words = parser(__doc__)
    words.add_argument("files", nargs="*", type=Path, metavar="FILE")
    options = words.parse_args()
    if missing := [str(path) for path in options.files if not path.is_file()]:
        words.error(f"there is no {', '.join(missing)}")
    if options.files:
        report(iter(options.files))
        return
    with tempfile.TemporaryDirectory(prefix="iotrace-benchmark-") as folder:
        report(samples(Path(folder)))


if __name__ == "__main__":
    main()
