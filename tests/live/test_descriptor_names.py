"""What descriptors are called in the strace text of real programs, against `strace -yy`; and descriptors passed
between processes over a named socket."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.captured import only_ptrace
from tests.live.recorded import TIMEOUT, record
from tests.live.strace_text import Line, processes
from tracer.export.strace import lines

NETWORK = """
import os, select, socket, subprocess
os.chdir('/usr')
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
client.send(b'x'), peer.recv(1)
anywhere, later = socket.create_server(('', 0)), socket.socket()
later.setblocking(False)
try: later.connect(('127.0.0.1', anywhere.getsockname()[1]))
except BlockingIOError: pass
other, _ = anywhere.accept()
other.send(b'x'), later.recv(1), select.select([other, server], [later], [], 0)
six = socket.create_server(('::1', 0), family=socket.AF_INET6)
bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
bound.bind(('127.0.0.1', 0)), bound.setblocking(False)
link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
link.bind((0, 0)), link.fileno(), link.close()
pair, end = socket.socketpair()
null = os.open('/dev/null', os.O_WRONLY)
socket.send_fds(pair, [b'x'], [null]), socket.recv_fds(end, 1, 1)
subprocess.run(['cat'], input=b'x', stdout=subprocess.PIPE)
memory = os.memfd_create('m')
os.write(memory, b'x'), os.dup2(memory, 77), os.write(77, b'y')
poll = select.epoll()
poll.register(server), poll.poll(0), os.eventfd(1)
"""
FILES = """
import os
made = os.open('a', os.O_CREAT | os.O_RDWR)
os.rename('a', 'b'), os.write(made, b'x'), os.unlink('b'), os.write(made, b'y')
os.mkdir('d')
folder = os.open('d', os.O_RDONLY)
os.open('f', os.O_CREAT | os.O_RDWR, dir_fd=folder), os.unlink('f', dir_fd=folder)
os.fchdir(folder), os.stat('..'), os.rmdir('../d'), os.fstat(folder)
"""
SENDER = """
import os, socket
fds = [os.open('/dev/zero', os.O_RDONLY)]
server = socket.socket(socket.AF_UNIX)
server.bind('s'), server.listen()
if os.fork() == 0:
    server.close()
    client = socket.socket(socket.AF_UNIX)
    client.connect('s')
    _, got, _, _ = socket.recv_fds(client, 1, 1)
    for _ in range(23): os.read(got[0], 4099)
    os._exit(0)
connection, _ = server.accept()
socket.send_fds(connection, [b'x'], fds)
os.wait()
"""
NAMED = re.compile(r"(?:-?\d+|AT_FDCWD)(<(?:->|[^<>]|<[^<>]*>)*>(?:\(deleted\))?)")
NUMBERS = re.compile(r"\b\d{4,}\b")


def names(found: dict[str, list[Line]]) -> Counter[tuple[str, str, str]]:
    """(process, call, name of a descriptor) and how often; ports, inodes and pids differ from run to run."""
    return Counter(_names(found))


def _names(found: dict[str, list[Line]]) -> Iterator[tuple[str, str, str]]:
    for place, calls in found.items():
        for call in calls:
            args = re.sub(r" => \[[^=]*(?=, )", "", call.args)  # strace tells what select left with the result
            for name in NAMED.findall(f"{args} {call.result}"):
                yield place, call.name, NUMBERS.sub("N", name)


@only_ptrace
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("program", [NETWORK, FILES])
def test_descriptors_are_called_what_strace_calls_them(program: str, tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-B", "-c", program]
    folders = [tmp_path / "theirs", tmp_path / "ours"]
    for folder in folders:
        folder.mkdir()
    out = tmp_path / "strace.txt"
    subprocess.run(
        ["strace", "-f", "-yy", "-o", out, *command], cwd=folders[0], check=True, capture_output=True,
        timeout=TIMEOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    recorded = record(command, tmp_path, cwd=folders[1])
    assert recorded.status == 0, recorded.errors
    with recorded.open() as recording:
        ours = "".join(lines(recording)).replace("/ours", "/theirs")
    expected, found = names(processes(out.read_text())), names(processes(ours))
    assert sum(expected.values()) > 50
    assert (expected - found, found - expected) == (Counter(), Counter())


def test_what_is_passed_over_a_named_socket_is_known_in_the_other_process(tmp_path: Path) -> None:
    recorded = record([sys.executable, "-c", SENDER], tmp_path, cwd=tmp_path)
    assert recorded.status == 0, recorded.errors
    read = [each for each in recorded.report("--phase", "all")["fds"] if each["payload_out"] >= 23 * 4099]
    assert [(each["what"], each["opened_by"]) for each in read] == [("/dev/zero", "openat")]
