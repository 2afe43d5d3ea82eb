"""Help: every key, read from the bindings themselves, and what the marks and patterns mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.drawing.help import help_lines
from tui.theme import palette_of

Bindings = Iterable[BindingType]


def keys_of(bindings: Bindings) -> tuple[tuple[str, str], ...]:
    """Keys and what they do, as (keys, description), in the order they are declared."""
    return tuple((binding.key, binding.description) for binding in bindings if isinstance(binding, Binding))


class HelpScreen(ModalScreen[None]):
    """Closed by escape, ? or q."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "Close", show=False),
    ]

    def __init__(self, sections: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> None:
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        """The text."""
        with VerticalScroll(classes="dialog help"):
            yield Static(id="help-text", markup=False)

    def on_mount(self) -> None:
        """Fill it in, in the colours of the theme."""
        text = Text("\n").join(help_lines(self._sections, palette_of(self)))
        self.query_one("#help-text", Static).update(text)
