"""The feeder, called by a workload that the test plays: when it sends, to whom, and to whom not."""

import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from time import monotonic_ns
from typing import NoReturn

import pytest

from tests.workloads.programs import BOUND
from workloads import channels, launch, rendezvous
from workloads.errors import CannotRun, FeederLost
from workloads.message import parse
from workloads.terms import Terms


@contextmanager
def called(terms: Terms) -> Iterator[tuple[socket.socket, list[int]]]:
    """A connection to a feeder that has accepted these terms, and the channels it gave."""
    with launch.start_feeder() as feeder, rendezvous.dial(feeder.address) as control:
        control.settimeout(BOUND)
        rendezvous.send(control, asdict(terms))
        fds = channels.take(control, terms.transport, terms.clients)
        yield control, fds
        for fd in fds:
            os.close(fd)


def read_message(fd: int) -> bytes:
    """One message of 64 bytes; waits for it."""
    assert readable([fd], BOUND)
    return os.read(fd, 64)


def readable(fds: list[int], timeout: float) -> list[int]:
    return select.select(fds, [], [], timeout)[0]


@pytest.mark.parametrize("transport", ["pipe", "unix", "tcp"])
def test_sends_nothing_before_the_workload_is_ready(transport: str) -> None:
    with called(Terms("send", transport, 3, 2, 64, 0.0)) as (control, fds):
        assert not readable(fds, 0.05)
        rendezvous.send(control, {"ready": True})
        for index, fd in enumerate(fds):
            first, second = parse(os.read(fd, 64)), parse(os.read(fd, 64))
            assert [first.channel, first.sequence, second.channel, second.sequence] == [index, 0, index, 1]
            assert first.intact
            assert 0 < first.sent_ns <= second.sent_ns


def test_keeps_the_channels_open_after_the_last_message() -> None:
    """The end of file would wake the workload once more inside its measured phase."""
    with called(Terms("send", "pipe", 1, 1, 64, 0.0)) as (control, fds):
        rendezvous.send(control, {"ready": True})
        os.read(fds[0], 64)
        assert not readable(fds, 0.05)


def test_clients_send_in_turns_when_staggered() -> None:
    """5 clients share an interval of 100 ms: each sends 20 ms after the one before it."""
    with called(Terms("send", "unix", 5, 3, 64, 0.1, stagger=True)) as (control, fds):
        start = monotonic_ns()
        rendezvous.send(control, {"ready": True})
        messages = [parse(read_message(fd)) for _ in range(3) for fd in fds]
    assert [message.sequence for message in messages] == [0] * 5 + [1] * 5 + [2] * 5
    times = [message.sent_ns for message in messages]
    assert times == sorted(times)
    assert all(at >= start + (number + 1) * 20_000_000 for number, at in enumerate(times))


def test_staggered_as_fast_as_possible_is_all_at_once() -> None:
    with called(Terms("send", "unix", 3, 7, 64, 0.0, stagger=True)) as (control, fds):
        rendezvous.send(control, {"ready": True})
        assert [parse(read_message(fd)).sequence for fd in fds for _ in range(7)] == [*range(7)] * 3


def test_keeps_its_pace() -> None:
    with called(Terms("send", "unix", 1, 11, 64, 0.01)) as (control, fds):
        start = monotonic_ns()
        rendezvous.send(control, {"ready": True})
        sent = [parse(os.read(fds[0], 64)).sent_ns for _ in range(11)]
    assert all(at >= start + (number + 1) * 10_000_000 for number, at in enumerate(sent))


@pytest.mark.parametrize("interval", [0.0, 0.0001])
def test_a_full_channel_does_not_hold_up_the_others(interval: float) -> None:
    with called(Terms("send", "unix", 2, 997, 4096, interval)) as (control, (full, read)):
        rendezvous.send(control, {"ready": True})
        for fd in (read, full):
            for sequence in range(997):
                data = b""
                while len(data) < 4096:
                    data += os.read(fd, 4096 - len(data))
                assert parse(data).sequence == sequence


def test_serves_one_workload_only() -> None:
    with launch.start_feeder() as feeder:
        with rendezvous.dial(feeder.address):
            pass
        with pytest.raises(FeederLost):
            call_until_refused(feeder.address)


def call_until_refused(address: str) -> NoReturn:
    """A call may still be queued while the feeder takes the first one."""
    while True:
        rendezvous.dial(address).close()


def test_says_what_it_cannot_do() -> None:
    terms = Terms("drain", "pipe", 1_000_000, 1_000_000, 64, 0.0)
    with pytest.raises(CannotRun, match="the file would have 64000000000000 bytes"), called(terms):
        pass
