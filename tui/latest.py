"""One piece of work at a time in a worker, and always the newest that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from textual.message import Message
from textual.widget import Widget

Request = TypeVar("Request")


class Latest(Generic[Request]):
    """Work whose result comes back as a message. While it is done, only the newest request is kept; the widget says
    `done` when it has handled the message."""

    def __init__(self, widget: Widget, work: Callable[[Request], Message]) -> None:
        """`work` runs in a worker thread and touches no widget."""
        self._widget, self._work = widget, work
        self._waiting: list[Request] = []
        self._busy = False

    def ask(self, request: Request) -> None:
        """Do this, as soon as what is being done is done; whatever else waits is forgotten."""
        self._waiting = [request]
        self._begin()

    def done(self) -> None:
        """The last result was taken."""
        self._busy = False
        self._begin()

    @property
    def idle(self) -> bool:
        """Nothing is being done."""
        return not self._busy

    def _begin(self) -> None:
        if self._busy or not self._waiting:
            return
        self._busy = True
        request = self._waiting.pop()
        self._widget.run_worker(lambda: self._do(request), thread=True)

    def _do(self, request: Request) -> None:
        self._widget.post_message(self._work(request))
