"""Every key, on a screen fed by a source whose every number is known."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import ContentSwitcher, Static

from tests.tui.fakes import FakeRun, FakeSource
from tests.tui.waiting import until
from tracer.analyze.results import Finding, Severity
from tui.app import IotraceApp
from tui.live import output_size
from tui.screens.help import HelpScreen
from tui.screens.quit import QuitScreen
from tui.snapshot import Snapshot
from tui.widgets.call_list import CallList
from tui.widgets.details import DetailsPane
from tui.widgets.output import LEAVE, Output
from tui.widgets.summary_table import SummaryTable

SMALL, LARGE = (80, 24), (160, 50)


@asynccontextmanager
async def opened(
    source: FakeSource, run: FakeRun | None = None, size: tuple[int, int] = SMALL
) -> AsyncIterator[Pilot[int]]:
    """The application with its first snapshot on screen."""
    app = IotraceApp(source, run)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: bool(app.screen.query(CallList)) and calls(pilot).count > 0)
        yield pilot
    if run is not None:
        run.close()


def calls(pilot: Pilot[int]) -> CallList:
    """The list of calls."""
    return pilot.app.screen_stack[1].query_one(CallList)


def shown(pilot: Pilot[int]) -> str:
    """The whole screen as text."""
    widgets = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in widgets)


def missed(pilot: Pilot[int]) -> int:
    """How many calls came since the pause, as the heading says."""
    found = re.search(r"paused, ([\d,]+) calls since", shown(pilot))
    return int(found[1].replace(",", "")) if found else 0


async def test_a_finished_recording_opens_at_its_beginning() -> None:
    """With the totals, and only the visible lines decoded."""
    source = FakeSource(10_000_019)
    async with opened(source) as pilot:
        text = shown(pilot)
        assert "98 % in failed calls" in text
        assert "■ exited 0" in text
        assert 'execve("/usr/bin/pyth' in text
        assert calls(pilot).cursor == 0
        assert source.decoded < 100


async def test_ten_million_lines_scroll_to_the_end_at_once() -> None:
    """The last line is there, and about two screenfuls were decoded."""
    source = FakeSource(10_000_019)
    async with opened(source) as pilot:
        await pilot.press("end")
        assert calls(pilot).cursor == 10_000_022
        assert "600.00132" in shown(pilot)
        assert source.decoded < 100


@pytest.mark.parametrize(
    ("keys", "cursor"),
    [
        (["down"], 1),
        (["j", "j", "k"], 1),
        (["down", "down", "up"], 1),
        (["pagedown"], 14),
        (["space", "space"], 28),
        (["pagedown", "pagedown", "pageup"], 14),
        (["b"], 0),
        (["end"], 20_014),
        (["G", "home"], 0),
        (["G", "g"], 0),
    ],
)
async def test_keys_move_the_cursor(keys: list[str], cursor: int) -> None:
    """By line, by page, to either end."""
    async with opened(FakeSource(20_011)) as pilot:
        await pilot.press(*keys)
        assert calls(pilot).cursor == cursor
        assert cursor in calls(pilot).on_screen


async def test_live_follows_the_end_until_the_cursor_leaves_it() -> None:
    """Then the place is kept while calls keep coming, and End follows again."""
    async with opened(FakeSource(10_000_019, live=True, step=101), FakeRun()) as pilot:
        view = calls(pilot)
        await until(pilot, lambda: view.count > 300)
        assert view.cursor == view.count - 1
        await pilot.press("up")
        place, top = view.cursor, view.on_screen.start
        count = view.count
        await until(pilot, lambda: view.count > count + 300)
        assert (view.cursor, view.on_screen.start) == (place, top)
        await pilot.press("end")
        count = view.count
        await until(pilot, lambda: view.count > count)
        assert view.cursor == view.count - 1


async def test_scrolling_back_by_mouse_stops_following() -> None:
    """Looking back means staying there."""
    async with opened(FakeSource(10_000_019, live=True, step=101), FakeRun()) as pilot:
        view = calls(pilot)
        await until(pilot, lambda: view.count > 300)
        view.on_mouse_scroll_up()
        place = view.cursor
        count = view.count
        await until(pilot, lambda: view.count > count)
        assert view.cursor == place


async def test_pause_freezes_the_view_and_counts_what_comes() -> None:
    """The program runs on; the same key goes on with the newest."""
    async with opened(FakeSource(10_000_019, live=True, step=101), FakeRun()) as pilot:
        view = calls(pilot)
        await pilot.press("p")
        count = view.count
        await until(pilot, lambda: missed(pilot) >= 1_000)
        assert missed(pilot) % 101 == 0
        assert view.count == count
        await pilot.press("p")
        await until(pilot, lambda: view.count > count + 1_000)
        assert "paused" not in shown(pilot)


async def test_details_open_and_close_and_follow_the_cursor() -> None:
    """Closed at first in a small terminal, open in a large one."""
    async with opened(FakeSource(20_011)) as pilot:
        details = pilot.app.screen.query_one(DetailsPane)
        assert not details.display
        await pilot.press("enter", "down")
        await pilot.pause()
        assert details.display
        assert "openat = ENOENT" in shown(pilot)
        await pilot.press("enter")
        assert not details.display
    async with opened(FakeSource(20_011), size=LARGE) as pilot:
        assert pilot.app.screen.query_one(DetailsPane).display
        assert "execve = 0" in shown(pilot)


async def test_the_summary_sorts_by_every_column() -> None:
    """Arrow keys choose the column, r turns the order round, 1 goes back."""
    async with opened(FakeSource(20_011)) as pilot:
        await pilot.press("2")
        table = pilot.app.screen.query_one(SummaryTable)
        assert (table.sort, table.ascending) == ("kernel_ns", False)
        await pilot.press("right")
        assert table.sort == "blocked_ns"
        await pilot.press("left", "<", "r")
        assert (table.sort, table.ascending) == ("user_ns", True)
        await pilot.press(">")
        assert (table.sort, table.ascending) == ("kernel_ns", False)
        await pilot.press("1")
        assert pilot.app.screen.query_one(ContentSwitcher).current == "calls"
        assert pilot.app.focused is calls(pilot)


async def test_a_click_on_a_title_sorts_and_a_second_one_reverses() -> None:
    """The mouse does what the keys do."""
    async with opened(FakeSource(20_011)) as pilot:
        await pilot.press("2")
        table = pilot.app.screen.query_one(SummaryTable)
        await pilot.click("SummaryPane Titles", offset=(19, 0))
        assert (table.sort, table.ascending) == ("calls", False)
        await pilot.click("SummaryPane Titles", offset=(19, 0))
        assert (table.sort, table.ascending) == ("calls", True)


async def test_the_summary_keeps_its_selection_when_the_order_changes() -> None:
    """The cursor is on a syscall, not on a line number."""
    async with opened(FakeSource(20_011)) as pilot:
        await pilot.press("2", "down", "down")
        table = pilot.app.screen.query_one(SummaryTable)
        name = table.selected
        await pilot.press("r")
        assert table.selected == name
        assert name == "pipe2"


async def test_a_click_on_a_tab_opens_it() -> None:
    """Likewise."""
    async with opened(FakeSource(20_011)) as pilot:
        await pilot.click("TabLine", offset=(12, 0))
        assert pilot.app.screen.query_one(ContentSwitcher).current == "summary"


async def test_the_tab_of_the_findings_says_how_many_there_are() -> None:
    """From any other tab one sees that there is something to look at; and a click still finds the tab."""
    async with opened(_Spinning(20_011)) as pilot:
        await until(pilot, lambda: "7 Findings (1)" in shown(pilot))
        line = shown(pilot).splitlines()[6]
        await pilot.click("TabLine", offset=(line.index("(1)") + 1, 0))
        assert pilot.app.screen.query_one(ContentSwitcher).current == "findings"


class _Spinning(FakeSource):
    def poll(self) -> Snapshot:
        snapshot = super().poll()
        found = (Finding("busy-wait", Severity.HIGH, 1, "It spins.", "Let it wait."),)
        return replace(snapshot, report=replace(snapshot.report, findings=found))


async def test_a_click_on_a_line_selects_it() -> None:
    """Counted from the first visible one."""
    async with opened(FakeSource(20_011)) as pilot:
        await pilot.click("#calls-list", offset=(20, 7))
        assert calls(pilot).cursor == 7


async def test_there_is_no_output_tab_without_a_live_program() -> None:
    """Only tabs that work are shown."""
    async with opened(FakeSource(20_011)) as pilot:
        await pilot.press("8")
        assert pilot.app.screen.query_one(ContentSwitcher).current == "calls"
        assert "8 Out" not in shown(pilot)


async def test_the_output_shows_the_program_and_gives_it_the_keys() -> None:
    """All of them but the one that leaves: q types a q."""
    run = FakeRun()
    os.write(run.slave, b"23 messages\r\n")
    async with opened(FakeSource(20_011, live=True), run) as pilot:
        await pilot.press("8")
        await until(pilot, lambda: "23 messages" in shown(pilot))
        await pilot.press("q", "p", "1", "enter")
        await until(pilot, lambda: "qp1" in shown(pilot))
        assert os.read(run.slave, 100) == b"qp1\n"
        await pilot.press(LEAVE)
        assert pilot.app.focused is calls(pilot)


async def test_the_programs_terminal_is_as_large_as_its_tab() -> None:
    """From the start, and after a change of size."""
    run = FakeRun()
    async with opened(FakeSource(20_011, live=True), run) as pilot:
        await until(pilot, lambda: run.size == output_size(24, 80) == (16, 80))
        await pilot.resize_terminal(160, 50)
        await until(pilot, lambda: run.size == output_size(50, 160) == (42, 160))
        assert pilot.app.screen.query_one(Output)


async def test_our_keys_are_not_offered_while_the_program_has_them() -> None:
    """The footer shows what works here."""
    async with opened(FakeSource(20_011, live=True), FakeRun()) as pilot:
        assert "q Quit" in shown(pilot)
        await pilot.press("8")
        await until(pilot, lambda: "^] Leave" in shown(pilot))
        assert "Quit" not in shown(pilot)


async def test_keys_are_ours_again_when_the_program_has_ended() -> None:
    """Nobody reads its terminal any more."""
    source = FakeSource(20_011, live=True)
    async with opened(source, FakeRun()) as pilot:
        await pilot.press("8", "1")
        assert pilot.app.screen.query_one(ContentSwitcher).current == "output"
        source.live = False
        await until(pilot, lambda: "q Quit" in shown(pilot))
        await pilot.press("1")
        assert pilot.app.screen.query_one(ContentSwitcher).current == "calls"


async def test_quitting_a_finished_recording_leaves_at_once() -> None:
    """With status 0."""
    async with opened(FakeSource(20_011)) as pilot:
        await pilot.press("q")
        assert pilot.app.return_value == 0


async def test_quitting_a_run_whose_recorder_is_done_leaves_with_its_status() -> None:
    """No question: there is nothing left to end."""
    run = FakeRun()
    async with opened(FakeSource(20_011), run) as pilot:
        run.status = 3
        await pilot.press("q")
        assert pilot.app.return_value == 3


async def test_quitting_when_the_program_has_ended_asks_nothing() -> None:
    """The screen says so already; the recorder, not quite done, is waited for."""
    run = FakeRun()
    async with opened(FakeSource(20_011), run) as pilot:
        await pilot.press("q")
        assert not isinstance(pilot.app.screen, QuitScreen)
        assert pilot.app.is_running
        run.status = 3
        await until(pilot, lambda: pilot.app.return_value is not None)
        assert (run.asked, pilot.app.return_value) == ([], 3)


async def test_a_program_that_ends_while_the_question_is_asked_answers_it() -> None:
    """There is nothing left to decide: we leave, as was wanted."""
    source, run = FakeSource(20_011, live=True), FakeRun()
    async with opened(source, run) as pilot:
        await pilot.press("q")
        assert isinstance(pilot.app.screen, QuitScreen)
        source.live = False
        await until(pilot, lambda: not isinstance(pilot.app.screen, QuitScreen))
        run.status = 3
        await until(pilot, lambda: pilot.app.return_value is not None)
        assert (run.asked, pilot.app.return_value) == ([], 3)


@pytest.mark.parametrize("keys", [["e"], ["enter"]])
async def test_quitting_live_can_end_the_program(keys: list[str]) -> None:
    """By letter or as the first choice; then the recorder's status is ours."""
    run = FakeRun()
    async with opened(FakeSource(20_011, live=True), run) as pilot:
        await pilot.press("q")
        assert isinstance(pilot.app.screen, QuitScreen)
        await pilot.press(*keys)
        await until(pilot, lambda: pilot.app.return_value is not None)
        assert (run.asked, pilot.app.return_value) == (["end"], 143)


