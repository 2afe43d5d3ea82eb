"""The lines below the timeline: where the cursor is, the call there, and what its cell (or the selection) holds."""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from tracer.analyze.timeline.cells import Cells, Running
from tracer.analyze.timeline.spans import Span
from tui.drawing.palette import STATES, Palette, style_of
from tui.drawing.text import clean
from tui.drawing.timeline_glyphs import Glyphs
from tui.drawing.units import count, duration, percent, several, size

BETWEEN: Final = "held by the tracer"
_MOSTLY: Final = ("in user space", "in the kernel", "asleep", "waiting for a CPU")
"""By the places of `STATES`."""
_LEAST_CALL: Final = 24
"""Cells of a call's text that its times do not take."""
_ALWAYS: Final = float("inf")


class Part(NamedTuple):
    """Some words of a line, and how bad it is to leave them out: for times, how long they are."""

    words: str
    style: Style
    weight: float = _ALWAYS


def state_at(span: Span | Running | None, moment_ns: int) -> str:
    """What the thread did at a moment, in words, by the convention of `tracer.analyze.timeline.cells`."""
    if span is None:
        return "not there yet"
    since = moment_ns - span.at_ns
    stages: tuple[tuple[str, int], ...]
    if since < 0:
        stages = (("runs in user space", span.user_ns), ("asleep between calls", span.before_blocked_ns),
                  ("between calls, waits for a CPU", span.before_runnable_ns))  # fmt: skip
        since += sum(length for _, length in stages)
    else:
        since -= span.held_ns
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
    parts: list[Part] = []
    if isinstance(span, Running):
        inside = max(0, span.now_ns - span.at_ns - span.held_ns)
        parts.append(Part(f"  inside for {duration(inside)}", palette.running, inside))
    else:
        for state in STATES:
            amount = int(getattr(span, f"{state.word}_ns"))
            if amount:
                parts.append(Part(f"  {state.word} {duration(amount)}", style_of(palette, state), amount))
        if span.bytes_in:
            parts.append(Part(f"  in {size(span.bytes_in)}", palette.copy_in))
        if span.bytes_out:
            parts.append(Part(f"  out {size(span.bytes_out)}", palette.copy_out))
        if span.tracer_ns:
            parts.append(Part(f"  tracer {duration(span.tracer_ns)}", palette.faint, -1))
    tail = _fitting(parts, width - 1 - min(_LEAST_CALL, cell_len(text)))
    head = Text(clean(text), palette.text)
    head.truncate(max(0, width - 1 - tail.cell_len), overflow="ellipsis")
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
    parts = []
    for state, part in zip(STATES, _amounts(cells), strict=True):
        if part:
            share = f"  {state.word} {percent(part, round(own))}"
            parts.append(Part(share, style_of(palette, state), part))
    into, out = int(cells.bytes_in.sum()), int(cells.bytes_out.sum())
    if into:
        parts.append(Part(f"  in {size(into)}", palette.copy_in))
    if out:
        parts.append(Part(f"  out {size(out)}", palette.copy_out))
    signals = int(cells.signals.sum())
    if signals:
        parts.append(Part(f"  {several(signals, 'signal')}", palette.event))
    if held_ns >= 1:
        parts.append(Part(f"  tracer {duration(round(held_ns))} left out", palette.faint, -1))
    return _cut(line + _fitting(parts, width - line.cell_len), width)


def mostly(cells: Cells) -> str:
    """What most of the thread's own time in `cells` went into, in words; empty where there is none."""
    amounts = _amounts(cells)
    most = max(amounts)
    return f"mostly {_MOSTLY[amounts.index(most)]}" if most else ""


def _amounts(cells: Cells) -> list[int]:
    """The four times in all of `cells`, ns."""
    amounts = (
        cells.user,
        cells.kernel,
        cells.blocked + cells.before_blocked,
        cells.runnable + cells.before_runnable,
    )
    return [round(float(amount.sum())) for amount in amounts]


def legend(glyphs: Glyphs, width: int, palette: Palette) -> Text:
    """What the patterns mean, as much as fits."""
    full = glyphs.heights[-1]
    parts = [
        (full, "user", "above: user space"), (full, "kernel", "below: kernel"),
        (glyphs.blocked, "blocked", "asleep"),
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


def _fitting(parts: list[Part], room: int) -> Text:
    """As many of `parts` as there is room for, in their order: the least go first."""
    kept = list(parts)
    while kept and sum(cell_len(part.words) for part in kept) > room:
        kept.remove(min(kept, key=lambda part: part.weight))
    line = Text(no_wrap=True, end="")
    for part in kept:
        line.append(part.words, part.style)
    return line


def _cut(line: Text, width: int) -> Text:
    line.truncate(max(0, width), overflow="ellipsis")
    return line
