"""How far the lines of strace's test programs and ours agree: lines, and within them fields.

A field is an argument, the result with its errno, or what strace adds to the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tests.live.strace_suite_rules import Call, unfollowed


class Difference(NamedTuple):
    """An expected line and ours in its place (None: there is none)."""

    wanted: str
    got: str | None


@dataclass(frozen=True)
class Score:
    """How far a program's lines agree."""

    program: str
    lines: int = 0
    same_lines: int = 0
    fields: int = 0
    same_fields: int = 0
    excused: int = 0
    """Of those that are the same, fields where strace shows an address only (`strace_suite_rules.UNFOLLOWED`)."""
    differences: tuple[Difference, ...] = ()
    skipped: str = ""

    @property
    def percent(self) -> float:
        """Lines that agree in all their fields, in percent."""
        return 100 * self.same_lines / self.lines if self.lines else 0.0


def agreement(wanted: Call, got: Call | None) -> list[bool]:
    """Field by field: arguments, result, what is added to it."""
    fields = max(len(wanted.args), len(got.args) if got else 0) + 1 + bool(wanted.extras or (got and got.extras))
    if got is None:
        return [False] * fields
    same = [
        place < min(len(wanted.args), len(got.args))
        and (wanted.args[place] == got.args[place] or unfollowed(wanted, got, place))
        for place in range(max(len(wanted.args), len(got.args)))
    ]
    return [*same, wanted.result == got.result, *([wanted.extras == got.extras] if len(same) + 1 < fields else [])]


def score_of(program: str, pairs: Sequence[tuple[Call, Call | None]]) -> Score:
    agreements = [agreement(wanted, got) for wanted, got in pairs]
    differences = tuple(
        Difference(str(wanted), None if got is None else str(got))
        for (wanted, got), agreement in zip(pairs, agreements, strict=True) if not all(agreement)
    )  # fmt: skip
    excused = sum(
        wanted.args[place] != got.args[place] and unfollowed(wanted, got, place)
        for wanted, got in pairs if got is not None
        for place in range(min(len(wanted.args), len(got.args)))
    )  # fmt: skip
    return Score(
        program, len(pairs), len(pairs) - len(differences), sum(map(len, agreements)), sum(map(sum, agreements)),
        excused, differences,
    )  # fmt: skip


def table(scores: Sequence[Score]) -> str:
    """The scores as lines of text, and the total."""
    rows = [f"{'program':<20} {'lines':>6} {'agree':>6} {'':>7}  {'fields':>6} {'agree':>6} {'excused':>7}"]
    for score in [*scores, total(scores)]:
        lines = f"{score.lines:>6} {score.same_lines:>6} {score.percent:>6.1f}%"
        counts = f"{lines}  {score.fields:>6} {score.same_fields:>6} {score.excused:>7}"
        rows.append(f"{score.program:<20} {'skipped: ' + score.skipped if score.skipped else counts}")
    rows.append(f"mean of the programs: {mean(scores):.1f}%")
    rows.append("excused: strace shows an address (it is the one in our register), we show what it leads to")
    return "\n".join(rows)


def mean(scores: Sequence[Score]) -> float:
    """The programs' percents, each counting alike however many lines it has."""
    counted = [score.percent for score in scores if not score.skipped]
    return sum(counted) / max(len(counted), 1)


def total(scores: Sequence[Score]) -> Score:
    """All programs together."""
    return Score(
        "total", *(
            sum(getattr(score, name) for score in scores)
            for name in ("lines", "same_lines", "fields", "same_fields", "excused")
        ),
    )  # fmt: skip
