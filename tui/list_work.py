"""The worker that finds out what the list of calls shows; it posts how far it is and touches no widget."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from textual.message import Message
from textual.message_pump import MessagePump

from tracer.analyze.filter.listing import Listed, Listing

_PERIOD: Final = 0.1
"""Seconds between two pictures of a search under way; the first comes with the first step."""


class Found(Message):
    """How a listing stands."""

    def __init__(self, listing: Listing, listed: Listed) -> None:
        super().__init__()
        self.listing = listing
        self.listed = listed

    def can_replace(self, message: Message | MessagePump) -> bool:
        """A slow screen drops stale ones."""
        return isinstance(message, Found)


def work_out(listing: Listing, settled: Callable[[], int], post: Callable[[Message], object]) -> None:
    """Step `listing` until all lines there are have been looked at, or it was stopped. `settled`: lines from this
    one on are not to be shown yet."""
    shown = -_PERIOD
    while listing.step():
        now = time.monotonic()
        if now - shown >= _PERIOD:
            post(Found(listing, listing.listed(settled())))
            shown = now
    if not listing.stopped:
        post(Found(listing, listing.listed(settled())))
