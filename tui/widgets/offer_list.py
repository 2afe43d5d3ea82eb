"""A list of offers on the start screen, narrowed by what is typed."""

from __future__ import annotations

from rich.segment import Segment
from textual.message import Message

from tui.drawing.offers import matching, name_width, offer_line
from tui.offers import Offer
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView


class OfferList(LinesView):
    """One offer a line. The cursor stays on its offer while others come and go."""

    class Narrowed(Message):
        """Other offers are shown than before."""

    def __init__(self) -> None:
        super().__init__(id="offers")
        self._all: tuple[Offer, ...] = ()
        self._words = ""
        self._shown: list[Offer] = []

    def show(self, offers: tuple[Offer, ...]) -> None:
        """List `offers`, as far as they contain what was typed."""
        self._all = offers
        self._narrow(keep=True)

    def narrow(self, words: str) -> None:
        """List only offers that contain all of `words`."""
        self._words = words
        self._narrow(keep=False)

    @property
    def selected(self) -> Offer | None:
        """The offer below the cursor."""
        return self._shown[self.cursor] if self.cursor < len(self._shown) else None

    def segments(self, index: int, width: int) -> list[Segment]:
        """The line of offer `index`."""
        return offer_line(self._shown[index], name_width(self._shown, width), width, palette_of(self))

    def _narrow(self, *, keep: bool) -> None:
        before = self.selected.key if self.selected is not None else None
        self._shown = matching(self._all, self._words)
        keys = [each.key for each in self._shown]
        self.lay_out(len(keys))
        self.move_to(keys.index(before) if keep and before in keys else 0)
        self.post_message(self.Narrowed())
