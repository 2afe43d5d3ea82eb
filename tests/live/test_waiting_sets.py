"""Waiting sets of real programs, against what the kernel itself says of its interest lists (/proc/PID/fdinfo)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.recorded import IOTRACE, TIMEOUT, Recorded, iotrace
from tests.live.test_attach import is_traced
from tests.live.test_violent_ends import eventually
from tracer.analyze.descriptors.lives import DescriptorLives
from tracer.analyze.waiting_sets.asked import Requests
from tracer.analyze.waiting_sets.waiting_sets import Array, Bits, Family, Interests, Waiter
from tracer.recording.errors import RecordingError
from tui.source import RecordingSource

CLIENTS, MESSAGES = 23, 7
INTERESTS = """
import os, select, json
epoll = select.epoll()
pipes = [os.pipe() for _ in range(11)]
for number, (read, _) in enumerate(pipes):
    epoll.register(read, select.EPOLLIN | (select.EPOLLET if number % 2 else 0))
copy = os.dup(pipes[1][0])
os.close(pipes[1][0])                       # stale: the copy keeps it
os.close(pipes[2][0])                       # gone: it was the last
epoll.unregister(pipes[3][0])
epoll.modify(pipes[4][0], select.EPOLLIN | select.EPOLLONESHOT)
again = os.open("/dev/null", os.O_RDONLY)   # takes the number of the stale one
os.dup2(pipes[5][0], again)
epoll.register(again, select.EPOLLIN | select.EPOLLPRI)
if os.fork() == 0:
    os._exit(0)
os.wait()
os.write(pipes[6][1], b"x")
epoll.poll(0)
with open(f"/proc/self/fdinfo/{epoll.fileno()}") as file:
    print(file.read())
"""


def lives_of(path: Path) -> DescriptorLives:
    """The views of a recording, with everything taken in."""
    source = RecordingSource(path)
    while (snapshot := source.poll()) is not None and snapshot.loading is not None:
        pass
    lives = source.descriptors()
    assert lives is not None
    assert lives.waiting.update()
    return lives


def recorded(folder: Path, *command: str) -> Recorded:
    """Record a command."""
    path = folder / "recording.iotrace"
    done = iotrace("record", "-o", path, *command)
    assert done.returncode == 0, done.stderr
    return Recorded(path, done.returncode, done.stdout.encode(), done.stderr)


def busiest(lives: DescriptorLives, family: Family) -> Waiter:
    """The waiter of a family with the most returns."""
    return next(each for each in lives.waiting.waiters() if each.family is family)


def test_the_interest_list_is_the_kernels(tmp_path: Path) -> None:
    """Number, events and data of every entry, with the stale one, after closes, copies, a fork and changes."""
    done = recorded(tmp_path, "--", "/usr/bin/env", "python3", "-c", INTERESTS)
    kernel = re.findall(r"tfd:\s*(\d+) events:\s*([0-9a-f]+) data:\s*([0-9a-f]+)", done.output.decode())
    lives = lives_of(done.path)
    ret = lives.waiting.one(busiest(lives, Family.EPOLL).number, -1)
    assert ret is not None
    assert isinstance(ret.watched, Interests)
    ours = [(each.fd, each.events, each.data) for each in ret.watched.entries]
    # The kernel adds EPOLLERR and EPOLLHUP to what was asked (fs/eventpoll.c, ep_insert).
    added = 0x8 | 0x10
    expected = sorted((int(fd), int(events, 16) & ~added, int(data, 16)) for fd, events, data in kernel)
    assert sorted((fd, (events or 0) & ~added, data) for fd, events, data in ours) == expected
    assert len(expected) == 10
    assert sum(each.stale for each in ret.watched.entries) == 1
    assert [each.now for each in ret.watched.entries if each.now] == [1]


@pytest.mark.parametrize(
    ("model", "family"),
    [("select", Family.SELECT), ("poll", Family.POLL), ("epoll", Family.EPOLL), ("epoll-edge", Family.EPOLL)],
)
def test_every_message_is_found_after_its_wake_up(model: str, family: Family, tmp_path: Path) -> None:
    """The reads after all returns bring every message of every client; each return says what it copied."""
    size = 61
    done = recorded(
        tmp_path, model, "--clients", str(CLIENTS), "--messages", str(MESSAGES), "--size", str(size), "--interval",
        "0.002",
    )  # fmt: skip
    assert json.loads(done.output.splitlines()[-1])["ok"]
    lives = lives_of(done.path)
    waiter = busiest(lives, family)
    returns = [lives.waiting.one(waiter.number, number) for number in range(waiter.returns)]
    watched: set[int] = set()
    received = 0
    for ret in returns:
        assert ret is not None
        received += sum(each.received for each in ret.brought)
        ready = {each.fd for each in ret.brought}
        watched |= ready
        assert len(ready) == ret.result
        match ret.watched:
            case Bits(nfds, asked, answered, bytes_each):
                assert (ret.bytes_in, ret.bytes_out) == (3 * bytes_each, 3 * bytes_each)
                assert (asked[0] or frozenset()) >= (answered[0] or frozenset()) == ready
                assert nfds > max(ready)
            case Array(entries):
                assert (ret.bytes_in, ret.bytes_out) == (8 * len(entries), 2 * len(entries))
            case Interests(_, told):
                assert (ret.bytes_in, ret.bytes_out) == (0, 12 * len(told))
    assert len(watched) == CLIENTS
    assert received == CLIENTS * MESSAGES * size
    assert waiter.useless == 0


WAITER = """
import os, select, sys
epoll = select.epoll()
pipes = [os.pipe() for _ in range(7)]
for number, (read, _) in enumerate(pipes):
    epoll.register(read, select.EPOLLIN | (select.EPOLLET if number % 2 else 0))
