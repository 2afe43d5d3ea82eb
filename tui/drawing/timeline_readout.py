"""The lines below the timeline: where the cursor is, the call there, and what its cell (or the selection) holds."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from tracer.analyze.timeline_cells import Cells, Running
from tracer.analyze.timeline_spans import Span
from tui.drawing.palette import STATES, Palette, style_of
from tui.drawing.text import clean
from tui.drawing.timeline_glyphs import Glyphs
from tui.drawing.units import count, duration, percent, several, size

BETWEEN: Final = "held by the tracer"


def state_at(span: Span | Running | None, moment_ns: int) -> str:
    """What the thread did at a moment, in words, by the convention of `tracer.analyze.timeline_cells`."""
    if span is None:
        return "not there yet"
    since = moment_ns - span.at_ns
    stages: tuple[tuple[str, int], ...]
    if since < 0:
        stages = (("runs in user space", span.user_ns), ("asleep between calls", span.before_blocked_ns),
                  ("between calls, waits for a CPU", span.before_runnable_ns))  # fmt: skip
        since += sum(length for _, length in stages)
    else:
        half = span.kernel_ns // 2
        stages = (("runs in the kernel", half), ("asleep in the call", span.blocked_ns),
                  ("in the call, waits for a CPU", span.runnable_ns),
                  ("runs in the kernel", span.kernel_ns - half))  # fmt: skip
    if since < 0:
        return BETWEEN
    for words, length in stages:
        if since < length:
            return words
        since -= length
    return BETWEEN


def place_line(moment_ns: int, cell_ns: float, thread: str, state: str, width: int, palette: Palette) -> Text:
    """Where the cursor is."""
    line = Text(no_wrap=True, end="")
    line.append(f" {moment_ns / 1e9:.9f} s", palette.strong)
    line.append(f"  cell {duration(round(cell_ns))}", palette.faint)
    line.append(f"  {clean(thread)}: ", palette.text)
    line.append(state, palette.strong)
    return _cut(line, width)


def call_line(span: Span | Running | None, text: str, width: int, palette: Palette) -> Text:
    """The call there, its times and what it copied."""
    line = Text(" ", no_wrap=True, end="")
    if span is None:
        line.append("no call", palette.faint)
        return _cut(line, width)
    tail = Text(no_wrap=True, end="")
    if isinstance(span, Running):
        tail.append(f"  inside for {duration(max(0, span.now_ns - span.at_ns))}", palette.running)
    else:
        for state in STATES:
            amount = int(getattr(span, f"{state.word}_ns"))
            if amount:
                tail.append(f"  {state.word} {duration(amount)}", style_of(palette, state))
        if span.bytes_in:
            tail.append(f"  in {size(span.bytes_in)}", palette.copy_in)
        if span.bytes_out:
            tail.append(f"  out {size(span.bytes_out)}", palette.copy_out)
        if span.tracer_ns:
            tail.append(f"  tracer {duration(span.tracer_ns)}", palette.faint)
    head = Text(clean(text), palette.text)
    head.truncate(max(width // 2, width - 1 - tail.cell_len), overflow="ellipsis")
    return _cut(line + head + tail, width)


def sums_line(title: str, cells: Cells, held_ns: float, width: int, palette: Palette) -> Text:
    """The sums of all in `cells`: calls, shares of the four times, copies."""
    line = Text(f" {title}: ", palette.text, no_wrap=True, end="")
    calls, failed, wasted = (int(getattr(cells, name).sum()) for name in ("calls", "failed", "wasted"))
    line.append(several(calls, "call"), palette.strong)
    if failed:
        line.append(f", {count(failed)} failed", palette.failed)
    if wasted:
        line.append(f", {count(wasted)} wasted", palette.wasted)
    own = float(cells.own.sum())
    amounts = (
        cells.user,
        cells.kernel,
        cells.blocked + cells.before_blocked,
        cells.runnable + cells.before_runnable,
    )
    for state, amount in zip(STATES, amounts, strict=True):
        part = round(float(amount.sum()))
        if part:
            line.append(f"  {state.word} {percent(part, round(own))}", style_of(palette, state))
    into, out = int(cells.bytes_in.sum()), int(cells.bytes_out.sum())
    if into:
        line.append(f"  in {size(into)}", palette.copy_in)
    if out:
        line.append(f"  out {size(out)}", palette.copy_out)
    signals = int(cells.signals.sum())
    if signals:
        line.append(f"  {several(signals, 'signal')}", palette.event)
    if held_ns >= 1:
        line.append(f"  tracer {duration(round(held_ns))} left out", palette.faint)
    return _cut(line, width)


def legend(glyphs: Glyphs, width: int, palette: Palette) -> Text:
    """What the patterns mean, as much as fits."""
    full = glyphs.heights[-1]
    parts = [
        (full, "user", "runs"), (full, "kernel", "runs in the kernel"), (glyphs.blocked, "blocked", "asleep"),
        (glyphs.runnable, "runnable", "waits for a CPU"), (glyphs.held, "faint", "held by the tracer"),
        (glyphs.copy_in, "copy_in", "copied in"), (glyphs.copy_out, "copy_out", "copied out"),
        (glyphs.wakeup, "accent", "wake-up"), (glyphs.signal, "event", "signal"), (glyphs.mark, "event", "mark"),
        (glyphs.spawn, "event", "begins"), (glyphs.exit, "event", "ends"),
    ]  # fmt: skip
    line = Text(" ", no_wrap=True, end="")
    for glyph, style, words in parts:
        if line.cell_len + len(words) + 4 > width:
            break
        line.append(glyph, getattr(palette, style))
        line.append(f" {words}  ", palette.faint)
    return line


def _cut(line: Text, width: int) -> Text:
    line.truncate(max(0, width), overflow="ellipsis")
    return line
