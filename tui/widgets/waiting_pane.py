"""Tab 5: who waits for what, and any one return of a waiting call as a picture."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from tracer.analyze.waiting_sets.waiting_sets import Waiter, WaitReturn
from tui.drawing.waiting_empty import nobody_waits
from tui.latest import Latest
from tui.messages import GoTo
from tui.snapshot import Snapshot, Source
from tui.waiting_wanted import LAST, Wanted
from tui.widgets.lines_view import LinesView
from tui.widgets.pane import Pane
from tui.widgets.text_block import TextBlock
from tui.widgets.waiter_list import WaiterList
from tui.widgets.waiting_picture import WaitingPicture

ROOMY: Final = 130
"""From this width on the picture stands beside the list."""


class WaitingPane(Pane):
    """The list, and the picture beside or below it. A worker keeps the index and decodes the returns."""

    DEFAULT_CSS = """
    WaitingPane { layout: vertical; }
    WaitingPane #waiter-list { height: auto; width: 100%; }
    WaitingPane #waiter-list WaiterRows { height: auto; max-height: 4; }
    WaitingPane.-beside { layout: horizontal; }
    WaitingPane.-beside #waiter-list { width: 52; height: 100%; }
    WaitingPane.-beside #waiter-list WaiterRows { height: 1fr; max-height: 100%; }
    WaitingPane #waiter-list.-empty Titles { display: none; }
    WaitingPane #waiting-empty { padding: 1 2; display: none; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Returns", key_display="←→", tooltip="The return before this one"),
        Binding("right", "step(1)", "The next return", show=False),
        Binding("comma", "step(-10)", "Ten returns back", key_display=",", show=False),
        Binding("full_stop", "step(10)", "Ten returns on", key_display=".", show=False),
        Binding("home", "first", "First return", show=False),
        Binding("end", "last", "Last return; follows what is added", show=False),
        Binding("u", "useless(1)", "Next useless", tooltip="The next useless wake-up"),
        Binding("U", "useless(-1)", "The useless wake-up before", show=False),
        Binding("enter", "go", "Its call", tooltip="Go to the waiting call"),
        Binding("r", "only_ready", "Only what was ready, or all", show=False),
    ]

    class Drawn(Message):
        """Everybody who waits, and the return that was wanted; not `whole`: there is more to take in."""

        def __init__(
            self, wanted: Wanted, waiters: tuple[Waiter, ...], ret: WaitReturn | None, *, whole: bool
        ) -> None:
            super().__init__()
            self.wanted, self.waiters, self.ret, self.whole = wanted, waiters, ret, whole

    def __init__(self, source: Source) -> None:
        super().__init__(id="waiting")
        self._source = source
        self._snapshot: Snapshot | None = None
        self._list = WaiterList()
        self._picture = WaitingPicture()
        self._empty = TextBlock(id="waiting-empty")
        self._drawer: Latest[Wanted] = Latest(self, self._draw)
        self._wanted: Wanted | None = None

    def compose(self) -> ComposeResult:
        """List and picture."""
        yield self._empty
        yield self._list
        yield self._picture

    def show(self, snapshot: Snapshot) -> None:
        """Take in what is new."""
        if self._wanted is None:
            self._wanted = Wanted(number=LAST if snapshot.live else 0)
        self._snapshot = snapshot
        self._empty.put(Text(nobody_waits(snapshot.report.syscalls, live=snapshot.live)))
        self._drawer.ask(self._wanted)

    def take_focus(self) -> None:
        """Keys go to the list."""
        self._list.rows.focus()

    def redraw(self) -> None:
        """Draw the head again in another theme."""
        self._picture.draw()

    def on_resize(self, event: events.Resize) -> None:
        """The picture stands beside the list where there is room."""
        self.set_class(event.size.width >= ROOMY, "-beside")

    def _draw(self, wanted: Wanted) -> Message:
        """In a worker."""
        descriptors = self._source.descriptors()
        if descriptors is None:
            return self.Drawn(wanted, (), None, whole=True)
        waiting = descriptors.waiting
        whole = waiting.update_for_a_while()
        waiters = waiting.waiters()
        waiter = wanted.waiter if wanted.waiter is not None else waiters[0].number if waiters else None
        if waiter is None:
            return self.Drawn(wanted, (), None, whole=whole)
        number: int | None = wanted.number
        if wanted.useless:
            number = waiting.useless(waiter, wanted.number, wanted.useless)
        ret = waiting.one(waiter, number) if number is not None else None
        return self.Drawn(wanted, waiters, ret, whole=whole)

    def on_waiting_pane_drawn(self, event: Drawn) -> None:
        """Show what came, unless something else is wanted by now."""
        event.stop()
        self._drawer.done()
        self._empty.display = not event.waiters
        self._list.set_class(not event.waiters, "-empty")
        self._picture.display = bool(event.waiters)
        higher = len(event.waiters) != self._list.rows.count
        self._list.rows.show(event.waiters)
        if higher:
            self._list.rows.refresh(layout=True)
        if event.wanted == self._wanted:
            self._take(event)
        if not event.whole and self.is_on_screen and self._wanted is not None:
            self._drawer.ask(self._wanted)

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        """Another waiter: its first return."""
        event.stop()
        waiter, wanted, shown = self._list.rows.selected, self._wanted, self._picture.rows.shown
        if event.view is not self._list.rows or waiter is None or wanted is None:
            return
        if shown is None or shown.waiter.number != waiter.number:
            self._want(Wanted(waiter.number, LAST if wanted.number == LAST else 0))

    def action_step(self, by: int) -> None:
        """Another return of this waiter."""
        wanted, shown = self._wanted, self._picture.rows.shown
        if wanted is None or shown is None:
            return
        here = shown.number if wanted.number == LAST or wanted.useless else wanted.number
        last = shown.waiter.returns - 1
        self._want(Wanted(shown.waiter.number, max(0, min(here + by, last))))

    def action_first(self) -> None:
        """The first return."""
        if (shown := self._picture.rows.shown) is not None:
            self._want(Wanted(shown.waiter.number, 0))

    def action_last(self) -> None:
        """The last return, and those that come."""
        if (shown := self._picture.rows.shown) is not None:
            self._want(Wanted(shown.waiter.number, LAST))

    def action_useless(self, step: int) -> None:
        """The next useless wake-up, or the one before."""
        if (shown := self._picture.rows.shown) is not None:
            self._want(Wanted(shown.waiter.number, shown.number, step))

    def action_go(self) -> None:
        """Go to the waiting call."""
        if (shown := self._picture.rows.shown) is not None:
            self.post_message(GoTo(shown.line))

    def action_only_ready(self) -> None:
        """Leave out what was not ready, or show all again."""
        rows = self._picture.rows
        rows.only_ready = not rows.only_ready
        if rows.shown is not None:
            rows.show(rows.shown, rows.start_ns)

    def _want(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._drawer.ask(wanted)

    def _take(self, event: Drawn) -> None:
        snapshot, ret = self._snapshot, event.ret
        if ret is not None and snapshot is not None:
            following = event.wanted.number == LAST and not event.wanted.useless
            self._wanted = Wanted(ret.waiter.number, LAST if following else ret.number)
            self._picture.show(ret, snapshot.start_ns)
        elif event.wanted.useless:
            shown = self._picture.rows.shown
            if shown is not None:
                self._wanted = Wanted(shown.waiter.number, shown.number)
                word = "after" if event.wanted.useless > 0 else "before"
                self.notify(f"No useless wake-up {word} this return.", timeout=3)
