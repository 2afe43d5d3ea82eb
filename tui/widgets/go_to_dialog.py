"""Where to go in the list of calls: a line's number or a time."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tracer.analyze.filter.quantities import duration_ns
from tui.screens.current_size import CurrentSize


class GoToDialog(CurrentSize, ModalScreen[tuple[str, int] | None]):
    """Its result is ("line", number from 0) or ("time", ns since the start); None = stay."""

    CSS_PATH = "../screens/modal.tcss"
    DEFAULT_CSS = """
    GoToDialog .dialog Input { width: 40; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def compose(self) -> ComposeResult:
        """The question and its answer."""
        with Vertical(classes="dialog"):
            yield Static("Go to line (12000) or time (1.5s, 20ms):", classes="question", markup=False)
            yield Input(compact=True)
            yield Static(id="go-to-error", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go there, or say why not."""
        place = place_of(event.value)
        if place is None:
            self.query_one("#go-to-error", Static).update("neither a line's number nor a time with its unit")
        else:
            self.dismiss(place)


def place_of(text: str) -> tuple[str, int] | None:
    """What was typed: a line (from 0) or a time (ns); None when it is neither."""
    text = text.strip().replace(",", "")
    if text.isdigit():
        return "line", max(0, int(text) - 1)
    ns = duration_ns(text)
    return None if ns is None else ("time", round(ns))
