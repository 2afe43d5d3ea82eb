"""Heading, totals, and one line of the list of calls."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.segment import Segment

from tests.tui.fakes import PID, FakeSource, row, totals
from tracer.analyze.results import Copies, Ending, PhaseRow, Times, Totals
from tui.drawing.call_columns import column_titles, columns
from tui.drawing.call_row import call_row
from tui.drawing.heading import ending, heading, scope_note
from tui.drawing.palette import DARK, PLAIN
from tui.drawing.totals import totals_line
from tui.snapshot import RowKind, RowText
from workloads.catalog import MODELS

LIVE = FakeSource(20_011, live=True).snapshot()
DONE = FakeSource(20_011).snapshot()
CALL = RowText(0, RowKind.CALL, 1_500, PID, PID, "read", ("3", '"x"', "64"), "64", Times(1, 2, 3, 4, 5), 0, 64)


def text(segments: list[Segment]) -> str:
    """What a line shows, without colour."""
    return "".join(segment.text for segment in segments)


@pytest.mark.parametrize("width", [80, 100, 160, 300])
def test_the_heading_fills_the_line_and_ends_with_the_state(width: int) -> None:
    """State at the right edge in any width."""
    assert heading(LIVE, None, width, DARK).plain.endswith("● live")
    assert heading(LIVE, None, width, DARK).cell_len == width - 1
    assert heading(DONE, None, width, DARK).plain.endswith("■ exited 0")


def test_a_paused_heading_counts_what_is_missed() -> None:
    """The program runs on; the command stays readable even in 80 columns."""
    line = heading(LIVE, 15_013, 80, DARK).plain
    assert line.endswith("‖ paused, 15,013 calls since")
    assert " nonblocking" in line


def test_the_name_of_a_model_is_never_cut() -> None:
    """Facts go before it does."""
    for model in MODELS:
        named = replace(DONE, report=replace(DONE.report, command=(model.name,)))
        assert f" {model.name} " in heading(named, None, 80, DARK).plain


def test_the_heading_names_a_clock_that_is_not_the_best() -> None:
    """Ticks instead of schedstat, and no calibration."""
    coarse = replace(LIVE, corrected=False, report=replace(LIVE.report, source="ticks"))
    assert "ptrace, not corrected, clock: ticks" in heading(coarse, None, 160, DARK).plain


def test_a_hostile_command_cannot_steer_the_terminal() -> None:
    """Neither by escape sequences nor by markup."""
    hostile = replace(DONE, report=replace(DONE.report, command=("/tmp/\x1b[2J[bold]x",)))
    line = heading(hostile, None, 120, DARK).plain
    assert "\x1b" not in line
    assert "␛[2J[bold]x" in line


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (Ending(code=3, complete=True), "exited 3"),
        (Ending(signal="SIGKILL", complete=True), "ended by SIGKILL"),
        (Ending(complete=True), "ended"),
        (Ending(code=0, complete=False), "incomplete"),
    ],
)
def test_how_it_ended(end: Ending, words: str) -> None:
    """An incomplete recording says so before anything else."""
    assert ending(end) == words


def test_the_totals_say_more_the_more_room_there_is() -> None:
    """The wasted share and the copies are there even in 80 columns."""
    whole = totals(20_011)
    narrow, wide = (totals_line(whole, width, DARK).plain for width in (80, 160))
    assert "calls 20,015 · wasted 19,813 (99 %) · in 137 B · out 12.4 KiB" in narrow
    assert "failed 19,814" in wide
    assert "copied in 0 B payload, 137 B control · out 12.4 KiB payload, 0 B control" in wide
    assert (len(narrow), len(wide)) == (80, 160)


def test_unknown_copies_make_the_totals_a_lower_bound() -> None:
    """Never zero where it is not known."""
    whole = replace(totals(101), copies=Copies(unknown=3))
    assert "in ≥ 0 B" in totals_line(whole, 80, DARK).plain


def test_lost_events_are_named() -> None:
    """The numbers are then too small, and the reader must know."""
    line = totals_line(replace(totals(101), lost=17), 160, DARK).plain
    assert "17 events lost" in line


def test_the_figures_say_what_they_are_of() -> None:
    """Of the measured phase, of the whole run, or of all there is."""
    marked = replace(DONE.report, phases=(PhaseRow("measure", 1, 2, Totals()),))
    assert scope_note(replace(marked, phase="measure")) == "figures of phase measure · w: whole run"
    assert scope_note(marked) == "figures of the whole run · w: phase measure"
    assert scope_note(DONE.report) == ""


@pytest.mark.parametrize("width", [79, 110, 159, 299])
@pytest.mark.parametrize("threads", [1, 13])
@pytest.mark.parametrize("index", [0, 1, 5, 56, 104, 20_015])
def test_every_line_is_exactly_as_wide_as_the_list(width: int, threads: int, index: int) -> None:
    """Calls, failed, wasted and running ones, and events."""
    layout = columns(width, threads)
    assert len(text(call_row(row(index, LIVE), layout, DARK))) == width
    assert len(column_titles(layout, width, DARK).plain) == width


def test_a_call_shows_its_times_and_copies_below_the_titles() -> None:
    """In the smallest terminal."""
    layout = columns(79, 1)
    assert column_titles(layout, 79, PLAIN).plain.split() == (
        ["time", "s", "call", "result", "user", "kernel", "blocked", "↓in", "↑out"]
    )
    assert text(call_row(CALL, layout, PLAIN)).split() == (
        ["0.000002", "read(3,", '"x",', "64)", "64", "1", "ns", "2", "ns", "3", "ns", "↑64"]
    )


def test_kinds_of_rows_differ_without_colour() -> None:
    """By their mark."""
    layout = columns(79, 1)
    marks = [text(call_row(replace(CALL, kind=kind), layout, PLAIN))[0] for kind in RowKind]
    assert len(set(marks)) == len(RowKind)


def test_a_running_call_shows_how_long_its_thread_has_been_inside() -> None:
    """Instead of a result."""
    line = text(call_row(row(LIVE.rows - 1, LIVE), columns(79, 1), DARK))
    assert line.startswith("▸")
    assert "1.23 s…" in line


def test_unknown_copies_are_marked() -> None:
    """With what is known before the question mark."""
    assert text(call_row(replace(CALL, copies_unknown=True), columns(79, 1), DARK)).endswith(" ↑64?")


def test_arguments_cannot_steer_the_terminal() -> None:
    """A decoder that let an escape through would still do no harm."""
    hostile = replace(CALL, args=("\x1b]0;x\x07",), result="\x1b[31m")
    assert "\x1b" not in text(call_row(hostile, columns(159, 1), DARK))
