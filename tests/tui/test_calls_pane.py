"""Every key of the Calls tab, on a small recording: filter, order, columns, jumps, mark, copy."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tracer.analyze.filter.known import PID, born, call, opened, pipe
from tests.tui import batches
from tests.tui.test_screen import calls, shown
from tests.tui.waiting import until
from tracer.analyze.filter.listing import IN_TIME, Order
from tracer.analyze.filter.tree import Field
from tracer.wire import End
from tui.app import IotraceApp
from tui.source import RecordingSource
from tui.widgets.call_table import CallTable
from tui.widgets.calls_pane import CallsPane
from tui.widgets.columns_dialog import ColumnsDialog
from tui.widgets.details import DetailsPane
from tui.widgets.filter_bar import FilterBar
from tui.widgets.go_to_dialog import GoToDialog, place_of

RECORDING = Path(__file__).parent.parent / "recordings" / "nonblocking.iotrace"
THREAD = PID + 1
ROWS = [
    born(0, PID, "main"),  # 0
    born(1, THREAD, "worker"),  # 1
    pipe(10, 3, 4),  # 2
    opened(20, 5, "/etc/hosts"),  # 3
    call("write", 1_000, 4, 0x5000, 5, result=5, tid=THREAD, kernel=3_000),  # 4
    call("poll", 100, 0x6000, 1, 0xFFFFFFFF, result=1, blocked=2_000),  # 5
    call("read", 5_000, 3, 0x5000, 64, result=5, kernel=700),  # 6
    *[call("read", 10_000 + 1000 * n, 5, 0x5000, 9, result=-errno.EAGAIN if n % 5 == 4 else 9, kernel=500 + n)
      for n in range(41)],  # 7 ... 47
]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The recording."""
    recording = batches.writer(tmp_path / "small.iotrace")
    recording.write(batches.batch(ROWS))
    recording.end(End.EXITED, 0, "the program exited")
    return tmp_path / "small.iotrace"


@asynccontextmanager
async def opened_app(path: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Pilot[int]]:
    """The application with the recording on screen."""
    app = IotraceApp(RecordingSource(path))
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: bool(app.screen.query(CallTable)) and calls(pilot).count == len(ROWS) + 1)
        yield pilot


def table(pilot: Pilot[int]) -> CallTable:
    """The list with its filter."""
    return pilot.app.screen_stack[1].query_one(CallTable)


async def typed(pilot: Pilot[int], text: str, count: int) -> None:
    """Type a filter that lets `count` lines through."""
    names = {" ": "space", ":": "colon", "-": "minus", "%": "percent_sign", ">": "greater_than_sign", "/": "slash"}
    await pilot.press("slash", *(names.get(letter, letter) for letter in text))
    await until(pilot, lambda: table(pilot).filter == text and calls(pilot).count == count)


def lines(pilot: Pilot[int]) -> list[int]:
    """The lines listed."""
    view = calls(pilot)
    return [view.line_at(position) for position in range(view.count)]


async def test_a_filter_is_applied_while_it_is_typed_and_kept_by_enter(path: Path) -> None:
    """With the number of lines it lets through beside it."""
    async with opened_app(path) as pilot:
        await typed(pilot, "read -failed", 34)
        assert "34 of 49 match" in shown(pilot)
        await pilot.press("enter")
        assert pilot.app.focused is calls(pilot)
        assert "/ read -failed" in shown(pilot)
        assert lines(pilot)[:3] == [6, 7, 8]
        await pilot.press("x")
        await until(pilot, lambda: calls(pilot).count == 49)
        assert not pilot.app.screen.query_one(FilterBar).display


