"""Which run is best and which is worst at each figure, where that can be said at all."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from tracer.analyze.comparison import Run

LESS: Final = (
    "wall_ns", "user_ns", "kernel_ns", "runnable_ns", "cpu_percent", "calls", "calls_per_message", "wasted",
    "wakeups", "useless_wakeups", "copies_per_message", "payload_copied", "control_copied", "latency_p50_ns",
    "latency_p99_ns",
)  # fmt: skip
"""Figures that are better when they are smaller. (Blocked time is neither: a thread that sleeps costs nothing.)"""
MORE: Final = ("ready_per_wakeup", "work_done")
COPIES: Final = ("copies_per_message", "payload_copied", "control_copied")
APART: Final = 1.1
"""Best and worst must differ by this factor; less is noise of the measurement."""


class Standing(Enum):
    """How a run stands among the others."""

    BEST = "best"
    WORST = "worst"
    BETWEEN = ""


def standings(runs: Sequence[Run], figure: str) -> list[Standing]:
    """The standing of every run at `figure`.

    Only runs that did their job are ranked. Nobody is best or worst when the figure has no better side, when the
    values hardly differ, or when most share the place. A lower bound is never best, and a run that has no wake-ups
    has no place among those that wait.
    """
    values = {place: value for place, run in enumerate(runs) if (value := _ranked(run, figure)) is not None}
    answer = [Standing.BETWEEN] * len(runs)
    if figure not in LESS + MORE or len(values) < 2:
        return answer
    low, high = min(values.values()), max(values.values())
    if high <= low * APART or _within_spread(runs, figure, high - low):
        return answer
    best, worst = (low, high) if figure in LESS else (high, low)
    for wanted, standing in ((best, Standing.BEST), (worst, Standing.WORST)):
        places = [place for place, value in values.items() if value == wanted]
        if 2 * len(places) <= len(values) or len(values) == 2:
            for place in places:
                bound = runs[place].bounds and figure in COPIES
                answer[place] = Standing.BETWEEN if bound and standing is Standing.BEST else standing
    return answer


def _ranked(run: Run, figure: str) -> float | None:
    if not run.figures.ok:
        return None
    if figure in ("wakeups", "useless_wakeups") and not run.figures.wakeups:
        return None
    value: float | None = getattr(run.figures, figure)
    return value


def _within_spread(runs: Sequence[Run], figure: str, distance: float) -> bool:
    spreads = [run.spread.get(figure, 0.0) for run in runs]
    return distance <= 2 * max(spreads, default=0.0)
