"""The keys of the Calls tab that go from one call to another, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.binding import Binding, BindingType
from textual.message import Message

from tracer.analyze.filter.known import Known
from tracer.analyze.filter.listing import IN_TIME
from tracer.analyze.filter.matches import Shown
from tracer.analyze.lines.jumps import at_time, next_trouble, same_descriptor
from tracer.analyze.lines.peers import Found
from tracer.analyze.lines.wakers import transferred_after, waker_of
from tui.history import History, Place
from tui.snapshot import Snapshot, Source
from tui.widgets.call_table import CallTable
from tui.widgets.go_to_dialog import GoToDialog
from tui.widgets.pane import Pane

JUMP_KEYS: Final[list[BindingType]] = [
    Binding("f", "follow", "Follow fd", tooltip="Only calls on this descriptor; again: all"),
    Binding("n", "same_fd(1)", "Next call on the same descriptor", show=False),
    Binding("N", "same_fd(-1)", "Previous call on the same descriptor", show=False),
    Binding("e", "trouble(1)", "Next failed or wasted call", show=False),
    Binding("E", "trouble(-1)", "Previous failed or wasted call", show=False),
    Binding("o", "origin", "The call that opened this descriptor", show=False),
    Binding("u", "waker", "What ended this wait", show=False),
    Binding("U", "transferred", "What its thread transferred after it", show=False),
    Binding("colon", "go_to", "Go to a line or a time", show=False, key_display=":"),
    Binding("left_square_bracket,backspace", "back", "Back to where I jumped from", show=False, key_display="["),
    Binding("right_square_bracket", "forward", "Forward again", show=False, key_display="]"),
]
"""For the pane that lists calls."""


class CallJumps(Pane):
    """A pane whose `table` lists calls."""

    class Answered(Message):
        """What a worker found out about where to go."""

        def __init__(self, found: Found) -> None:
            super().__init__()
            self.found = found

    def __init__(self, source: Source, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.source = source
        self.table = CallTable(source)
        self.snapshot: Snapshot | None = None
        self._history = History()
        self._unfollowed: str | None = None
        """The filter before a descriptor was followed."""

    def go_to(self, line: int) -> None:
        """Put the cursor on `line`; a filter that hides it is taken away. One can come back."""
        self._leave()
        self._go(line)

    def action_follow(self) -> None:
        """List only calls on the descriptor of this one; the same key leaves it."""
        if self._unfollowed is not None and self.table.filter.startswith("fd:"):
            before, self._unfollowed = self._unfollowed, None
            self.table.set_filter(before)
            return
        known, line = self._here()
        if known is None or line is None:
            return
        code = int(known.line(line).fd[0])
        if code < 0:
            self._say("This call uses no descriptor.")
            return
        used = known.descriptors[code]
        self._unfollowed = self.table.filter
        self._leave()
        self.table.set_filter(f"fd:{used.fd}.{used.generation} pid:{used.pid}")

    def action_same_fd(self, step: int) -> None:
        """Among the calls listed."""
        self._step(same_descriptor, step, "No other call on its descriptor is listed there.")

    def action_trouble(self, step: int) -> None:
        """Among the calls listed."""
        self._step(next_trouble, step, "No failed or wasted call is listed there.")

    def action_origin(self) -> None:
        """From the descriptor's story."""
        line, snapshot = self.table.list.line, self.snapshot
        if line is None or snapshot is None:
            return
        story = self.source.details(snapshot, line).story
        if story is None:
            self._say("This call uses no descriptor that is known.")
        elif story.opened is None:
            self._say(f"Descriptor {story.fd} was open before the trace began, or its opening is no line.")
        else:
            self.go_to(story.opened.line)

    def action_waker(self) -> None:
        """Worked out in a worker: it may have to look at all lines of a long wait."""
        self._ask(waker_of)

    def action_transferred(self) -> None:
        """Likewise."""
        self._ask(transferred_after)

    def action_go_to(self) -> None:
        """Ask where to."""
        if self.source.known() is not None:
            self.app.push_screen(GoToDialog(), self._asked)

    def action_back(self) -> None:
        """With the filter there was."""
        self._return(self._history.back)

    def action_forward(self) -> None:
        """Likewise."""
        self._return(self._history.forward)

    def on_call_jumps_answered(self, event: Answered) -> None:
        """Go there, or say why not."""
        event.stop()
        if event.found.line is not None:
            self.go_to(event.found.line)
        if event.found.why:
            self._say(event.found.why)

    def _asked(self, place: tuple[str, int] | None) -> None:
        known = self.source.known()
        if place is None or known is None or self.snapshot is None:
            return
        kind, value = place
        line = value if kind == "line" else at_time(known, value)
        self.go_to(max(0, min(line, self.snapshot.settled - 1)))

    def _step(self, search: Callable[[Known, Shown, int, int], int | None], step: int, otherwise: str) -> None:
        known, line = self._here()
        if known is None or line is None:
            return
        position = search(known, self.table.list.shown, self.table.list.cursor, step)
        if position is None:
            self._say(otherwise)
        else:
            self.table.list.move_to(position)

    def _ask(self, question: Callable[[Known, int], Found]) -> None:
        known, line = self._here()
        if known is not None and line is not None:
            self.run_worker(
                lambda: self.post_message(self.Answered(question(known, line))), thread=True, group="jump"
            )

    def _here(self) -> tuple[Known | None, int | None]:
        """The line below the cursor, when it is one that will not change its number."""
        known, line = self.source.known(), self.table.list.line
        settled = known is not None and line is not None and line < known.lines.count
        if not settled:
            self._say("Its thread is still inside this call." if line is not None else "There is no call here.")
        return (known, line) if settled else (None, None)

    def _leave(self) -> None:
        if self.table.list.line is not None:
            self._history.leave(self._place())

    def _place(self) -> Place:
        return Place(self.table.list.line or 0, self.table.filter)

    def _return(self, where: Callable[[Place], Place | None]) -> None:
        place = where(self._place())
        if place is None:
            self._say("There is no jump to return from.")
            return
        if place.filter != self.table.filter:
            self.table.set_filter(place.filter)
        self.table.list.go_to_line(place.line)

    def _go(self, line: int) -> None:
        table = self.table
        if not table.list.go_to_line(line) and (table.filter or table.order != IN_TIME):
            table.clear()
            table.list.go_to_line(line)
            self._say("The filter hid that line and is off; [ brings it back.")

    def _say(self, words: str) -> None:
        """In place of what was said before: a key that is held down says it once."""
        self.app.clear_notifications()
        self.notify(words, timeout=4, markup=False)
