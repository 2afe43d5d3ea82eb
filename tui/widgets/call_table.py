"""The list of calls with its titles, its filter and its order; what is listed is found out in a worker."""

from __future__ import annotations

from threading import Event

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from tracer.analyze.filter.errors import FilterError
from tracer.analyze.filter.listing import IN_TIME, Listed, Listing, Order
from tracer.analyze.filter.parse import parse
from tracer.analyze.filter.tree import Field, fields_of
from tracer.analyze.filter.vocabulary import Vocabulary
from tui.drawing.call_columns import column_titles, order_at
from tui.drawing.filter_bar import status_text
from tui.list_work import Found, work_out
from tui.snapshot import Snapshot, Source
from tui.theme import palette_of
from tui.widgets.call_list import CallList
from tui.widgets.filter_bar import FilterBar
from tui.widgets.lines_view import LinesView
from tui.widgets.measure_line import MeasureLine
from tui.widgets.titles import Titles

ORDERS = (None, Field.WALL, Field.KERNEL, Field.BLOCKED, Field.RUNNABLE, Field.USER, Field.BYTES)
"""What the list can be sorted by; None = time."""
_NO_MATCH = "No call matches the filter. x takes it away."


class CallTable(Vertical):
    """Titles, filter, list, and the line that measures from the mark."""

    class FilterLeft(Message):
        """The filter is typed, or given up."""

    class Moved(Message):
        """The cursor is on another line, or the line it is on has changed."""

    def __init__(self, source: Source) -> None:
        super().__init__(id="calls-table")
        self.list = CallList(source)
        self.filter = ""
        self.order = IN_TIME
        self._source = source
        self._snapshot: Snapshot | None = None
        self._bar = FilterBar(self._vocabulary)
        self._measure = MeasureLine(source)
        self._listing: Listing | None = None
        """What is worked out; None while all calls are listed in the order of time."""
        self._stop = Event()
        self._working = False
        self._wished: tuple[str, Order] | None = None
        """A filter and an order that were asked for before there was anything to list."""

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield Titles(self._titles)
        yield self._bar
        yield self.list
        yield self._measure

    @property
    def editing(self) -> bool:
        """A filter is being typed."""
        return self._bar.editing

    def show(self, snapshot: Snapshot) -> None:
        """List what fits in `snapshot`."""
        threads = self.list.threads
        self._snapshot = snapshot
        if self._listing is None:
            self.list.show(snapshot)
        else:
            listed = self._listing.listed(snapshot.settled) if self.order.field is None else None
            if listed is not None and listed.searched >= snapshot.settled:
                self._list(listed)  # else the worker, which has new lines to look at, will say
            self._work()
        if threads != self.list.threads:
            self.query_one(Titles).refresh()
        if self._wished is not None:
            self._apply(*self._wished)

    def edit_filter(self) -> None:
        """Let a filter be typed."""
        self._bar.edit()

    def set_filter(self, text: str) -> None:
        """List only what `text` lets through. Raises FilterError."""
        parse(text)
        self._bar.put(text)
        self._apply(text, self.order)

    def set_order(self, order: Order) -> None:
        """List in another order, from its beginning."""
        if order != IN_TIME:
            self.list.following, self.list.on_top = False, True
        self._apply(self.filter, order)
        self.query_one(Titles).refresh()

    def clear(self) -> None:
        """List all calls in the order of time."""
        self._bar.put("")
        self._apply("", IN_TIME)
        self.query_one(Titles).refresh()

    def refresh_titles(self) -> None:
        """The columns have changed."""
        self.query_one(Titles).refresh()
        self.list.refresh()

    def show_measure(self) -> None:
        """Say what lies between the mark and the cursor."""
        self._measure.show(self.list.marked, self.list.line)

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        """Said anew: a message of the list goes no further up than to who made the list send it, and that is this
        table when a filter or another order puts another line below the cursor."""
        event.stop()
        self.post_message(self.Moved())

    def on_titles_clicked(self, event: Titles.Clicked) -> None:
        """A title was clicked: that is the column to sort by."""
        event.stop()
        order = order_at(self.list.layout_of(self.query_one(Titles).size.width - 1), event.x, self.order)
        if order is not None:
            self.set_order(order)

    def on_filter_bar_typed(self, event: FilterBar.Typed) -> None:
        """List at once what is typed."""
        event.stop()
        self._apply(event.text, self.order)

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """The keys are the list's again."""
        event.stop()
        self.screen.set_focus(self.list)
        self.post_message(self.FilterLeft())
        self.call_after_refresh(self._tell)

    def on_found(self, event: Found) -> None:
        """What the worker has found so far."""
        event.stop()
        if event.listing is self._listing:
            self._list(event.listed)

    def on_unmount(self) -> None:
        """Let the worker go."""
        self._stop.set()

    def _apply(self, text: str, order: Order) -> None:
        known, snapshot = self._source.known(), self._snapshot
        self._wished = (text, order) if known is None or snapshot is None else None
        if known is None or snapshot is None or (text, order) == (self.filter, self.order):
            return
        try:
            node = parse(text)
        except FilterError:
            return
        self._stop.set()
        self._stop, self._working = Event(), False
        self.filter, self.order = text, order
        asked = fields_of(node) | {order.field}
        if asked != self.list.asked:
            self.list.asked = asked
            self.refresh_titles()
        if not text and order == IN_TIME:
            self._listing = None
            self.list.show(snapshot)
            self._tell()
            return
        self._listing = Listing(known, node, order, self._stop.is_set)
        self._work()

    def _work(self) -> None:
        """Start the worker, unless it is at work."""
        listing, snapshot = self._listing, self._snapshot
        if listing is None or snapshot is None or self._working:
            return
        self._working = True

        def work() -> None:
            work_out(listing, self._settled, self.post_message)
            if listing is self._listing:
                self._working = False

        self.run_worker(work, thread=True)

    def _settled(self) -> int:
        return self._snapshot.settled if self._snapshot is not None else 0

    def _list(self, listed: Listed) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        self.list.empty = _NO_MATCH if listed.done else "Searching…"
        self.list.show(snapshot, listed.shown)
        self._tell(listed)

    def _tell(self, listed: Listed | None = None) -> None:
        if self._listing is None:
            self._bar.tell(Text(), shown=bool(self.filter))
            return
        listed = listed or self._listing.listed(self._settled())
        status = status_text(listed, self._settled(), self.order, palette_of(self), filtered=bool(self.filter))
        self._bar.tell(status, shown=True)

    def _vocabulary(self) -> Vocabulary | None:
        known = self._source.known()
        return Vocabulary(known) if known is not None else None

    def _titles(self, width: int) -> Text:
        return column_titles(self.list.layout_of(width), width, palette_of(self), self.order)