os.close(pipes[2][0])
epoll.register(0, select.EPOLLIN)
with open(f"/proc/self/fdinfo/{epoll.fileno()}") as file:
    print(file.read().replace("\\n", ";"), flush=True)
while epoll.poll() and os.read(0, 1):
    print("woken", flush=True)
"""


def test_a_list_from_before_the_trace(tmp_path: Path) -> None:
    """Attached to: what had been registered is read from the kernel, and shown with all it says."""
    path = tmp_path / "attached.iotrace"
    program = subprocess.Popen([sys.executable, "-c", WAITER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert program.stdout is not None
        assert program.stdin is not None
        kernel = re.findall(r"tfd:\s*(\d+) events:\s*([0-9a-f]+)", program.stdout.readline().decode())
        attached = subprocess.Popen(
            [*IOTRACE, "attach", str(program.pid), "-o", str(path), "--no-tui"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert eventually(lambda: path.exists() and is_traced(program.pid))

        def seen_waiting() -> bool:
            """Wake it once more; the first times may come before its threads are stopped for the first time."""
            assert program.stdin is not None
            assert program.stdout is not None
            program.stdin.write(b"x")
            program.stdin.flush()
            program.stdout.readline()
            try:
                return any(each.family is Family.EPOLL for each in lives_of(path).waiting.waiters())
            except RecordingError:  # its first bytes are not written yet
                return False

        assert eventually(seen_waiting)
        program.communicate(timeout=TIMEOUT)
        attached.communicate(timeout=TIMEOUT)
    finally:
        program.kill()
        program.wait()
    lives = lives_of(path)
    ret = lives.waiting.one(busiest(lives, Family.EPOLL).number, -1)
    assert ret is not None
    assert isinstance(ret.watched, Interests)
    assert not ret.watched.inherited
    added = 0x8 | 0x10
    ours = sorted((each.fd, each.events, each.added_ns) for each in ret.watched.entries)
    assert ours == sorted((int(fd), int(events, 16) & ~added, None) for fd, events in kernel)
    assert 0 in {each.fd for each in ret.watched.told}


@pytest.mark.parametrize(("model", "family"), [("io-uring", Family.URING), ("linux-aio", Family.AIO)])
def test_every_request_of_a_program_is_answered_once_and_none_is_left(
    tmp_path: Path, model: str, family: Family
) -> None:
    """At each return as many are in flight as were handed over and not answered. Of a ring the last answers may be
    taken after the last return, without a call."""
    run = recorded(tmp_path, model, "--clients", "5", "--messages", "7", "--interval", "0.01")
    lives = lives_of(run.path)
    waiter = busiest(lives, family)
    flying = answered = 0
    for number in range(waiter.returns):
        ret = lives.waiting.one(waiter.number, number)
        assert ret is not None
        assert isinstance(ret.watched, Requests)
        assert not ret.watched.unread
        flying += ret.watched.handed - len(ret.watched.answered)
        answered += len(ret.watched.answered)
        assert len(ret.watched.flying) == flying
        assert all(each.fd is not None and each.fd in ret.names for each in ret.watched.entries)
    assert answered + flying == 5 * 7
    assert flying < (5 if family is Family.URING else 1)
    assert 0 < waiter.ready <= answered
