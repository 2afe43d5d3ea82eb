"""Collecting the runs, and the three forms in which they leave: text, JSON and a page."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from iotrace.comparing.operands import Subject
from iotrace.export_target import is_recording
from iotrace.failures import SIGNALLED, USAGE, Failure
from iotrace.stderr import tell
from tracer.analyze.compare.comparison import Run
from tracer.analyze.compare.differences import Difference, differences, pairs

FORMAT: Final = 1
_NARROWEST: Final = 60
_LEGEND: Final = "▲ best and ▼ worst of those that did the job, where they differ by more than a tenth."
_BOUNDS: Final = "≥: a lower bound, it is not known what all of its calls copied."


def collected(found: Sequence[Subject]) -> list[Run]:
    """Run or open each. On a terminal, says which one it is at."""
    # SIGTERM as an exception: what runs is ended, and the recordings made so far are removed, on the way out.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(SIGNALLED + number))
    runs = []
    for number, subject in enumerate(found, 1):
        if sys.stderr.isatty():
            tell(f"{number} of {len(found)}: {subject.name}")
        runs.append(subject.run())
    return runs


def show(runs: Sequence[Run], *, as_json: bool) -> None:
    """Write the comparison to stdout."""
    if as_json:
        print(json.dumps(document(runs), indent=1))
    else:
        _print(runs)
    sys.stdout.flush()


def document(runs: Sequence[Run]) -> dict[str, Any]:
    """The JSON document. What was asked for besides (--repeat, --untraced), and why a run failed, is added."""
    return {
        "format": FORMAT,
        "runs": [_run(run) for run in runs],
        "differences": [_difference(*pair, each) for pair in pairs(runs) for each in differences(*pair)],
    }


def _difference(base: Run, other: Run, each: Difference) -> dict[str, Any]:
    return {"base": base.name, "run": other.name, **asdict(each), "weight": each.weight.value}


def _run(run: Run) -> dict[str, Any]:
    words: dict[str, Any] = asdict(run.figures)
    if run.spread:
        words["spread"] = dict(run.spread)
    if run.alone is not None:
        words["untraced"] = asdict(run.alone)
    if run.repeats > 1:
        words["repeats"] = run.repeats
    if run.reason:
        words["reason"] = run.reason
    return words


def _print(runs: Sequence[Run]) -> None:
    from iotrace.comparing.differences import difference_tables
    from iotrace.comparing.sentences import sentences
    from iotrace.comparing.table import growth_table, tables, troubles
    from iotrace.console import TextConsole
    from tracer.analyze.compare.growth import growths
    from tui.drawing.palette import DARK, PLAIN

    console = TextConsole()
    if not console.is_terminal:
        console.width = int(os.environ.get("COLUMNS") or 80)
    width = max(_NARROWEST, console.width)
    palette = DARK if console.color_system and not console.no_color else PLAIN
    for table in tables(runs, width, palette):
        console.print(table, width=width)
        console.print()
    for trouble in troubles(runs, palette):
        console.print(trouble, width=width)
    grown = growths(runs)
    if grown:
        console.print(growth_table(grown, palette), width=width)
        console.print()
    for lines in (difference_tables(*pair, width, palette) for pair in pairs(runs)):
        for line in lines:
            console.print(line, width=width)
        console.print()
    for sentence in sentences(runs):
        console.print("\n".join(wrap(sentence, width, initial_indent="· ", subsequent_indent="  ")))
    for note in (_LEGEND, _BOUNDS) if any(run.bounds for run in runs) else (_LEGEND,):
        console.print("\n".join(wrap(note, width)), style=palette.faint)


def writable(path: Path) -> None:
    """Refuse a page that could not be written, or would replace a recording, before minutes are spent.

    Raises Failure."""
    if str(path) == "-":
        raise Failure("stdout has the table already; the page goes to a file.\nName one: --html FILE", USAGE)
    if is_recording(path):
        raise Failure(f"{path} is a recording and is not overwritten.\nName another file: --html FILE", USAGE)
    if path.parent.is_dir() and os.access(path.parent, os.W_OK) and not path.is_dir():
        return
    raise Failure(f"{path} cannot be written.\nName a file in a directory that exists: --html FILE", USAGE)


def write_page(path: Path, runs: Sequence[Run]) -> None:
    """Write the page to `path`. Raises Failure."""
    from iotrace.comparing.html import page
    from iotrace.page.output import write

    write(path, page(runs))
    tell(f"the comparison as a page: {path}")
