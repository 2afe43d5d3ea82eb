"""What worker threads post to the screen. A newer picture replaces an older one still in the queue."""

from __future__ import annotations

from textual.message import Message
from textual.message_pump import MessagePump

from tui.drawing.terminal import Picture
from tui.snapshot import Snapshot


class Polled(Message):
    """How the recording stands now."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message | MessagePump) -> bool:
        """A slow screen drops stale snapshots."""
        return isinstance(message, Polled)


class Printed(Message):
    """What the program's terminal shows now."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.picture = picture

    def can_replace(self, message: Message | MessagePump) -> bool:
        """A slow screen drops stale pictures."""
        return isinstance(message, Printed)


class Broken(Message):
    """The recording cannot be read (any more)."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class GoTo(Message):
    """Show this line of the list of calls: open its tab and put the cursor there."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


class SetFilter(Message):
    """Show the calls that a filter lets through: open their tab with it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
