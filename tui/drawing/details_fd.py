"""The story of the descriptor a call used: what it is, who opened it, its previous and its next use."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from tracer.analyze.descriptors.fd_story import FdStory, Use
from tracer.analyze.inherited import INHERITED
from tui.drawing.folding import Item
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import count, duration, moment
from tui.snapshot import Details


def fd_item(story: FdStory, details: Details, palette: Palette) -> Item:
    """A heading with what it is, and its story below."""
    heading = Text.assemble(("descriptor  ", palette.faint), (f"{story.fd} {clean(story.what)}", palette.text))
    lines = tuple(
        Item(Text.assemble((f"{label:<9} ", palette.faint), (words, palette.text)), indent=10)
        for label, words in _story(story, details)
    )
    return Item(heading, "descriptor", lines, indent=2)


def _story(story: FdStory, details: Details) -> Iterator[tuple[str, str]]:
    if story.opened is not None and story.opened.line == details.row.index:
        yield "opened", "by this call"
    elif story.opened is not None:
        yield "opened", _use(story.opened, details)
    elif story.opened_by == INHERITED:
        yield "opened", "before the trace began"
    else:
        yield "opened", f"by {clean(story.opened_by)}, before this process had it"
    if story.nonblocking is not None:
        yield "mode", "non-blocking" if story.nonblocking else "blocking"
    if story.generation:
        yield "number", f"the {_ordinal(story.generation + 1)} descriptor with this number"
    at = details.row.since_start_ns + details.start_ns
    yield "before", f"{_use(story.previous, details)}{_apart(story.previous, at)}" if story.previous else "not used"
    yield "after", f"{_use(story.next, details)}{_apart(story.next, at)}" if story.next else "not used again"
    if story.closed is not None:
        mine = story.closed.line == details.row.index
        yield "closed", "by this call" if mine else _use(story.closed, details)
    elif story.still_open:
        yield "closed", "not so far"


def _use(use: Use, details: Details) -> str:
    name = f"{clean(use.name)} " if use.name else ""
    return f"{name}at {moment(max(0, use.at_ns - details.start_ns))} s, line {count(use.line + 1)}"


def _apart(use: Use, at_ns: int) -> str:
    return f", {duration(abs(use.at_ns - at_ns))} {'earlier' if use.at_ns < at_ns else 'later'}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
