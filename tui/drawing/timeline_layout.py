"""Which lanes there are, in which order, how tall they are, and what stands beside them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tracer.analyze.threads import Life
from tui.drawing.text import clean
from tui.drawing.timeline_lane import Shape

SHAPES: Final = (*(Shape(1, height, 1) for height in (8, 6, 5, 4, 3, 2, 1)), Shape(0, 1, 1), Shape(0, 1, 0))
"""From the tallest to the flattest."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A lane, or the heading of a process with several of them."""

    top: int
    """Its first row."""
    rows: int
    thread: int | None
    """None for a heading."""
    text: str


@dataclass(frozen=True, slots=True)
class Layout:
    """All entries from top to bottom."""

    shape: Shape
    entries: tuple[Entry, ...]
    folded: int = 0
    """Threads that are left out."""

    @property
    def rows(self) -> int:
        """Rows of all of them."""
        return self.entries[-1].top + self.entries[-1].rows if self.entries else 0

    @property
    def threads(self) -> list[int]:
        """The lanes' threads from top to bottom."""
        return [entry.thread for entry in self.entries if entry.thread is not None]

    def entry_at(self, row: int) -> Entry | None:
        """What lies at a row."""
        place = bisect_right(self.entries, row, key=lambda entry: entry.top) - 1
        if place < 0 or row >= self.entries[place].top + self.entries[place].rows:
            return None
        return self.entries[place]

    def entry_of(self, thread: int) -> Entry:
        """The lane of a thread that is shown."""
        return next(entry for entry in self.entries if entry.thread == thread)


def lay_out(
    lives: Sequence[Life], threads: Sequence[int], rows: int, *, folded: int = 0, shape: Shape | None = None
) -> Layout:
    """Lanes for `threads` (places in `lives`) by process, in the order these began, as tall as `rows` allow.

    With `shape` they have that one."""
    processes: dict[int, list[int]] = {}
    for thread in threads:
        processes.setdefault(lives[thread].pid, []).append(thread)
    headings = sum(len(members) > 1 for members in processes.values())
    for shape in (shape,) if shape else SHAPES:  # noqa: B020  # the last one tried is the one taken
        if headings + len(threads) * shape.rows <= rows:
            break
    assert shape is not None
    entries: list[Entry] = []
    top = 0
    for pid, members in processes.items():
        if len(members) > 1:
            leader = next((lives[thread] for thread in members if lives[thread].tid == pid), lives[members[0]])
            entries.append(Entry(top, 1, None, f"{pid} {clean(leader.name)} · {len(members)} threads"))
            top += 1
        for thread in members:
            entries.append(Entry(top, shape.rows, thread, f"{lives[thread].tid} {clean(lives[thread].name)}"))
            top += shape.rows
    return Layout(shape, tuple(entries), folded)


def labels(entry: Entry, shape: Shape) -> list[str]:
    """What stands left of each row of a lane: thread, and which side of the border is which."""
    found = [""] * entry.rows
    if shape.border:
        found[shape.kernel_row - 2] = "user"
        found[shape.kernel_row] = "kernel"
    found[0] = entry.text
    return found
