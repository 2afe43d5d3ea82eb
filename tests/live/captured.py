"""Run the capture process on a real program and read its wire records, without recorder or recording."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.live.bpf import bpf_refused
from tracer.syscalls.names import name_of
from tracer.wire import (
    FRAME,
    FRAME_COLUMNS,
    FRAME_JSON,
    ITEM,
    ITEM_FIELDS,
    NO_ARG,
    RECORD,
    RECORD_FIELDS,
    Kind,
    padding,
    sections,
)  # fmt: skip

TIMEOUT = 60
BACKEND = os.environ.get("IOTRACE_TEST_BACKEND", "ptrace")
"""The same tests for either way of capturing; CI runs those that make sense a second time."""

if BACKEND == "ebpf" and (why_not := bpf_refused()):
    pytest.skip(f"no BPF here: {why_not}", allow_module_level=True)

only_ptrace = pytest.mark.skipif(BACKEND == "ebpf", reason="BPF programs do not see this (docs/backends/ebpf.md)")


def skip_beyond_bpf(case: str) -> None:
    """Leave out what BPF programs do not follow: rings, arrays of requests or messages, descriptor tables."""
    if BACKEND == "ebpf" and any(word in case for word in ("io_uring",)):
        pytest.skip("BPF programs do not follow so many pointers (docs/backends/ebpf.md)")


class Row(NamedTuple):
    """One wire record, with the texts of its pieces that belong to no argument."""

    kind: Kind
    abi: int
    placement: int
    flags: int
    nr: int
    pid: int
    tid: int
    at_ns: int
    span_ns: int
    args: tuple[int, ...]
    result: int
    clocks: tuple[int, ...]
    """wall, run, delay, then the same of the user part."""
    switches: tuple[int, int]
    stops: tuple[int, int]
    texts: tuple[bytes, ...]

    @property
    def name(self) -> str:
        return name_of(self.abi, self.nr)


@dataclass
class Captured:
    """What a capture sent, and how program and capture ended."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    reasons: Counter[int] = field(default_factory=Counter)
    """Why pieces of memory are missing."""
    output: bytes = b""
    errors: bytes = b""
    returncode: int | None = None

    @property
    def hello(self) -> dict[str, Any]:
        return next(document["hello"] for document in self.documents if "hello" in document)

    @property
    def end(self) -> dict[str, Any]:
        return next(document["end"] for document in self.documents if "end" in document)

    def of_kind(self, kind: Kind) -> list[Row]:
        return [row for row in self.rows if row.kind is kind]

    def counts(self) -> Counter[str]:
        """Returned calls by name."""
        return Counter(row.name for row in self.of_kind(Kind.CALL))


def capture(command: Sequence[str | Path], *options: str) -> Captured:
    """Trace `command` to its end; the test fails when that takes over a minute."""
    path = shutil.which(str(command[0]))
    assert path is not None, f"{command[0]} is not installed"
    reader, wire = os.pipe()
    control, ours = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tracer.capture", "--wire", str(wire), "--control", str(control),
         "--backend", BACKEND, *options, "--", path, *map(str, command)],
        pass_fds=(wire, control), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(wire)
    os.close(control)
    captured = Captured()
    try:
        with open(reader, "rb") as pipe:
            while header := pipe.read(FRAME.size):
                _frame(header, pipe.read, captured)
        captured.output, captured.errors = process.communicate(timeout=TIMEOUT)
    finally:
        os.close(ours)
        process.kill()
        process.wait()
    captured.returncode = process.returncode
    return captured


def _frame(header: bytes, read: Any, captured: Captured) -> None:
    kind, records, items, length = FRAME.unpack(header)
    if kind == FRAME_JSON:
        captured.documents.append(json.loads(read(length)))
        return
    if kind == FRAME_COLUMNS:
        packed, described, memory = _from_columns(records, items, length, read)
    else:
        packed, described, memory = read(records * RECORD.size), read(items * ITEM.size), read(length)
    pieces = ITEM.iter_unpack(described)
    start = 0
    for record in RECORD.iter_unpack(packed):
        texts = []
        for _ in range(record[8]):
            arg, _, reason, size, _ = next(pieces)
            if reason:
                captured.reasons[reason] += 1
            if arg == NO_ARG and not reason:
                texts.append(memory[start : start + size])
            start += size
        captured.rows.append(_row(record, tuple(texts)))
    assert start == len(memory)


def _from_columns(rows: int, pieces: int, size: int, read: Any) -> tuple[bytes, bytes, bytes]:
    """A frame of columns (`tracer.wire.sections`) as the three sections of a frame of records."""
    parts = {}
    for name, length in sections(rows, pieces, size):
        parts[name] = read(length)
        read(padding(length))
    records, items = np.zeros(rows, np.dtype(list(RECORD_FIELDS))), np.zeros(pieces, np.dtype(list(ITEM_FIELDS)))
    counts, lengths = (np.diff(np.frombuffer(parts[name], np.int32)) for name in ("first", "start"))
    for table, ends, total in ((records, "items", counts), (items, "length", lengths)):
        for name in table.dtype.names or ():
            form = table.dtype[name]
            table[name] = total if name == ends else np.frombuffer(parts[name], form.base).reshape(-1, *form.shape)
    return records.tobytes(), items.tobytes(), parts["memory"]


def _row(record: tuple[int, ...], texts: tuple[bytes, ...]) -> Row:
    return Row(
        kind=Kind(record[0]), abi=record[1], placement=record[2], flags=record[4], nr=record[5], pid=record[6],
        tid=record[7], at_ns=record[9], span_ns=record[10], args=record[11:17], result=record[17],
        clocks=record[18:24], switches=(record[25], record[26]), stops=(record[27], record[28]), texts=texts,
    )  # fmt: skip


def compile_c(source: str, folder: Path, *flags: str) -> Path:
    """Compile a C program with the system's compiler."""
    program = folder / "program"
    (folder / "program.c").write_text(source)
    subprocess.run(
        ["cc", "-O1", "-o", program, folder / "program.c", *flags], check=True, timeout=TIMEOUT,
        capture_output=True,
    )  # fmt: skip
    return program
