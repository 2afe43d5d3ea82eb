"""`iotrace top` without a screen: each look as a table, or as a line of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from rich.text import Text

from tracer.analyze.top import ASCENDING, TopProcess, TopView, ordered
from tui.drawing.grid import grid_titles
from tui.drawing.palette import PLAIN, Palette
from tui.drawing.top import title, top_columns, top_line, top_totals

FORMAT: Final = 1


def table(view: TopView, sort: str, now: float, width: int | None, palette: Palette = PLAIN) -> Iterator[Text]:
    """Totals, titles and a line for each process; `width` None: command lines are not cut. `now`: Unix time."""
    processes = ordered(view.processes, sort, ascending=sort in ASCENDING)
    wide = width or max((len(title(each)) for each in processes), default=0) + 80
    head = Text(f"{time.strftime('%H:%M:%S', time.localtime(now))}  {view.span_ns / 1e9:.2f} s  ", palette.text)
    yield head.append_text(top_totals(view, palette))
    yield _without_end(grid_titles(top_columns(wide), wide, palette, sort, ascending=sort in ASCENDING))
    for process in processes:
        segments = top_line(process, view, wide, palette)
        yield _without_end(Text.assemble(*((text, style or "") for text, style, _ in segments)))
    yield Text()


def document(view: TopView, sort: str, now: float) -> str:
    """One line of JSON. All times in ns, all sizes in bytes; counts are of the interval, not of a second."""
    processes = ordered(view.processes, sort, ascending=sort in ASCENDING)
    return json.dumps(
        {
            "format": FORMAT,
            "at_unix_ns": round(now * 1e9),
            "interval_ns": view.span_ns,
            "lost": view.lost,
            "totals": asdict(view.totals),
            "processes": [_process(each, view) for each in processes],
        }
    )


def _process(process: TopProcess, view: TopView) -> dict[str, object]:
    return {
        "pid": process.pid,
        "name": process.name,
        "command": process.command,
        "ended": process.ended,
        **asdict(process.counts),
        "calls_per_second": round(view.per_second(process.counts.calls), 3),
    }


def _without_end(line: Text) -> Text:
    line.rstrip()
    return line
