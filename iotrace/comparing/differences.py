"""Where two runs differ, part by part: a table each for system calls, descriptors and threads."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from rich.console import RenderableType
from rich.style import Style
from rich.text import Text

from iotrace.comparing.table import packed
from tracer.analyze.compare.comparison import Run
from tracer.analyze.compare.differences import TOTAL, Difference, Weight, by_chance, differences
from tracer.analyze.compare.parts import DESCRIPTOR, SYSCALL, THREAD
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import count, duration, several, short_size

MOST: Final = 10
"""Lines of a table; --json has all."""
NOISE: Final = "~"
_LONGEST: Final = 30
_HEADINGS: Final = {SYSCALL: "by system call", DESCRIPTOR: "by descriptor", THREAD: "by thread"}
_FIGURES: Final = {
    "calls": "calls", "failed": "failed", "wasted": "wasted", "kernel_ns": "kernel", "user_ns": "user",
    "blocked_ns": "blocked", "runnable_ns": "runnable", "copied": "copied",
}  # fmt: skip
_CPU: Final = ("kernel_ns", "user_ns")

Line = dict[str, Difference]
"""The differences of one part, by figure."""


def difference_tables(base: Run, other: Run, width: int, palette: Palette) -> list[RenderableType]:
    """The tables of one pair, and what their marks mean."""
    found = [each for each in differences(base, other) if each.kind != TOTAL]
    if not found:
        return [Text(f"{_short(base.name)} and {_short(other.name)} do not differ in any part.", palette.text)]
    lines: list[RenderableType] = [Text(f"From {clean(base.name)} to {clean(other.name)}", palette.accent)]
    for kind, heading in _HEADINGS.items():
        lines += _table(heading, [each for each in found if each.kind == kind], width, palette)
    return [*lines, *(Text(line, palette.faint) for line in wrap(_legend(base, other), width))]


def _table(heading: str, found: Sequence[Difference], width: int, palette: Palette) -> list[RenderableType]:
    parts: dict[str, Line] = {}
    for each in found:
        parts.setdefault(each.name, {})[each.figure] = each
    if not parts:
        return [Text(f"{heading}: no difference", palette.faint)]
    weighty = {name: line for name, line in parts.items() if any(map(_weighty, line.values()))}
    shown = sorted(weighty, key=lambda name: _size(weighty[name]), reverse=True)[:MOST]
    lines: list[RenderableType] = []
    if shown:
        names = [Text(_short(name)) for name in shown]
        columns = [
            (title, [_cell(weighty[name].get(figure), palette) for name in shown])
            for figure, title in _FIGURES.items()
            if any(figure in weighty[name] for name in shown)
        ]
        lines += packed(names, columns, width, palette, corner=heading)
    left, noise = len(weighty) - len(shown), len(parts) - len(weighty)
    rest = [several(left, "more part")] * bool(left) + [f"{several(noise, 'part')} within the noise"] * bool(noise)
    prefix = "" if shown else f"{heading}: "
    return [*lines, Text(f"{prefix}{', '.join(rest)} (--json)", palette.faint)] if rest else lines


def _weighty(each: Difference) -> bool:
    return each.weight is not Weight.NOISE


def _size(line: Line) -> tuple[float, float, float]:
    """Time on a CPU first, then calls, then bytes; noise does not count."""
    sizes = {figure: abs(each.after - each.before) for figure, each in line.items() if _weighty(each)}
    return sum(sizes.get(figure, 0) for figure in _CPU), sizes.get("calls", 0), sizes.get("copied", 0)


def _cell(each: Difference | None, palette: Palette) -> Text:
    if each is None:
        return Text("=", palette.faint)
    noisy = each.weight is Weight.NOISE
    text = f"{_value(each.figure, each.before)}→{_value(each.figure, each.after)}{NOISE if noisy else ''}"
    return Text(text, palette.faint if noisy else Style.null())


def _value(figure: str, value: float) -> str:
    number = round(value)
    if figure.endswith("_ns"):
        return duration(number).replace(" ", "")
    return short_size(number) if figure == "copied" else count(number)


def _legend(base: Run, other: Run) -> str:
    equal = "= the same in both."
    if base.repeats > 1 and other.repeats > 1:
        runs = f"of {base.repeats}" if base.repeats == other.repeats else f"of {base.repeats} and {other.repeats}"
        chance = max(round(100 * by_chance(base, other)), 1)
        return (
            f"{equal} Medians {runs} runs; {NOISE} within the noise of these runs. Of figures that are in truth "
            f"the same, up to {chance} % lie outside by chance: more runs, fewer of them."
        )
    if base.repeats > 1 or other.repeats > 1:
        many, one = (base, other) if base.repeats > 1 else (other, base)
        return (
            f"{equal} {NOISE} within the noise of the {many.repeats} runs of {_short(many.name)}; "
            f"{_short(one.name)} is a single run, taken to be as noisy."
        )
    return (
        f"{equal} One run a side: how much of a difference is noise is not known. Name folders with several "
        "recordings each, or have programs run several times: --repeat 5 -- PROGRAM"
    )


def _short(name: str) -> str:
    """The end of a name tells more than its beginning: paths."""
    text = clean(name)
    return text if len(text) <= _LONGEST else "…" + text[1 - _LONGEST :]