async def test_the_details_are_those_of_the_line_a_filter_or_another_order_puts_there(path: Path) -> None:
    """Without a move of the cursor."""
    async with opened_app(path) as pilot:
        details = pilot.app.screen_stack[1].query_one(DetailsPane)
        await pilot.press("enter")

        def same_line() -> bool:
            return details.details is not None and details.details.row.index == calls(pilot).line

        for keys, count in ((("slash", *"read"), 42), (("escape",), 49)):
            await pilot.press(*keys)
            await until(pilot, lambda count=count: calls(pilot).count == count)  # type: ignore[misc]
            await until(pilot, same_line)
        assert calls(pilot).line == 0
        await pilot.press("S")
        await until(pilot, lambda: calls(pilot).line != 0 and same_line())


async def test_a_click_on_a_title_sorts_by_its_column_and_again_reverses(path: Path) -> None:
    """That of the calls themselves does nothing."""
    async with opened_app(path) as pilot:
        titles = next(line for line in shown(pilot).splitlines() if " time s" in line)
        for word, order in (
            ("kernel", Order(Field.KERNEL)),
            ("kernel", Order(Field.KERNEL, True)),
            ("call ", Order(Field.KERNEL, True)),
            ("blocked", Order(Field.BLOCKED)),
            ("time s", IN_TIME),
            ("time s", Order(None, True)),
        ):
            await pilot.click("#calls-table Titles", offset=(titles.index(word) + 1, 0))
            await pilot.pause()
            assert table(pilot).order == order, word


async def test_escape_brings_the_former_filter_back(path: Path) -> None:
    """Or none."""
    async with opened_app(path) as pilot:
        await typed(pilot, "write", 1)
        await pilot.press("enter")
        await pilot.press("slash", "space", "r", "e", "a", "d")
        await until(pilot, lambda: calls(pilot).count == 43)
        await pilot.press("escape")
        await until(pilot, lambda: (table(pilot).filter, calls(pilot).count) == ("write", 1))
        assert pilot.app.focused is calls(pilot)


async def test_an_error_is_shown_and_the_list_stays(path: Path) -> None:
    """And enter does not leave."""
    async with opened_app(path) as pilot:
        await typed(pilot, "write", 1)
        await pilot.press("space", "z", "z", "enter")
        await pilot.pause()
        assert "^ no system call is called zz" in shown(pilot)
        assert calls(pilot).count == 1
        assert pilot.app.screen.query_one(FilterBar).editing


async def test_tab_completes_what_is_selected(path: Path) -> None:
    """The commonest first, others with the arrow keys."""
    async with opened_app(path) as pilot:
        await pilot.press("slash", "p")
        await pilot.pause()
        assert " pipe2 " in shown(pilot)
        await pilot.press("down", "up", "tab")
        first = pilot.app.screen.query_one("#filter-text", Input).value
        assert first in {"pipe2 ", "poll "}
        await until(pilot, lambda: calls(pilot).count == 1)
        await pilot.press("ctrl+u", "p", "down", "tab")
        await until(pilot, lambda: calls(pilot).count == 1)
        assert pilot.app.screen.query_one("#filter-text", Input).value not in {"", first}


async def test_the_cursor_keeps_its_line_when_the_filter_changes(path: Path) -> None:
    """Or the nearest after it, and comes back to it."""
    async with opened_app(path) as pilot:
        await pilot.press(*["down"] * 13)
        assert calls(pilot).line == 13
        await typed(pilot, "failed", 8)
        assert calls(pilot).line == 16
        await pilot.press("escape")
        await until(pilot, lambda: calls(pilot).count == 49)
        assert calls(pilot).line == 13


async def test_nothing_that_matches_says_so(path: Path) -> None:
    """With the key that helps."""
    async with opened_app(path) as pilot:
        await typed(pilot, "futex", 0)
        await pilot.press("enter", "down", "n", "e", "o", "u", "m", "y", "f")
        await until(pilot, lambda: "No call matches the filter. x takes it away." in shown(pilot))


async def test_f_follows_the_descriptor_and_back(path: Path) -> None:
    """That generation of it, with the filter there was before."""
    async with opened_app(path) as pilot:
        await typed(pilot, "read", 42)
        await pilot.press("enter", "down", "f")
        await until(pilot, lambda: calls(pilot).count == 41)
        assert table(pilot).filter == f"fd:5.0 pid:{PID}"
        await pilot.press("f")
        await until(pilot, lambda: calls(pilot).count == 42)
        assert table(pilot).filter == "read"