@pytest.mark.parametrize("keys", [["l"], ["down", "enter"]])
async def test_quitting_live_can_let_the_program_run_on(keys: list[str]) -> None:
    """Untraced; we leave with 0."""
    run = FakeRun()
    async with opened(FakeSource(20_011, live=True), run) as pilot:
        await pilot.press("ctrl+c", *keys)
        assert (run.asked, pilot.app.return_value) == (["let-run"], 0)


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_quitting_can_be_cancelled(key: str) -> None:
    """Nothing happens to the program."""
    run = FakeRun()
    async with opened(FakeSource(20_011, live=True), run) as pilot:
        await pilot.press("q", key)
        assert not isinstance(pilot.app.screen, QuitScreen)
        assert (run.asked, pilot.app.return_value) == ([], None)


async def test_help_lists_keys_and_patterns() -> None:
    """Those of all tabs (test_help.py: every binding), and what the marks mean."""
    async with opened(FakeSource(20_011, live=True), FakeRun()) as pilot:
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        text = str(pilot.app.screen.query_one("#help-text", Static).content)
        for words in ("Quit", "Hold the view", "details", "Reverse", "Last line", "ctrl+]", "Dark/light", "░░░░"):
            assert words in text
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, HelpScreen)


async def test_d_switches_between_dark_and_light() -> None:
    """And back."""
    async with opened(FakeSource(20_011)) as pilot:
        themes = [pilot.app.theme]
        for _ in range(2):
            await pilot.press("d")
            themes.append(pilot.app.theme)
        assert themes == ["iotrace-dark", "iotrace-light", "iotrace-dark"]


async def test_w_asks_for_the_totals_of_the_whole_run() -> None:
    """The source is told, and asked again even when the recording has ended."""
    source = FakeSource(20_011)
    async with opened(source) as pilot:
        polls = source.polls
        await pilot.press("w")
        assert source.whole_run
        await until(pilot, lambda: source.polls > polls)


async def test_a_resize_keeps_the_place() -> None:
    """The cursor stays on its line and on screen."""
    async with opened(FakeSource(20_011), size=LARGE) as pilot:
        await pilot.press(*["pagedown"] * 3)
        place = calls(pilot).cursor
        await pilot.resize_terminal(*SMALL)
        await pilot.pause()
        assert calls(pilot).cursor == place
        assert place in calls(pilot).on_screen


async def test_without_colour_nothing_is_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR: every cell is in the terminal's own colours; the cursor is reversed instead."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(FakeSource(20_011)) as pilot:
        line = calls(pilot).render_line(0)
        assert all(segment.style is None or segment.style.reverse for segment in line)
        colours = {
            str(segment.style.color.name)
            for strip in calls(pilot).render_lines(calls(pilot).region.reset_offset)
            for segment in strip
            if segment.style and segment.style.color
        }
        assert colours <= {"default"}
