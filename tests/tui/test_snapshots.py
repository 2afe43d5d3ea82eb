"""What the screen looks like, as pictures: each test is one visible behaviour."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator

import pytest
from textual.pilot import Pilot

from tests.tui.fakes import FakeRun, FakeSource
from tui.app import IotraceApp
from tui.widgets.call_list import CallList

Compare = Callable[..., bool]
SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((160, 50), id="160x50")]
STATES = [pytest.param(True, id="live"), pytest.param(False, id="finished")]
THEMES = [pytest.param([], id="dark"), pytest.param(["d"], id="light")]


@pytest.fixture
def run() -> Iterator[FakeRun]:
    """A live run whose terminal shows one line."""
    made = FakeRun()
    os.write(made.slave, b'{"messages": 23, "bytes": 1472, "ok": \x1b[1;32mtrue\x1b[0m}\r\n')
    yield made
    made.close()


def application(live: bool, run: FakeRun) -> IotraceApp:
    """The application on a source that stands still, so that pictures are the same every time."""
    return IotraceApp(FakeSource(20_011, live=live), run if live else None)


def after(*keys: str) -> Callable[[Pilot[int]], object]:
    """Wait for the first snapshot, then press `keys`."""

    async def prepare(pilot: Pilot[int]) -> None:
        for _ in range(500):
            await pilot.pause()
            lists = pilot.app.screen.query(CallList)
            if lists and lists.first().count:
                break
            await asyncio.sleep(0.01)
        await pilot.press(*keys)
        await pilot.pause(0.2)

    return prepare


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("live", STATES)
@pytest.mark.parametrize("theme", THEMES)
def test_calls(snap_compare: Compare, run: FakeRun, size: tuple[int, int], live: bool, theme: list[str]) -> None:
    """A busy-wait is told at a glance: kernel time in failed calls, a list of wasted reads."""
    assert snap_compare(application(live, run), terminal_size=size, run_before=after(*theme))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("live", STATES)
@pytest.mark.parametrize("theme", THEMES)
def test_summary(snap_compare: Compare, run: FakeRun, size: tuple[int, int], live: bool, theme: list[str]) -> None:
    """One line per syscall, sorted by kernel time."""
    assert snap_compare(application(live, run), terminal_size=size, run_before=after("2", *theme))


@pytest.mark.parametrize("size", SIZES)
def test_details_of_a_message(snap_compare: Compare, run: FakeRun, size: tuple[int, int]) -> None:
    """The one read in a hundred that brought something: its copy and its bytes."""
    keys = ["enter"] if size[0] < 130 else []
    moves = ["pagedown"] * (7 if size[0] < 130 else 2)
    assert snap_compare(application(False, run), terminal_size=size, run_before=after(*keys, *moves))


def test_output(snap_compare: Compare, run: FakeRun) -> None:
    """The program's terminal, and how to leave it."""
    assert snap_compare(application(True, run), terminal_size=(80, 24), run_before=after("8"))


def test_quit(snap_compare: Compare, run: FakeRun) -> None:
    """The question that is asked while the program runs."""
    assert snap_compare(application(True, run), terminal_size=(80, 24), run_before=after("q"))


def test_help(snap_compare: Compare, run: FakeRun) -> None:
    """All keys."""
    assert snap_compare(application(True, run), terminal_size=(80, 24), run_before=after("question_mark"))


def test_paused(snap_compare: Compare, run: FakeRun) -> None:
    """The heading says that the view stands still."""
    assert snap_compare(application(True, run), terminal_size=(80, 24), run_before=after("p"))


def test_without_colour(snap_compare: Compare, run: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything can be told apart by marks, patterns and weight."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(application(True, run), terminal_size=(80, 24), run_before=after())
