"""Real servers under `iotrace record` from beginning to end: they do as they do untraced, and the bytes and copies
on their connections are those that the clients counted.

Every server serves a number of requests that is known, once untraced and once recorded. Nobody but the client
connects (`processes.listens`), so payload that crossed on accepted sockets must equal what the client sent and
received, to the byte. Where a client does not count bytes, the protocol says how many there must be.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.live.recorded import IOTRACE
from tests.live.servers.catalog import SERVERS, SIZE, Server
from tests.live.servers.loads import Count
from tests.live.servers.processes import TIMEOUT, free_port, running
from tests.live.servers.reports import are_right, by_name, on_connections, report_of, serving
from tracer.recording.reader import Recording

pytestmark = pytest.mark.slow
Document = Mapping[str, Any]


def served(server: Server, folder: Path, recording: Path | None) -> tuple[Count, Count, int]:
    """What clients counted while filling and asking, and the exit status; 128 + n for signal n."""
    port = free_port()
    command = server.command(folder, port)
    prefix: list[str | Path] = [*IOTRACE, "record", "-o", recording, "--"] if recording else []
    with running([*prefix, *command], port, folder) as process:
        filled = server.fill(port)
        count = server.fixed.ask(port)
        pid = Recording.open(recording).header.pid if recording else process.pid
        os.kill(pid, server.stop)
        status = process.wait(TIMEOUT)
    return filled, count, 128 - status if status < 0 else status


def sendfile_copies(document: Document, filled: Count, count: Count) -> None:
    """The head of every answer is copied from the program; the file's bytes never come to it (sendfile(2))."""
    calls, crossed = by_name(document), on_connections(document)
    assert count.received is not None
    assert crossed["payload_in"] == count.received - SIZE * count.requests
    assert calls["sendfile"]["calls"] == count.requests
    assert calls["sendfile"]["payload_in"] == calls["sendfile"]["payload_out"] == 0


def read_and_write_copies(document: Document, filled: Count, count: Count) -> None:
    """The file comes in with pread64 and goes out with writev, with the head: each of its bytes is copied twice."""
    calls, crossed = by_name(document), on_connections(document)
    assert crossed["payload_in"] == count.received
    assert SIZE * count.requests <= calls["pread64"]["payload_out"] < SIZE * (count.requests + 1)
    assert "sendfile" not in calls
    # Two ranges an answer: the head and the file.
    assert calls["writev"]["calls"] == count.requests


def payload_is_the_clients(document: Document, filled: Count, count: Count) -> None:
    """Every byte that clients sent and received was copied once."""
    crossed = on_connections(document)
    assert filled.sent is not None
    assert filled.received is not None
    assert count.sent is not None
    assert count.received is not None
    assert crossed["payload_out"] == count.sent + filled.sent
    assert crossed["payload_in"] == count.received + filled.received


SETS, GETS = 3_000, 3_000
SET_BYTES = len("*3\r\n$3\r\nSET\r\n$16\r\nkey:__rand_int__\r\n$100\r\n") + 100 + len("\r\n")
GET_BYTES = len("*2\r\n$3\r\nGET\r\n$16\r\nkey:__rand_int__\r\n")
ANSWERS = SETS * len("+OK\r\n") + GETS * (len("$100\r\n") + 100 + len("\r\n"))
CONNECTIONS = 2 * 20 + 1
OPTIONS = 8
"""Copies for setting up a connection: its options, and the first write."""
ASKED_BEFORE = 200
"""Bytes: redis-benchmark asks for two settings first (CONFIG GET save, appendonly)."""


def redis_protocol(document: Document, filled: Count, count: Count) -> None:
    """Requests and answers as the protocol spells them, one copy each."""
    crossed = on_connections(document)
    assert count.requests == SETS + GETS
    asked = SETS * SET_BYTES + GETS * GET_BYTES
    assert asked <= crossed["payload_out"] <= asked + ASKED_BEFORE
    assert ANSWERS <= crossed["payload_in"] <= ANSWERS + ASKED_BEFORE
    assert count.requests <= crossed["copies_in"] <= count.requests + CONNECTIONS * OPTIONS


PER_CONNECTION = 30
"""Messages to and from a backend before its first query and after its last one."""


def postgres_copies(document: Document, filled: Count, count: Count) -> None:
    """One answer for every transaction, in one copy (pqcomm.c, internal_flush). Besides, there are the connections
    of pgbench and of who asked whether the server is ready."""
    answers = by_name(document)["sendto"]["calls"]
    assert count.requests == 1_200
    assert count.requests <= answers <= count.requests + 20 * PER_CONNECTION


CROSSED: Mapping[str, Callable[[Document, Count, Count], None]] = {
    "nginx": sendfile_copies, "nginx-copying": read_and_write_copies, "redis": redis_protocol,
    "postgresql": postgres_copies,
}  # fmt: skip


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_the_whole_run(server: Server, folder: Path) -> None:
    if (missing := server.missing()) is not None:
        pytest.skip(f"{missing} is not installed")
    recording = folder / "a.iotrace"
    _, untraced, status = served(server, folder, None)
    filled, count, traced_status = served(server, folder, recording)
    assert traced_status == status
    assert (count.failed, count.error) == (0, "")
    assert count == untraced
    report = report_of(recording)
    document = report.document
    assert document["totals"]["lost"] == 0
    assert document["exit"]["complete"]
    CROSSED.get(server.name, payload_is_the_clients)(document, filled, count)
    assert are_right(server, report, filled=server.name == "postgresql"), serving(server, report)
    assert {finding["rule"] for finding in document["findings"]} <= server.true_findings, document["findings"]
