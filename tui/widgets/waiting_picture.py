"""One return of a waiting call: its head, and the set line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from tracer.analyze.waiting_sets.asked import Requests
from tracer.analyze.waiting_sets.waiting_sets import Array, Bits, WaitReturn
from tui.drawing.waiting_epoll import epoll_line, epoll_rows, epoll_titles
from tui.drawing.waiting_head import head_lines
from tui.drawing.waiting_poll import poll_line, poll_titles
from tui.drawing.waiting_requests import request_line, request_rows, request_titles
from tui.drawing.waiting_select import select_line, select_rows, select_titles
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView
from tui.widgets.text_block import TextBlock
from tui.widgets.titles import Titles
from tui.widgets.waiter_list import UP_AND_DOWN


class SetRows(LinesView, inherit_bindings=False):
    """The lines of the set. Only those on screen are drawn: an array may have thousands."""

    BINDINGS: ClassVar[list[BindingType]] = UP_AND_DOWN

    def __init__(self) -> None:
        super().__init__(id="set-rows")
        self.shown: WaitReturn | None = None
        self.start_ns = 0
        self.only_ready = False
        self._rows: Sequence[Any] = ()

    def show(self, ret: WaitReturn, start_ns: int) -> None:
        """Show the set of `ret`."""
        same = self.shown is not None and self.shown.waiter.number == ret.waiter.number
        self.shown, self.start_ns = ret, start_ns
        self._rows = self._of(ret)
        if not same:
            self.cursor = 0
            self.scroll_to(y=0, animate=False, immediate=True, force=True)
        self.lay_out(len(self._rows))

    def segments(self, index: int, width: int) -> list[Segment]:
        """The line `index`."""
        ret, row, palette = self.shown, self._rows[index], palette_of(self)
        assert ret is not None, "there are lines only of a return"
        watched = ret.watched
        if isinstance(watched, Bits):
            return select_line(row, ret, watched, palette)
        if isinstance(watched, Array):
            return poll_line(row, ret, watched, width, palette)
        if isinstance(watched, Requests):
            return request_line(row, ret, self.start_ns, width, palette)
        return epoll_line(row, ret, self.start_ns, width, palette)

    def _of(self, ret: WaitReturn) -> Sequence[Any]:
        watched, ready = ret.watched, {each.fd for each in ret.brought}
        if isinstance(watched, Bits):
            return select_rows(ret, watched)
        if isinstance(watched, Array):
            places = range(len(watched.entries))
            return [each for each in places if watched.entries[each].revents > 0] if self.only_ready else places
        if isinstance(watched, Requests):
            return request_rows(watched, only_answered=self.only_ready)
        rows = epoll_rows(watched)
        return [row for row in rows if isinstance(row, str) or row.fd in ready] if self.only_ready else rows


class WaitingPicture(Vertical):
    """Head, titles and lines."""

    DEFAULT_CSS = """
    WaitingPicture { width: 1fr; height: 1fr; }
    WaitingPicture #waiting-head { height: 2; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
    WaitingPicture #waiting-why { display: none; padding: 0 1; color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__(id="waiting-picture")
        self.rows = SetRows()
        self._head = TextBlock(id="waiting-head")
        self._why = TextBlock(id="waiting-why")

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield self._head
        yield Titles(self._titles)
        yield self.rows
        yield self._why

    def on_resize(self) -> None:
        """There is room for more words, or for fewer."""
        self.draw()

    def show(self, ret: WaitReturn, start_ns: int) -> None:
        """Show `ret`; `start_ns`: CLOCK_MONOTONIC of the beginning."""
        self.rows.show(ret, start_ns)
        unread = ret.watched.unread
        self._why.display = bool(unread)
        self._why.put(Text(f"The set is not known in full: {unread}."))
        self.draw()

    def draw(self) -> None:
        """Draw the head again."""
        ret = self.rows.shown
        if ret is not None:
            head = head_lines(ret, self.rows.start_ns, palette_of(self), self.size.width)
            self._head.put(Text("\n").join(head))
            self.query_one(Titles).refresh()

    def _titles(self, width: int) -> Text:
        ret, palette = self.rows.shown, palette_of(self)
        if ret is None:
            return Text()
        if isinstance(ret.watched, Bits):
            return select_titles(palette)
        if isinstance(ret.watched, Requests):
            return request_titles(width, palette)
        titles = poll_titles if isinstance(ret.watched, Array) else epoll_titles
        return titles(width, palette)
