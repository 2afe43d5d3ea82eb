"""Rows for tests: `batch([row("read", 3, 0x1000, 64, result=5, memory=[...])])` is a batch of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tracer.recording.schema import schema
from tracer.syscalls.names import number_of
from tracer.wire import Abi, Kind, Reason, When

ENTRY, EXIT = int(When.ENTRY), int(When.EXIT)


def piece(arg: int, when: int, address: int, data: bytes = b"", reason: int | Reason = 0) -> dict[str, int | bytes]:
    """A piece of captured memory."""
    return {"arg": arg, "when": int(when), "reason": int(reason), "address": address, "bytes": data}


@dataclass(frozen=True)
class TestRow:
    """A row's columns; what is not given is 0."""

    __test__ = False
    columns: dict[str, Any] = field(default_factory=dict)


def row(
    name: str | int,
    *args: int,
    result: int = 0,
    memory: Sequence[dict[str, int | bytes]] = (),
    kind: Kind = Kind.CALL,
    abi: Abi = Abi.X86_64,
    **columns: int,
) -> TestRow:
    """A row of the call `name` (or of the number `name`, for events that are no calls).

    Arguments may be negative numbers; they are stored as registers are. `columns` = any other column."""
    number = name if isinstance(name, int) else number_of(abi, name)
    assert number is not None, f"{name} is no call of {abi!r}"
    registers = [value & 0xFFFFFFFFFFFFFFFF for value in (*args, 0, 0, 0, 0, 0, 0)[:6]]
    return TestRow(
        {"kind": int(kind), "abi": int(abi), "nr": number, "args": registers, "result": result,
         "memory": list(memory), **columns}
    )  # fmt: skip


def batch(rows: Sequence[TestRow]) -> pa.RecordBatch:
    """The batch of a recording that holds `rows`; `at_ns` counts up where it is not given."""
    made = schema()
    documents = []
    for index, each in enumerate(rows):
        zeros = dict.fromkeys(made.names, 0)
        documents.append({**zeros, "pid": 4241, "tid": 4241, "at_ns": index, **each.columns})
    return pa.RecordBatch.from_pylist(documents, schema=made)
