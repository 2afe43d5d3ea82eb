"""One line: how many calls, how many of them for nothing, and what crossed the boundary."""

from __future__ import annotations

from rich.text import Text

from tracer.analyze.results import Copies, Totals
from tui.drawing.palette import Palette
from tui.drawing.units import count, percent, several, size

_Part = tuple[str, str]
"""Text, and the name of its style in the palette."""


def totals_line(totals: Totals, width: int, palette: Palette) -> Text:
    """The longest wording that fits in `width` cells, between rules."""
    for parts in _wordings(totals):
        line = _joined(parts, palette)
        if line.cell_len <= width - 4:
            break
    line.truncate(max(0, width - 2), overflow="ellipsis")
    line.append(" " + "─" * max(0, width - line.cell_len - 1), palette.faint)
    return line


def _wordings(totals: Totals) -> list[list[_Part]]:
    calls = [(f"calls {count(totals.calls)}", "strong")]
    failed = [(f"failed {count(totals.failed)}", "failed" if totals.failed else "faint")]
    wasted = [(_wasted(totals), "wasted" if totals.wasted else "faint")]
    lost = [(f"{several(totals.lost, 'event')} lost", "failed")] if totals.lost else []
    long, short = _copied(totals.copies, full=True), _copied(totals.copies, full=False)
    return [
        calls + failed + wasted + long + lost,
        calls + failed + wasted + short + lost,
        calls + failed + wasted + short + lost,
        calls + wasted + short + lost,
        calls + wasted + lost,
    ]


def _wasted(totals: Totals) -> str:
    if not totals.wasted:
        return "wasted 0"
    return f"wasted {count(totals.wasted)} ({percent(totals.wasted, totals.calls)})"


def _copied(copies: Copies, *, full: bool) -> list[_Part]:
    at_least = "≥ " if copies.unknown else ""
    if not full:
        into, out = copies.payload_in + copies.control_in, copies.payload_out + copies.control_out
        return [(f"in {at_least}{size(into)}", "copy_in"), (f"out {at_least}{size(out)}", "copy_out")]
    return [
        (
            f"copied in {at_least}{size(copies.payload_in)} payload, {size(copies.control_in)} control",
            "copy_in",
        ),
        (f"out {at_least}{size(copies.payload_out)} payload, {size(copies.control_out)} control", "copy_out"),
    ]


def _joined(parts: list[_Part], palette: Palette) -> Text:
    line = Text("─ ", style=palette.faint, no_wrap=True, end="")
    for number, (words, style) in enumerate(parts):
        line.append(" · " if number else "", palette.faint)
        line.append(words, getattr(palette, style))
    return line
