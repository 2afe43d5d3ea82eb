"""Tab 8: the traced program's terminal. While it has the focus, keys go to the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.drawing.keys import bytes_of
from tui.drawing.terminal import Picture
from tui.live import LiveRun
from tui.terminal import ProgramTerminal

LEAVE = "ctrl+right_square_bracket"
"""The one key that does not go to the program (telnet's escape character, which programs leave alone)."""


class Output(Widget, can_focus=True):
    """What the program's terminal shows, as large as this widget."""

    DEFAULT_CSS = "Output { height: 1fr; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(LEAVE, "give_back", "Leave the program's terminal", key_display="^]"),
    ]

    def __init__(self, live: LiveRun, terminal: ProgramTerminal, leave: Callable[[], None]) -> None:
        super().__init__(id="output")
        self._live = live
        self._terminal = terminal
        self._leave = leave
        self._picture = Picture((), None)
        self._ended = False

    @property
    def takes_keys(self) -> bool:
        """Keys go to the program: it has the focus, and it has not ended."""
        return self.has_focus and not self._ended

    def end(self) -> None:
        """The program has ended: what it printed stays, and keys are ours again."""
        self._ended = True
        self.refresh()

    def show(self, picture: Picture) -> None:
        """Draw `picture`."""
        self._picture = picture
        self.refresh()

    def take_focus(self) -> None:
        """Keys go to the program."""
        self.focus()

    def render_line(self, y: int) -> Strip:
        """Line `y` of the terminal."""
        lines = self._picture.lines
        style = self.rich_style
        if y >= len(lines):
            return Strip.blank(self.size.width, style)
        strip = Strip(lines[y])
        if self.takes_keys and self._picture.cursor and self._picture.cursor[1] == y:
            strip = _with_cursor(strip, self._picture.cursor[0])
        return strip.adjust_cell_length(self.size.width).apply_style(style)

    def on_key(self, event: events.Key) -> None:
        """Everything but the key that leaves is the program's."""
        if event.key == LEAVE or not self.takes_keys:
            return
        event.stop()
        event.prevent_default()
        typed = bytes_of(event.key, event.character, application_keys=self._picture.application_keys)
        if typed:
            self._terminal.write(typed)

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text is the program's too."""
        event.stop()
        self._terminal.write(event.text.encode())

    def fit(self, size: Size) -> None:
        """Make the program's terminal as large as `size`, which this widget has or will have."""
        rows, cols = max(1, size.height), max(1, size.width)
        self._terminal.resize(rows, cols)
        self._live.resize(rows, cols)
        self.show(self._terminal.picture())

    def action_give_back(self) -> None:
        """Give the keys back to the screen."""
        self._leave()


def _with_cursor(strip: Strip, x: int) -> Strip:
    before, cell, after = strip.crop(0, x), strip.crop(x, x + 1), strip.crop(x + 1)
    shown = [Segment(segment.text, (segment.style or Style()) + _CURSOR) for segment in cell] or [
        Segment(" ", _CURSOR)
    ]
    return Strip.join([before, Strip(shown), after])


_CURSOR = Style(reverse=True)
