"""The times of one call as a picture: above what happened before it, below what happened inside, to one scale."""

from __future__ import annotations

from collections.abc import Iterator

from rich.style import Style
from rich.text import Text

from tui.drawing.folding import Item
from tui.drawing.palette import BLOCKED, KERNEL, RUNNABLE, USER, Palette, State, style_of
from tui.drawing.phases import share_out
from tui.drawing.units import duration
from tui.snapshot import Details, RowKind

_LABEL = 8
_ASLEEP = {BLOCKED: "asleep"}
Part = tuple[State, int]


def times_items(details: Details, width: int, palette: Palette) -> Iterator[Item]:
    """Two bars with their numbers: time in user space before the call, time inside; then the tracer's share."""
    times = details.row.times
    before = [(USER, times.user_ns), (BLOCKED, details.before_blocked_ns), (RUNNABLE, details.before_runnable_ns)]
    inside = [(KERNEL, times.kernel_ns), (BLOCKED, times.blocked_ns), (RUNNABLE, times.runnable_ns)]
    if details.row.kind is RowKind.RUNNING:
        words = f"{duration(details.row.inside_ns)}; asleep or not is known when it returns"
        yield Item(_numbers("before", before[:1], palette), indent=_LABEL)
        yield Item(_labelled("inside", Text(words, palette.text), palette), indent=_LABEL)
        return
    room = max(10, min(60, width - _LABEL - 1))
    cells = share_out([ns for _, ns in (*before, *inside)], room)
    yield Item(_bar("before", before, cells[:3], 0, palette))
    yield Item(_numbers("", [each for each in before if each[1] or each[0] is USER], palette), indent=_LABEL)
    yield Item(_bar("inside", inside, cells[3:], sum(cells[:3]), palette))
    yield Item(_numbers("", inside, palette), indent=_LABEL)
    held = f"{duration(times.tracer_ns)}, held by the tracer: in none of the others"
    yield Item(_labelled("tracer", Text(held, palette.faint), palette), indent=_LABEL)


def _bar(label: str, parts: list[Part], cells: list[int], at: int, palette: Palette) -> Text:
    bar = Text(" " * at)
    for (state, _), count in zip(parts, cells, strict=True):
        bar.append(state.pattern * count, style_of(palette, state))
    return _labelled(label, bar, palette)


def _numbers(label: str, parts: list[Part], palette: Palette) -> Text:
    words = Text("  ").join(
        Text.assemble(
            (f"{_ASLEEP.get(state, state.word) if not label else state.word} ", palette.faint),
            (f"{state.pattern} {duration(ns)}", style_of(palette, state)),
        )
        for state, ns in parts
    )
    return _labelled(label, words, palette)


def _labelled(label: str, text: Text, palette: Palette, style: Style | None = None) -> Text:
    line = Text(f"{label:<{_LABEL}}", style or palette.faint)
    line.append_text(text)
    return line
