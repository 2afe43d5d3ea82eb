"""The list of descriptors: only the lines on screen are made."""

from __future__ import annotations

import numpy as np
from rich.segment import Segment

from tracer.analyze.descriptors.lives import DescriptorLine, DescriptorLives, DescriptorTable
from tui.drawing.descriptors import descriptor_columns, descriptor_line
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView


class DescriptorList(LinesView):
    """One line per descriptor. The cursor stays on its descriptor while numbers and order change."""

    def __init__(self) -> None:
        super().__init__(id="descriptor-list")
        self.table: DescriptorTable | None = None
        self.run = (0, 0)
        """CLOCK_MONOTONIC of the beginning and of now."""
        self._lives: DescriptorLives | None = None
        self._made: dict[int, DescriptorLine] = {}

    def show(self, lives: DescriptorLives, table: DescriptorTable, run: tuple[int, int]) -> None:
        """List the descriptors of `table`."""
        selected, on_top = self.selected, self.cursor == 0
        self._lives, self.table, self.run = lives, table, run
        self._made.clear()
        self.lay_out(len(table.order))
        found = np.flatnonzero(table.order == (-1 if selected is None else selected))
        # On the first line the eye is on "whatever is on top", further down on the descriptor it picked.
        if len(found) and not on_top:
            self._go(int(found[0]))

    @property
    def selected(self) -> int | None:
        """The code of the descriptor the cursor is on."""
        if self.table is None or self.cursor >= len(self.table.order):
            return None
        return int(self.table.order[self.cursor])

    @property
    def several(self) -> bool:
        """There is more than one process."""
        return self.table is not None and self.table.processes > 1

    def line(self, code: int) -> DescriptorLine:
        """The descriptor with this code as the table has it."""
        assert self._lives is not None, "there are lines only after a table was shown"
        assert self.table is not None, "there are lines only after a table was shown"
        known = self._made.get(code)
        if known is None:
            known = self._made[code] = self._lives.line(self.table, code)
        return known

    def segments(self, index: int, width: int) -> list[Segment]:
        """The line `index`."""
        assert self.table is not None, "there are lines only after a table was shown"
        columns = descriptor_columns(width, several=self.several)
        return descriptor_line(self.line(int(self.table.order[index])), columns, width, self.run, palette_of(self))
