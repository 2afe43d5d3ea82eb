"""Which return of a waiting call the Waiting sets tab is to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LAST: Final = -1
"""As the number of a return: the newest, whichever that is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture: return `number` (LAST = the newest) of a waiter, or of the busiest."""

    waiter: int | None = None
    number: int = 0
    useless: int = 0
    """1 or -1: instead the next useless wake-up after `number`, or the one before."""
