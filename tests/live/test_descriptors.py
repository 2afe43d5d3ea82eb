"""What descriptors are, told by real programs: opened, passed on, inherited, or open before the trace came."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.bpf import bpf_refused
from tests.live.captured import TIMEOUT, Captured, _frame
from tests.live.recorded import Recorded, record
from tracer.analyze.inherited import inherited_of
from tracer.analyze.tally import Tally
from tracer.syscalls.names import number_of
from tracer.syscalls.objects import Object
from tracer.wire import FRAME, Abi, Kind, Spawn

_PASSING = """
import array, os, socket
zero, null = os.open("/dev/zero", os.O_RDONLY), os.open("/dev/null", os.O_WRONLY)
ours, theirs = socket.socketpair()
if os.fork() == 0:
    _, fds, _, _ = socket.recv_fds(theirs, 1, 2)
    for _ in range(23):
        os.write(fds[1], os.read(fds[0], 4099))
    os._exit(0)
socket.send_fds(ours, [b"x"], [zero, null])
os.wait()
"""
_RECEIVING = """
import os, socket, sys, time
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
_, fds, _, _ = socket.recv_fds(connection, 1, 4)
print(*fds, flush=True)
time.sleep(1)
os.write(fds[1], b"x" * 23)
for fd in (fds[0], fds[2], fds[3]):
    os.read(fd, 23)
"""
_OPEN_BEFORE = """
import os, select, socket, sys
listening = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listening.getsockname())
server, _ = listening.accept()
zero = os.open("/dev/zero", os.O_RDONLY)
reading, writing = os.pipe2(os.O_NONBLOCK)
event, poll = os.eventfd(1), select.epoll()
print(server.fileno(), zero, reading, event, poll.fileno(), flush=True)
while True:
    os.read(zero, 61); client.send(b"a" * 7); server.recv(7)
    os.write(writing, b"b"); os.read(reading, 1); os.read(event, 8); os.eventfd_write(event, 1); poll.poll(0.001)
