"""The last line of the screen: the keys that do something here, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

_ALWAYS: Final = ("leave", "quit", "help")
"""Whoever sees only these finds the rest."""
_FIRST_TO_GO: Final = ("switch_theme", "pause")
"""In this order; then the last of the tab's own, which are declared in the order of their use."""


class KeyLine(Footer):
    """Textual's footer without the keys that would be cut off; all of them are in the help."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._dropped: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """The keys that fit."""
        keys = list(super().compose())
        self._dropped = too_many(keys, self.app.size.width)
        yield from (key for key in keys if action_of(key) not in self._dropped)

    async def on_resize(self, _event: events.Resize) -> None:
        """In another width others fit."""
        if too_many(list(super().compose()), self.app.size.width) != self._dropped:
            await self.recompose()


def action_of(key: Widget) -> str:
    """What the key does."""
    return key.action if isinstance(key, FooterKey) else ""


def too_many(keys: Sequence[Widget], width: int) -> frozenset[str]:
    """Actions of those among `keys` that have to go for the others to fit in `width` cells."""
    widths = {
        key.action: cell_len(key.key_display) + cell_len(key.description) + 2
        for key in keys
        if isinstance(key, FooterKey)
    }
    own = [action for action in widths if action not in (*_FIRST_TO_GO, *_ALWAYS)]
    gone: set[str] = set()
    for action in (*_FIRST_TO_GO, *reversed(own)):
        # The margin behind the last one may be cut off.
        if sum(each for name, each in widths.items() if name not in gone) - 1 <= width:
            break
        gone.add(action)
    return frozenset(gone & widths.keys())
