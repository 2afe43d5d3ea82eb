"""Three to six sentences about what the numbers of a comparison mean, made from the numbers alone.

Every rule looks for one thing and returns a sentence, or None when the numbers do not show it. The rules stand in
the order of how much they tell; the first six that have something to say are used. Where models were run with
several numbers of clients, all but the growth is said of the largest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final

from iotrace.comparing.columns import percent_of_cpu, ratio
from iotrace.comparing.sets import growth, sets
from tracer.analyze.compare.comparison import Run
from tracer.analyze.compare.growth import growths
from tui.drawing.units import count, duration, percent, several

MOST: Final = 6
LEAST: Final = 3
_APART: Final = 1.5
"""Two figures are said to differ from this factor on."""
Rule = Callable[[Sequence[Run]], str | None]


def sentences(runs: Sequence[Run]) -> list[str]:
    """The sentences about the runs that did their job; none when there are fewer than two."""
    done = [run for run in runs if run.figures.ok]
    if len(done) < 2:
        return []
    grown = growths(done)
    alike = [run for run in done if run.clients == max(each.clients or 0 for each in done)] if grown else done
    said = [text] if (text := growth(grown)) else []
    if len(alike) > 1:
        said += [text for rule in _RULES if (text := rule(alike))]
        said += [text for rule in _ALIKE if len(said) < LEAST and (text := rule(alike))]
    return said[:MOST]


def _apart(runs: Sequence[Run], figure: str) -> tuple[Run, Run, float, float] | None:
    """The ends, when they differ by a factor, and by more than the noise of their repetitions."""
    ends = _ends(runs, figure)
    if ends is None or ends[3] < _APART * ends[2]:
        return None
    noise = sum(run.spread.get(figure, 0.0) for run in ends[:2])
    return ends if ends[3] - ends[2] > noise else None


def _ends(runs: Sequence[Run], figure: str) -> tuple[Run, Run, float, float] | None:
    """The runs with the lowest and the highest figure, and the two figures."""
    read = attrgetter(f"figures.{figure}")
    known = [run for run in runs if read(run) is not None]
    if len(known) < 2:
        return None
    low, high = min(known, key=read), max(known, key=read)
    return low, high, read(low), read(high)


def _cpu(runs: Sequence[Run]) -> str | None:
    ends = _apart(runs, "cpu_percent")
    if ends is None or ends[3] - ends[2] < 2:
        return None
    low, high, least, most = ends
    return (
        f"{high.name} kept {percent_of_cpu(most)} of a CPU busy, {low.name} {percent_of_cpu(least)}"
        f"{_same_messages(runs)}."
    )


def _same_messages(runs: Sequence[Run]) -> str:
    numbers = {run.figures.messages for run in runs}
    (number,) = numbers if len(numbers) == 1 else (None,)
    return f", for the same {several(number, 'message')}" if number else ""


def _wasted(runs: Sequence[Run]) -> str | None:
    worst = max(runs, key=lambda run: (run.figures.wasted or 0) / (run.figures.calls or 1))
    wasted, calls, messages = worst.figures.wasted or 0, worst.figures.calls or 0, worst.figures.messages
    if 2 * wasted <= calls:
        return None
    each = f": {ratio(wasted / messages)} for each message that came" if messages else ""
    return f"{percent(wasted, calls)} of the {several(calls, 'call')} of {worst.name} were wasted{each}."


def _payload(runs: Sequence[Run]) -> str | None:
    """How often each payload byte crossed the boundary; only said where it is a whole number, and known exactly."""
    often: dict[int, list[str]] = {}
    for run in runs:
        if run.figures.payload_bytes and run.figures.payload_copied is not None and not run.bounds:
            share, rest = divmod(run.figures.payload_copied, run.figures.payload_bytes)
            if not rest:
                often.setdefault(share, []).append(run.name)
    if len(often) < 2:
        return None
    parts = [f"{_times(share)} with {_listed(often[share])}" for share in sorted(often, reverse=True)]
    return f"Each payload byte was copied across the boundary {_listed(parts)}."


def _times(share: int) -> str:
    return {0: "not at all", 1: "once", 2: "twice"}.get(share) or f"{count(share)} times"


def _useless(runs: Sequence[Run]) -> str | None:
    worst = max(runs, key=lambda run: run.figures.useless_wakeups or 0)
    useless, wakeups = worst.figures.useless_wakeups, worst.figures.wakeups
    if not useless or not wakeups:
        return None
    return (
        f"After {count(useless)} of the {several(wakeups, 'wake-up')} of {worst.name} "
        "nothing was transferred on what was ready."
    )


def _calls(runs: Sequence[Run]) -> str | None:
    ends = _apart(runs, "calls_per_message")
    if ends is None:
        return None
    low, high, least, most = ends
    return f"{low.name} made {ratio(least)} calls per message, {high.name} {ratio(most)}."


def _all_calls(runs: Sequence[Run]) -> str | None:
    """For programs that do not say what a message is."""
    ends = _apart(runs, "calls")
    if all(run.figures.messages for run in runs) or ends is None:
        return None
    return f"{ends[1].name} made {several(int(ends[3]), 'call')}, {ends[0].name} {count(int(ends[2]))}."


def _latency(runs: Sequence[Run]) -> str | None:
    ends = _apart(runs, "latency_p50_ns")
    if ends is None:
        return None
    low, high, least, most = ends
    return (
        f"The median message was there after {duration(int(least))} with {low.name} and "
        f"{duration(int(most))} with {high.name}, the tracer's delay included."
    )


def _signals(runs: Sequence[Run]) -> str | None:
    loud = max(runs, key=lambda run: run.signals)
    if not loud.signals or not loud.figures.messages:
        return None
    return f"{loud.name} took {several(loud.signals, 'signal')} for {several(loud.figures.messages, 'message')}."


def _work(runs: Sequence[Run]) -> str | None:
    worked = [run for run in runs if run.figures.work_done]
    if not worked:
        return None
    done = [f"{run.name} {count(run.figures.work_done or 0)}" for run in worked]
    return f"Units of other work done while waiting: {_listed(done)}; the others none."


def _kernel(runs: Sequence[Run]) -> str | None:
    ends = _apart(runs, "kernel_ns")
    if ends is None:
        return None
    low, high, least, most = ends
    return f"{high.name} spent {duration(int(most))} inside the kernel, {low.name} {duration(int(least))}."


def _threads(runs: Sequence[Run]) -> str | None:
    most = max(runs, key=lambda run: run.threads)
    return f"{most.name} took {most.threads} threads to do it." if most.threads > 1 else None


def _alike(figure: str, what: str, show: Callable[[float], str]) -> Rule:
    def rule(runs: Sequence[Run]) -> str | None:
        ends = _ends(runs, figure)
        if ends is None:
            return None
        _, _, least, most = ends
        return f"{what} lies between {show(least)} and {show(most)}." if most > least else (
            f"{what} is {show(least)} for all."
        )  # fmt: skip

    return rule


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


_RULES: Final[tuple[Rule, ...]] = (
    sets, _payload, _cpu, _wasted, _useless, _calls, _all_calls, _latency, _signals, _work, _kernel,
    _threads,
)  # fmt: skip
_ALIKE: Final[tuple[Rule, ...]] = (
    _alike("cpu_percent", "The share of a CPU that was used", percent_of_cpu),
    _alike("kernel_ns", "Kernel time", lambda value: duration(round(value))),
    _alike("calls", "The number of calls", lambda value: count(round(value))),
)
