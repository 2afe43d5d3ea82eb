"""Which run is best and which is worst at each figure, where that can be said at all."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from tracer.analyze.compare.comparison import Run

LESS: Final = (
    "wall_ns", "user_ns", "kernel_ns", "runnable_ns", "cpu_percent", "calls", "calls_per_message", "wasted",
    "useless_wakeups", "copies_per_message", "payload_copied", "control_copied", "latency_p50_ns", "latency_p99_ns",
)  # fmt: skip
"""Figures that are better when they are smaller. (Blocked time is neither: a thread that sleeps costs nothing.)"""
MORE: Final = ("ready_per_wakeup", "work_done")
COPIES: Final = ("copies_per_message", "payload_copied", "control_copied")
WAITING: Final = ("useless_wakeups", "ready_per_wakeup")
"""Figures that rank only runs whose messages came through wake-ups."""
APART: Final = 1.1
"""Best and worst must differ by this factor; less is noise of the measurement."""


class Standing(Enum):
    """How a run stands among the others."""

    BEST = "best"
    WORST = "worst"
    BETWEEN = ""


def standings(runs: Sequence[Run], figure: str) -> list[Standing]:
    """The standing of every run at `figure`, among those with as many clients as it has.

    Only runs that did their job are ranked. Nobody is best or worst when the figure has no better side, when the
    values hardly differ, or when most share the place. A lower bound is never best.
    """
    answer = [Standing.BETWEEN] * len(runs)
    if figure not in LESS + MORE:
        return answer
    groups: dict[int | None, list[int]] = {}
    for place, run in enumerate(runs):
        if _ranked(run, figure) is not None:
            groups.setdefault(run.clients, []).append(place)
    for places in groups.values():
        for place, standing in _within(runs, figure, places):
            answer[place] = standing
    return answer


def _within(runs: Sequence[Run], figure: str, places: Sequence[int]) -> list[tuple[int, Standing]]:
    """The best and the worst of the runs at `places`."""
    values = {place: _ranked(runs[place], figure) or 0 for place in places}
    exact = [values[place] for place in places if figure not in COPIES or not runs[place].bounds]
    if not exact:
        return []
    less = figure in LESS
    best, worst = (min(exact), max(values.values())) if less else (max(exact), min(values.values()))
    low, high = sorted((best, worst))
    noise = 2 * max(runs[place].spread.get(figure, 0.0) for place in places)
    if high <= low * APART or high - low <= noise:
        return []
    found: list[tuple[int, Standing]] = []
    for wanted, standing in ((best, Standing.BEST), (worst, Standing.WORST)):
        held = [
            place for place in places if values[place] == wanted and not _only_bound(runs[place], figure, standing)
        ]
        if 2 * len(held) <= len(places):
            found += [(place, standing) for place in held]
    return found


def _only_bound(run: Run, figure: str, standing: Standing) -> bool:
    return standing is Standing.BEST and run.bounds and figure in COPIES


def _ranked(run: Run, figure: str) -> float | None:
    if not run.figures.ok or (figure in WAITING and not _waits(run)):
        return None
    value: float | None = getattr(run.figures, figure)
    return value


def _waits(run: Run) -> bool:
    return 2 * run.ready >= (run.figures.messages or 1)
