"""One signal that announces I/O, while it is put together."""

from __future__ import annotations

import errno

from tracer.analyze.figure.roles import ARRIVING, DEPARTING
from tracer.analyze.operations.results import Operation
from tracer.analyze.operations.rows import Event
from tracer.decode.constants_process import POLL_CODES, signal_name
from tracer.wire import Kind

_POLL_OUT = 2


class Notice:
    """A signal about a descriptor, and what was transferred on it since. Times in ns."""

    def __init__(
        self, event: Event, number: int, code: int, fd: int | None, armed: int | None, inferred: bool
    ) -> None:
        self.event, self.number, self.code, self.fd = event, number, code, fd
        self.armed = armed is not None
        self.inferred = inferred
        self.told_ns = event.at_ns if event.kind == Kind.SIGNAL else event.end_ns
        self.spent_ns = 0
        """The thread's own time since its delivery, while its handler was the innermost."""
        self.returned_ns: int | None = None
        self._last: Event | None = None
        """The last transfer that moved something."""
        self._bytes = 0
        self._where: set[str] = set()

    def transferred(self, event: Event, *, inside: bool) -> None:
        """A transfer on its descriptor returned; `inside`: in its handler. Only what was announced counts."""
        if event.name not in (DEPARTING if self.code == _POLL_OUT else ARRIVING):
            return
        if event.result > 0:
            self._last = event
            self._bytes += event.result
            self._where.add("in the handler" if inside else "after the handler")
        elif event.result == -errno.EAGAIN:
            self._where.add("drained")

    def operation(self) -> Operation:
        """The signal as a result. What brought nothing is done when its handler is."""
        last = self._last
        returned = self.returned_ns
        between = returned - self.told_ns if returned is not None else 0
        flags = ["armed"] if self.armed else []
        flags += sorted(self._where) if last else ["nothing moved", *sorted(self._where)]
        told = f"signal {signal_name(self.number)}"
        return Operation(
            kind="sigio", number=0, name=POLL_CODES.get(self.code, "SI_KERNEL"), pid=self.event.pid,
            tid=self.event.tid, fd=self.fd, buffer=last.args[1] if last else None,
            length=last.args[2] if last else None, submitted_ns=self.told_ns, began_ns=None,
            completed_ns=last.end_ns if last else returned,
            result=self._bytes if last or returned is not None else None, bytes=self._bytes, inline=None,
            worker=last.tid if last else None, notified=told, notified_ns=self.told_ns, caller_ns=0,
            # The user time before the first call in the handler also holds what the signal interrupted.
            handler_ns=min(self.spent_ns, between) if returned is not None else None, flags=tuple(flags),
            inferred=("fd",) if self.inferred else (),
        )  # fmt: skip
