"""Recordings made of rows that a test writes down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from tracer.recording.header import Header
from tracer.recording.schema import schema
from tracer.recording.writer import Writer, create
from tracer.wire import Abi, Kind

Fields = Mapping[str, Any]
BEGAN = 5_000_000_000
READ, EXIT_GROUP = 0, 231
"""Numbers of x86-64."""
PID = 4242


def batch(rows: Iterable[Fields]) -> pa.RecordBatch:
    """A batch with these rows; a column a row does not name is 0 (or empty)."""
    rows = list(rows)
    empty: dict[str, Any] = {"args": [0] * 6, "memory": []}
    columns = [
        pa.array([_plain(row.get(field.name, empty.get(field.name, 0))) for row in rows], field.type)
        for field in schema()
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema())


def read(at_ns: int, result: int, tid: int = PID, **fields: Any) -> dict[str, Any]:
    """A read of descriptor 3 that returned."""
    return {
        "kind": Kind.CALL,
        "abi": Abi.X86_64,
        "nr": READ,
        "pid": PID,
        "tid": tid,
        "at_ns": BEGAN + at_ns,
        "args": [3, 0x7FFE_1230, 64, 0, 0, 0],
        "result": result,
        **fields,
    }


def inside(at_ns: int, tid: int = PID, **fields: Any) -> dict[str, Any]:
    """The same read while its thread is inside."""
    return {**read(at_ns, 0, tid), "kind": Kind.ENTERED, **fields}


def event(kind: Kind, at_ns: int, **fields: Any) -> dict[str, Any]:
    """A row that is not a call."""
    return {"kind": kind, "pid": PID, "tid": PID, "at_ns": BEGAN + at_ns, **fields}


def header(**fields: Any) -> Header:
    """A header of a program without calibration."""
    return Header(command=("/usr/bin/reader", "-x"), pid=PID, began_ns=BEGAN, source="schedstat", **fields)


def writer(path: Path) -> Writer:
    """A recording at `path`, so far without rows."""
    return Writer(create(path), header())


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, int) else value
