"""The screen with a long recording: first lines, all lines, the end of the list, a filter. Prints one JSON object.

    python -m benchmarks.scale_view FILE [FILTER]

Seconds from the start of the process to the first lines on the screen and to the moment all lines are listed; then
milliseconds from a key to the paint that answers it: `end`, and each letter of the filter. `filtered_s` is how long
the filter took to go through the whole recording. Memory is what the process has in all, most at any time, and what
is its own (the rest is the mapped recording, which the kernel takes back when others need room).
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from pathlib import Path

from benchmarks import tui_watch
from benchmarks.tui_finished import _quiet, _until
from benchmarks.tui_watch import WatchedApp, memory, since_exec
from tui.app import _COLLECTIONS

_FILTER = "err:EAGAIN"
_PATIENCE = 300.0
"""Seconds: the machine may be busy, and the pages of the file may have to come from the disk."""


async def measured(path: Path, text: str) -> dict[str, float]:
    """All figures by name: times in s, keys in ms, memory in bytes."""
    app = WatchedApp(path)
    async with app.run_test(size=(120, 40)):
        table = app.calls.table
        await _until(lambda: table.list.count > 0)
        first = since_exec()
        while app._following.is_running:
            await asyncio.sleep(0.05)
        loaded, loaded_cpu = since_exec(), time.process_time()
        await _quiet(app)
        at = table.list.cursor
        end = await app.answer("end", lambda: table.list.cursor != at)
        await app.answer("slash", lambda: table.editing)
        keys = []
        for typed in range(1, len(text) + 1):
            sofar, began = text[:typed], time.monotonic()
            keys.append(await app.answer(text[typed - 1], lambda sofar=sofar: table._bar._input.value == sofar))  # type: ignore[misc]
        await _until(lambda: table.filter == text and not table._working)
        filtered = time.monotonic() - began
        lines = table.list.count
    return {
        "first_s": first, "loaded_s": loaded, "loaded_cpu_s": loaded_cpu, "end_ms": end.wall,
        "key_ms": max(each.wall for each in keys), "filtered_s": filtered, "lines": lines, **memory(),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    tui_watch.PATIENCE = _PATIENCE
    gc.set_threshold(*_COLLECTIONS)
    text = sys.argv[2] if len(sys.argv) > 2 else _FILTER
    print(json.dumps(asyncio.run(measured(Path(sys.argv[1]), text))))


if __name__ == "__main__":
    main()
