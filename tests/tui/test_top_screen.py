"""The screen of `iotrace top`: what is listed, in what order, and what is chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from textual.pilot import Pilot

from tests.tui.waiting import until
from tracer.analyze.top import TopCounts, TopProcess, TopView
from tui.offers import Offer, OfferKind
from tui.screens.help import HelpScreen
from tui.top_app import TopApp
from tui.widgets.top_list import TopList

Compare = Callable[..., bool]
SPINNER = TopProcess(
    4242, "spin", "./spin --fast", False, TopCounts(830_000, 829_989, 829_989, 610_000_000, 1472, 0)
)
SERVER = TopProcess(
    812, "nginx", "nginx: worker process", False, TopCounts(41_023, 120, 131, 80_000_000, 7 << 20, 9 << 20)
)
COPIER = TopProcess(
    977, "cp", "cp -r /usr/share /tmp/a", False, TopCounts(9_011, 0, 7, 690_000_000, 1 << 30, 1 << 30)
)
GONE = TopProcess(5001, "true", "", True, TopCounts(31, 0, 2, 700_000, 832, 0))
OTHERS = TopProcess(None, "processes of other pid namespaces", "", False, TopCounts(calls=5))
EVERYBODY = (SPINNER, SERVER, COPIER, GONE, OTHERS)


@dataclass
class FakeTop:
    """Always the same second, with its number in the last process's calls."""

    processes: tuple[TopProcess, ...] = EVERYBODY
    looks: int = 0

    def look(self) -> TopView:
        self.looks += 1
        return TopView(1_000_000_000, self.processes, lost=0)


def listed(pilot: Pilot[Offer]) -> list[int | None]:
    rows = pilot.app.screen.query_one(TopList)
    return [each.pid for each in rows._rows]


async def filled(pilot: Pilot[Offer], count: int = len(EVERYBODY)) -> None:
    await until(pilot, lambda: bool(pilot.app.screen.query(TopList)) and len(listed(pilot)) == count)


def shown(pilot: Pilot[Offer]) -> str:
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def application(source: FakeTop | None = None, sort: str = "calls") -> TopApp:
    return TopApp(source or FakeTop(), 0.05, sort)


@pytest.mark.parametrize(
    ("keys", "pids"),
    [
        ([], [4242, 812, 977, 5001, None]),
        (["right"], [4242, 812, 977, 5001, None]),
        (["right", "right"], [977, 4242, 812, 5001, None]),
        (["left"], [None, 812, 977, 4242, 5001]),
        (["r"], [None, 5001, 977, 812, 4242]),
        (["left", "r"], [5001, 4242, 977, 812, None]),
    ],
)
async def test_orders(keys: list[str], pids: list[int | None]) -> None:
    """The columns beside each other, and both ways round."""
    async with application().run_test(size=(80, 24)) as pilot:
        await filled(pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: listed(pilot) == pids)


async def test_a_click_on_a_title_sorts() -> None:
    """A second click turns the order round."""
    async with application().run_test(size=(80, 24)) as pilot:
        await filled(pilot)
        await pilot.click("Titles", offset=(30, 0))
        await until(pilot, lambda: listed(pilot)[0] == 977)
        await pilot.click("Titles", offset=(30, 0))
        await until(pilot, lambda: listed(pilot)[-1] == 977)


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["enter"], "4242"),
        (["down", "enter"], "812"),
        (["slash", *"cp", "enter", "enter"], "977"),
        (["slash", *"p9", "escape", "enter"], "4242"),
        (["slash", *"81", "enter", "enter"], "812"),
    ],
)
async def test_what_is_chosen(keys: list[str], chosen: str) -> None:
    """The process below the cursor; letters that are keys elsewhere are letters in the filter."""
    app = application()
    async with app.run_test(size=(80, 24)) as pilot:
        await filled(pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: app.return_value is not None)
    assert app.return_value is not None
    assert (app.return_value.kind, app.return_value.key) == (OfferKind.ATTACH, chosen)


@pytest.mark.parametrize("name", ["true", "namespaces"])
async def test_nobody_can_attach_to_what_is_not_there(name: str) -> None:
    """It is said, and the screen stays."""
    app = application()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await filled(pilot)
        await pilot.press("slash", *name, "enter", "enter")
        await until(pilot, lambda: len(app._notifications) == 1)
        assert app.return_value is None


async def test_the_cursor_stays_on_its_process() -> None:
    """While others come and go above it."""
    source = FakeTop((SERVER, COPIER, GONE))
    app = application(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await filled(pilot, 3)
        await pilot.press("down")
        source.processes = EVERYBODY
        await filled(pilot, 5)
        await pilot.press("enter")
        await until(pilot, lambda: app.return_value is not None)
    assert app.return_value is not None
    assert app.return_value.key == "977"


async def test_a_held_view_stands_still() -> None:
    """It looks on, so that what comes next is of one interval again."""
    source = FakeTop((SERVER,))
    async with application(source).run_test(size=(80, 24)) as pilot:
        await filled(pilot, 1)
        await pilot.press("p")
        await until(pilot, lambda: "paused" in shown(pilot))
        source.processes = EVERYBODY
        looks = source.looks
        await until(pilot, lambda: source.looks > looks + 3)
        assert listed(pilot) == [812]
        await pilot.press("p")
        await filled(pilot)


async def test_help_and_leaving() -> None:
    """Keys and columns, without what belongs to recordings."""
    app = application()
    async with app.run_test(size=(80, 50)) as pilot:
        await filled(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen) and "wasted/s" in shown(pilot))
        assert "Marks in the list" not in shown(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, HelpScreen))
        await pilot.press("q")
    assert app.return_value is None


def after(*keys: str) -> Callable[[Pilot[Offer]], object]:
    async def prepare(pilot: Pilot[Offer]) -> None:
        await filled(pilot)
        await pilot.press(*keys)
        for _ in range(3):
            await asyncio.sleep(0.05)
            await pilot.pause()

    return prepare


@pytest.mark.parametrize("keys", [pytest.param([], id="dark"), pytest.param(["d"], id="light")])
@pytest.mark.parametrize("size", [pytest.param((80, 24), id="80x24"), pytest.param((120, 30), id="120x30")])
def test_pictures(snap_compare: Compare, size: tuple[int, int], keys: list[str]) -> None:
    """A spinner is told at a glance: it is on top, and nearly all it does is wasted."""
    assert snap_compare(application(), terminal_size=size, run_before=after(*keys))


def test_without_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    """Narrowed to what is searched, in a terminal that has no colours."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(application(), terminal_size=(80, 24), run_before=after("slash", *"s"))
