"""The manual page of a call, over the screen. man runs in a worker: a page takes a moment to be formatted."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.drawing.text import clean
from tui.manual import ManualPage, manual_page
from tui.screens.current_size import CurrentSize
from tui.theme import palette_of

WIDEST = 100
"""Cells of text, as man itself would have them at most in a wide terminal."""
_AROUND = 10


class ManualScreen(CurrentSize, ModalScreen[None]):
    """Scrolls with the usual keys; closed by escape, M or q."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,M,q,enter", "dismiss", "Close", show=False),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
        Binding("space", "page(1)", "A page down", show=False),
        Binding("b", "page(-1)", "A page up", show=False),
    ]

    class Found(Message):
        """The page is there, or why it is not."""

        def __init__(self, page: ManualPage) -> None:
            super().__init__()
            self.page = page

    def __init__(self, call: str) -> None:
        super().__init__()
        self._call = call

    def compose(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="dialog manual"):
            yield Static(f"looking for the manual page of {clean(self._call)} …", id="manual-text", markup=False)

    def on_mount(self) -> None:
        """Ask man."""
        self.query_one(VerticalScroll).focus()
        width = min(WIDEST, self.app.size.width - _AROUND)
        self.run_worker(
            lambda: self.post_message(self.Found(manual_page(self._call, width))), thread=True, exit_on_error=False
        )

    def on_manual_screen_found(self, event: Found) -> None:
        """Show what man said; headings stand out."""
        palette = palette_of(self)
        lines = event.page.lines or (event.page.missing,)
        text = Text("\n").join(
            Text(clean(line), palette.accent if line[:1].isupper() and event.page.lines else palette.text)
            for line in lines
        )
        self.query_one("#manual-text", Static).update(text)

    def action_scroll(self, lines: int) -> None:
        """Move by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Move by a screenful."""
        view = self.query_one(VerticalScroll)
        view.scroll_relative(y=pages * max(1, view.size.height - 2), animate=False)
