"""Rows for tests: `batch([row("read", 3, 0x1000, 64, result=5, memory=[...])])` is a batch of a recording."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tracer.recording.schema import schema
from tracer.syscalls.names import number_of
from tracer.syscalls.ring_entries import COMPLETION, NAMES, SQE, Entry
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, Abi, Kind, Reason, When

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


def submission(opcode: str, fd: int = 5, **fields: int) -> bytes:
    """An io_uring submission entry; fields by the names of `tracer.syscalls.ring_entries.Entry`."""
    values = dict.fromkeys(Entry._fields, 0) | {"opcode": NAMES.index(opcode), "fd": fd, "addr": 0x10000} | fields
    return struct.pack("<BBHiQQIIQHHI", *values.values()).ljust(SQE, b"\0")


def submitted(entry: bytes, led_to: bytes = b"", address: int = 0x7000) -> dict[str, int | bytes]:
    """The piece of a submission, with the memory it led to."""
    return piece(RING_SUBMISSION, ENTRY, address, entry + led_to)


def completed(res: int, answered: bytes = b"", flags: int = 0, when: int = EXIT) -> dict[str, int | bytes]:
    """The piece of a completion, with the submission it answers (and what that led to)."""
    return piece(RING_COMPLETION, when, 0x8000, COMPLETION.pack(17, res, flags) + answered)
