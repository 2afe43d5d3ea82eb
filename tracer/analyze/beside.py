"""Work done in a second thread beside the reading of a recording.

numpy and Arrow let go of the interpreter inside their loops, so two threads that work on columns share two CPUs.
What comes out does not depend on who is quicker: pieces come in order, and one piece at most waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

Piece = TypeVar("Piece")


def ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same pieces, the next of which is made while the last one is looked at."""
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = worker.submit(next, pieces, None)
            yield piece


class Beside:
    """A thread that does one thing after the other; what is raised there is raised here, at the next `do` or the
    end."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1)
        self._doing: Future[object] | None = None

    def do(self, work: Callable[..., object], *arguments: object) -> None:
        """Do this when what was asked for before is done; waits until that is so."""
        self._wait()
        self._doing = self._worker.submit(work, *arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._worker.shutdown()
        if kind is None:
            self._wait()

    def _wait(self) -> None:
        if self._doing is not None:
            self._doing.result()
