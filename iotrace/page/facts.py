"""Everything the page of a recording shows, gathered in the one reading that the totals are made in.

Two things would need more than sums: the waiting sets need an index of lines, the figure of a message a second
accounting. Both look at the first `LOOKED_AT` rows only, so that memory and time stay bounded however long the
recording is; the page says so when there are more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tracer.account.calibration import Calibration
from tracer.analyze.activity import Activity, ThreadActivity, extent_of
from tracer.analyze.compare.job import Job, job_of
from tracer.analyze.descriptors.lives import DescriptorLives
from tracer.analyze.diagnosis import Diagnosis
from tracer.analyze.figure.figure import Figure
from tracer.analyze.figure.messages import Messages
from tracer.analyze.lines.lines import Lines
from tracer.analyze.results import Finding, Report, ThreadRow
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.spread import Spread, spread_of
from tracer.analyze.tally import Tally
from tracer.analyze.waiting_sets.view import WaitingSets
from tracer.analyze.waiting_sets.waiting_sets import Waiter, WaitReturn
from tracer.analyze.whole import uncollected
from tracer.decode.call import row_text
from tracer.recording.header import Header
from tracer.recording.reader import Recording
from tracer.recording.stretches import groups, joined

LOOKED_AT: Final = 500_000
LANES: Final = 24
_WAITERS: Final = 24
_RETURNS: Final = 4
"""Waiters of which one return is drawn."""
_FINDINGS: Final = 40
_EACH: Final = 4
"""Calls that are spelled out for each finding."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One thread's lane in the timeline."""

    thread: ThreadRow
    activity: ThreadActivity


@dataclass(frozen=True, slots=True)
class Picture:
    """The timeline. Moments are CLOCK_MONOTONIC ns."""

    begin_ns: int
    end_ns: int
    cells: int
    lanes: tuple[Lane, ...]
    left_out: int
    """Threads that have no lane."""
    phases: tuple[tuple[str, int, int], ...]
    """Marked phases: name, from, to."""

    @property
    def cell_ns(self) -> float:
        """Width of a cell."""
        return (self.end_ns - self.begin_ns) / self.cells


@dataclass(frozen=True, slots=True)
class Spreads:
    """How the times of one system call's calls are spread."""

    kernel: Spread
    wall: Spread


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of the recording in words."""

    row: int
    since_ns: int
    """After the beginning of the recording."""
    tid: int
    text: str


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the page shows."""

    header: Header
    report: Report
    calibration: Calibration
    rows: int
    picture: Picture
    spreads: Mapping[str, Spreads]
    """By name of the call."""
    shown: Mapping[int, ShownRow]
    """Rows that findings name."""
    start_ns: int = 0
    waiters: tuple[Waiter, ...] = ()
    returns: tuple[WaitReturn, ...] = ()
    """One return each of the busiest waiters."""
    figure: Figure | None = None
    job: Job | None = None
    looked_at: int = LOOKED_AT
    """Waiting sets and the figure are of so many rows from the beginning."""

    @property
    def corrected(self) -> bool:
        """Times are less the calibrated cost of being traced."""
        return any(each.samples for each in (self.calibration.shared, self.calibration.apart))

    @property
    def cut(self) -> bool:
        """There are more rows than were looked at."""
        return self.rows > self.looked_at


@dataclass(frozen=True, slots=True)
class Gathered:
    """A recording that was read, and what of it is no report yet."""

    recording: Recording
    diagnosis: Diagnosis
    activity: Activity
    places: RowPlaces
    descriptors: DescriptorLives
    messages: Messages
    looked_at: int


