"""What stands below a figure: what its marks mean, and its numbers in a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from tracer.analyze.figure.figure import Figure, Phase
from tui.drawing.figure_glyphs import Glyphs
from tui.drawing.figure_rows import Row
from tui.drawing.palette import Palette
from tui.drawing.text import fit
from tui.drawing.units import count, duration, size


def legend(rows: Sequence[Row], palette: Palette, glyphs: Glyphs) -> Text:
    """What the marks in this picture mean."""
    states = {row.kernel for row in rows}
    marks = [f"{glyphs.user} runs"]
    marks += [f"{glyphs.kernel} runs in the kernel"] if "kernel" in states else []
    marks += [f"{glyphs.blocked} asleep"] if "blocked" in states else []
    marks += [f"{glyphs.double} payload"] if any(row.payload for row in rows) else []
    marks += ["+n control bytes"] if any("  +" in row.text for row in rows) else []
    return Text(f" {'   '.join(marks)}", palette.faint, no_wrap=True)


def summary(figure: Figure, palette: Palette, glyphs: Glyphs) -> list[Text]:
    waited, dot = figure.waited, f" {glyphs.dot} "
    parts = [
        f"{duration(ns)} {word}"
        for ns, word in (
            (waited.blocked_ns, "asleep"),
            (waited.runnable_ns, "waiting for a CPU"),
            (waited.user_ns + waited.kernel_ns, "on a CPU"),
        )
        if ns
    ]
    lines = []
    if any(Phase.WAIT in step.phases for step in figure.steps):
        lines.append(("phase 1, wait", dot.join(parts) or duration(0)))
    if figure.copying_ns:
        name = "phase 2, copy" if any(Phase.WAIT in step.phases for step in figure.steps) else "copying"
        lines.append((name, f"{duration(figure.copying_ns)} in the kernel, on a CPU"))
    lines.append(("calls", f"{count(figure.calls)}{dot}payload copied: {_copied(figure, 'payload') or 'none'}"))
    if control := _copied(figure, "control"):
        lines.append(("control copied", control))
    if figure.latency_ns is not None:
        lines.append(("delivered", f"{duration(figure.latency_ns)} after it was sent, the tracer's time included"))
    return [
        Text.assemble((f" {fit(name, 15)}", palette.faint), (words, palette.text), no_wrap=True)
        for name, words in lines
    ]


def _copied(figure: Figure, kind: str) -> str:
    ways = [f"{size(copied)} {way}" for way in ("in", "out") if (copied := figure.copied(way, kind))]
    return ", ".join(ways)
