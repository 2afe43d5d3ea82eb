"""What a test gets from a recording: its totals and findings, and the check of budgets with its message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iotrace.checking.names import Figured
    from iotrace.checking.recording import Opened
    from tracer.analyze.results import Finding, Report

Limits = Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class Budgets:
    """What the marker asks for."""

    max: Limits = field(default_factory=dict)
    min: Limits = field(default_factory=dict)
    no_finding: Sequence[str] = ()
    phase: str | None = None
    messages: int | None = None


class Seen:
    """A recording as a test sees it. Times in ns, sizes in bytes."""

    def __init__(
        self, path: Path, budgets: Budgets, *, default_phase: str | None = None, ended: bool = True
    ) -> None:
        self.path = path
        """The recording; `iotrace view` shows it."""
        self._budgets = budgets
        self._default_phase = default_phase
        self._ended = ended

    def has_ended(self) -> None:
        """The recording is complete now."""
        self._ended = True

    @cached_property
    def _opened(self) -> Opened:
        from iotrace.checking.recording import Opened

        if not self._ended:
            raise RuntimeError("this is still being recorded: what was seen is known when the block has ended")
        return Opened(self.path)

    @cached_property
    def _figured(self) -> Figured:
        return self._opened.figured(self._phase(None), self._budgets.messages)

    @property
    def report(self) -> Report:
        """All results (`tracer.analyze.results.Report`)."""
        return self._figured.report

    @property
    def totals(self) -> dict[str, Any]:
        """The totals by the names of `iotrace report --json`."""
        from iotrace.json_report import document

        totals: dict[str, Any] = document(self.report)["totals"]
        return totals

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, the worst first."""
        return self.report.findings or ()

    def figure(self, name: str) -> float | None:
        """What a budget of that name is compared with: "wasted", "read.calls"; None when it is not known.

        Raises UnknownName (a KeyError).
        """
        return self._figured.of(name).value

    def check(
        self,
        max: Limits | None = None,  # noqa: A002 (as the marker and the command have it)
        min: Limits | None = None,  # noqa: A002
        no_finding: Sequence[str] | str = (),
        *,
        phase: str | None = None,
        messages: int | None = None,
    ) -> None:
        """Raise AssertionError unless all budgets are kept; what is not known is not kept.

        Raises ValueError for names and amounts that make no sense.
        """
        __tracebackhide__ = True
        from iotrace.checking.output import lines
        from iotrace.checking.recording import Asked
        from iotrace.failures import Failure

        rules = [no_finding] if isinstance(no_finding, str) else list(no_finding)
        if not (max or min or rules):
            raise TypeError("check() without a budget: check(max={'wasted': 0}), check(no_finding=['busy-wait'])")
        number = messages if messages is not None else self._budgets.messages
        try:
            checked = self._opened.check(Asked(max or {}, min or {}, rules), self._phase(phase), number)
        except Failure as wrong:
            raise ValueError(str(wrong)) from None
        if not checked.judgement.ok:
            said = "\n".join(lines(checked, holding=False))
            raise AssertionError(f"the budgets are not kept\n{said}\nthe recording: iotrace view {self.path}")

    def keep_budgets(self) -> None:
        """Check the marker's budgets, if there is one."""
        __tracebackhide__ = True
        asked = self._budgets
        if asked.max or asked.min or asked.no_finding:
            self.check(asked.max, asked.min, asked.no_finding)

    def _phase(self, given: str | None) -> str | None:
        return next((name for name in (given, self._budgets.phase, self._default_phase) if name is not None), None)

    def __repr__(self) -> str:
        return f"<recording {self.path}>"


class Recorded(Seen):
    """A command that has ended."""

    def __init__(self, path: Path, budgets: Budgets, exit_status: int, stdout: str, stderr: str) -> None:
        super().__init__(path, budgets)
        self.exit_status = exit_status
        """The program's; 128 + n when signal n ended it."""
        self.stdout = stdout
        self.stderr = stderr
