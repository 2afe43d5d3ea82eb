"""What lies between the marked line and the cursor, in one line."""

from __future__ import annotations

from rich.text import Text

from tracer.analyze.lines.stretch import Stretch
from tui.drawing.call_row import MARKED
from tui.drawing.palette import STATES, Palette, style_of
from tui.drawing.units import count, duration, several, short_size


def measure_text(stretch: Stretch, palette: Palette) -> Text:
    """Elapsed time, calls, the four times and the bytes copied from the mark to the cursor, both included."""
    line = Text(f"{MARKED} ", style=palette.accent, no_wrap=True, end="")
    line.append(duration(stretch.elapsed_ns), palette.strong)
    line.append(f" from the mark · {several(stretch.calls, 'call')}", palette.text)
    if stretch.failed or stretch.wasted:
        line.append(f" ({count(stretch.failed)} failed, {count(stretch.wasted)} wasted)", palette.wasted)
    for state in STATES:
        ns = getattr(stretch, f"{state.word}_ns")
        if ns:
            line.append(f" · {state.pattern} {state.word} {duration(ns)}", style_of(palette, state))
    line.append(f" · ↓{short_size(stretch.bytes_in)}", palette.copy_in)
    line.append(f" ↑{short_size(stretch.bytes_out)}", palette.copy_out)
    return line
