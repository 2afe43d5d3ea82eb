"""Several runs of the same thing as one: the median of every figure, and how far a run got from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from statistics import median
from typing import Any, Final

from tracer.analyze.compare.comparison import Figures, Run
from tracer.analyze.compare.differences import together_parts

_NOT_NUMBERS: Final = ("name", "ok")


def together(runs: Sequence[Run]) -> Run:
    """One run with the medians. Those that are not ok decide: the first of them stands for all.

    The other facts (its calls, its threads) are those of the run whose kernel time is nearest the median.
    """
    failed = next((run for run in runs if not run.figures.ok), None)
    if failed is not None or len(runs) == 1:
        return failed or runs[0]
    figures: dict[str, Any] = {}
    spread: dict[str, float] = {}
    for name in (field.name for field in fields(Figures) if field.name not in _NOT_NUMBERS):
        values = [value for run in runs if (value := getattr(run.figures, name)) is not None]
        figures[name] = _middle(values) if len(values) == len(runs) else None
        if figures[name] is not None:
            spread[name] = max(abs(value - figures[name]) for value in values)
    return replace(
        _typical(runs),
        figures=replace(runs[0].figures, **figures),
        spread=spread,
        parts=together_parts([run.parts for run in runs]),
        repeats=len(runs),
    )


def _middle(values: Sequence[int | float]) -> int | float:
    middle = median(values)
    return round(middle) if all(isinstance(value, int) for value in values) else middle


def _typical(runs: Sequence[Run]) -> Run:
    times = [run.figures.kernel_ns or 0 for run in runs]
    return min(runs, key=lambda run: abs((run.figures.kernel_ns or 0) - median(times)))
