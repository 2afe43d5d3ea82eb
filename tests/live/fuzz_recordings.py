"""Damages recordings and looks at them in every way: `python -m tests.live.fuzz_recordings FIRST COUNT [BASE...]`.

Prints each seed before its turn, so that whoever started it knows which one ended the process. A seed makes always
the same damage. Damage of two kinds: of the file's bytes, and of values in columns that then are written as a
proper file, which no check of the format can find.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import random
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from iotrace import main
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording
from tui.source import RecordingSource

RECORDINGS: Final = Path(__file__).parent.parent / "recordings"
MEMORY: Final = 2 << 30
SECONDS: Final = 120
_ROWS: Final = 150
_NUMBERS: Final = (0, 1, 2, 7, 8, 255, 4096, 1 << 15, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, (1 << 63) - 1, 1 << 63,
                   (1 << 64) - 1, (1 << 64) - 14, (1 << 64) - 516, 231, 232, 0x7FFF_0000_1000)  # fmt: skip
_LOOKS: Final = (
    ("report", "--json"), ("report",), ("report", "--by", "fd"), ("report", "--by", "thread"),
    ("export", "--to", "strace"), ("export", "--to", "jsonl"), ("export", "--to", "csv"),
    ("export", "--to", "parquet", "-o", "{out}"), ("export", "--to", "perfetto"), ("export", "--to", "speedscope"),
    ("export", "--to", "folded"), ("report", "--html", "{out}", "--force"), ("compare", "{file}", "{file}"),
    ("compare", "--json", "{file}", "{file}"), ("check", "{file}", "--max", "wasted=0"),
)  # fmt: skip


def small(path: Path) -> tuple[dict[bytes, bytes], list[pa.RecordBatch]]:
    """The first rows of every batch of a recording, and its schema's metadata."""
    with Recording.open(path) as recording, path.open("rb") as file:
        batches = [
            pa.RecordBatch.from_pylist(b.slice(0, _ROWS).to_pylist(), b.schema) for b in recording.batches[:2]
        ]
        batches.append(
            pa.RecordBatch.from_pylist(recording.batches[-1].slice(-3 % 3).to_pylist()[-40:], batches[0].schema)
        )
        return pa.ipc.open_stream(file).schema.metadata, batches


