"""The feeder's pace: message k of every client leaves at start + (k + 1) * interval.

Staggered, the clients share the interval: they send in turns, so that few are ready at the same time.

A client that does not read must not hold up the others (the blocking model reads one client to its end
before it looks at the next), so sends never block: what a full channel does not take waits here, and the
time it is stamped with is the time it was due.
"""

import os
import select
import socket
from array import array
from collections.abc import Sequence
from itertools import cycle
from time import monotonic_ns

from workloads import rendezvous
from workloads.message import Stamp, corrupted
from workloads.terms import Terms


class Outbox:
    """One channel, seen by the feeder: how many messages have left, and the rest of the present one."""

    def __init__(self, fd: int, index: int, size: int, corrupt: int | None) -> None:
        self.fd = fd
        self.blocked = False
        self.due = array("q")
        """When each message was due, so far; clients that send at the same time share one."""
        self._stamp = Stamp(index, size)
        self._corrupt = corrupt
        self._sent = 0
        self._rest = memoryview(b"")

    def push(self) -> None:
        """Send what is due, as far as the kernel takes it."""
        try:
            while self._rest or self._sent < len(self.due):
                if not self._rest:
                    self._rest = memoryview(self._next())
                self._rest = self._rest[os.write(self.fd, self._rest) :]
            self.blocked = False
        except BlockingIOError:
            self.blocked = True

    def _next(self) -> bytes:
        sequence = self._sent
        self._sent += 1
        data = self._stamp.message(sequence, self.due[sequence] if self.blocked else monotonic_ns())
        return corrupted(data) if sequence == self._corrupt else data


class Feed:
    """All channels of one job, and the wait for the next moment."""

    def __init__(self, epoll: select.epoll, control: int, outboxes: Sequence[Outbox], terms: Terms) -> None:
        self._epoll = epoll
        self._control = control
        self._outboxes = {outbox.fd: outbox for outbox in outboxes}
        self._blocked = 0
        self._interval_ns = round(terms.interval * 1e9)
        groups = [[each] for each in outboxes] if terms.stagger and self._interval_ns else [list(outboxes)]
        for group in groups:
            for each in group:
                each.due = group[0].due
        self._step_ns = self._interval_ns // len(groups)
        self._left = terms.messages * len(groups)
        self._turns = cycle(groups)
        epoll.register(control, select.EPOLLIN)

    def run(self) -> None:
        """Send everything; returns when the workload is done, or has gone."""
        next_ns = monotonic_ns() + self._step_ns
        while True:
            more = self._left > 0
            if not self._interval_ns and self._blocked == len(self._outboxes):
                more = False  # as fast as possible is as fast as there is room
            if more and monotonic_ns() >= next_ns:
                self._send_next()
                next_ns += self._step_ns
            if self._flush(max(0, next_ns - monotonic_ns()) / 1e9 if more else None):
                return

    def _send_next(self) -> None:
        self._left -= 1
        group = next(self._turns)
        group[0].due.append(monotonic_ns())
        for outbox in group:
            if not outbox.blocked:
                outbox.push()
                if outbox.blocked:
                    self._epoll.register(outbox.fd, select.EPOLLOUT)
                    self._blocked += 1

    def _flush(self, timeout: float | None) -> bool:
        """Wait for the next moment, serving channels that drain meanwhile; True when the workload is done.

        The epoll descriptor itself is waited for with select, which counts microseconds; epoll_wait counts
        milliseconds. Its number is below 1024 because it is opened before the channels.
        """
        select.select([self._epoll.fileno()], [], [], timeout)
        for fd, _ in self._epoll.poll(0):
            if fd == self._control:
                return True
            outbox = self._outboxes[fd]
            outbox.push()
            if not outbox.blocked:
                self._epoll.unregister(fd)
                self._blocked -= 1
        return False


def serve(
    control: socket.socket, epoll: select.epoll, fds: Sequence[int], terms: Terms, corrupt: int | None
) -> None:
    """Wait until the workload is ready, then feed it. ``corrupt`` damages that message of client 0."""
    outboxes = [Outbox(fd, index, terms.size, None if index else corrupt) for index, fd in enumerate(fds)]
    for fd in fds:
        os.set_blocking(fd, False)
    rendezvous.receive(control)
    Feed(epoll, control.fileno(), outboxes, terms).run()
