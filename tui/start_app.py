"""The application around the start screen. Its result is what was chosen, None when the user left."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from tui.offers import Offer, Offers
from tui.screens.start import StartScreen
from tui.theme import DARK_THEME, LIGHT_THEME


class StartApp(App[Offer], inherit_bindings=False):
    """Shows the start screen until something is chosen."""

    TITLE = "iotrace"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+c,ctrl+q", "quit", "Quit", key_display="q"),
        Binding("d", "switch_theme", "Dark/light"),
    ]

    def __init__(self, offers: Offers) -> None:
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._offers = offers

    def on_mount(self) -> None:
        """Show the screen."""
        for theme in (DARK_THEME, LIGHT_THEME):
            self.register_theme(theme)
        self.theme = DARK_THEME.name
        self.push_screen(StartScreen(self._offers), self.exit)

    def action_switch_theme(self) -> None:
        """Dark or light."""
        self.theme = LIGHT_THEME.name if self.theme == DARK_THEME.name else DARK_THEME.name


def choose(offers: Offers) -> Offer | None:
    """Let the user choose."""
    return StartApp(offers).run()
