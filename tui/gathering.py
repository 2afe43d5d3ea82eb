"""At most ten repaints a second of a live view, whatever the event rate.

What a snapshot changes comes in pieces: the heading at once, what workers make of it a moment later, a scroll bar
after that. Each piece would be a repaint of its own. So the pieces are gathered and painted together, and what
comes too late for that waits for the next snapshot. Keys do not wait: what they change is painted at once.
"""

from __future__ import annotations

from contextlib import ExitStack
from time import monotonic
from typing import Any, Final

from textual.app import App
from textual.timer import Timer

from tui import polling

HOLD: Final = 2.5 * polling.PERIOD
"""Seconds that anything waits at most; the next snapshot mostly is there sooner. So long that, where snapshots come
late, this and the snapshot's own make no more than ten repaints a second."""
STEADY: Final = 3 * polling.PERIOD
"""Seconds between two snapshots, at most, for another one to be expected soon."""
ANSWERING: Final = 0.3
"""Seconds after a key in which nothing is held back: workers may have part in its answer."""


class Gathering:
    """Holds back the repaints of `app`, and lets them go. For the screen's thread."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._held: ExitStack | None = None
        self._timer: Timer | None = None
        self._due: float | None = None
        """When what is being gathered will be painted; None while nothing is."""
        self._pressed = self._last = float("-inf")
        self._steady = self._ended = False

    def gather(self, seconds: float) -> None:
        """A snapshot has come: paint all that changes in the next `seconds` at once."""
        if self._due is None:
            self._last, self._steady = monotonic(), monotonic() - self._last < STEADY
            self._ended = False
            self._hold()
            self._due = monotonic() + seconds
            self._wake_after(seconds)

    def answer(self) -> None:
        """A key was pressed: paint what it changes without delay."""
        self._pressed = monotonic()
        if self._due is None:
            self._let_go()

    def end(self) -> None:
        """The last snapshot has come: nothing is held back any more."""
        self._ended = True
        self._due = None
        self._let_go()

    def _paint(self) -> None:
        self._timer = None
        gathered, self._due = self._due is not None, None
        self._let_go()
        if gathered and not self._ended and self._app.screen_stack:
            # Not at once: while repaints are held back the screen could not paint what was gathered.
            self._app.screen.call_after_refresh(self._hold_late_ones)

    def _hold_late_ones(self) -> None:
        answering = monotonic() - self._pressed < ANSWERING
        if self._due is None and self._steady and not answering and not self._ended:
            self._hold()
            self._wake_after(HOLD)

    def _hold(self) -> None:
        if self._held is None:
            self._held = ExitStack()
            self._held.enter_context(self._app.batch_update())

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None
            for screen in self._app.screen_stack[-1:]:  # none while the application ends
                screen.check_idle()

    def _wake_after(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(seconds, self._paint)
