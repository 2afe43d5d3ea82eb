"""The functions that led to a call, the innermost first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from tracer.analyze.stacks.naming import Stack
from tracer.symbols.names import Frame
from tui.drawing.folding import Item
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import several

_SHORT: Final = 2
_SHOWN_AT_FIRST: Final = 12


def stack_item(stack: Stack, palette: Palette) -> Item:
    """A heading, and a line a function below it."""
    heading = Text.assemble(("stack  ", palette.faint), (several(len(stack.frames), "function"), palette.text))
    note = _note(stack)
    if note:
        heading.append(f", {note}", palette.faint)
    lines = tuple(_lines(stack, palette))
    return Item(heading, "stack", lines, closed=len(lines) > _SHOWN_AT_FIRST, indent=2)


def _lines(stack: Stack, palette: Palette) -> Iterator[Item]:
    for place, frame in enumerate(stack.frames):
        text = Text(clean(frame.name), palette.text)
        text.append(f"  {_where(frame)}", palette.faint)
        if place == 1 and stack.guessed:
            text.append("  likely, not certain", palette.faint)
        yield Item(text, indent=4)


def _where(frame: Frame) -> str:
    words = [clean(frame.file)] if frame.file else []
    return ", ".join([*words, *([frame.why_not] if frame.why_not else [])])


def _note(stack: Stack) -> str:
    if stack.whole:
        return ""
    if len(stack.frames) <= _SHORT:
        return "callers not known: compiled without frame pointers"
    return "callers may be missing"
