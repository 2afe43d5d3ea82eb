"""The lines of the start screen."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment

from tui.drawing.palette import Palette
from tui.drawing.text import clean, fit
from tui.offers import Offer, OfferKind

_NOTE = 14


def matching(offers: Iterable[Offer], words: str) -> list[Offer]:
    """The offers that contain every word typed, whatever its case."""
    wanted = words.lower().split()
    return [each for each in offers if all(word in f"{each.name} {each.sentence}".lower() for word in wanted)]


def name_width(offers: Iterable[Offer], width: int) -> int:
    """Cells for the column of names: the longest, but at most a third of the line."""
    return min(max((len(clean(each.name)) for each in offers), default=8), max(8, width // 3))


def offer_line(offer: Offer, names: int, width: int, palette: Palette) -> list[Segment]:
    """One line: name, note and sentence."""
    note = 0 if offer.kind is OfferKind.RUN else _NOTE
    parts = [Segment(" " + fit(clean(offer.name), names) + "  ", palette.strong)]
    if note:
        parts.append(Segment(fit(clean(offer.note), note - 2, right=True) + "  ", palette.accent))
    parts.append(Segment(fit(clean(offer.sentence), width - names - 3 - note), palette.text))
    return parts
