"""What every model shares: options, feeder, channels, the measured phase, and the line at the end.

A model is a function that gets a ``Job`` and receives everything inside ``with job.measured():``. There the
program does nothing but its model: all it needs is imported, connected and allocated before.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from resource import RUSAGE_SELF, getrusage
from socket import socket
from time import monotonic_ns

from workloads import channels, marks, rendezvous, stored
from workloads.catalog import Model, Role
from workloads.inbox import Inbox, Latencies, Tally
from workloads.options import JobOptions
from workloads.result import Spent
from workloads.terms import Terms
from workloads.work import Work


class Job:
    """One run: ``fds`` are the channels, ``inboxes`` receive on them, ``file`` is what the copies read."""

    def __init__(self, model: Model, given: JobOptions, control: socket) -> None:
        role: Role = "drain" if model.copies else "file" if given.transport == "file" else "send"
        self.model = model
        self.options = given
        self.terms = Terms(
            role, given.transport, given.clients, given.messages, given.size, given.interval, given.stagger
        )
        self.tally = Tally()
        self.latencies = Latencies(self.terms.total)
        self.work = Work(given.work if model.works else 0)
        self.spent = Spent()
        self.file = -1
        self.fds: list[int] = []
        self._control = control
        self._connect()
        self.inboxes = [
            Inbox(fd, index, self.terms, self.tally, self.latencies) for index, fd in enumerate(self.fds)
        ]

    def _connect(self) -> None:
        rendezvous.send(self._control, asdict(self.terms))
        if self.terms.role != "send":
            self.file = stored.take(self._control)
        if self.terms.role == "file":
            self.fds = [self.file] * self.terms.clients
        else:
            channels.allow_descriptors(self.terms.clients)
            self.fds = channels.take(self._control, self.terms.transport, self.terms.clients)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """The measured phase: the feeder starts sending, and the model is all that happens inside."""
        gc.collect()
        gc.freeze()
        gc.disable()
        rendezvous.send(self._control, {"ready": True})
        used = getrusage(RUSAGE_SELF)
        begun = monotonic_ns()
        marks.begin("measure")
        yield
        marks.end("measure")
        self.spent = Spent.between(used, getrusage(RUSAGE_SELF), monotonic_ns() - begun)
        gc.enable()

    def verdict(self) -> Tally:
        """What was received: our own count, or the feeder's where it is the feeder that receives."""
        if self.terms.role != "drain":
            return self.tally
        words, _ = rendezvous.receive(self._control)
        return Tally(**words)
