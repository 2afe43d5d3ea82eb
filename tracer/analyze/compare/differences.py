"""Where two runs of a program differ, part by part, and whether a difference is more than noise.

The noise of a figure is how far its repetitions got from their median; two medians differ when they are farther
apart than both sides' noise together, so that the repetitions of one side and of the other do not overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import comb
from statistics import median
from typing import Final

from tracer.analyze.compare.comparison import Run
from tracer.analyze.compare.parts import Part

TOTAL: Final = "total"
_TOTALS: Final = ("wall_ns", "user_ns", "kernel_ns", "blocked_ns", "runnable_ns", "calls", "wasted", "wakeups",
                  "useless_wakeups", "payload_copied", "control_copied")  # fmt: skip


class Weight(Enum):
    """What a difference is worth."""

    DIFFERENT = "different"
    NOISE = "noise"
    UNKNOWN = "unknown"
    """Neither side was repeated: it may be noise."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of one part, in the base and in the other run."""

    kind: str
    """total, syscall, descriptor or thread."""
    name: str
    figure: str
    before: float
    after: float
    noise: float | None
    """How far the medians may be apart by chance; None when that is not known."""

    @property
    def weight(self) -> Weight:
        """Whether it is more than noise."""
        if self.noise is None:
            return Weight.UNKNOWN
        return Weight.NOISE if abs(self.after - self.before) <= self.noise else Weight.DIFFERENT


def pairs(runs: Sequence[Run]) -> list[tuple[Run, Run]]:
    """What can be compared part by part: the first run with every other, unless they are different models."""
    base, *others = runs
    return [
        (base, other)
        for other in others
        if base.ran and other.ran and base.model == other.model and base.clients == other.clients
    ]


def differences(base: Run, other: Run) -> list[Difference]:
    """All figures that are known of both and not equal; a part that a run does not have has figures of 0."""
    found = list(_of_totals(base, other))
    parts = {(part.kind, part.name): part for part in base.parts}
    others = {(part.kind, part.name): part for part in other.parts}
    for kind, name in dict.fromkeys([*parts, *others]):
        before, after = parts.get((kind, name)), others.get((kind, name))
        for figure in (before or after or _NOTHING).figures:
            values = _figure(before, figure), _figure(after, figure)
            spreads = _spread(before, figure), _spread(after, figure)
            found += _difference(kind, name, figure, values, _noise(base, other, spreads))
    return found


def by_chance(base: Run, other: Run) -> float:
    """How likely at most a figure that is the same on both sides is found to differ: the repetitions of one side
    all lie below those of the other in 2 of the (base + other)! / base! / other! equally likely orders."""
    return 2 / comb(base.repeats + other.repeats, base.repeats)


_NOTHING: Final = Part("", "", {})


def _of_totals(base: Run, other: Run) -> Iterator[Difference]:
    for figure in _TOTALS:
        values = getattr(base.figures, figure), getattr(other.figures, figure)
        spreads = base.spread.get(figure, 0.0), other.spread.get(figure, 0.0)
        if not (figure.endswith("_copied") and (base.bounds or other.bounds)):
            yield from _difference(TOTAL, "", figure, values, _noise(base, other, spreads))


def _difference(
    kind: str, name: str, figure: str, values: tuple[float | None, float | None], noise: float | None
) -> Iterator[Difference]:
    before, after = values
    if before is not None and after is not None and before != after:
        yield Difference(kind, name, figure, before, after, noise)


def _figure(part: Part | None, figure: str) -> float | None:
    return 0 if part is None else part.figures.get(figure)


def _spread(part: Part | None, figure: str) -> float:
    return part.spread.get(figure, 0.0) if part is not None else 0.0


def _noise(base: Run, other: Run, spreads: tuple[float, float]) -> float | None:
    """A run that was not repeated is taken to be as noisy as the other side."""
    if base.repeats > 1 and other.repeats > 1:
        return sum(spreads)
    if base.repeats > 1 or other.repeats > 1:
        return 2 * spreads[0 if base.repeats > 1 else 1]
    return None


def together_parts(runs: Sequence[Sequence[Part]]) -> tuple[Part, ...]:
    """The parts of several runs of the same thing: medians, and how far a run got from them.

    A part that a run does not have counts as 0 in it; a figure that is not known of one is not known of all."""
    tables: list[dict[tuple[str, str], Mapping[str, float]]] = [
        {(part.kind, part.name): part.figures for part in parts} for parts in runs
    ]
    merged = []
    for key in dict.fromkeys(key for table in tables for key in table):
        found = [table[key] for table in tables if key in table]
        figures: dict[str, float] = {}
        spread: dict[str, float] = {}
        for figure in found[0]:
            if all(figure in each for each in found):
                values = [table[key][figure] if key in table else 0 for table in tables]
                figures[figure] = median(values)
                spread[figure] = max(abs(value - figures[figure]) for value in values)
        merged.append(Part(*key, figures, spread))
    return tuple(merged)
