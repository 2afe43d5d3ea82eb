"""The report of a recording that is being read or still grows: made anew as often as it may cost, not more often.

What a report costs grows with the threads and descriptors of the recording. Lines are not to wait for totals, so
between two reports there is a rest that grows with what the last one took.
"""

from __future__ import annotations

import time
from typing import Final

from tracer.analyze.diagnosis import Diagnosis
from tracer.analyze.results import Report

_READING: Final = 9
"""While a long file is read, a report comes after so many times the time that the last one took."""
_LIVE: Final = 9
"""While the recording grows."""


class Reporting:
    """The newest report of a `Diagnosis`. For one thread."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        self._diagnosis = diagnosis
        self._report: Report | None = None
        self._of: tuple[int, str | None, int | None] | None = None
        self._due = 0.0

    def report(self, rows: int, phase: str | None, now_ns: int | None, *, final: bool) -> Report:
        """The results after `rows` rows of `phase` (None: of the whole run), or those of a moment ago.

        `now_ns`: as in `Diagnosis.report`, for a live run. `final`: no more will come, so they must be the last."""
        asked = rows, phase, now_ns
        other = self._of is None or self._of[1] != phase
        if self._report is None or other or (asked != self._of and (final or time.monotonic() >= self._due)):
            began = time.monotonic()
            self._report, self._of = self._diagnosis.report(phase, now_ns), asked
            ended = time.monotonic()
            self._due = ended + (_LIVE if now_ns is not None else _READING) * (ended - began)
        return self._report
