"""How many rows a second are turned into text, sentences and export lines. In CPU time. Prints; asserts nothing.

python -m benchmarks.decode RECORDING
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator

from tracer.account.copies import account_copies
from tracer.decode.call import row_text
from tracer.decode.sentence import row_sentence
from tracer.export import json_lines, strace
from tracer.recording.captured import captured
from tracer.recording.reader import Recording


def texts(recording: Recording) -> None:
    for batch in recording.batches:
        flat = captured(batch)
        for index in range(flat.rows):
            row_text(flat.row(index))


def sentences(recording: Recording) -> None:
    for batch in recording.batches:
        flat = captured(batch)
        for index in range(flat.rows):
            row_sentence(flat.row(index))


def copies(recording: Recording) -> None:
    for batch in recording.batches:
        account_copies(batch)


def written(lines: Callable[[Recording], Iterator[str]]) -> Callable[[Recording], None]:
    def run(recording: Recording) -> None:
        deque(lines(recording), maxlen=0)

    return run


def main() -> None:
    """Each of them over the whole recording, once to warm up."""
    with Recording.open(sys.argv[1]) as recording:
        parts = {
            "decoded as text": texts,
            "decoded as sentences": sentences,
            "copies accounted": copies,
            "exported as strace": written(strace.lines),
            "exported as jsonl": written(json_lines.lines),
        }
        for name, run in parts.items():
            run(recording)
            began = time.process_time()
            run(recording)
            print(f"{name:<22} {recording.rows / (time.process_time() - began):>12,.0f} rows/s")


if __name__ == "__main__":
    main()
