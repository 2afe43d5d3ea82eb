"""What is written into a lane of the timeline: names of calls that have room for one, and bytes of copies.

Thousands of calls may lie in a picture of which few are wide enough for a word, so which ones is found out for all
of them at once, and only those are looked at one by one.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from tracer.analyze.lines.lines import FAILED, WASTED, Lines
from tracer.analyze.timeline.spans import Span
from tui.drawing.text import clean
from tui.drawing.timeline_glyphs import Glyphs, spelled
from tui.drawing.timeline_lane import Words
from tui.drawing.timeline_window import Window
from tui.drawing.units import short_size

Ints = NDArray[np.int64]
_NAMED: Final = 4
"""Cells a call must have to be named."""
_SPELLED: Final = 16
"""Cells it must have for its arguments."""
_COPY: Final = 2
"""Cells there must be up to the next copy: an arrow and a digit."""
_COLUMNS: Final = ("at_ns", "wall_ns", "bytes_in", "bytes_out", "code")


def names_and_copies(
    lines: Lines,
    numbers: Ints,
    window: Window,
    glyphs: Glyphs,
    name_of: Callable[[int], str],
    text: Callable[[int], str] | None,
) -> tuple[list[Words], list[Words]]:
    """Of the lines `numbers` of one thread. With `text`, which tells a line in words, calls come with their
    arguments where there is room."""
    columns = lines.gather(numbers, _COLUMNS)
    ends = columns["at_ns"] + columns["wall_ns"].astype(np.int64) + lines.held.of(numbers)
    first, last = (_cells_of(window, moments) for moments in (columns["at_ns"], ends))
    wide = np.minimum(window.cells, last) - np.maximum(0, first + 1) + 1 >= _NAMED
    names: list[Words] = []
    for span in Span.of(lines, numbers[wide & (columns["code"] > 0)]):
        texts = _texts(span, name_of(span.code), window, glyphs, text)
        names += name_words(texts, span.at_ns, span.end_ns, window, _style(span))
    return names, _copies(columns, first, last, window, glyphs)


def name_words(texts: tuple[str, ...], at_ns: int, end_ns: int, window: Window, style: str) -> list[Words]:
    """A name over the whole cells of a call, with a cell before and behind it left as it is."""
    first = max(0, window.cell_of(at_ns) + 1)
    last = min(window.cells, window.cell_of(end_ns)) - 1
    return [Words(first, last, texts, style)] if texts and last - first + 2 >= _NAMED else []


def _copies(
    columns: dict[str, NDArray[Any]], first: Ints, last: Ints, window: Window, glyphs: Glyphs
) -> list[Words]:
    """Bytes in where a call was entered, bytes out where it returned, each up to the next of them."""
    cells = np.stack((first, last), axis=1).ravel()
    sizes = np.stack((columns["bytes_in"], columns["bytes_out"]), axis=1).ravel()
    there = np.flatnonzero(sizes > 0)
    cells, sizes, out = cells[there], sizes[there], there % 2
    ends = np.append(cells[1:], window.cells)
    chosen = (cells >= 0) & (cells < window.cells) & (ends - cells >= _COPY)
    arrows = ((glyphs.copy_in, "copy_in"), (glyphs.copy_out, "copy_out"))
    return [
        Words(cell, end, (arrows[way][0] + short_size(int(size)),), arrows[way][1])
        for cell, end, size, way in zip(*(each[chosen].tolist() for each in (cells, ends, sizes, out)), strict=True)
    ]


def _cells_of(window: Window, moments: Ints) -> Ints:
    """As `Window.cell_of`, for many. Moments far from the window are as good as at twice its width beside it."""
    since = np.clip(moments - window.begin_ns, -2 * window.span_ns, 2 * window.span_ns)
    cells: Ints = since * window.cells // window.span_ns
    return cells


def _texts(
    span: Span, name: str, window: Window, glyphs: Glyphs, text: Callable[[int], str] | None
) -> tuple[str, ...]:
    failed = span.flags & (FAILED | WASTED)
    short = f"{name} {errno.errorcode.get(span.errno, '')}".strip() if failed else name
    if text is not None and (span.end_ns - span.at_ns) / window.cell_ns >= _SPELLED:
        told = spelled(clean(text(span.line)), glyphs)
        if cell_len(told) == len(told):
            return told, short, name
    return short, name


def _style(span: Span) -> str:
    if span.flags & WASTED:
        return "wasted"
    return "failed" if span.flags & FAILED else "strong"
