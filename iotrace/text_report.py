"""A report as text for people: 80 columns are enough, colour is only decoration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from rich.table import Table
from rich.text import Text

from iotrace.findings_text import finding_lines, model_line
from tracer.analyze.results import Copies, Ending, Report, Times
from tracer.analyze.scope import SUMS_ONLY, sentences
from tui.drawing.palette import PLAIN, Palette
from tui.drawing.text import clean
from tui.drawing.time_bar import time_bar
from tui.drawing.units import count, duration, percent, seconds, several, size

By = Literal["syscall", "fd", "thread", "phase"]
Line = Text | Table

_MOST_ROWS: Final = 30
_LONGEST_COMMAND: Final = 200


def lines(report: Report, *, by: By | None, corrected: bool, width: int, palette: Palette = PLAIN) -> list[Line]:
    """The report: heading, findings, time bar, totals, and the tables asked for, default syscalls and threads."""
    tables: dict[By, list[Line]] = {
        "syscall": [syscall_table(report, palette)],
        "fd": [Text(f"no descriptors: {SUMS_ONLY}") if report.scope.summary else descriptor_table(report, palette)],
        "thread": [thread_table(report, palette)],
        "phase": [phase_table(report, palette)],
    }
    findings = finding_lines(report, width, palette) if by is None else []
    chosen = tables[by] if by else [*tables["syscall"], Text(), *tables["thread"]]
    return [
        *heading(report, corrected, palette),
        *model_line(report, width, palette),
        Text(),
        *findings,
        *time_bar(report.totals, report.uncertainty_ns, width, palette, untraced=report.scope.trace is not None),
        Text(),
        *totals(report, palette),
        Text(),
        *chosen,
    ]


def heading(report: Report, corrected: bool, palette: Palette) -> list[Text]:
    """What ran, how it ended, and what the numbers are worth."""
    command = clean(" ".join(report.command))
    shown = command if len(command) <= _LONGEST_COMMAND else command[:_LONGEST_COMMAND] + "…"
    phase = f" · phase {clean(report.phase)}" if report.phase else ""
    how = f"{ended(report.ending)} · {seconds(report.duration_ns)}{phase}"
    return [
        Text.assemble(("iotrace ", palette.accent), (shown, palette.strong)),
        Text(f"{how} · {clock(report, corrected)}", palette.text),
        *reason(report.ending, palette),
        *(Text(sentence, palette.wasted) for sentence in sentences(report.scope)),
    ]


def reason(ending: Ending, palette: Palette) -> list[Text]:
    """Why the recording does not end with the program, marked when that makes it incomplete."""
    if not ending.reason:
        return []
    return [Text(f"{'' if ending.complete else 'incomplete: '}{clean(ending.reason)}", palette.failed)]


def ended(ending: Ending) -> str:
    """How the program ended, in a word or two."""
    if ending.signal is not None:
        return f"killed by {ending.signal}"
    if ending.code is not None:
        return f"exit status {ending.code}"
    return "end not recorded" if not ending.complete else "let run on"


def clock(report: Report, corrected: bool) -> str:
    """Which clock, whether corrected, and the ± of the totals."""
    how = "corrected" if corrected else "not corrected"
    exact = {"schedstat": "", "switches": "", "none": ": no CPU times here"}
    tail = exact.get(report.source, ": coarse CPU times")
    spread = f" ± {duration(report.uncertainty_ns)}" if report.uncertainty_ns else ""
    return f"{report.backend}, {report.source}{tail}, {how}{spread}"


def totals(report: Report, palette: Palette) -> list[Text]:
    """Calls and copies of the whole report."""
    all_of = report.totals
    words = [f"calls {count(all_of.calls)}"]
    words.append(f"wasted {count(all_of.wasted)} ({percent(all_of.wasted, all_of.calls)})")
    words.append(f"failed {count(all_of.failed)}")
    if all_of.wakeups:
        words.append(f"wake-ups {count(all_of.wakeups)}")
    if all_of.signals:
        words.append(f"signals {count(all_of.signals)}")
    found = [Text(" · ".join(words), palette.text), Text(copies_line(all_of.copies), palette.text)]
    if report.older_calls:
        moment = "this file begins" if report.scope.later_part else "the attach"
        older = f"{several(report.older_calls, 'call')} entered before {moment}"
        found.append(Text(f"{older}, since when is not known: counted from then on", palette.faint))
    if all_of.lost:
        found.append(Text(f"{count(all_of.lost)} events were lost: all figures are lower bounds", palette.failed))
    return found


def copies_line(copies: Copies) -> str:
    """Both directions, each with its payload and its control bytes."""
    into = _direction(copies.copies_in, copies.payload_in, copies.control_in)
    out = _direction(copies.copies_out, copies.payload_out, copies.control_out)
    unknown = f"\n(at least: what {several(copies.unknown, 'call')} copied is not known)" if copies.unknown else ""
    return f"copied in {into}\n      out {out}{unknown}"


def _direction(copies: int, payload: int, control: int) -> str:
    return f"{count(copies)}×: {size(payload)} payload, {size(control)} control"


def syscall_table(report: Report, palette: Palette) -> Table:
    """A line per system call; times are totals, p50 and p99 are kernel time of single calls."""
    table = _table(palette, "syscall", "calls", "wasted", "failed", "user", "kernel", "p50", "p99", "blocked")
    about = "~" if report.scope.summary else ""
    for row in report.syscalls[:_MOST_ROWS]:
        times = row.times
        table.add_row(
            _name(row.name, 20), count(row.calls), _number(row.wasted), _number(row.failed),
            *_durations(times.user_ns, times.kernel_ns),
            *(about + each for each in _durations(row.kernel_p50_ns, row.kernel_p99_ns)),
            *_durations(times.blocked_ns),
        )  # fmt: skip
    _rest(table, len(report.syscalls))
    return table


def thread_table(report: Report, palette: Palette) -> Table:
    """A line per thread; the five times add up to its lifetime."""
    table = _table(
        palette, "thread", "name", "calls", "lifetime", "user", "kernel", "blocked", "runnable", "tracer"
    )
    for row in report.threads[:_MOST_ROWS]:
        times: Times = row.times
        table.add_row(
            Text(str(row.tid)), _name(row.name, 15), count(row.calls),
            *_durations(row.lifetime_ns, times.user_ns, times.kernel_ns, times.blocked_ns,
                        times.runnable_ns, times.tracer_ns),
        )  # fmt: skip
    _rest(table, len(report.threads))
    return table


def descriptor_table(report: Report, palette: Palette) -> Table:
    """A line per descriptor: a number of a process, each time it was opened."""
    table = _table(palette, "fd", "what", "opened by", "calls", "wasted", "in", "out", text_columns=3)
    for row in report.fds[:_MOST_ROWS]:
        again = f"#{row.generation}" if row.generation else ""
        mode = {True: " (nonblocking)", False: "", None: ""}[row.nonblocking]
        table.add_row(
            Text(f"{row.pid}:{row.fd}{again}"), _name(row.what + mode, 28), _name(row.opened_by, 10),
            count(row.calls), _number(row.wasted),
            size(row.copies.payload_in + row.copies.control_in),
            size(row.copies.payload_out + row.copies.control_out),
        )  # fmt: skip
    _rest(table, len(report.fds))
    return table


def phase_table(report: Report, palette: Palette) -> Table:
    """A line per marked phase."""
    table = _table(palette, "phase", "calls", "wasted", "user", "kernel", "blocked", "runnable")
    for row in report.phases[:_MOST_ROWS]:
        times = row.totals.times
        table.add_row(
            _name(row.name, 24), count(row.totals.calls), _number(row.totals.wasted),
            *_durations(times.user_ns, times.kernel_ns, times.blocked_ns, times.runnable_ns),
        )  # fmt: skip
    _rest(table, len(report.phases))
    return table


def _table(palette: Palette, *headings: str, text_columns: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style=palette.faint, show_edge=False)
    for position, heading_text in enumerate(headings):
        left = position < text_columns or heading_text == "name"
        table.add_column(heading_text, justify="left" if left else "right", no_wrap=True, overflow="ellipsis")
    return table


def _name(text: str, width: int) -> Text:
    cleaned = clean(text)
    return Text(cleaned if len(cleaned) <= width else cleaned[: width - 1] + "…")


def _number(value: int) -> str:
    return count(value) if value else ""


def _durations(*values: int) -> Iterable[str]:
    return (duration(value) if value else "" for value in values)


def _rest(table: Table, number: int) -> None:
    if number > _MOST_ROWS:
        table.add_row(Text(f"… {number - _MOST_ROWS} more: --json"))
