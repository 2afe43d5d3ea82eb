"""What a report says of a server, as far as it can be compared with what its clients counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.recorded import Recorded
from tests.live.servers.catalog import Server
from tracer.recording.reader import Recording

MUCH = 0.5
"""Of the calls of the busiest thread of that name: these serve, too; the others keep house."""


@dataclass(frozen=True)
class Report:
    """The report of a whole recording, and how many rows every thread has in it."""

    document: dict[str, Any]
    rows: Counter[int]


def report_of(path: Path) -> Report:
    """Of the recording in this file."""
    rows: Counter[int] = Counter()
    with Recording.open(path) as recording:
        for batch in recording.batches:
            rows.update(batch.column("tid").to_pylist())
    return Report(Recorded(path, 0, b"", "").report("--phase", "all"), rows)


def serving(server: Server, report: Report) -> list[dict[str, Any]]:
    """The models of the threads that do most of the work."""
    tids = {thread["tid"] for thread in report.document["threads"] if thread["name"] in server.models}
    most = max((report.rows[tid] for tid in tids), default=0)
    found = report.document["models"]
    return [model for model in found if model["tid"] in tids and report.rows[model["tid"]] >= MUCH * most]


def are_right(server: Server, report: Report, filled: bool = False) -> bool:
    """Whether there are such threads, and all their models are right.

    `filled`: the recording also has the process that filled the tables, which did little but write files."""
    allowed = {model for models in server.models.values() for model in models}
    if filled:
        allowed.add("blocking")
    found = serving(server, report)
    return bool(found) and {model["model"] for model in found} <= allowed


def on_connections(document: Mapping[str, Any]) -> dict[str, int]:
    """Copies and bytes over the sockets that were accepted."""
    names = ("payload_in", "payload_out", "copies_in", "copies_out")
    accepted = [fd for fd in document["fds"] if fd["opened_by"] in ("accept", "accept4")]
    return {name: sum(fd[name] for fd in accepted) for name in names}


def by_name(document: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """The lines of the table of calls."""
    return {row["name"]: row for row in document["syscalls"]}
