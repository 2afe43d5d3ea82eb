"""The real application without a terminal, watched: when it painted, and what it showed then.

Textual's headless driver takes the place of the terminal's. A *paint* is over when the compositor has put the
changed parts together and they have been turned into the bytes a terminal would get (which the headless driver
alone would leave out): only the terminal's own time is missing. Times are CLOCK_MONOTONIC seconds.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import RenderableType
from textual import events
from textual.keys import _character_to_key
from textual.screen import Screen

import tui.app
from tui.app import IotraceApp
from tui.source import RecordingSource
from tui.widgets.calls_pane import CallsPane
from tui.widgets.timeline_pane import TimelinePane

PATIENCE = 15.0
"""Seconds after which what is waited for is given up."""


class Took(NamedTuple):
    """How long something took, ms."""

    wall: float
    cpu: float
    """Of this process: on a busy machine the wall clock says more about the others."""


class WatchedApp(IotraceApp):
    """Notes every paint; `until` tells when the screen showed something."""

    CSS_PATH = str(Path(tui.app.__file__).with_name("app.tcss"))

    def __init__(self, path: Path, growing: Callable[[], bool] = lambda: False) -> None:
        super().__init__(RecordingSource(path, growing))
        self.paints: list[float] = []
        self.on_paint: Callable[[float], None] = lambda _moment: None
        self._awaited: tuple[Callable[[], bool], asyncio.Future[float]] | None = None

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Textual's own way to the terminal, which stops short of it when headless."""
        if renderable is None:
            return
        render_segments = getattr(renderable, "render_segments", None)
        if render_segments is not None:
            render_segments(self.console)
        super()._display(screen, renderable)
        self._painted(time.monotonic())

    def _painted(self, moment: float) -> None:
        self.paints.append(moment)
        self.on_paint(moment)
        if self._awaited is not None and not self._awaited[1].done() and self._awaited[0]():
            self._awaited[1].set_result(moment)

    async def until(self, shown: Callable[[], bool]) -> float:
        """When the first paint was over after which `shown` held. Raises TimeoutError."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._awaited = shown, future
        return await asyncio.wait_for(future, PATIENCE)

    def strike(self, key: str) -> float:
        """A key is pressed, now; returns when that was."""
        name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
        self.post_message(events.Key(name, key if len(key) == 1 else None))
        return time.monotonic()

    async def answer(self, key: str, shown: Callable[[], bool]) -> Took:
        """From the key to the end of the paint that answers it."""
        spent, began = time.process_time(), self.strike(key)
        ended = await self.until(shown)
        return Took(1e3 * (ended - began), 1e3 * (time.process_time() - spent))

    @property
    def calls(self) -> CallsPane:
        """Tab 1."""
        return self._main.query_one(CallsPane)

    @property
    def timeline(self) -> TimelinePane:
        """Tab 3."""
        return self._main.query_one(TimelinePane)


def memory() -> dict[str, int]:
    """Bytes of this process: the most it ever had, with what is mapped of the recording; and what is its own."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    status = {words[0]: int(words[1]) * 1024 for words in lines if words[0] in ("VmHWM:", "RssAnon:")}
    return {"peak": status["VmHWM:"], "own": status["RssAnon:"]}


def since_exec() -> float:
    """Seconds since this process was started (proc_pid_stat(5): starttime, in clock ticks since boot)."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
