"""A screen that takes notice of the size the terminal has now, not of one it had before.

Textual's screen lays itself out for every Resize event, and then sends itself another one of the same size
(`Widget._size_updated`). When two sizes are in its queue at once, as when somebody drags a window's corner while the
screen is busy, each of the two lays the other one's size out again, for ever.
"""

from __future__ import annotations

from textual import events
from textual.message_pump import MessagePump


class CurrentSize(MessagePump):
    """To be named before Screen among the bases."""

    def on_resize(self, event: events.Resize) -> None:
        """Leave out the handlers of the bases for a size that is over."""
        if event.size != self.app.size:
            event.prevent_default()
