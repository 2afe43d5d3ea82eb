"""Where one has been in the list of calls, to go back and forth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A line, and the filter under which it was looked at."""

    line: int
    filter: str


class History:
    """Places one jumped from. As in a browser, a new jump forgets what was ahead."""

    def __init__(self) -> None:
        self._behind: list[Place] = []
        self._ahead: list[Place] = []

    def leave(self, place: Place) -> None:
        """A jump goes away from `place`."""
        if not self._behind or self._behind[-1] != place:
            self._behind = [*self._behind[1 - _MOST :], place]
        self._ahead.clear()

    def back(self, here: Place) -> Place | None:
        """Where one was before, None when there is no such place; `here` is then ahead."""
        return _move(self._behind, self._ahead, here)

    def forward(self, here: Place) -> Place | None:
        """Where one came back from."""
        return _move(self._ahead, self._behind, here)


def _move(source: list[Place], to: list[Place], here: Place) -> Place | None:
    while source and source[-1] == here:
        source.pop()
    if not source:
        return None
    to.append(here)
    return source.pop()
