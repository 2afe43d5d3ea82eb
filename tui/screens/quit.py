"""Leaving while the program runs: what is to become of it?"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.current_size import CurrentSize


class Leaving(Enum):
    """The answers, and that the program ended before there was one."""

    END = "end"
    LET_RUN = "let-run"
    CANCEL = "cancel"
    NOTHING_LEFT = "nothing-left"


_CHOICES = (
    (Leaving.END, "e", "end the program"),
    (Leaving.LET_RUN, "l", "let it run on, untraced"),
    (Leaving.CANCEL, "esc", "cancel"),
)


class QuitScreen(CurrentSize, ModalScreen[Leaving]):
    """Three answers: by letter, or by arrow keys and enter."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "answer('end')", "End the program", show=False),
        Binding("l", "answer('let-run')", "Let it run on, untraced", show=False),
        Binding("escape,q", "answer('cancel')", "Cancel", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        with Vertical(classes="dialog"):
            yield Static("The program is still running.", classes="question", markup=False)
            yield OptionList(*(Option(f"{key:>3}  {text}", id=leaving.value) for leaving, key, text in _CHOICES))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click on an answer."""
        if event.option.id is not None:
            self.action_answer(event.option.id)

    def action_answer(self, answer: str) -> None:
        """Close with `answer`."""
        self.dismiss(Leaving(answer))
