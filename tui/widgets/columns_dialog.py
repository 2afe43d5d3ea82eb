"""Which columns the list of calls has: a box to tick for each."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.drawing.call_columns import CHOICES
from tui.screens.current_size import CurrentSize


class ColumnsDialog(CurrentSize, ModalScreen[tuple[str, ...] | None]):
    """Its result are the columns chosen, in their order; none = those that suit the width; None = no change."""

    CSS_PATH = "../screens/modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Tick", priority=True),
        Binding("enter", "accept", "Show these", priority=True),
        Binding("a", "automatic", "Those that suit the width"),
        Binding("escape,q,c", "dismiss(None)", "Cancel"),
    ]

    def __init__(self, shown: tuple[str, ...]) -> None:
        super().__init__()
        self._ticked = {"call", *shown}
        self._list = OptionList(
            *(Option(self._prompt(what), id=what) for what, _ in CHOICES), id="columns", markup=False
        )

    def compose(self) -> ComposeResult:
        """The boxes."""
        with Vertical(classes="dialog"):
            yield Static("Columns: space ticks, enter shows them, a = automatic", classes="question", markup=False)
            yield self._list

    def on_mount(self) -> None:
        """Every line has room for what the column means."""
        self._list.styles.width = 58

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click ticks too."""
        event.stop()
        self.action_tick()

    def action_tick(self) -> None:
        """Tick the box below the cursor, or no longer; the call itself is always shown."""
        place = self._list.highlighted
        what = CHOICES[place][0] if place is not None else "call"
        if what != "call":
            self._ticked ^= {what}
            self._list.replace_option_prompt(what, self._prompt(what))

    def action_accept(self) -> None:
        """Those that are ticked, in the order they are shown in."""
        self.dismiss(tuple(what for what, _ in CHOICES if what in self._ticked))

    def action_automatic(self) -> None:
        """Leave it to the width."""
        self.dismiss(())

    def _prompt(self, what: str) -> str:
        return f"{'[x]' if what in self._ticked else '[ ]'} {what:<9} {dict(CHOICES)[what]}"
