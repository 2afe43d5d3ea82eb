"""A report with what the rules found and the model of every thread: in the pass of the totals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa

from tracer.analyze.beside import Beside
from tracer.analyze.findings.gather import Gathering
from tracer.analyze.findings.rules import findings_of
from tracer.analyze.models import models_of
from tracer.analyze.results import Report
from tracer.analyze.scope import limited
from tracer.analyze.tally import Counted, Tally
from tracer.analyze.whole import take_in
from tracer.recording.header import Header
from tracer.recording.reader import Recording


class Diagnosis:
    """A tally that findings are gathered beside."""

    def __init__(self, header: Header) -> None:
        self.tally = Tally(header)
        self._gathering = Gathering(self.tally)

    def add(self, batch: pa.RecordBatch) -> Counted | None:
        """Take in the next batch; batches must come in order. Long ones are best (`tracer.recording.stretches`)."""
        counted = self.tally.add(batch)
        self._gathering.add(counted)
        return counted

    def take_in(self, recording: Recording) -> None:
        """Take in all that `recording` has; sums are made and facts gathered in a thread beside."""
        with Beside() as beside:
            take_in(recording, lambda stretch: beside.do(self._sum, self.tally.account(stretch)))

    def _sum(self, counted: Counted | None) -> None:
        self.tally.sum(counted)
        self._gathering.add(counted)

    def add_all(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Take in these batches."""
        for batch in batches:
            self.add(batch)

    def report(self, phase: str | None = None, now_ns: int | None = None) -> Report:
        """The results of the whole run, or of one phase of it, with findings and models. Raises UnknownPhase."""
        facts = self._gathering.facts(phase)
        report = self.tally.report(phase, now_ns)
        return limited(replace(report, findings=findings_of(facts), models=models_of(facts)))
