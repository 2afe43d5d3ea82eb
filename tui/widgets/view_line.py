"""The views of the Summary tab, by their names, in one line."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from tracer.analyze.groups import View
from tui.drawing.summary import view_at, view_line
from tui.theme import palette_of


class ViewLine(Widget):
    """The names of the views."""

    DEFAULT_CSS = "ViewLine { height: 1; }"

    class Picked(Message):
        """A view was clicked."""

        def __init__(self, view: View) -> None:
            super().__init__()
            self.view = view

    def __init__(self) -> None:
        super().__init__()
        self.view = View.CALL

    def render(self) -> Text:
        """The line."""
        return view_line(self.view, self.size.width, "v: next view · ⏎: its calls", palette_of(self))

    def on_click(self, event: events.Click) -> None:
        """Tell the pane."""
        view = view_at(event.x)
        if view is not None:
            self.post_message(self.Picked(view))
