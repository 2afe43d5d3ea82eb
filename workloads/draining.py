"""The feeder of the copying models: it drains every channel, checks what comes, and reports back."""

import os
import select
import socket
from collections.abc import Sequence
from dataclasses import asdict

from workloads import rendezvous
from workloads.inbox import Inbox, Latencies, Tally
from workloads.terms import Terms


def serve(control: socket.socket, epoll: select.epoll, fds: Sequence[int], terms: Terms) -> None:
    """Receive all there is, then send the verdict."""
    tally = Tally()
    latencies = Latencies(terms.total)
    inboxes = {fd: Inbox(fd, index, terms, tally, latencies) for index, fd in enumerate(fds)}
    for fd in fds:
        epoll.register(fd, select.EPOLLIN)
    while inboxes:
        for fd, _ in epoll.poll():
            inbox = inboxes[fd]
            inbox.take(os.read(fd, inbox.wanted))
            if inbox.complete:
                epoll.unregister(fd)
                del inboxes[fd]
    rendezvous.send(control, asdict(tally))
