"""The first line: what is traced, by which clock, and how it stands."""

from __future__ import annotations

from os.path import basename

from rich.style import Style
from rich.text import Text

from tracer.analyze.results import Ending, Report
from tracer.analyze.scope import short_words
from tui.drawing.palette import Palette
from tui.drawing.text import clean, fit
from tui.drawing.units import count, seconds, several
from tui.snapshot import Snapshot

_COMMAND, _PROGRAM = 12, 20
"""Cells of the command, and of a longer program's or model's name, that count for more than the facts."""
MEASURED = "measure"
"""The phase that is shown when it is marked (design: the phase of a report when nobody asks for another)."""


def heading(snapshot: Snapshot, since_pause: int | None, width: int, palette: Palette) -> Text:
    """One line of `width` cells. `since_pause` = calls since the view was paused, None when it is not."""
    state, style = state_of(snapshot, since_pause, palette)
    command = command_line(snapshot.report.command)
    line = Text(" iotrace  ", style=palette.accent, no_wrap=True, end="")
    facts = _facts(snapshot)
    # In a narrow line facts go from the front, the clock last: at least some of the command must be readable.
    needed = min(len(command), max(_COMMAND, min(_PROGRAM, len(command.partition(" ")[0]))))
    while facts and _room(facts, line, state, width) < needed:
        facts.pop(0)
    line.append(fit(command, _room(facts, line, state, width)).rstrip(), palette.strong)
    line.append("".join(f" · {fact}" for fact in facts), palette.text)
    line.append(" " * max(1, width - line.cell_len - len(state) - 1))
    line.append(state, style)
    return line


def scope_note(report: Report) -> str:
    """What the figures are of, and how to see the rest; nothing when there is nothing to choose."""
    return scope_notes(report)[0]


def scope_notes(report: Report) -> tuple[str, ...]:
    """The same in fewer and fewer words, for lines with less and less room."""
    if report.phase is not None:
        phase = clean(report.phase)
        return f"figures of phase {phase} · w: whole run", f"{phase} · w: whole run", "w: whole run", "w: all"
    if MEASURED not in [phase.name for phase in report.phases]:
        return ("",)
    return f"figures of the whole run · w: phase {MEASURED}", f"whole run · w: {MEASURED}", f"w: {MEASURED}"


def command_line(command: tuple[str, ...]) -> str:
    """The command in one line, its program without the folder."""
    return clean(" ".join((basename(command[0]), *command[1:]))) if command else "?"


def state_of(snapshot: Snapshot, since_pause: int | None, palette: Palette) -> tuple[str, Style]:
    """The words at the end of the line, and their style."""
    if snapshot.loading is not None:
        return f"reading {snapshot.loading:.0%}", palette.running
    if since_pause is not None:
        return f"‖ paused, {count(since_pause)} calls since", palette.failed
    if snapshot.live:
        return "● live", palette.running
    return f"■ {ending(snapshot.report.ending)}", palette.strong


def ending(end: Ending) -> str:
    """How it ended, in a few words."""
    if not end.complete:
        return "incomplete"
    if end.signal:
        return f"ended by {end.signal}"
    return "ended" if end.code is None else f"exited {end.code}"


def _room(facts: list[str], line: Text, state: str, width: int) -> int:
    """Cells left for the command."""
    return width - line.cell_len - sum(len(fact) + 3 for fact in facts) - len(state) - 2


def _facts(snapshot: Snapshot) -> list[str]:
    report = snapshot.report
    threads = snapshot.alive if snapshot.live else len(report.threads)
    clock = "corrected" if snapshot.corrected else "not corrected"
    source = "" if report.source in ("schedstat", "switches") else f", clock: {report.source}"
    facts = [
        *(clean(word) for word in short_words(report.scope)),
        f"pid {snapshot.pid}" if snapshot.pid is not None else "",
        several(threads, "thread"),
        seconds(max(0, snapshot.now_ns - snapshot.start_ns)),
        f"{report.backend}, {clock}{source}",
    ]
    return [fact for fact in facts if fact]