async def test_n_and_e_go_on_and_back(path: Path) -> None:
    """On the same descriptor; to the next failure."""
    async with opened_app(path) as pilot:
        await pilot.press(*["down"] * 7, "n")
        assert calls(pilot).line == 8
        await pilot.press("N", "N")
        assert calls(pilot).line == 7
        await pilot.press("e")
        assert calls(pilot).line == 11
        await pilot.press("e", "E")
        assert calls(pilot).line == 11


async def test_o_goes_to_the_opening_and_the_bracket_back(path: Path) -> None:
    """Also when a filter hides it: that is taken away, and comes back."""
    async with opened_app(path) as pilot:
        await typed(pilot, "failed", 8)
        await pilot.press("enter", "down", "o")
        await until(pilot, lambda: calls(pilot).line == 3)
        assert table(pilot).filter == ""
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: calls(pilot).line == 16 and calls(pilot).count == 8)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: calls(pilot).line == 3 and calls(pilot).count == 49)
        await pilot.press("backspace")
        await until(pilot, lambda: calls(pilot).line == 16)


async def test_u_goes_to_what_ended_the_wait_and_capital_u_to_what_it_brought(path: Path) -> None:
    """From poll to the other thread's write, and to its own read."""
    async with opened_app(path) as pilot:
        await pilot.press(*["down"] * 5, "u")
        await until(pilot, lambda: calls(pilot).line == 4)
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: calls(pilot).line == 5)
        await pilot.press("U")
        await until(pilot, lambda: calls(pilot).line == 6)
        await pilot.press("u")
        await until(pilot, lambda: "did not sleep" in shown(pilot))


async def test_m_measures_to_the_cursor(path: Path) -> None:
    """Until it is pressed on the marked line again."""
    async with opened_app(path) as pilot:
        await pilot.press(*["down"] * 7, "m", *["down"] * 5)
        await until(pilot, lambda: "5.00 µs from the mark · 6 calls (1 failed, 1 wasted)" in shown(pilot))
        await pilot.press(*["up"] * 5, "m")
        await until(pilot, lambda: "from the mark" not in shown(pilot))


async def test_y_copies_the_call_as_text(path: Path) -> None:
    """As strace writes it."""
    async with opened_app(path) as pilot:
        await pilot.press("end", "up", "y")
        assert pilot.app.clipboard == "read(5, 0x5000, 9) = 9"


async def test_s_sorts_and_r_reverses(path: Path) -> None:
    """The largest first; x goes back to the order of time."""
    async with opened_app(path) as pilot:
        await pilot.press("S")
        await until(pilot, lambda: "wall▼" in shown(pilot))  # a column that is there only then
        await pilot.press("S")
        await until(pilot, lambda: lines(pilot)[:3] == [4, 6, 47])
        assert " wall" not in shown(pilot).split("by kernel")[0]
        assert table(pilot).order == Order(Field.KERNEL)
        assert calls(pilot).cursor == 0
        assert "kernel▼" in shown(pilot)
        assert "by kernel, largest first" in shown(pilot)
        await pilot.press("R")
        await until(pilot, lambda: lines(pilot)[-1] == 4)
        await pilot.press("x", "R")
        await until(pilot, lambda: lines(pilot)[:2] == [48, 47])
        await pilot.press("R")
        await until(pilot, lambda: lines(pilot)[:2] == [0, 1])
        for _ in range(7):
            await pilot.press("S")
        assert table(pilot).order == IN_TIME


async def test_c_chooses_the_columns(path: Path) -> None:
    """For the session; a leaves them to the width again."""
    async with opened_app(path, (160, 40)) as pilot:
        await pilot.press("c")
        assert isinstance(pilot.app.screen, ColumnsDialog)
        await pilot.press("down", "space", "enter")  # delta
        await until(pilot, lambda: " delta" in shown(pilot))
        assert "5.00 µs" in shown(pilot) or "1.00 µs" in shown(pilot)
        await pilot.press("c", "escape")
        assert " delta" in shown(pilot)
        await pilot.press("c", "a")
        await until(pilot, lambda: " delta" not in shown(pilot))


