"""Tab 6: the textbook picture of one message of this trace, with its measured times."""

from __future__ import annotations

from threading import Event
from time import monotonic
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widgets import Static

from tracer.analyze.phases import MEASURE
from tui.drawing.figure_glyphs import UNICODE, Glyphs
from tui.drawing.figure_pane import figure_text, no_figure, reading
from tui.figures import Drawn
from tui.messages import GoTo
from tui.snapshot import Snapshot, Source
from tui.theme import palette_of
from tui.widgets.pane import Pane

AGAIN = 1.0
"""Seconds until a growing recording without messages is searched again."""
_TELL = 0.2


class Picture(VerticalScroll, can_focus=True, inherit_bindings=False):
    """Scrolls up and down; the other keys are the pane's."""

    DEFAULT_CSS = """
    Picture { scrollbar-size-vertical: 1; }
    Picture Static { width: auto; min-width: 79; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("pageup,b", "page_up", "A page up", show=False),
        Binding("pagedown,space", "page_down", "A page down", show=False),
    ]

    def compose(self) -> ComposeResult:
        """One block of text."""
        yield Static(id="figure-text", markup=False)


class FigurePane(Pane):
    """A worker finds the messages and makes the figure; a newer request ends an older one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Previous", key_display="←", tooltip="Previous message"),
        Binding("right", "step(1)", "Next", key_display="→", tooltip="Next message"),
        Binding("comma", "step(-10)", "Ten messages back", show=False),
        Binding("full_stop", "step(10)", "Ten messages on", show=False),
        Binding("home", "to(1)", "First message", show=False),
        Binding("end", "to(-1)", "Last message", show=False),
        Binding("t", "typical", "Typical", tooltip="A typical message"),
        Binding("enter", "calls", "Its calls", tooltip="Go to the call that brought the message"),
    ]

    class Made(Message):
        """A figure is there; None when the worker was told to stop."""

        def __init__(self, request: int, drawn: Drawn | None) -> None:
            super().__init__()
            self.request = request
            self.drawn = drawn

    class Reading(Message):
        """How far the worker is."""

        def __init__(self, request: int, part: float) -> None:
            super().__init__()
            self.request = request
            self.part = part

        def can_replace(self, message: Message | MessagePump) -> bool:
            """A slow screen drops stale ones."""
            return isinstance(message, FigurePane.Reading)

    def __init__(self, source: Source, glyphs: Glyphs = UNICODE) -> None:
        super().__init__(id="figure")
        self._source = source
        self._glyphs = glyphs
        self._snapshot: Snapshot | None = None
        self.drawn: Drawn | None = None
        """What is shown."""
        self._request = 0
        self._stop = Event()
        self._busy = False

    def compose(self) -> ComposeResult:
        """The picture, which may be taller than the screen."""
        yield Picture()

    def on_unmount(self) -> None:
        """Let the worker go."""
        self._stop.set()

    def show(self, snapshot: Snapshot) -> None:
        """The first time, ask for a figure; a figure that is shown stays."""
        first = self._snapshot is None
        self._snapshot = snapshot
        if first:
            self._ask(None)

    def take_focus(self) -> None:
        """Keys scroll the picture."""
        self.query_one(Picture).focus()

    def redraw(self) -> None:
        """Draw again."""
        if self.drawn is not None:
            self._draw(self.drawn)

    def on_resize(self) -> None:
        """The picture is as wide as the pane."""
        self.redraw()

    def action_step(self, by: int) -> None:
        """Another message."""
        if self.drawn is not None and self.drawn.figure is not None:
            self._ask(max(1, self.drawn.figure.number + by))

    def action_to(self, number: int) -> None:
        """The first (1) or the last message (-1)."""
        if self.drawn is not None and self.drawn.figure is not None:
            self._ask(number if number > 0 else 1 << 62)

    def action_typical(self) -> None:
        """The message with the median latency."""
        self._ask(None)

    def action_calls(self) -> None:
        """Show the calls of the message."""
        if self.drawn is not None and self.drawn.line is not None:
            self.post_message(GoTo(self.drawn.line))

    def on_figure_pane_made(self, event: Made) -> None:
        """Show it, unless another one is wanted by now."""
        if event.request != self._request or event.drawn is None:
            return
        self._busy = False
        self.drawn = event.drawn
        self._draw(event.drawn)
        if event.drawn.figure is None and self._snapshot is not None and self._snapshot.live:
            self.set_timer(AGAIN, self._ask_again)

    def on_figure_pane_reading(self, event: Reading) -> None:
        """Say how far it is, as long as there is nothing to see."""
        if event.request == self._request and self.drawn is None:
            self._put(reading(event.part, palette_of(self)))

    def _ask_again(self) -> None:
        if not self._busy:
            self._ask(None)

    def _ask(self, number: int | None) -> None:
        self._stop.set()
        stop = self._stop = Event()
        self._request += 1
        request, said = self._request, 0.0
        self._busy = True

        def tell(part: float) -> None:
            nonlocal said
            if monotonic() - said > _TELL:
                said = monotonic()
                self.post_message(self.Reading(request, part))

        self.run_worker(
            lambda: self.post_message(self.Made(request, self._source.figure(number, stop.is_set, tell))),
            thread=True,
        )

    def _draw(self, drawn: Drawn) -> None:
        palette = palette_of(self)
        if drawn.figure is not None:
            self._put(figure_text(drawn.figure, self.size.width - 1, palette, self._glyphs))
        elif self._snapshot is not None:
            measured = any(phase.name == MEASURE for phase in self._snapshot.report.phases)
            self._put(no_figure(self._snapshot.live, measured, palette))

    def _put(self, text: Text) -> None:
        self.query_one("#figure-text", Static).update(text)