def written(metadata: dict[bytes, bytes], batches: list[pa.RecordBatch]) -> bytes:
    """As a file."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batches[0].schema.with_metadata(metadata)) as stream:
        for batch in batches:
            stream.write_batch(batch)
    return sink.getvalue()


def bytes_damaged(data: bytes, chance: random.Random) -> bytes:
    """A few bytes flipped, overwritten, cut, doubled or put in."""
    content = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(content) or 1)
        size = chance.choice((1, 2, 8, 64, 1000))
        match chance.randrange(6):
            case 0 if content:
                content[at : at + 1] = bytes([content[at] ^ 1 << chance.randrange(8)])
            case 1:
                content[at : at + 8] = chance.choice(_NUMBERS).to_bytes(8, "little")
            case 2 if chance.random() < 0.3:
                del content[at:]
            case 3:
                del content[at : at + size]
            case 4:
                content[at:at] = content[at : at + size]
            case 5:
                content[at : at + size] = chance.randbytes(size)
    return bytes(content)


def values_damaged(batches: list[pa.RecordBatch], chance: random.Random) -> list[pa.RecordBatch]:
    """Numbers and pieces of memory replaced, rows moved; every batch is as valid as before."""
    rows = [batch.to_pylist() for batch in batches]
    for _ in range(chance.choice((1, 3, 20, 100))):
        some = chance.choice([each for each in rows if each])
        row = chance.choice(some)
        match chance.randrange(5):
            case 0:
                name = chance.choice([key for key, value in row.items() if isinstance(value, int)])
                row[name] = _fitting(batches[0].schema.field(name).type, chance)
            case 1:
                row["args"][chance.randrange(6)] = chance.choice(_NUMBERS)
            case 2 if row["memory"]:
                piece = chance.choice(row["memory"])
                piece["bytes"] = _other_bytes(piece["bytes"] or b"", chance)
            case 3 if row["memory"]:
                piece = chance.choice(row["memory"])
                name = chance.choice([key for key in piece if key != "bytes"])
                kind = batches[0].schema.field("memory").type.value_type.field(name).type
                piece[name] = _fitting(kind, chance)
            case 4:
                some.insert(chance.randrange(len(some)), dict(chance.choice(chance.choice([r for r in rows if r]))))
    return [pa.RecordBatch.from_pylist(each, batches[0].schema) for each in rows]


def _fitting(kind: pa.DataType, chance: random.Random) -> int:
    value = chance.choice((*_NUMBERS, chance.getrandbits(64), chance.randrange(12)))
    limits = np.iinfo(kind.to_pandas_dtype())
    return int(value % (int(limits.max) - int(limits.min) + 1) + int(limits.min) if value > limits.max else value)


def _other_bytes(data: bytes, chance: random.Random) -> bytes:
    match chance.randrange(4):
        case 0:
            return chance.randbytes(chance.choice((0, 1, 7, 63, 64, 70_000)))
        case 1:
            return data[: chance.randrange(len(data) + 1)]
        case 2:
            return data[:4096] * chance.choice((2, 9, 300))
    return bytes_damaged(data, chance) if data else b"\x1b]0;x\x07"


def view(path: Path, chance: random.Random) -> None:
    """What the screen asks of a recording."""
    source = RecordingSource(path)
    try:
        snapshot = source.poll()
    except RecordingError:
        return
    assert snapshot is not None
    source.rows(snapshot, 0, 40)
    source.rows(snapshot, max(0, snapshot.rows - 40), snapshot.rows)
    for _ in range(20 if snapshot.rows else 0):
        source.details(snapshot, chance.randrange(snapshot.rows))
    source.line_sums(snapshot, lambda: False)
    source.figure(None, lambda: False, lambda _: None)


def look(path: Path, chance: random.Random) -> None:
    """Look at a recording in two ways. Raises AssertionError when that goes wrong."""
    out = path.with_suffix(".out")
    for words in chance.sample(_LOOKS, 2):
        given = [word.format(out=out, file=path) for word in words]
        if "{file}" not in words:
            given.insert(1, str(path))
        status, errors = _silently(lambda given=given: main.run(given))  # type: ignore[misc]
        assert status in (0, 1, 2, 125), (given, status)
        assert "an unexpected error" not in errors, (given, errors)
        assert "Traceback" not in errors, (given, errors)
    if chance.random() < 0.5:
        view(path, chance)


def _silently(run: Callable[[], int]) -> tuple[int, str]:
    errors = io.StringIO()
    sink = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="replace")
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(errors):
        return run(), errors.getvalue()


def damaged(seed: int, bases: list[Any]) -> bytes:
    """The file that a seed makes."""
    chance = random.Random(seed)
    metadata, batches = chance.choice(bases)
    data = written(metadata, values_damaged(batches, chance) if chance.random() < 0.6 else batches)
    return bytes_damaged(data, chance) if chance.random() < 0.5 else data


def damage_and_look(first: int, count: int, bases: list[Path]) -> None:
    """The seeds `first` to `first + count`, each announced on stdout."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    os.environ["IOTRACE_DEBUG"] = "1"
    known = [small(each) for each in bases]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.iotrace"
        for seed in range(first, first + count):
            print(seed, flush=True)
            path.write_bytes(damaged(seed, known))
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            look(path, random.Random(seed))
            faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    begin, number, *paths = sys.argv[1:]
    damage_and_look(int(begin), int(number), [Path(path) for path in paths] or sorted(RECORDINGS.glob("*.iotrace")))
