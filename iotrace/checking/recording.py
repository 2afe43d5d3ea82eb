"""A recording and its budgets: read once, judged, and searched for where broken ones come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iotrace.checking.names import Figured
from iotrace.checking.places import Place, places
from iotrace.checking.verdicts import Judgement, State, Verdict, judge
from iotrace.report import report_of
from tracer.analyze.compare.job import Job, job_of
from tracer.analyze.diagnosis import Diagnosis
from tracer.recording.reader import Recording


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to hold. Limits are words with units, or numbers in ns, bytes, percent or pieces."""

    most: Mapping[str, float | str] = field(default_factory=dict)
    least: Mapping[str, float | str] = field(default_factory=dict)
    no_finding: Sequence[str] = ()
    """Rules, severities ("high": these only; "low": these and worse), or "any"."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A judgement, and where what is broken comes from, by the name of the budget."""

    path: Path
    phase: str | None
    judgement: Judgement
    places: Mapping[str, Sequence[Place]]


class Opened:
    """A recording read from beginning to end, ready to be judged."""

    def __init__(self, path: Path) -> None:
        """Raises RecordingError."""
        self.path = path
        with Recording.open(path) as recording:
            self._diagnosis = Diagnosis(recording.header)
            self._diagnosis.take_in(recording)
            self.job: Job | None = job_of(recording.batches)

    def figured(self, phase: str | None = None, messages: int | None = None) -> Figured:
        """The figures of a phase (None: of `measure` where there is one; "all": of everything). Raises Failure."""
        return Figured(report_of(self._diagnosis.tally, phase, self._diagnosis.report), self.job, messages)

    def check(self, asked: Asked, phase: str | None = None, messages: int | None = None) -> Checked:
        """Judge it. Raises Failure for names and amounts that make no sense."""
        figured = self.figured(phase, messages)
        judgement = judge(figured, asked.most, asked.least, asked.no_finding)
        broken = [verdict.measured for verdict in judgement.verdicts if _searched(verdict)]
        shown = figured.report.phase
        return Checked(self.path, shown, judgement, places(self.path, self._diagnosis.tally, shown, broken))


def _searched(verdict: Verdict) -> bool:
    """Of too little there is no place."""
    return verdict.state is State.BROKEN and verdict.budget.most
