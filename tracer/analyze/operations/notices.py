"""Signals that tell of a completed POSIX AIO request: queued by its helper, delivered to the program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.operations.request import Request
from tracer.analyze.operations.results import Operation
from tracer.analyze.operations.rows import Event, signed
from tracer.decode.constants_process import signal_name
from tracer.wire import When

SI_ASYNCIO: Final = -4
_CODE: Final = slice(8, 12)
_VALUE: Final = slice(24, 32)
"""si_code and si_value of a siginfo (include/uapi/asm-generic/siginfo.h)."""


class Notices:
    """The signals of one process that are queued and not delivered yet, oldest first."""

    def __init__(self) -> None:
        self._queued: list[tuple[int, bytes, Request]] = []
        self._kept: set[int] = set()
        """Requests (by identity) that are over but for the delivery."""

    def queued(self, event: Event, request: Request | None) -> None:
        """A helper called rt_sigqueueinfo(pid, number, siginfo)."""
        info = event.memory(2, When.ENTRY)
        if request is None or event.result != 0 or not request.over or request.notified:
            return
        if int.from_bytes(info[_CODE], "little", signed=True) == SI_ASYNCIO:
            number = signed(event.args[1])
            request.told(f"signal {signal_name(number)}", event.at_ns)
            self._queued.append((number, info[_VALUE], request))

    def delivered(self, event: Event) -> Iterator[Operation]:
        """A signal is delivered: the oldest of its number and value. Its request may be over with that."""
        info = event.pieces[0].data if event.pieces else b""
        for place, (number, value, request) in enumerate(self._queued):
            if number == event.nr and value == info[_VALUE] and event.at_ns >= (request.notified_ns or 0):
                del self._queued[place]
                request.notified_ns = event.at_ns
                if id(request) in self._kept:
                    self._kept.discard(id(request))
                    yield request.operation()
                return

    def keeps(self, request: Request) -> bool:
        """Whether the request must wait for its signal's delivery."""
        if all(each is not request for _, _, each in self._queued):
            return False
        self._kept.add(id(request))
        return True

    def left(self) -> Iterator[Operation]:
        """The requests whose signal never came: blocked, or taken by sigwaitinfo or a signalfd."""
        for _, _, request in self._queued:
            if id(request) in self._kept:
                yield request.operation()
        self._queued.clear()
