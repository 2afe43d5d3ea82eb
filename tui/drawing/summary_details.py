"""The selected row of a summary: its times, errors and copies in words, and how its times are spread."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from tracer.analyze.groups import GroupRow, View
from tracer.analyze.results import Copies
from tracer.analyze.spread import Spread
from tui.drawing.log2_histogram import histograms
from tui.drawing.palette import KERNEL, STATES, Palette, style_of
from tui.drawing.text import clean, fit
from tui.drawing.units import count, duration, percent, several, short_count, size

_LABEL = 9


def summary_details(row: GroupRow, view: View, width: int, height: int, palette: Palette) -> list[Text]:
    """At most `height` lines of at most `width` cells."""
    lines = [*_words(row, view, width, palette)]
    left = height - len(lines)
    if left >= 3 and row.kernel.count:
        in_kernel = ("kernel time of a call", row.kernel, style_of(palette, KERNEL))
        lines += histograms((in_kernel, ("wall time of a call", row.wall, palette.text)), width, left, palette)
    return lines[:height]


def _words(row: GroupRow, view: View, width: int, palette: Palette) -> Iterator[Text]:
    failed = "" if row.failed is None else f" · failed {count(row.failed)}"
    wasted = "" if row.wasted is None else f" · wasted {count(row.wasted)} ({percent(row.wasted, row.calls)})"
    title = Text(clean(row.name), palette.strong, no_wrap=True)
    title.append(f"  {several(row.calls, 'call')}{failed}{wasted}", palette.text)
    yield _cut(title, width)
    times = Text(f"{'times':<{_LABEL}}", palette.faint)
    for state in STATES:
        times.append(f"{state.word} ", palette.faint)
        times.append(
            f"{state.pattern} {duration(getattr(row.times, f'{state.word}_ns'))}  ", style_of(palette, state)
        )
    yield _cut(times, width)
    if row.breakdown:
        words = ", ".join(f"{clean(name)} {count(number)}" for name, number in row.breakdown.items())
        yield _labelled("calls" if view is View.ERROR else "errors", words, width, palette)
    yield _labelled("copies", _copies(row), width, palette)
    if row.kernel.count:
        for label, spread in (("kernel", row.kernel), ("wall", row.wall)):
            yield _labelled(label, _percentiles(spread), width, palette)
    else:
        yield _labelled("spread", "being worked out …" if row.calls else "no call returned", width, palette)


def _percentiles(spread: Spread) -> str:
    figures = (("p50", spread.p50_ns), ("p90", spread.p90_ns), ("p99", spread.p99_ns), ("max", spread.max_ns))
    about = "~" if spread.rough else ""
    return "  ".join(f"{word} {about}{duration(ns)}" for word, ns in figures)


def _copies(row: GroupRow) -> str:
    least = f" (at least: {short_count(row.unknown)} calls not known)" if row.unknown else ""
    if row.copies is None:
        return f"↓ in {size(row.bytes_in)}  ↑ out {size(row.bytes_out)}{least}"
    return "  ".join((_way(row.copies, "in", "↓"), _way(row.copies, "out", "↑"))) + least


def _way(copies: Copies, way: str, arrow: str) -> str:
    number, payload, control = (int(getattr(copies, f"{what}_{way}")) for what in ("copies", "payload", "control"))
    if not number:
        return f"{arrow} {way} none"
    copied = f"{size(payload)} payload, {size(control)} control"
    return f"{arrow} {way} {count(number)} {'copy' if number == 1 else 'copies'}: {copied}"


def _labelled(label: str, words: str, width: int, palette: Palette) -> Text:
    return Text.assemble(
        (f"{label:<{_LABEL}}", palette.faint), (fit(words, max(1, width - _LABEL)).rstrip(), palette.text)
    )


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line
