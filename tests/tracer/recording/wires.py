"""Wire bytes for tests: records, items and frames as the capture process packs them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracer.recording.frames import Events, batch_of
from tracer.wire import FRAME, FRAME_COLUMNS, FRAME_EVENTS, FRAME_JSON, ITEM, RECORD, Kind, padding, sections


@dataclass(frozen=True)
class Wired:
    """One event: what tells it apart, and the pieces of memory it carries."""

    number: int
    memory: tuple[bytes, ...] = ()
    kind: Kind = Kind.CALL


def events(wired: Sequence[Wired]) -> Events:
    """The three sections for `wired`; every column of event n is derived from n, so a mix-up shows."""
    records, items, memory = b"", b"", b""
    for each in wired:
        n = each.number
        records += RECORD.pack(
            each.kind, n % 3, n % 2, 0, n % 8, n, n + 1, n + 2, len(each.memory), n * 1000, n + 3,
            n, n + 1, n + 2, n + 3, n + 4, 2**64 - 1, -n, n + 5, n + 6, n + 7, n + 8, n + 9, n + 10, n + 11,
            1, 2, 3, 4,
        )  # fmt: skip
        for position, content in enumerate(each.memory):
            items += ITEM.pack(position, position % 2, 0, len(content), 0x1000 + position)
            memory += content
    return Events(len(wired), records, items, memory)


def frame(content: Events | dict[str, Any]) -> bytes:
    """One frame as it travels."""
    if isinstance(content, dict):
        text = json.dumps(content).encode()
        return FRAME.pack(FRAME_JSON, 0, 0, len(text)) + text
    pieces = len(content.items) // ITEM.size
    header = FRAME.pack(FRAME_EVENTS, content.rows, pieces, len(content.memory))
    return header + content.records + content.items + content.memory


HELLO: dict[str, Any] = {
    "hello": {
        "backend": "ptrace", "pid": 4001, "program": 4003, "source": "schedstat", "began_ns": 17,
        "calibration": {"shared": {"run_ns": 1.5, "samples": 307}, "apart": {}},
    }
}  # fmt: skip
END: dict[str, Any] = {"end": {"reason": "exited", "status": 7 << 8}}


def columns(wired: Sequence[Wired]) -> bytes:
    """The same events as a frame of columns."""
    batch = batch_of([events(wired)])
    pieces = batch.column("memory").values
    content = {name: batch.column(name).to_numpy() for name in batch.schema.names if name not in ("args", "memory")}
    content |= {name: pieces.field(name).to_numpy() for name in ("arg", "when", "reason", "address")}
    content |= {"args": batch.column("args").values.to_numpy(), "first": batch.column("memory").offsets.to_numpy()}
    lengths = [len(each) for row in wired for each in row.memory]
    content["start"] = np.cumsum([0, *lengths]).astype(np.int32)
    memory = b"".join(each for row in wired for each in row.memory)
    body = b""
    for name, length in sections(len(wired), len(lengths), len(memory)):
        part = memory if name == "memory" else content[name].tobytes()
        assert len(part) == length
        body += part + bytes(padding(length))
    return FRAME.pack(FRAME_COLUMNS, len(wired), len(lengths), len(memory)) + body
