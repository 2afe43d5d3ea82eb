"""What the kernel tells of the descriptors of another process; here it is a child that only sleeps."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracer.kernel import descriptors
from tracer.kernel.descriptors import descriptor_state
from tracer.kernel.sockets import of_tables
from tracer.kernel.threads import thread_state


class Child:
    """A sleeping process that has descriptors of ours under the same numbers."""

    def __init__(self, *fds: int) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", "input()"], pass_fds=fds, stdin=subprocess.PIPE)
        self.pid = self._process.pid

    def end(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


@pytest.fixture
def children() -> Iterator[list[Child]]:
    made: list[Child] = []
    yield made
    for child in made:
        child.end()


def test_a_pipe_tells_what_is_queued_and_when_its_writers_are_gone(children: list[Child]) -> None:
    read, write = os.pipe()
    os.write(write, b"12345")
    children.append(Child(read))
    pid = children[0].pid
    state = descriptor_state(pid, read)
    assert (state.queued, state.readable, state.hung_up, state.nonblocking) == (5, True, False, False)
    assert state.writable is None, "this end is not for writing"
    assert state.capacity == 65536
    assert state.reason == ""
    os.read(read, 5)
    assert descriptor_state(pid, read).readable is False
    os.close(write)
    state = descriptor_state(pid, read)
    assert (state.queued, state.readable, state.hung_up) == (0, True, True)
    os.close(read)


def test_looking_takes_nothing_and_changes_nothing(children: list[Child]) -> None:
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.write(write, b"12345")
    children.append(Child(read))
    before = set(os.listdir("/proc/self/fd"))
    states = [descriptor_state(children[0].pid, read) for _ in range(3)]
    assert set(os.listdir("/proc/self/fd")) == before
    assert [(state.queued, state.nonblocking) for state in states] == [(5, True)] * 3
    assert os.read(read, 9) == b"12345"
    os.close(read)
    os.close(write)


def test_a_listening_socket_tells_who_waits(children: list[Child]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        children.append(Child(listening.fileno()))
        pid, fd = children[0].pid, listening.fileno()
        state = descriptor_state(pid, fd)
        assert (state.listening, state.state, state.waiting, state.readable) == (True, "LISTEN", 0, False)
        with socket.create_connection(listening.getsockname()):
            state = descriptor_state(pid, fd)
            assert (state.waiting, state.readable) == (1, True)
            assert of_tables(pid, state.what) == {"listening": True, "state": "LISTEN", "waiting": 1}


def test_a_connection_tells_what_came(children: list[Child]) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as ours,
    ):
        theirs, _ = listening.accept()
        with theirs:
            children.append(Child(theirs.fileno()))
            ours.sendall(b"123")
            select.select([theirs], [], [])
            state = descriptor_state(children[0].pid, theirs.fileno())
            assert (state.state, state.queued, state.unsent) == ("ESTABLISHED", 3, 0)
            found = of_tables(children[0].pid, state.what)
            assert found == {"state": "ESTABLISHED", "queued": 3, "unsent": 0}


def test_an_epoll_instance_tells_its_interest_list(children: list[Child]) -> None:
    read, write = os.pipe()
    with select.epoll() as epoll:
        epoll.register(read, select.EPOLLIN | select.EPOLLET)
        children.append(Child(epoll.fileno()))
        state = descriptor_state(children[0].pid, epoll.fileno())
        assert state.watches is not None
        assert [(watch.fd, watch.events & select.EPOLLIN) for watch in state.watches] == [(read, select.EPOLLIN)]
        assert state.readable is False
        os.write(write, b"1")
        assert descriptor_state(children[0].pid, epoll.fileno()).readable is True
    os.close(read)
    os.close(write)


def test_files_and_what_is_not_open(children: list[Child], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("12345")
    with (tmp_path / "file").open() as file:
        children.append(Child(file.fileno()))
        state = descriptor_state(children[0].pid, file.fileno())
        assert (state.what, state.queued, state.readable, state.reason) == (str(tmp_path / "file"), None, None, "")
        assert descriptor_state(children[0].pid, 999).reason == "not open"
    children[0].end()
    assert descriptor_state(children[0].pid, 0).reason == "not open"


def test_without_permission_the_tables_tell_of_internet_sockets_and_a_reason_of_others(
    children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_pid: int, _fd: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    read, write = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        children.append(Child(listening.fileno(), read))
        monkeypatch.setattr(descriptors, "borrowed", refused)
        state = descriptor_state(children[0].pid, listening.fileno())
        assert (state.listening, state.waiting, state.readable, state.reason) == (True, 0, None, "")
        state = descriptor_state(children[0].pid, read)
        assert (state.queued, state.nonblocking, state.reason) == (None, False, "pidfd_getfd: EPERM")
    os.close(read)
    os.close(write)


def test_a_thread_tells_how_it_is(children: list[Child]) -> None:
    child = Child()
    children.append(child)
    while (state := thread_state(child.pid, child.pid)).letter != "S":
        assert state.letter in "RD"
    assert state.words == "asleep"
    child.end()
    assert thread_state(child.pid, child.pid).words == "gone"
