"""How the cost of a message grows with the number of clients, for models that were run with several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.analyze.compare.comparison import Run


@dataclass(frozen=True, slots=True)
class Point:
    """The cost of one message with so many clients."""

    clients: int
    control_bytes: float
    kernel_ns: float


@dataclass(frozen=True, slots=True)
class Growth:
    """One model, with more and more clients."""

    model: str
    points: tuple[Point, ...]

    @property
    def clients_factor(self) -> float:
        """How many times more clients the last point has than the first."""
        return self.points[-1].clients / self.points[0].clients

    @property
    def control_factor(self) -> float | None:
        """How many times more control bytes a message costs at the last point; None when the first has none."""
        first = self.points[0].control_bytes
        return self.points[-1].control_bytes / first if first else None

    @property
    def kernel_factor(self) -> float | None:
        """The same for kernel time."""
        first = self.points[0].kernel_ns
        return self.points[-1].kernel_ns / first if first else None


def growths(runs: Sequence[Run]) -> list[Growth]:
    """The growth of every model that did its job with at least two numbers of clients."""
    models = dict.fromkeys(run.model for run in runs if run.model)
    found = (Growth(model, _points(runs, model)) for model in models)
    return [growth for growth in found if len(growth.points) > 1]


def _points(runs: Sequence[Run], model: str) -> tuple[Point, ...]:
    points = {}
    for run in runs:
        each = run.figures
        if run.model != model or not each.ok or not each.messages or run.clients is None:
            continue
        control, kernel = each.control_copied or 0, each.kernel_ns or 0
        points[run.clients] = Point(run.clients, control / each.messages, kernel / each.messages)
    return tuple(points[clients] for clients in sorted(points))
