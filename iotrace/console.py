"""Where text for people is printed: rich's console without markup, and with our way out of a broken pipe."""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console


class TextConsole(Console):
    """Prints what it is given, word for word."""

    def __init__(self) -> None:
        super().__init__(highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> NoReturn:
        """Nobody reads on (`| head`): raises BrokenPipeError for `iotrace.main`, where rich would exit with 1."""
        raise BrokenPipeError
