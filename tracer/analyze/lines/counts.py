"""How many lines there are of each call and of each errno, kept up to date as lines are added.

One thread adds and others read: the arrays are replaced, never changed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class LineCounts:
    """Numbers of lines."""

    def __init__(self) -> None:
        self.calls: Ints = np.zeros(0, np.int64)
        """By `CallCodes`; the first is that of events."""
        self.errors: Ints = np.zeros(0, np.int64)
        """By errno; the first is that of calls that did not fail, and of events."""

    def add(self, code: NDArray[np.int16], errno: NDArray[np.int16]) -> None:
        """Count these lines."""
        self.calls = _more(self.calls, code)
        self.errors = _more(self.errors, errno)


def _more(counts: Ints, values: NDArray[Any]) -> Ints:
    more: Ints = np.bincount(values, minlength=len(counts))
    more[: len(counts)] += counts
    return more
