"""Tab 4: every key, on descriptors whose every number is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracer.analyze.waiting import ADD, begin, control, epoll, forked, read
from tests.tracer.rows import ENTRY, TestRow, piece, row
from tests.tui.panes import Host, Script, comes, hosted
from tui.messages import GoTo, SetFilter
from tui.widgets.descriptor_table import DescriptorList
from tui.widgets.descriptors_pane import DescriptorsPane
from tui.widgets.story import Story


def opened(path: bytes, fd: int) -> TestRow:
    """openat."""
    return row("openat", -100, 0x1000, 0, result=fd, memory=[piece(1, ENTRY, 0x1000, path + b"\0")])


ROWS = [
    begin(), epoll(), opened(b"/srv/first", 5), opened(b"/srv/second", 6), control(ADD, 6),
    *[read(5)] * 7, *[read(6, 23)] * 3, row("close", 5), opened(b"/srv/third", 5), read(5), *[read(1)] * 2,
]  # fmt: skip


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """A finished run of one process."""
    made = Script(tmp_path / "fds.iotrace", ROWS)
    made.end()
    return made


def listing(app: Host[DescriptorsPane]) -> list[str]:
    """The first column and the next word of the list, top to bottom."""
    rows = app.query_one(DescriptorList)
    if rows.table is None:
        return []
    lines = [rows.line(code) for code in rows.table.order.tolist()]
    return [f"{line.fd}.{line.generation}" for line in lines]


def last_asked(app: Host[DescriptorsPane]) -> object:
    """What the pane asked of the main screen last."""
    return app.asked[-1] if app.asked else None


async def test_the_list_and_the_story(script: Script) -> None:
    async with hosted(DescriptorsPane, script) as (app, pilot):
        await comes(pilot, lambda: listing(app) == ["5.0", "6.0", "1.0", "3.0", "5.1"])
        await comes(pilot, lambda: "opened by openat" in app.shown)
        assert "fd 5 /srv/first" in app.shown
        await pilot.press("down")
        await comes(pilot, lambda: "fd 6 /srv/second" in app.shown)
        assert "e3" in app.shown or app.size.width < 100
        await pilot.press("v")
        await comes(pilot, lambda: not app.query_one(Story).display)
        await pilot.press("v")
        await comes(pilot, lambda: "fd 6 /srv/second" in app.shown)


async def test_order_by_every_column(script: Script) -> None:
    async with hosted(DescriptorsPane, script, (160, 40)) as (app, pilot):
        await comes(pilot, lambda: len(listing(app)) == 5)
        await pilot.press("right", "right", "right")
        await comes(pilot, lambda: "↑out▾" in app.shown)
        await comes(pilot, lambda: listing(app)[:2] == ["5.0", "1.0"])
        await pilot.press("right")
        await comes(pilot, lambda: "fd▴" in app.shown and listing(app) == ["1.0", "3.0", "5.0", "5.1", "6.0"])
        await pilot.press("r")
        await comes(pilot, lambda: "fd▾" in app.shown and listing(app)[0] == "6.0")
        await pilot.press("right")
        await comes(pilot, lambda: "what▴" in app.shown and listing(app)[0] == "5.0")
        await pilot.press("left", "left")
        await comes(pilot, lambda: "↑out▾" in app.shown)


async def test_search(script: Script) -> None:
    """While typing; enter keeps it, escape lists all again."""
    async with hosted(DescriptorsPane, script) as (app, pilot):
        await comes(pilot, lambda: len(listing(app)) == 5)
        await pilot.press("slash", *"third")
        await comes(pilot, lambda: listing(app) == ["5.1"])
        await pilot.press("enter")
        await comes(pilot, lambda: app.query_one(DescriptorList).has_focus)
        assert listing(app) == ["5.1"]
        await pilot.press("escape")
        await comes(pilot, lambda: len(listing(app)) == 5)
        await pilot.press("slash", *"zebra")
        await comes(pilot, lambda: "Nothing has that text" in app.shown)
        await pilot.press("escape")
        await comes(pilot, lambda: len(listing(app)) == 5)


async def test_its_calls_and_its_origin(script: Script) -> None:
    async with hosted(DescriptorsPane, script) as (app, pilot):
        await comes(pilot, lambda: len(listing(app)) == 5)
        await pilot.press("end", "enter")
        await comes(pilot, lambda: isinstance(last_asked(app), SetFilter))
        asked = last_asked(app)
        assert isinstance(asked, SetFilter)
        assert asked.text == "fd:5.1"
        await pilot.press("o")
        await comes(pilot, lambda: isinstance(last_asked(app), GoTo))
        asked = last_asked(app)
        assert isinstance(asked, GoTo)
        assert asked.line == ROWS.index(ROWS[-4])
        await pilot.press("home", "down", "down", "o")
        await comes(pilot, lambda: bool(app._notifications))
        assert len(app.asked) == 2, "what was open before has no origin here"


async def test_live_the_cursor_stays_on_its_descriptor(tmp_path: Path) -> None:
    """While numbers and order change; with a second process its column comes, and the filter says which."""
    script = Script(tmp_path / "live.iotrace", ROWS)
    async with hosted(DescriptorsPane, script, (160, 40)) as (app, pilot):
        await comes(pilot, lambda: len(listing(app)) == 5)
        await pilot.press("end")
        rows = app.query_one(DescriptorList)
        assert listing(app)[rows.cursor] == "5.1"
        script.write([read(5)] * 53)
        app.feed()
        await comes(pilot, lambda: listing(app)[0] == "5.1")
        assert rows.cursor == 0
        script.write([forked(4243, 4241)])
        app.feed()
        await comes(pilot, lambda: len(listing(app)) == 9)
        await pilot.press("t", "enter")
        await comes(pilot, lambda: isinstance(last_asked(app), SetFilter))
        asked = last_asked(app)
        assert isinstance(asked, SetFilter)
        assert asked.text == "fd:5.1 pid:4241"
        await comes(pilot, lambda: sorted(pids := [rows.line(c).pid for c in order(rows)]) == pids)


def order(rows: DescriptorList) -> list[int]:
    """The codes listed."""
    assert rows.table is not None
    return [int(code) for code in rows.table.order]


async def test_a_click_on_a_title_sorts(script: Script) -> None:
    async with hosted(DescriptorsPane, script, (160, 40)) as (app, pilot):
        await comes(pilot, lambda: len(listing(app)) == 5)
        titles = app.shown.splitlines()[0]
        await pilot.click("Titles", offset=(titles.index("fd"), 0))
        await comes(pilot, lambda: "fd▴" in app.shown)
        await pilot.click("Titles", offset=(app.shown.splitlines()[0].index("fd▴"), 0))
        await comes(pilot, lambda: "fd▾" in app.shown)
