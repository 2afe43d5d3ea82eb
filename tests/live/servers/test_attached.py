"""Real servers under load are attached to and let go: no request fails, and the report knows how they work."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.recorded import IOTRACE, TIMEOUT
from tests.live.servers.catalog import SERVERS, Server
from tests.live.servers.processes import busiest, eventually, free_port, running, state
from tests.live.servers.reports import are_right, report_of, serving
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording

pytestmark = pytest.mark.slow
ROWS = 1_000
"""So many rows of the recording are enough to tell how a server works: hundreds of requests."""


@contextlib.contextmanager
def attached(pid: int, path: Path) -> Iterator[None]:
    """Watched from the first row on, until it is told to stop."""
    tracer = subprocess.Popen(
        [*IOTRACE, "attach", str(pid), "--no-tui", "-o", str(path)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert eventually(lambda: rows(path) >= ROWS or tracer.poll() is not None)
        yield
        tracer.send_signal(signal.SIGINT)
        _, errors = tracer.communicate(timeout=TIMEOUT)
        assert tracer.returncode == 0, errors
    finally:
        tracer.kill()
        tracer.communicate()


def rows(path: Path) -> int:
    try:
        with Recording.open(path) as recording:
            return recording.rows
    except RecordingError:
        return 0


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_no_request_fails(server: Server, folder: Path) -> None:
    if (missing := server.missing()) is not None:
        pytest.skip(f"{missing} is not installed")
    port = free_port()
    with running(server.command(folder, port), port, folder) as process:
        server.fill(port)
        with server.steady.asking(port) as load:
            time.sleep(0.2)
            pid = busiest(process.pid)
            mask = os.sched_getaffinity(pid)
            with attached(pid, folder / "a.iotrace"):
                time.sleep(0.3)
            assert state(pid)[1] == 0
            assert os.sched_getaffinity(pid) == mask
            time.sleep(0.2)  # under load untraced again
        assert load.count is not None
        assert (load.count.failed, load.count.error) == (0, "")
        assert load.count.requests > 0
        assert process.poll() is None
    report = report_of(folder / "a.iotrace")
    document = report.document
    assert document["totals"]["lost"] == 0
    assert document["exit"] == {"code": None, "signal": None, "complete": True}
    assert are_right(server, report), serving(server, report)
    assert {finding["rule"] for finding in document["findings"]} <= server.true_findings, document["findings"]
