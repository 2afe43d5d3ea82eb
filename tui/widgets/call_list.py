"""The virtual list of calls: only lines on screen are decoded."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from rich.segment import Segment
from textual.strip import Strip

from tracer.analyze.filter.matches import AllLines, Shown
from tracer.analyze.filter.tree import Field
from tui.drawing.call_columns import Column, columns
from tui.drawing.call_row import Place, call_row
from tui.drawing.text import fit
from tui.snapshot import RowText, Snapshot, Source
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView

_KEPT: Final = 2_000
"""Decoded lines kept: some screenfuls to scroll back over without decoding again."""
_NOTHING: Final = AllLines(0)


class CallList(LinesView):
    """Calls and events of the recording, one a line: all of them, or those of a `Shown`.

    A *position* counts what is listed, a *line* counts the recording's lines."""

    def __init__(self, source: Source) -> None:
        super().__init__(follow=True, id="calls-list")
        self._source = source
        self._snapshot: Snapshot | None = None
        self._shown: Shown = _NOTHING
        self._settled: OrderedDict[int, RowText] = OrderedDict()
        self._inside: dict[int, RowText] = {}
        self._anchor = 0
        """The line that was chosen last; the cursor stays as near to it as what is listed allows."""
        self.on_top = False
        """The cursor stays on the first line, whatever that is, until it is moved."""
        self.chosen: tuple[str, ...] | None = None
        """The columns to show; None = those that suit."""
        self.asked: frozenset[Field | None] = frozenset()
        """What the list is sorted or filtered by."""
        self.marked: int | None = None
        """The line one measures from."""
        self.empty = ""
        """What to say where nothing is listed."""

    @property
    def threads(self) -> int:
        """How many threads the recording knows; the list has a column for them when there are several."""
        return len(self._snapshot.report.threads) if self._snapshot else 0

    @property
    def shown(self) -> Shown:
        """What is listed, without the calls still running."""
        return self._shown

    @property
    def line(self) -> int | None:
        """The line below the cursor; None when nothing is listed."""
        return self.line_at(self.cursor) if self.cursor < self.count else None

    def layout_of(self, width: int) -> tuple[Column, ...]:
        """The columns in `width` cells."""
        return columns(width, self.threads, self.chosen, self.asked)

    def line_at(self, position: int) -> int:
        """The line at `position`; calls still running follow the settled lines."""
        if position < self._shown.count:
            return self._shown.line(position)
        assert self._snapshot is not None, "nothing is listed before the first snapshot"
        return self._snapshot.settled + position - self._shown.count

    def show(self, snapshot: Snapshot, shown: Shown | None = None) -> None:
        """List `shown` (all by default) as in `snapshot`; follows the end when the cursor is there, else keeps its
        place."""
        if not snapshot.live and self._snapshot is None:
            self.following = False
        self._snapshot = snapshot
        before, self._shown = self._shown, AllLines(snapshot.settled) if shown is None else shown
        self._inside.clear()
        if not self.following and not (isinstance(before, AllLines) and isinstance(self._shown, AllLines)):
            self._keep_line()
        running = len(snapshot.inside) if isinstance(self._shown, AllLines) else 0
        self.lay_out(self._shown.count + running)
        if self.following and self.line is not None:
            self._anchor = self.line
        self.post_message(self.Moved(self, self.cursor))

    def go_to_line(self, line: int) -> bool:
        """Put the cursor on `line`, or on the nearest that is listed; says whether it is the line itself."""
        self._anchor = line
        settled = self._snapshot.settled if self._snapshot is not None else 0
        position = line if line >= settled else self._shown.position(line)
        self.move_to(position)
        self._anchor = line
        return self.line == line

    def open_at(self, line: int) -> None:
        """Put the cursor on `line`, which is the first on screen then."""
        self.go_to_line(line)
        self.scroll_to(y=self.cursor, animate=False, immediate=True, force=True)

    def move_to(self, index: int) -> None:
        """Put the cursor there and remember the line."""
        self.on_top = False
        super().move_to(index)
        if self.line is not None:
            self._anchor = self.line

    def segments(self, index: int, width: int) -> list[Segment]:
        """The line `index`."""
        layout, row = self.layout_of(width), self.row(index)
        delta = None
        if index and any(column.what == "delta" for column in layout):
            delta = row.since_start_ns - self.row(index - 1).since_start_ns
        return call_row(row, layout, palette_of(self), Place(delta, row.index == self.marked))

    def row(self, index: int) -> RowText:
        """What is listed at position `index`, decoded now or before."""
        line = self.line_at(index)
        known = self._settled.get(line) or self._inside.get(line)
        return known if known is not None else self._decode(index, line)

    def render_line(self, y: int) -> Strip:
        """Line `y` on screen; where nothing is listed, the reason."""
        if not self.count and y == 1 and self.empty:
            width = self.scrollable_content_region.width
            text = Segment(fit(f"  {self.empty}", width), palette_of(self).faint)
            return Strip([text]).apply_style(self.rich_style)
        return super().render_line(y)

    def _keep_line(self) -> None:
        """Move the cursor to the line it was on (or near it) in what is listed now, and keep it in its place on
        screen."""
        above = self.cursor - round(self.scroll_y)
        if self.on_top and self._shown.count:
            self._anchor = self._shown.line(0)
        self.cursor = self._shown.position(self._anchor)
        self.virtual_size = self.virtual_size.with_height(self._shown.count)
        self.count = self._shown.count
        top = max(0, min(self.cursor - max(0, above), self.count - 1))
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def _decode(self, index: int, line: int) -> RowText:
        """Decode `line`, which is at position `index`, and the unknown ones that follow it on screen."""
        snapshot = self._snapshot
        assert snapshot is not None, "there are no lines before the first snapshot"
        stop, at = line + 1, index + 1
        while at < self.on_screen.stop and self.line_at(at) == stop and not self._knows(stop):
            stop, at = stop + 1, at + 1
        for row in self._source.rows(snapshot, line, min(stop, snapshot.rows)):
            (self._settled if row.index < snapshot.settled else self._inside)[row.index] = row
        while len(self._settled) > _KEPT:
            self._settled.popitem(last=False)
        return self._settled.get(line) or self._inside[line]

    def _knows(self, line: int) -> bool:
        return line in self._settled or line in self._inside