"""


def payload_of(recorded: Recorded, name: str, *things: Object) -> int:
    """Bytes of payload of the calls `name` on descriptors that are known to be one of `things`."""
    recording = recorded.open()
    tally, number, total = Tally(recording.header), number_of(Abi.X86_64, name), 0
    for batch in recording.batches:
        tally.add(batch)
        for index, (kind, nr, result) in enumerate(
            zip(*(batch.column(each).to_pylist() for each in ("kind", "nr", "result")), strict=True)
        ):
            if kind == Kind.CALL and nr == number and tally.used.things[index] in things:
                total += max(result, 0)
    return total


@pytest.mark.skipif(shutil.which("dd") is None, reason="needs dd")
def test_dd_from_zero_to_null_copies_nothing_in(tmp_path: Path) -> None:
    recorded = record(["dd", "if=/dev/zero", "of=/dev/null", "bs=4099", "count=23"], tmp_path)
    fds = {(row["fd"], row["what"]): row for row in recorded.report("--phase", "all")["fds"]}
    assert fds[0, "/dev/zero"]["payload_out"] == 23 * 4099
    assert fds[1, "/dev/null"]["calls"] >= 23
    assert fds[1, "/dev/null"]["payload_in"] == 0


def test_descriptors_passed_over_a_socket_are_known_in_the_other_process(tmp_path: Path) -> None:
    recorded = record([sys.executable, "-c", _PASSING], tmp_path)
    assert recorded.status == 0, recorded.errors
    assert payload_of(recorded, "read", Object.ZERO) == 23 * 4099
    assert payload_of(recorded, "write", Object.NULL) == 23 * 4099
    whats = {row["what"] for row in recorded.report("--phase", "all")["fds"] if row["payload_out"] >= 23 * 4099}
    assert whats == {"/dev/zero"}


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["ptrace", "ebpf"])
def test_what_comes_from_a_program_that_is_not_traced_is_known_too(tmp_path: Path, backend: str) -> None:
    """By BPF it is asked for a little later; so the program keeps what it gets."""
    if backend == "ebpf" and bpf_refused():
        pytest.skip(bpf_refused())
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        sender = threading.Thread(target=_send_to_whoever_comes, args=(listening,))
        sender.start()
        program = [sys.executable, "-c", _RECEIVING, str(tmp_path / "s")]
        recorded = record(program, tmp_path, "--backend", backend)
        sender.join(TIMEOUT)
    assert recorded.status == 0, recorded.errors
    fds = {int(word) for word in recorded.output.split()}
    rows = [row for row in recorded.report("--phase", "all")["fds"] if row["fd"] in fds]
    came = {row["what"] for row in rows if row["opened_by"] == "recvmsg"}
    assert came == {"pipe (read end)", "pipe (write end)", "eventfd", "/dev/zero"}


def _send_to_whoever_comes(listening: socket.socket) -> None:
    listening.settimeout(TIMEOUT)
    connection, _ = listening.accept()
    fds = [*os.pipe(), os.eventfd(1), os.open("/dev/zero", os.O_RDONLY)]
    with connection:
        socket.send_fds(connection, [b"x"], fds)
    for fd in fds:
        os.close(fd)


def test_standard_streams_are_what_the_program_was_given(tmp_path: Path) -> None:
    recorded = record([sys.executable, "-c", "import os; os.write(1, b'x' * 17)"], tmp_path)
    row = next(each for each in recorded.report("--phase", "all")["fds"] if each["fd"] == 1)
    assert (row["what"], row["opened_by"], row["payload_in"]) == ("pipe (write end)", "inherited", 17)


@pytest.fixture
def running() -> Iterator[tuple[int, list[int]]]:
    """A process that has all sorts of descriptors open: its pid, and their numbers."""
    process = subprocess.Popen([sys.executable, "-c", _OPEN_BEFORE], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 60)[0], "the program never said what it opened"
        yield process.pid, [int(word) for word in process.stdout.readline().split()]
        assert process.poll() is None, "the program outlives the trace"
    finally:
        process.kill()
        process.communicate()


def attached(pid: int) -> Captured:
    """What capture tells of a process it attaches to and leaves again at once."""
    reader, wire = os.pipe()
    control, ours = os.pipe()
    options = ["--wire", str(wire), "--control", str(control), "--attach", str(pid), "--clock", "none"]
    capture = subprocess.Popen([sys.executable, "-P", "-m", "tracer.capture", *options], pass_fds=(wire, control))
    os.close(wire)
    os.close(control)
    captured = Captured()
    try:
        with open(reader, "rb") as pipe:
            while header := pipe.read(FRAME.size):
                _frame(header, pipe.read, captured)
                if captured.of_kind(Kind.CALL) and ours >= 0:
                    os.write(ours, b"detach\n")
                    os.close(ours)
                    ours = -1
                    capture.send_signal(signal.SIGUSR1)
        assert capture.wait(timeout=TIMEOUT) in (0, 125)
    finally:
        capture.kill()
        capture.wait()
    return captured


def test_attaching_finds_what_is_open(running: tuple[int, list[int]]) -> None:
    pid, (server, zero, reading, event, poll) = running
    captured = attached(pid)
    if any("failed" in document for document in captured.documents):
        pytest.skip(f"attaching is not allowed here: {captured.documents}")
    birth = next(row for row in captured.of_kind(Kind.SPAWN) if row.nr == Spawn.ATTACH and row.tid == pid)
    found = {each.fd: each for each in inherited_of(birth.texts[1].decode())}
    assert found[server].what.startswith("socket inet stream to 127.0.0.1:")
    assert {fd: found[fd].thing for fd in (server, zero, reading, event, poll)} == {
        server: Object.TCP, zero: Object.ZERO, reading: Object.PIPE_READ, event: Object.EVENTFD, poll: Object.OTHER,
    }  # fmt: skip
    assert (found[zero].what, found[poll].what) == ("/dev/zero", "epoll")
    assert (found[reading].nonblocking, found[zero].nonblocking) == (True, False)
    assert {fd: found[fd].cloexec for fd in (server, zero, reading, 1)} == {
        server: True, zero: True, reading: False, 1: False,
    }  # fmt: skip
