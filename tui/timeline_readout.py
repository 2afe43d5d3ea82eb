"""The lines below the timeline, from where the reader is."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from tracer.analyze.timeline.spans import Span
from tui.drawing.palette import Palette
from tui.drawing.timeline_glyphs import Glyphs
from tui.drawing.timeline_readout import BETWEEN, call_line, legend, mostly, place_line, state_at, sums_line
from tui.drawing.units import duration
from tui.snapshot import RowKind, Snapshot, Source
from tui.timeline_view import TimelineView


def readout(view: TimelineView, start_ns: int, width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    """Moment and state, the call there, the sums of cell or selection, and what the patterns mean. `start_ns`: the
    moment that counts as 0."""
    if view.thread is None:
        return []
    scene, span = view.scene, view.selected()
    life, (began, ended) = scene.known.threads[view.thread], scene.life(view.thread)
    state = state_at(span, view.cursor_ns)
    if not began <= view.cursor_ns <= ended:
        known = view.cursor_ns < began or life.ended_ns is not None
        state = "not alive then" if known else "not known (yet)"
    text = scene.text(span.line) if isinstance(span, Span) else scene.name_of(span.code) if span else ""
    cells, held_ns = view.sums()
    if state == BETWEEN:  # which is left out of the picture: what is seen in the cell is something else
        state = mostly(cells) or state
    begin, end = view.stretch
    title = f"selected {duration(end - begin)}" if view.anchor_ns is not None else "in this cell"
    since, thread = view.cursor_ns - start_ns, f"{life.tid} {life.name}"
    return [
        place_line(since, view.window.cell_ns, thread, state, width, palette),
        call_line(span, text, width, palette),
        sums_line(title, cells, held_ns, width, palette),
        legend(glyphs, width, palette),
    ]


def words_of(source: Source, snapshot: Snapshot) -> Callable[[int], str]:
    """How a line reads: the call and its result; nothing where it is not in the snapshot."""

    def words(line: int) -> str:
        rows = source.rows(snapshot, line, line + 1)
        if not rows:
            return ""
        result = rows[0].result if rows[0].kind is not RowKind.EVENT else ""  # an event's words tell all of it
        return " = ".join(filter(None, (rows[0].call, result)))

    return words
