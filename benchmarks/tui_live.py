"""How far behind is the screen of a run that makes many calls? Runs in its own process, prints one JSON object.

    python -m benchmarks.tui_live FILE WIDTHxHEIGHT CALLS_PER_SECOND SECONDS

`benchmarks.paced` writes FILE meanwhile. Each tab is watched in turn: the list of calls for a third of the time,
the others for equal parts of a quarter, without a key but for the one that opens it; then keys are pressed in the
list of calls and in the timeline, one at a time. Of the list it is known which row of the recording is the newest
on screen, so for every batch written: how long it took until a paint was over that shows its last row.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import time
from bisect import bisect_left
from pathlib import Path
from typing import Final

from benchmarks.arguments import parser, positive_time, screen
from benchmarks.tui_watch import Took, WatchedApp
from tui.app import _COLLECTIONS

_TABS: Final = ("2", "3", "4", "5", "6", "7")
_LIST_KEYS: Final = ("up", "up", "pageup", "pagedown", "home", "down", "end")
_LANE_KEYS: Final = ("down", "down", "up", "up")
_PAUSE: Final = 0.15
"""Seconds between two keys."""


class Watch:
    """What was seen."""

    def __init__(self, app: WatchedApp) -> None:
        self._app = app
        self.newest: list[tuple[float, int]] = []
        """When a paint of the list was over, and how many rows of the recording it knew."""
        self.tabs: dict[str, tuple[float, float, float]] = {}
        """By tab: seconds watched, paints, CPU seconds of this process."""
        self.opened: list[Took] = []
        self.keys: list[Took] = []

    def note(self, moment: float) -> None:
        """A paint of the list of calls is over."""
        calls = self._app.calls.table.list
        if calls.following and calls.shown.count:
            row = self._app._source.known().lines.row_of(calls.shown.count - 1)  # type: ignore[union-attr]
            self.newest.append((moment, row + 1))

    async def stay(self, tab: str, seconds: float) -> None:
        """Watch the tab that is open."""
        await asyncio.sleep(0.5)  # what opening it took is not what it takes
        began, spent, paints = time.monotonic(), time.process_time(), len(self._app.paints)
        await asyncio.sleep(seconds)
        self.tabs[tab] = (
            time.monotonic() - began, len(self._app.paints) - paints, time.process_time() - spent,
        )  # fmt: skip

    async def press(self) -> None:
        """Keys in the list and in the timeline, and back and forth between the tabs."""
        calls, lanes = self._app.calls.table.list, self._app.timeline
        self.opened.append(await self._app.answer("1", lambda: True))
        for key in _LIST_KEYS:
            cursor, was = calls.line, calls.following

            def moved(cursor: int | None = cursor, was: bool = was) -> bool:
                return calls.following != was if was else calls.line != cursor

            self.keys.append(await self._app.answer(key, moved))
            await asyncio.sleep(_PAUSE)
        self.opened.append(await self._app.answer("3", lambda: lanes.view is not None))
        assert lanes.view is not None
        view = lanes.view
        for key in _LANE_KEYS:
            thread = view.thread
            self.keys.append(await self._app.answer(key, lambda thread=thread: view.thread != thread))  # type: ignore[misc]
            await asyncio.sleep(_PAUSE)


async def measured(path: Path, width: int, height: int, rate: float, seconds: float) -> dict[str, object]:
    """Everything, while the writer writes."""
    path.unlink(missing_ok=True)
    words = [sys.executable, "-m", "benchmarks.paced", str(path), str(rate), str(seconds)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as writer:
        while not path.exists() and writer.poll() is None:
            await asyncio.sleep(0.05)
        app = WatchedApp(path, lambda: writer.poll() is None)
        watch = Watch(app)
        began = time.monotonic()
        async with app.run_test(size=(width, height)):
            app.on_paint = watch.note
            await watch.stay("1", 0.3 * seconds)
            app.on_paint = lambda _moment: None
            last = app.paints[-1]
            for tab in _TABS:
                watch.opened.append(await app.answer(tab, lambda: True))
                await watch.stay(tab, 0.25 * seconds / len(_TABS))
            while not watch.keys or time.monotonic() - began < seconds - 4:
                await watch.press()
            await asyncio.to_thread(writer.wait)
        assert writer.stdout is not None
        wrote = json.loads(writer.stdout.read())
    return {
        "behind": behind(wrote["written"], watch.newest, last), "tabs": watch.tabs, "opened": watch.opened,
        "keys": watch.keys, "writer_late_ms": wrote["late_ns"] / 1e6,
    }  # fmt: skip


def behind(written: list[tuple[int, int]], newest: list[tuple[float, int]], until: float) -> list[float]:
    """ms from the moment each batch was written to the end of the first paint that shows its last row, for those
    written between the first paint and a moment before `until`."""
    rows = [row for _, row in newest]
    found = []
    for row, moment_ns in written:
        place = bisect_left(rows, row)
        if newest[0][0] <= moment_ns / 1e9 <= until - 0.5 and place < len(rows):
            found.append(1e3 * newest[place][0] - moment_ns / 1e6)
    return found


def main() -> None:
    """Measure and print."""
    words = parser(__doc__)
    words.add_argument("file", type=Path)
    words.add_argument("size", type=screen, metavar="WIDTHxHEIGHT")
    words.add_argument("rate", type=positive_time, metavar="CALLS_PER_SECOND")
    words.add_argument("seconds", type=positive_time)
    options = words.parse_args()
    width, height = options.size
    gc.set_threshold(*_COLLECTIONS)
    found = asyncio.run(measured(options.file, width, height, options.rate, options.seconds))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