def gather(recording: Recording, looked_at: int = LOOKED_AT) -> Gathered:
    """Read the whole recording once."""
    diagnosis = Diagnosis(recording.header)
    activity = Activity(*extent_of(recording.batches))
    lines, firsts = Lines(), list[int]()
    places = RowPlaces(recording.batches, firsts, lines)
    descriptors = DescriptorLives(places, diagnosis.tally)
    messages = Messages(recording.header)
    first = 0
    with uncollected():
        for group in groups(recording.batches):
            stretch = joined(group)
            counted = diagnosis.add(stretch)
            activity.add(counted)
            if first < looked_at and counted is not None:
                lines.add(stretch, counted)
                messages.add(stretch)
            for batch in group:
                firsts.append(first)
                first += batch.num_rows
        activity.add_running(diagnosis.tally.still_inside)
        descriptors.waiting.update()
    return Gathered(recording, diagnosis, activity, places, descriptors, messages, looked_at)


def facts_of(gathered: Gathered, report: Report) -> PageFacts:
    """What the page shows of `report`, a report of this reading."""
    tally, header = gathered.diagnosis.tally, gathered.recording.header
    start = header.began_ns or tally.began_ns or 0
    waiting = gathered.descriptors.waiting
    waiters = waiting.waiters()[:_WAITERS]
    returns = (_typical(waiting, each) for each in waiters[:_RETURNS])
    return PageFacts(
        header=header,
        report=report,
        calibration=tally.calibration,
        rows=gathered.recording.rows,
        picture=_picture(gathered, report),
        spreads=_spreads(tally, report),
        shown=_shown(gathered.places, report.findings or (), start),
        start_ns=start,
        waiters=waiters,
        returns=tuple(each for each in returns if each is not None),
        figure=gathered.messages.figure() if len(gathered.messages) else None,
        job=job_of(gathered.recording.batches),
        looked_at=gathered.looked_at,
    )


def findings_shown(report: Report) -> tuple[Finding, ...]:
    """The findings that are on the page."""
    return (report.findings or ())[:_FINDINGS]


def _typical(waiting: WaitingSets, waiter: Waiter) -> WaitReturn | None:
    """A return with something ready if one is near, from the middle: the first ones are often of the start."""
    numbers = dict.fromkeys(waiter.returns * part // 16 for part in (8, 9, 7, 10, 6, 12, 4, 14, 2))
    found = [each for number in numbers if (each := waiting.one(waiter.number, number)) is not None]
    return next((each for each in found if each.result > 0), found[0] if found else None)


def _spreads(tally: Tally, report: Report) -> dict[str, Spreads]:
    sets = range(len(tally.phases.members)) if report.phase is None else tally.phases.sets_with(report.phase)
    codes: dict[str, list[int]] = {}
    for code, fact in enumerate(tally.codes.facts):
        codes.setdefault(fact.name, []).append(code)
    found = {}
    for row in report.syscalls:
        keys = [each << 32 | code for each in sets for code in codes.get(row.name, ())]
        found[row.name] = Spreads(spread_of(tally.kernel.of(keys)), spread_of(tally.wall.of(keys)))
    return found


def _picture(gathered: Gathered, report: Report) -> Picture:
    tally, activity = gathered.diagnosis.tally, gathered.activity
    codes = {(life.pid, life.tid): code for code, life in enumerate(tally.threads.lives)}
    busiest = sorted(
        report.threads, key=lambda each: (-(each.times.user_ns + each.times.kernel_ns), -each.calls, each.tid)
    )[:LANES]
    kept = {(each.pid, each.tid) for each in busiest}
    lanes = []
    for row in report.threads:
        code = codes.get((row.pid, row.tid))
        if (row.pid, row.tid) in kept and code is not None:
            lanes.append(Lane(row, activity.of(code)))
    return Picture(
        activity.begin_ns, activity.end_ns, activity.cells, tuple(lanes), len(report.threads) - len(lanes),
        tuple((each.name, each.begin_ns, each.end_ns or activity.end_ns) for each in report.phases),
    )  # fmt: skip


def _shown(places: RowPlaces, findings: Iterable[Finding], start_ns: int) -> dict[int, ShownRow]:
    rows = {row for each in list(findings)[:_FINDINGS] for row in each.lines[:_EACH]}
    found = {}
    for number in sorted(rows):
        row = places.row(number)
        found[number] = ShownRow(number, places.at_ns(number) - start_ns, row.tid, row_text(row).line)
    return found
