"""How quick is the screen with a long recording? Runs in a process of its own, prints one JSON object.

    python -m benchmarks.tui_finished FILE WIDTHxHEIGHT

Opening counts from the start of the process, imports included. A key is answered when the paint is over that shows
what it is to bring: the filter's first matches (or that there are none), the cursor's new place, the new window.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.arguments import parser, screen
from benchmarks.tui_watch import Took, WatchedApp, memory, since_exec
from tracer.analyze.filter.errors import FilterError
from tracer.analyze.filter.parse import parse
from tui.app import _COLLECTIONS
from tui.timeline_view import TimelineView

Times = dict[str, list[Took]]

_FILTERS: Final = ("read", "-futex", "fd:7", "err:EAGAIN", ">1ms", "wasted", "%net", "read or close", "bytes>4k")
_SCROLLS: Final = (*["pagedown"] * 7, "end", *["pageup"] * 7, "home", *["down"] * 41, "end", "up", "home")
_ZOOMS: Final = (*["plus"] * 17, *["right"] * 7, *["left"] * 3, *["minus"] * 17, "plus", "plus", "end", "home", "0")
_LIMIT: Final = 1.0
"""Seconds after which a key has moved nothing: the window is at its limit."""
_TABS: Final = {"2": "Summary", "4": "Descriptors", "5": "Waiting sets", "6": "Figure", "7": "Findings"}


async def measured(path: Path, width: int, height: int) -> dict[str, object]:
    """All times: opening in s, the others by kind in ms."""
    times: Times = defaultdict(list)
    app = WatchedApp(path)
    async with app.run_test(size=(width, height)):
        calls = app.calls.table.list
        if not calls.count:
            await app.until(lambda: calls.count > 0)
        first = since_exec()
        while app._following.is_running:
            await asyncio.sleep(0.01)
        loaded = since_exec()
        await _quiet(app)
        await _scroll(app, times)
        await _filters(app, times)
        await _timeline(app, times)
        await _tabs(app, times)
    return {"first": first, "loaded": loaded, "times": times, "memory": memory(), "bytes": path.stat().st_size}


async def _quiet(app: WatchedApp) -> None:
    """Wait until nothing was painted for a while."""
    while not app.paints or time.monotonic() - app.paints[-1] < 0.2:
        await asyncio.sleep(0.05)


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for what does not have to be painted."""
    while not condition():
        await asyncio.sleep(0.01)


async def _scroll(app: WatchedApp, times: Times) -> None:
    calls = app.calls.table.list
    for key in _SCROLLS:
        before = calls.cursor
        times["scroll"].append(await app.answer(key, lambda before=before: calls.cursor != before))  # type: ignore[misc]


async def _filters(app: WatchedApp, times: Times) -> None:
    """Type each filter key by key, then take it away."""
    table = app.calls.table
    for text in _FILTERS:
        await app.answer("slash", lambda: table.editing)
        for typed in range(1, len(text) + 1):
            sofar, listed = text[:typed], table.list.shown
            changes = _good(sofar) and sofar.strip() != table.filter

            def shown(sofar: str = sofar, changes: bool = changes, listed: object = listed) -> bool:
                there = table._bar._input.value == sofar
                return there and (not changes or (table.filter == sofar and table.list.shown is not listed))

            times["filter"].append(await app.answer(text[typed - 1], shown))
        await _until(lambda: not table._working)
        app.strike("enter")
        await _until(lambda: not table.editing)
        app.strike("x")
        await _until(lambda: not table.filter)
        await _quiet(app)


def _good(text: str) -> bool:
    """Whether a filter is without error so far."""
    try:
        parse(text)
    except FilterError:
        return False
    return True


async def _timeline(app: WatchedApp, times: Times) -> None:
    """The lanes, then the heat map over the same stretches."""
    pane = app.timeline
    times["open Timeline"].append(await app.answer("3", lambda: pane.view is not None))
    while pane._extending:
        await asyncio.sleep(0.01)
    for kind, key in (("timeline", "0"), ("heat map", "h")):
        app.strike(key)
        await _quiet(app)
        for zoom in _ZOOMS:
            view = pane.view
            assert view is not None
            answer = app.answer(zoom, _other_window(view))
            try:
                times[kind].append(await asyncio.wait_for(answer, _LIMIT))
            except TimeoutError:
                continue  # at a limit a key moves nothing


def _other_window(view: TimelineView) -> Callable[[], bool]:
    window = view.window
    return lambda: view.window != window


async def _tabs(app: WatchedApp, times: Times) -> None:
    for key, name in _TABS.items():
        times[f"open {name}"].append(await app.answer(key, lambda: True))
        await _quiet(app)
        times["back to Calls"].append(await app.answer("1", lambda: True))


def main() -> None:
    """Measure and print."""
    words = parser(__doc__)
    words.add_argument("file", type=Path)
    words.add_argument("size", type=screen, metavar="WIDTHxHEIGHT")
    options = words.parse_args()
    gc.set_threshold(*_COLLECTIONS)
    print(json.dumps(asyncio.run(measured(options.file, *options.size))))


if __name__ == "__main__":
    main()
