"""What both applications of ours have in common: themes, terminals without colour or Unicode, screenshots."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from textual.app import App
from textual.filter import LineFilter

from tui.ascii import AsciiOnly, speaks_unicode
from tui.theme import DARK_THEME, LIGHT_THEME

Result = TypeVar("Result")


class BaseApp(App[Result], inherit_bindings=False):
    """An application that looks right on any terminal."""

    TITLE = "iotrace"

    def __init__(self) -> None:
        # Without colour: the terminal's own colours, all of which textual.filter.NoColor then removes.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._ascii = () if speaks_unicode(os.environ) else (AsciiOnly(),)
        for theme in (DARK_THEME, LIGHT_THEME):
            self.register_theme(theme)
        self.theme = DARK_THEME.name

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and ours for terminals that know ASCII only."""
        return (*super().get_line_filters(), *self._ascii)

    def action_switch_theme(self) -> None:
        """Dark or light."""
        self.theme = LIGHT_THEME.name if self.theme == DARK_THEME.name else DARK_THEME.name

    def action_picture(self) -> None:
        """Save what is on screen as an SVG file in the working directory."""
        try:
            path = self.save_screenshot()
        except OSError as error:
            self.notify(f"The picture cannot be saved: {error.strerror}.", severity="error")
        else:
            self.notify(f"Saved as {os.path.basename(path)}")