@pytest.mark.parametrize(("text", "line"), [("12", 11), ("1", 0), ("99999", 48), ("10us", 7), ("1s", 48)])
async def test_colon_goes_to_a_line_or_a_time(path: Path, text: str, line: int) -> None:
    """Counted from 1; the last when there are not so many."""
    async with opened_app(path) as pilot:
        await pilot.press("colon")
        assert isinstance(pilot.app.screen, GoToDialog)
        await pilot.press("z", "enter")
        await until(pilot, lambda: "neither a line" in shown(pilot))
        await pilot.press("ctrl+u", *text, "enter")
        await until(pilot, lambda: calls(pilot).line == line)


def test_where_to_go() -> None:
    """Lines from 1, times with their unit."""
    assert place_of("1,200") == ("line", 1199)
    assert place_of(" 1.5s ") == ("time", 1_500_000_000)
    assert place_of("x") is None


async def test_other_tabs_can_ask_for_a_line_and_for_a_filter(path: Path) -> None:
    """What has an error is said to have it."""
    async with opened_app(path) as pilot:
        pane = pilot.app.screen.query_one(CallsPane)
        pane.set_filter("write")
        await until(pilot, lambda: lines(pilot) == [4])
        pane.go_to(20)
        await until(pilot, lambda: calls(pilot).line == 20)
        pane.set_filter("wri(")
        await until(pilot, lambda: "no system call is called wri" in shown(pilot))


async def test_a_filter_goes_on_while_the_program_runs(tmp_path: Path) -> None:
    """New calls are added to the matches; the list follows its end."""
    path = tmp_path / "live.iotrace"
    recording = batches.writer(path)
    recording.write(batches.batch(ROWS))
    app = IotraceApp(RecordingSource(path, growing=lambda: True))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(CallTable)) and calls(pilot).count == len(ROWS))
        await typed(pilot, "failed", 8)
        await pilot.press("enter", "end")
        recording.write(
            batches.batch([call("read", 90_000 + n, 5, 0x5000, 9, result=-errno.EAGAIN) for n in range(17)])
        )
        await until(pilot, lambda: calls(pilot).count == 25)
        assert calls(pilot).cursor == 24
    recording.abandon()


async def test_a_filter_typed_before_the_first_lines_is_not_lost(path: Path) -> None:
    """Nor any of its letters, however quickly they follow the slash; a slash in a filter is part of it."""
    app = IotraceApp(RecordingSource(path))
    async with app.run_test(size=(100, 30)) as pilot:
        for key in ("slash", *"write"):
            app.post_message(events.Key(key, "/" if key == "slash" else key))
        await until(pilot, lambda: bool(app.screen.query(CallTable)) and table(pilot).filter == "write")
        await until(pilot, lambda: calls(pilot).count == 1)
        await pilot.press("enter", "x", "slash", "slash", *"etc", "slash", "enter")
        await until(pilot, lambda: table(pilot).filter == "/etc/")
        assert calls(pilot).count == 1


async def test_a_finished_model_opens_where_its_measured_phase_begins() -> None:
    """Home goes to the first call."""
    app = IotraceApp(RecordingSource(RECORDING))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(CallTable)) and calls(pilot).cursor > 0)
        await pilot.pause()
        assert "begin measure" in calls(pilot).row(calls(pilot).cursor).call
        assert calls(pilot).on_screen.start == calls(pilot).cursor
        assert "begin measure" in shown(pilot)
        await pilot.press("home")
        assert calls(pilot).cursor == 0


async def test_a_finished_run_without_marks_opens_at_its_beginning(path: Path) -> None:
    async with opened_app(path) as pilot:
        await pilot.pause()
        assert calls(pilot).cursor == 0
