"""Sentences about what it costs to tell the kernel what to wait for: select's sets, poll's array, epoll's list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tracer.analyze.compare.comparison import Run
from tracer.analyze.compare.growth import Growth
from tracer.analyze.ready import EPOLLS, POLLS, SELECTS
from tui.drawing.units import count

_FLAT: Final = 1.5
"""A cost that grew by less than this factor is said to have stayed."""


def sets(runs: Sequence[Run]) -> str | None:
    """What the waiting calls copied, for the first run of each kind; None when only one kind is there."""
    parts = [
        part
        for calls, tell in ((SELECTS, _per_wait), (POLLS, _per_wait), (EPOLLS, _per_ready))
        if (part := next((said for run in runs if (said := tell(run, calls))), None))
    ]
    return f"Control bytes copied: {'; '.join(parts)}." if len(parts) > 1 else None


def _per_wait(run: Run, calls: frozenset[str]) -> str | None:
    row = run.syscall(*sorted(calls))
    if row is None or not row.calls or not run.figures.wakeups:
        return None
    into, out = row.copies.control_in, row.copies.control_out
    average = " on average" if into % row.calls or out % row.calls else ""
    return f"{run.name} {into / row.calls:,.0f} in and {out / row.calls:,.0f} out per wait{average}"


def _per_ready(run: Run, calls: frozenset[str]) -> str | None:
    """Only said when every byte out is accounted for by the descriptors that were ready."""
    row = run.syscall(*sorted(calls))
    if row is None or not run.ready or not row.copies.control_out or row.copies.control_out % run.ready:
        return None
    return f"{run.name} {row.copies.control_out // run.ready} out per ready descriptor"


def growth(growths: Sequence[Growth]) -> str | None:
    """How control bytes per message grew with the clients."""
    known = [each for each in growths if each.control_factor is not None]
    spans = {(each.points[0].clients, each.points[-1].clients) for each in known}
    if len(spans) != 1:
        return None
    ((first, last),) = spans
    grew = [f"{_fold(each.control_factor or 0)} with {each.model}" for each in known if not _stayed(each)]
    kept = [each.model for each in known if _stayed(each)]
    said = []
    if grew:
        said.append(f"grew {', '.join(grew)}")
    if kept:
        said.append(f"stayed about the same with {', '.join(kept)}")
    return f"From {count(first)} to {count(last)} clients the control bytes per message {', and '.join(said)}."


def _stayed(each: Growth) -> bool:
    return (each.control_factor or 0) < _FLAT


def _fold(factor: float) -> str:
    return f"{factor:,.0f}-fold" if factor >= 9.5 else f"{factor:.1f}-fold"
