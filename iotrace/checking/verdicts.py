"""Whether the figures of a recording keep to their budgets. What is not known does not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from iotrace.checking.amounts import BadAmount, Unit, limit_of, shown
from iotrace.checking.fields import SUMS_ONLY
from iotrace.checking.names import Figured, Measured, UnknownName
from iotrace.failures import USAGE, Failure
from tracer.analyze.findings.rules import RULES
from tracer.analyze.results import Finding, Report, Severity

ANY: Final = "any"
_SEVERITIES: Final = [severity.value for severity in Severity]
_RATIOS: Final = ("_per_message", "_per_wakeup", "_percent", "_p50_ns", "_p99_ns")
"""Endings of figures that may go down as well as up when more is seen."""


class State(Enum):
    """What became of a budget."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit of one figure, in ns, bytes, percent or pieces."""

    name: str
    most: bool
    """At most `limit`; otherwise at least."""
    limit: float
    unit: Unit

    @property
    def text(self) -> str:
        """ "at most 5.00 ms"."""
        return f"at {'most' if self.most else 'least'} {shown(self.limit, self.unit)}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A budget, what was measured, and whether it holds."""

    budget: Budget
    measured: Measured
    state: State
    reason: str = ""
    """Why it is not known, in a few words."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """What `--no-finding` named, and what was found of it."""

    name: str
    found: tuple[Finding, ...]
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """All verdicts on one recording."""

    verdicts: tuple[Verdict, ...]
    forbidden: tuple[Forbidden, ...]

    @property
    def ok(self) -> bool:
        """Everything holds."""
        states = [each.state for each in self.verdicts] + [each.state for each in self.forbidden]
        return all(state is State.HOLDS for state in states)


def judge(
    figured: Figured, most: Mapping[str, float | str], least: Mapping[str, float | str], rules: Iterable[str] = ()
) -> Judgement:
    """The verdicts on the report of `figured`. Raises Failure (usage) for a name or amount that makes no sense."""
    asked = [*((name, True, given) for name, given in most.items()),
             *((name, False, given) for name, given in least.items())]  # fmt: skip
    forbidden = [rule_named(name) for name in rules]
    verdicts = tuple(_verdict(figured, *each) for each in asked)
    return Judgement(verdicts, tuple(_forbidden(name, figured.report) for name in dict.fromkeys(forbidden)))


def rule_named(name: str) -> str:
    """`name` when it is a rule, a severity or `any`. Raises Failure otherwise."""
    known = [*RULES, *_SEVERITIES, ANY]
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, 3, 0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Severities: {', '.join(_SEVERITIES)}; or any."
    raise Failure(f"no rule is called {name!r}. {hint}\nThe rules: {', '.join(RULES)}", USAGE)


def _verdict(figured: Figured, name: str, most: bool, given: float | str) -> Verdict:
    try:
        measured = figured.of(name)
        budget = Budget(name, most, limit_of(given, measured.unit), measured.unit)
    except UnknownName as unknown:
        hint = f"Did you mean {' or '.join(unknown.near)}?" if unknown.near else "All names: iotrace check --names"
        raise Failure(f"there is nothing called {name!r} to set a budget on.\n{hint}", USAGE) from None
    except BadAmount as bad:
        raise Failure(f"{name}: {bad}.", USAGE) from None
    return Verdict(budget, measured, *_state(budget, measured, figured.report))


def _state(budget: Budget, measured: Measured, report: Report) -> tuple[State, str]:
    """Where more may have happened than was seen, a sum can only be too small: that settles half of the cases."""
    value = measured.value
    if value is None:
        return State.UNKNOWN, measured.doubt
    unseen = _unseen(report)
    if unseen and (measured.figure.endswith(_RATIOS) or measured.name.endswith(_RATIOS)):
        return State.UNKNOWN, unseen
    within = value <= budget.limit if budget.most else value >= budget.limit
    doubt = measured.doubt or ("" if measured.figure == "exit.code" else unseen)
    if doubt and within == budget.most:
        return State.UNKNOWN, f"it is a lower bound: {doubt}"
    return (State.HOLDS if within else State.BROKEN), _closeness(budget, value, measured, report)


def _closeness(budget: Budget, value: float, measured: Measured, report: Report) -> str:
    """A word of warning where the verdict hangs on what cannot be measured that exactly."""
    if measured.syscall or measured.figure not in ("user_ns", "kernel_ns"):
        return ""
    uncertainty = report.uncertainty_ns
    near = abs(value - budget.limit) <= uncertainty
    return f"that close it is a guess, the measurement is ± {shown(uncertainty, Unit.TIME)}" if near else ""


def _unseen(report: Report) -> str:
    """Why the recording may not have everything, or nothing."""
    if not report.ending.complete:
        return report.ending.reason or "the recording is not complete"
    return f"{report.totals.lost:,} events were lost" if report.totals.lost else ""


def _forbidden(name: str, report: Report) -> Forbidden:
    found = tuple(_matching(name, report.findings or ()))
    if found:
        return Forbidden(name, found, State.BROKEN)
    unseen = SUMS_ONLY if report.scope.summary else _unseen(report)
    return Forbidden(name, (), State.UNKNOWN if unseen else State.HOLDS, unseen)


def _matching(name: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """`high` is high only; `low` is low and all that is worse, which is everything."""
    for finding in findings:
        if name in _SEVERITIES:
            if _SEVERITIES.index(finding.severity.value) <= _SEVERITIES.index(name):
                yield finding
        elif name in (ANY, finding.rule):
            yield finding
