"""Above the footer while the program is stepped: the call a thread is held at, and the kernel's side of it."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text
from textual.message import Message
from textual.widget import Widget

from tracer.analyze.holds import Hold
from tui.drawing.step import step_lines
from tui.held_call import HeldCall
from tui.latest import Latest
from tui.live import LiveRun
from tui.snapshot import Snapshot, Source
from tui.step_view import Request, StepView, look
from tui.theme import palette_of

_RUNNING_SHOWN = 4
_MOST_LINES = 10


class StepPanel(Widget):
    """Shown from the first order until the program runs on. Says which orders capture is to be given."""

    DEFAULT_CSS = """
    StepPanel { height: auto; max-height: 40%; background: $panel; padding: 0 1; display: none; }
    """

    class Seen(Message):
        """A worker has asked the kernel."""

        def __init__(self, view: StepView) -> None:
            super().__init__()
            self.view = view

    class HeldAt(Message):
        """Another call is shown: its line in the list of calls."""

        def __init__(self, line: int) -> None:
            super().__init__()
            self.line = line

    def __init__(self, source: Source, live: LiveRun | None) -> None:
        super().__init__(id="step")
        self._source, self._live = source, live
        self.stepping = live is not None and live.stepping
        """The program is held, or will be."""
        self._snapshot: Snapshot | None = None
        self._call: HeldCall | None = None
        self._until = ""
        """What the program runs on to; "": any call."""
        self._view = StepView(None)
        self._looks: Latest[Request] = Latest(self, lambda request: self.Seen(look(request)))

    @property
    def call(self) -> HeldCall | None:
        """The call that is shown."""
        return self._call if self.stepping else None

    @property
    def several(self) -> bool:
        """More than one thread is held."""
        return self.stepping and self._snapshot is not None and len(self._snapshot.holds) > 1

    @property
    def possible(self) -> bool:
        """There is a program that could be held."""
        return self._live is not None and (self._snapshot is None or self._snapshot.live)

    def show(self, snapshot: Snapshot) -> None:
        """How things stand now. The thread that is shown stays shown as long as it is held."""
        self._snapshot = snapshot
        if not snapshot.live:
            self.stepping = False
        self.display = self.stepping
        if not self.stepping:
            return
        shown = self._call.hold if self._call is not None else None
        same_thread = [hold for hold in snapshot.holds if shown is not None and hold.tid == shown.tid]
        candidates = same_thread or snapshot.holds
        self._pick(candidates[-1] if candidates else None)

    def step(self) -> None:
        """Hold the program, or let the thread that is shown go on to its next stop."""
        self._wait_for("")
        if self._call is not None and self.stepping:
            self._order(f"step {self._call.hold.tid}")
        else:
            self._order("step" if self.stepping else "hold")

    def until_kind(self) -> None:
        """Run on until any thread makes the call that is shown again."""
        if self._call is not None:
            self._wait_for(self._call.text.partition("(")[0])
            self._order(f"until call {self._call.row.abi} {self._call.row.nr}")

    def until_descriptor(self) -> bool:
        """Run on until any thread of its process makes a call with the same descriptor. False: there is none."""
        if self._call is None or not self._call.fds:
            return False
        self._wait_for(f"call on fd {self._call.fds[0]}")
        self._order(f"until fd {self._call.row.pid} {self._call.fds[0]}")
        return True

    def until_mark(self) -> None:
        """Run on until the program marks a moment: a write to descriptor -1, which begins or ends a phase."""
        self._wait_for("mark")
        self._order("until mark")

    def run_on(self) -> None:
        """Let all go on."""
        self._order("release")
        self.stepping = False
        self.display = False

    def next_held(self) -> None:
        """Show the next of the threads that are held."""
        holds = self._snapshot.holds if self._snapshot is not None else ()
        if holds and self._call is not None:
            tids = [hold.tid for hold in holds]
            place = tids.index(self._call.hold.tid) if self._call.hold.tid in tids else -1
            self._pick(holds[(place + 1) % len(holds)])

    def render(self) -> Text:
        """The lines; the panel is as high as they are."""
        return Text("\n").join(self._lines(self.content_size.width or self.app.size.width - 2))

    def get_content_height(self, _container: object, _viewport: object, width: int) -> int:
        """As many lines as there are."""
        return len(self._lines(width))

    def on_step_panel_seen(self, event: Seen) -> None:
        """The kernel has answered; the answer may be about a call that is over."""
        event.stop()
        self._looks.done()
        if event.view.call == self._call and event.view != self._view:
            self._view = event.view
            self.refresh(layout=True)

    def _lines(self, width: int) -> list[Text]:
        return step_lines(self._view, width, _MOST_LINES, palette_of(self))

    def _pick(self, hold: Hold | None) -> None:
        snapshot = self._snapshot
        assert snapshot is not None, "only after a snapshot"
        before = self._call
        if hold is None:
            self._call = None
        elif before is None or before.hold != hold:
            self._call, self._until = self._source.held_call(snapshot, hold), ""
        if self._call != before:
            self._view = StepView(self._call, until=self._until)
            self.refresh(layout=True)
            if self._call is not None and self._call.line is not None:
                self.post_message(self.HeldAt(self._call.line))
        self._looks.ask(self._request(snapshot))

    def _request(self, snapshot: Snapshot) -> Request:
        held = {hold.tid for hold in snapshot.holds}
        rows = self._source.rows(
            snapshot, snapshot.settled, min(snapshot.rows, snapshot.settled + 2 * len(held) + 8)
        )
        running = tuple(row for row in rows if row.tid not in held)[: _RUNNING_SHOWN + 1]
        return Request(self._call, max(0, len(held) - 1), running, snapshot.alive, self._until)

    def _wait_for(self, until: str) -> None:
        """Say of what the next one is to come; a call that is still held is said until it goes on."""
        self._until = until
        if self._call is None and self._view.until != until:
            self._view = replace(self._view, until=until)
            self.refresh(layout=True)

    def _order(self, line: str) -> None:
        if self._live is not None:
            self.stepping = True
            self.display = True
            self._live.order(line)
