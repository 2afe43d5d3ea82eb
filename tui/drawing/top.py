"""The table of `iotrace top`: processes by what their calls cost a second."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tracer.analyze.top import TopProcess, TopView
from tui.drawing.grid import Column, fitting, grid_line
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import count, duration, percent, several, short_count, short_size

COLUMNS: Final = (
    Column("pid", "pid", 7, right=True),
    Column("calls", "calls/s", 8, right=True),
    Column("wasted", "wasted/s", 9, right=True),
    Column("failed", "failed/s", 9, rank=3, right=True),
    Column("kernel", "kernel", 7, right=True),
    Column("read", "read/s", 7, rank=1, right=True),
    Column("written", "written/s", 10, rank=2, right=True),
    Column("command", "command", 20, grows=True),
)


def top_columns(width: int) -> tuple[Column, ...]:
    """Those that fit in `width` cells."""
    return fitting(COLUMNS, width)


def top_line(process: TopProcess, view: TopView, width: int, palette: Palette) -> list[Segment]:
    """The line of one process of `view`."""
    return grid_line(top_columns(width), width, cells(process, view, palette))


def cells(process: TopProcess, view: TopView, palette: Palette) -> dict[str, tuple[str, Style]]:
    """What stands in each column; nothing for what did not happen, which is calmer."""
    counts = process.counts
    return {
        "pid": ("–" if process.pid is None else str(process.pid), palette.faint),
        "calls": (rate(view.per_second(counts.calls)), palette.strong),
        "wasted": (rate(view.per_second(counts.wasted)), palette.wasted),
        "failed": (rate(view.per_second(counts.failed)), palette.failed),
        "kernel": (cpu_share(view.share(counts.kernel_ns)), palette.kernel),
        "read": (size_rate(view.per_second(counts.bytes_read)), palette.copy_out),
        "written": (size_rate(view.per_second(counts.bytes_written)), palette.copy_in),
        "command": (title(process), palette.faint if process.ended else palette.text),
    }


def title(process: TopProcess) -> str:
    """Its command line; its name in brackets when that is all there is, as ps(1) has it."""
    words = clean(process.command) or f"[{clean(process.name)}]"
    return f"{words} (ended)" if process.ended else words


def top_totals(view: TopView, palette: Palette, width: int | None = None) -> Text:
    """All processes together, in a line, with arrows for words when it is to fit in `width` cells.

    What was lost stands first, for then the rest is too small."""
    line = _totals(view, palette, ("read ", "written "))
    if width is not None and line.cell_len > width:
        line = _totals(view, palette, ("↑", "↓"))
        line.truncate(width, overflow="ellipsis")
    return line


def _totals(view: TopView, palette: Palette, words: tuple[str, str]) -> Text:
    counts = view.totals
    failures = palette.failed if counts.failed else palette.text
    line = Text(no_wrap=True, end="")
    if view.lost:
        line.append(f"lost {several(view.lost, 'call')} · ", palette.failed)
    line.append(f"{rate(view.per_second(counts.calls)) or '0'} calls/s", palette.strong)
    for text, style in (
        (f"{rate(view.per_second(counts.wasted)) or '0'} wasted", palette.wasted),
        (f"{rate(view.per_second(counts.failed)) or '0'} failed", failures),
        (f"kernel {view.share(counts.kernel_ns):.2f} CPUs", palette.kernel),
        (f"{words[0]}{size_rate(view.per_second(counts.bytes_read)) or '0'}", palette.copy_out),
        (f"{words[1]}{size_rate(view.per_second(counts.bytes_written)) or '0'}", palette.copy_in),
    ):
        line.append(" · ", palette.faint)
        line.append(text, style)
    return line


def rate(value: float) -> str:
    """So many a second; one decimal where there are few, nothing for none."""
    if value <= 0:
        return ""
    return f"{max(value, 0.1):.1f}" if value < 9.95 else short_count(round(value))


def size_rate(value: float) -> str:
    """So many bytes a second; nothing for none."""
    return short_size(max(1, round(value))) if value > 0 else ""


def cpu_share(share: float) -> str:
    """A share of one CPU; never 0 for what is not quite nothing."""
    if share <= 0:
        return ""
    return f"{share:.1%}".replace("%", " %") if share >= 0.0005 else "<0.1 %"


def top_heading(shown: tuple[int, ...], interval: float, width: int, palette: Palette, *, paused: bool) -> Text:
    """The first line: how many processes are listed (and of how many), how often it looks, whether it is held."""
    state = ("‖ paused", palette.failed) if paused else ("● live", palette.running)
    listed = " of ".join(map(str, shown))
    facts = f" · {listed} process{'' if shown[-1] == 1 else 'es'} made calls · every {interval:g} s"
    line = Text.assemble(("iotrace top", palette.accent), (facts, palette.text), no_wrap=True)
    line.append(" " * max(1, width - line.cell_len - len(state[0])))
    return line.append(*state)


def top_about(process: TopProcess, width: int, palette: Palette) -> Text:
    """One process in words: what is not in its line, and all of its command."""
    counts = process.counts
    who = "" if process.pid is None else f"{process.pid} "
    line = Text.assemble((f"{who}{clean(process.name)}", palette.strong))
    for part, text in ((counts.wasted, "wasted"), (counts.failed, "failed")):
        line.append(f" · {percent(part, counts.calls)} {text}", palette.text)
    per_call = duration(round(counts.kernel_ns / counts.calls)) if counts.calls else "–"
    line.append(f" · {per_call} of CPU in a call · {count(counts.calls)} calls")
    lines = (line, Text(title(process), palette.faint))
    for each in lines:
        each.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)
