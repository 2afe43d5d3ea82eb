"""The columns of a comparison, as the text table and the page both show them: order, headings, formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tracer.analyze.compare.best import COPIES
from tracer.analyze.compare.comparison import Run
from tui.drawing.units import count, duration, size

NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """One figure. `meaning` is a sentence for people who point at the heading."""

    figure: str
    heading: str
    meaning: str
    show: Callable[[float], str]

    def value(self, run: Run) -> float | None:
        """The figure of `run`."""
        value: float | None = getattr(run.figures, self.figure)
        return value

    def text(self, run: Run) -> str:
        """The figure of `run` as people read it, with its ± when it was repeated, "≥" for a lower bound."""
        value = self.value(run)
        if value is None or not run.ran or (self.figure == "work_done" and not value):
            return NOTHING
        if self.figure == "messages":
            return f"{self.show(value)} {'ok' if run.figures.ok else 'FAILED'}"
        spread = self.show(run.spread.get(self.figure, 0))
        visible = any(digit in spread for digit in "123456789")
        return f"{self.plain(run)}{f' ±{spread}' if visible else ''}"

    def plain(self, run: Run) -> str:
        """The same without ±, where there is little room."""
        value = self.value(run)
        bound = "≥" if run.bounds and self.figure in COPIES else ""
        return NOTHING if value is None else f"{bound}{self.show(value)}"


def _whole(value: float) -> str:
    return count(round(value))


def _time(value: float) -> str:
    return duration(round(value))


def _bytes(value: float) -> str:
    return size(round(value))


def ratio(value: float) -> str:
    """A number of something per something: "0.21", "1.50", "12.3", "188", "1,204"."""
    if value >= 99.95:
        return count(round(value))
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def percent_of_cpu(value: float) -> str:
    """A share of one CPU: "0.4 %", "97 %", "212 %"."""
    return f"{value:.1f} %" if value < 9.95 else f"{value:.0f} %"


COLUMNS: Final = (
    Column("messages", "messages", "received, of all clients together, and whether all were intact", _whole),
    Column("wall_ns", "wall", "how long the measured phase took, traced", _time),
    Column("user_ns", "user", "on a CPU in the program's own code", _time),
    Column("kernel_ns", "kernel", "on a CPU inside calls", _time),
    Column("blocked_ns", "blocked", "asleep; neither good nor bad", _time),
    Column("runnable_ns", "runnable", "ready, but waiting for a CPU", _time),
    Column("cpu_percent", "CPU", "user and kernel as a share of the program's own time", percent_of_cpu),
    Column("calls", "calls", "calls that returned", _whole),
    Column("calls_per_message", "calls/msg", "calls for each message", ratio),
    Column("wasted", "wasted", "EAGAIN, and waits with timeout 0 that found nothing", _whole),
    Column("wakeups", "wake-ups", "returns of a waiting call with something ready", _whole),
    Column("useless_wakeups", "useless", "wake-ups after which nothing ready was transferred", _whole),
    Column("ready_per_wakeup", "ready/wake", "descriptors ready at a wake-up, on average", ratio),
    Column("copies_per_message", "copies/msg", "copies across the boundary for each message, of any kind", ratio),
    Column("payload_copied", "payload", "bytes of the program's data that were copied", _bytes),
    Column("control_copied", "control", "bytes of sets, events and other structures that were copied", _bytes),
    Column("latency_p50_ns", "p50", "latency of the median message, traced", _time),
    Column("latency_p99_ns", "p99", "latency that one message in a hundred exceeds, traced", _time),
    Column("work_done", "work", "units of other work done while waiting (--work)", _whole),
)

ALONE: Final = (
    ("user alone", "rusage_user_ns"),
    ("kernel alone", "rusage_system_ns"),
    ("wall alone", "wall_ns"),
)
"""What a run without tracing said of itself: heading, and field of `Alone`."""


def alone_text(run: Run, field: str) -> str:
    """A figure of the untraced run."""
    return duration(getattr(run.alone, field)) if run.alone is not None else NOTHING
