"""A screen that takes notice of the size the terminal has now, not of one it had before.

Textual's screen lays itself out for every Resize event and then sends itself another of the same size
(`Widget._size_updated`). While somebody drags a corner and the screen is busy, such an event comes when the
size has changed again: the screen was seen to lay out one size and the other in turn, for ever.
"""

from __future__ import annotations

from textual import events
from textual.geometry import Size
from textual.message_pump import MessagePump


class CurrentSize(MessagePump):
    """To be named before Screen among the bases."""

    size: Size

    def on_resize(self, event: events.Resize) -> None:
        """Leave out what the bases do for a size that is over; see to the one that is."""
        if not self.is_attached or event.size == self.app.size:
            return
        event.prevent_default()
        if self.size != self.app.size:
            self.post_message(events.Resize(self.app.size, self.app.size))
