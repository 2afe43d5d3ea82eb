"""What both applications of ours have in common: themes, terminals without colour or Unicode, screenshots."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeVar

from textual.app import App
from textual.binding import Binding
from textual.filter import LineFilter
from textual.worker import WorkerFailed

from tui.ascii import AsciiOnly
from tui.drawing.ascii import speaks_unicode
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

    def run(self, **options: Any) -> Result | None:
        """Run it. Raises what went wrong inside, a worker's error included, after the terminal is as it was: the
        command says it in a few lines, and not as a traceback over the user's screen."""
        result = super().run(**options)
        error = self._exception
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            error = error.error
        if error is not None:
            raise error
        return result

    def _fatal_error(self) -> None:
        """Textual's prints a traceback with all local variables; `run` raises the error instead."""
        self._close_messages_no_wait()

    def get_key_display(self, binding: Binding) -> str:
        """Textual's, but in ASCII the key's arrow has no stand-in that anybody would know."""
        shown = super().get_key_display(binding)
        return shown.replace("⏎", "enter") if self._ascii else shown

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
