"""The application around the start screen. Its result is what was chosen, None when the user left."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.base_app import BaseApp
from tui.offers import Offer, Offers
from tui.screens.start import StartScreen


class StartApp(BaseApp[Offer]):
    """Shows the start screen until something is chosen."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+c,ctrl+q", "quit", "Quit", key_display="q"),
        Binding("d", "switch_theme", "Dark/light"),
        Binding("f12", "picture", "Picture", show=False),
    ]

    def __init__(self, offers: Offers) -> None:
        super().__init__()
        self._offers = offers

    def on_mount(self) -> None:
        """Show the screen."""
        self.push_screen(StartScreen(self._offers), self.exit)


def choose(offers: Offers) -> Offer | None:
    """Let the user choose."""
    return StartApp(offers).run()
