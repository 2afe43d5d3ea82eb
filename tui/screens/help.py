"""Help: every key (`tui.help_sections` reads them from the bindings), and what the marks and patterns mean."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.drawing.help import Sections, help_lines
from tui.screens.current_size import CurrentSize
from tui.theme import palette_of

_FRAME: Final = 7
"""Cells of the border, the padding and the scroll bar."""
_WIDEST: Final = 84 - _FRAME
"""As in modal.tcss, which also says nine tenths of the screen."""


class HelpScreen(CurrentSize, ModalScreen[None]):
    """Closed by escape, ? or q."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "Close", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup,b", "page(-1)", "A page up", show=False),
        Binding("pagedown,space", "page(1)", "A page down", show=False),
    ]

    def __init__(self, sections: Sections, *, legend: bool = True) -> None:
        super().__init__()
        self._sections = sections
        self._legend = legend

    def compose(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="dialog help"):
            yield Static(id="help-text", markup=False)

    def on_mount(self) -> None:
        """Fill it in, in the colours of the theme."""
        self._fill()

    def on_resize(self, _: events.Resize) -> None:
        """Lines are wrapped to the new width."""
        self._fill()

    def action_scroll(self, lines: int) -> None:
        """Some lines up or down."""
        self._view.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """A page up or down."""
        self._view.scroll_relative(y=pages * max(1, self._view.size.height - 1), animate=False)

    def _fill(self) -> None:
        width = min(_WIDEST, self.app.size.width * 9 // 10 - _FRAME)
        text = Text("\n").join(help_lines(self._sections, palette_of(self), width, legend=self._legend))
        self.query_one("#help-text", Static).update(text)

    @property
    def _view(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)
