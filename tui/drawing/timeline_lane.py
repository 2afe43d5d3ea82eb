"""One thread's lane: user space above the border, kernel space below, what crosses drawn on the border.

    marks      signals, wake-ups, births, marks of the program
    user       ▂▂▂▂      running is solid, asleep dotted, ready but without a CPU hatched
    border     ─↑──      copies: ↓ into the kernel, ↑ out of it
    kernel     ▆▆▆░

The height of what is solid is the share of the program's own time in that cell: a cell that holds a thousand calls
shows their proportions, never the last of them. Time the tracer took has no share.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style

from tracer.analyze.timeline.cells import Cells
from tui.drawing.palette import Palette
from tui.drawing.timeline_glyphs import Glyphs

Floats = NDArray[np.float64]
STYLES: Final = (
    "text", "faint", "strong", "user", "kernel", "blocked", "runnable", "event", "copy_in", "copy_out", "wasted",
    "failed", "accent",
)  # fmt: skip
"""Styles of the palette by the numbers a canvas holds."""
_NUMBER: Final = {name: number for number, name in enumerate(STYLES)}
_LEAST: Final = 1 / 8
"""Shares below it show only where nothing else does."""


class Shape(NamedTuple):
    """How many rows each part of a lane has."""

    marks: int
    height: int
    """Of user space, and of kernel space."""
    border: int

    @property
    def rows(self) -> int:
        """All of them."""
        return self.marks + 2 * self.height + self.border

    @property
    def kernel_row(self) -> int:
        """The first row below the border."""
        return self.marks + self.height + self.border


@dataclass(frozen=True, slots=True)
class Words:
    """A text over the cells from `first` up to `last`: the longest of `texts` that fits, or none."""

    first: int
    last: int
    texts: tuple[str, ...]
    style: str = "strong"


@dataclass(frozen=True, slots=True)
class Lane:
    """What a lane shows, ready to be drawn."""

    cells: Cells
    row: int
    """Its row in `cells`."""
    alive: NDArray[np.bool_]
    """In which cells the thread lived."""
    events: tuple[tuple[int, str], ...] = ()
    """Cell and glyph name: spawn, exec, exit, mark."""
    names: tuple[Words, ...] = ()
    """Calls long enough to be named."""
    copies: tuple[Words, ...] = ()
    """Copies with room for their bytes."""


class Canvas:
    """Rows of cells: characters and style numbers."""

    def __init__(self, rows: int, width: int) -> None:
        self.chars = np.full((rows, width), " ", "<U1")
        self.styles = np.zeros((rows, width), np.int8)

    def put(self, row: int, where: NDArray[np.bool_], char: str | NDArray[np.str_], style: str) -> None:
        """Draw `char` in the cells of `row` that `where` marks."""
        self.chars[row, where] = char if isinstance(char, str) else char[where]
        self.styles[row, where] = _NUMBER[style]

    def write(self, row: int, words: Words, *, free: bool = False) -> bool:
        """Write over the cells of `words`, if one of its texts fits; `free`: only over blanks and borders, but for
        the first."""
        width = self.chars.shape[1]
        first, last = max(0, words.first), min(width, words.last)
        text = next((each for each in words.texts if len(each) <= last - first), "")
        here = slice(first, first + len(text))
        if not text or (free and not np.isin(self.chars[row, here][1:], _FREE).all()):
            return False
        self.chars[row, here] = list(text)
        self.styles[row, here] = _NUMBER[words.style]
        return True

    def segments(self, row: int, palette: Palette, over: dict[int, Style] | None = None) -> list[Segment]:
        """A row as segments; `over`: styles laid over single cells."""
        chars, styles = self.chars[row], self.styles[row]
        cuts = set((np.flatnonzero(np.diff(styles)) + 1).tolist()) | {0, len(chars)}
        for cell in over or ():
            cuts |= {cell, min(cell + 1, len(chars))}
        bounds = sorted(cuts)
        found = []
        for first, last in pairwise(bounds):
            style: Style = getattr(palette, STYLES[int(styles[first])])
            if over and first in over:
                style += over[first]
            found.append(Segment("".join(chars[first:last].tolist()), style))
        return found


_FREE: Final = (" ", "─", "┈", "-", ".")


def draw_lane(lane: Lane, shape: Shape, glyphs: Glyphs) -> Canvas:
    """The lane in `shape.rows` rows."""
    cells, row = lane.cells, lane.row
    width = cells.user.shape[1]
    canvas = Canvas(shape.rows, width)
    own = cells.own[row]
    whole = np.where(own > 0, own, 1.0)
    user = (cells.user[row] / whole, cells.before_blocked[row] / whole, cells.before_runnable[row] / whole)
    kernel = (cells.kernel[row] / whole, cells.blocked[row] / whole, cells.runnable[row] / whole)
    _region(canvas, shape.marks, shape.height, user, "user", glyphs)
    _region(canvas, shape.kernel_row, shape.height, kernel, "kernel", glyphs)
    held = lane.alive & (own <= 0)
    border = shape.kernel_row - 1
    if shape.border:
        canvas.put(border, lane.alive & ~held, glyphs.border, "faint")
        canvas.put(border, held, glyphs.held, "faint")
        _copies(canvas, border, lane, glyphs)
    else:
        canvas.put(shape.kernel_row, held, glyphs.held, "faint")
    for words in lane.names:
        canvas.write(shape.kernel_row, words)
    _marks(canvas, 0 if shape.marks else border, lane, glyphs, over=bool(shape.marks or shape.border))
    return canvas


def _region(
    canvas: Canvas, top: int, height: int, shares: tuple[Floats, Floats, Floats], solid: str, glyphs: Glyphs
) -> None:
    """Running from the floor up, then ready, then asleep; each row of it stands for 1 / height of the time."""
    running, asleep, ready = shares
    steps = np.array(list(glyphs.heights))
    for level in range(height):
        row = top + height - 1 - level
        run = np.clip(running * height - level, 0, 1)
        upto_ready = np.clip((running + ready) * height - level, 0, 1)
        queued = upto_ready - run
        slept = np.clip((running + ready + asleep) * height - level, 0, 1) - upto_ready
        off = queued + slept
        eighths = np.floor(run * 8 + 0.5).astype(np.int64)
        if level == 0:
            eighths = np.maximum(eighths, (running > 0).astype(np.int64))
        pattern = np.where(slept >= 0.5, glyphs.blocked, glyphs.some_blocked)
        canvas.put(row, eighths > 0, steps[eighths], solid)
        dotted = (off >= _LEAST) & ((run < _LEAST) & ((off >= 0.5) | (eighths == 0)))
        if level == 0:
            dotted |= (running <= 0) & (off > 1e-9)
        canvas.put(row, dotted & (slept >= queued), pattern, "blocked")
        canvas.put(row, dotted & (slept < queued), glyphs.runnable, "runnable")
        if height == 1:
            canvas.put(row, (run >= _LEAST) & (off > run), glyphs.mixed, solid)


def _copies(canvas: Canvas, row: int, lane: Lane, glyphs: Glyphs) -> None:
    into, out = lane.cells.bytes_in[lane.row] > 0, lane.cells.bytes_out[lane.row] > 0
    canvas.put(row, into & ~out, glyphs.copy_in, "copy_in")
    canvas.put(row, out & ~into, glyphs.copy_out, "copy_out")
    canvas.put(row, out & into, glyphs.copy_both, "copy_out")
    for words in lane.copies:
        canvas.write(row, words, free=True)


def _marks(canvas: Canvas, row: int, lane: Lane, glyphs: Glyphs, *, over: bool) -> None:
    """Wake-ups, then signals, then events: the rarer, the stronger. Where there is no row for them, over blanks."""
    free = np.ones(canvas.chars.shape[1], np.bool_) if over else canvas.chars[row] == " "
    if over:
        canvas.put(row, free & (lane.cells.wakeups[lane.row] > 0), glyphs.wakeup, "accent")
    canvas.put(row, free & (lane.cells.signals[lane.row] > 0), glyphs.signal, "event")
    seen: dict[int, str] = {}
    for cell, name in lane.events:
        if 0 <= cell < len(free) and free[cell]:
            seen[cell] = name if seen.get(cell, name) == name else "several"
    for cell, name in seen.items():
        canvas.chars[row, cell] = getattr(glyphs, name)
        canvas.styles[row, cell] = _NUMBER["event"]
