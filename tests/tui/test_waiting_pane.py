"""Tab 5: every key, on waits whose every number is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracer.analyze.waiting import ADD, ET, IN, asked, begin, control, epoll, polled, read, told
from tests.tracer.rows import TestRow, completed, row, submission, submitted
from tests.tui.panes import Script, comes, hosted
from tui.messages import GoTo
from tui.widgets.waiting_pane import WaitingPane

RING = 3
ROUND = [told((IN, 5)), read(5), told((IN, 5)), told(), told((IN, 6)), read(6, 7)]
"""Four returns; the second wakes in vain, the third is a timeout."""


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """53 returns of an epoll, then three of a poll."""
    rows: list[TestRow] = [begin(), epoll(), control(ADD, 5), control(ADD, 6, IN | ET)]
    made = Script(tmp_path / "waits.iotrace", [*rows, *ROUND * 13, told((IN, 5)), read(5)])
    made.write([polled([(5, IN, IN), (7, IN, 0)]), read(5), *[polled([(5, IN, 0)])] * 2])
    made.end()
    return made


async def test_every_key(script: Script) -> None:
    """Steps by one and ten, first and last, useless ones, the list, only what is ready, and the call itself."""
    async with hosted(WaitingPane, script) as (app, pilot):

        async def shows(*texts: str) -> None:
            await comes(pilot, lambda: all(text in app.shown for text in texts))

        await shows("epoll 3 return 1 of 53", "1 of 2 ready", "read 64 B")
        await pilot.press("right")
        await shows("return 2 of 53", "USELESS WAKE-UP", "nothing")
        await pilot.press("right")
        await shows("return 3 of 53", "nothing ready: timeout")
        await pilot.press("full_stop")
        await shows("return 13 of 53")
        await pilot.press("comma", "left")
        await shows("return 2 of 53")
        await pilot.press("end")
        await shows("return 53 of 53")
        await pilot.press("u")
        await comes(pilot, lambda: bool(app._notifications))
        await pilot.press("U")
        await shows("return 50 of 53", "USELESS")
        await pilot.press("home")
        await shows("return 1 of 53")
        await pilot.press("u")
        await shows("return 2 of 53", "USELESS")
        await pilot.press("u")
        await shows("return 6 of 53", "USELESS")
        assert "○" in app.shown
        await pilot.press("r")
        await comes(pilot, lambda: "○" not in app.shown)
        await pilot.press("enter")
        await comes(pilot, lambda: bool(app.asked))
        (go,) = app.asked
        assert isinstance(go, GoTo)
        assert go.line == 4 + 6 + 2
        await pilot.press("r", "down")
        await shows("poll return 1 of 3", "1 of 2 ready")


async def test_stepping_stops_at_the_ends(script: Script) -> None:
    async with hosted(WaitingPane, script) as (app, pilot):
        await comes(pilot, lambda: "return 1 of 53" in app.shown)
        await pilot.press("left", "comma", "right")
        await comes(pilot, lambda: "return 2 of 53" in app.shown)
        for _ in range(7):
            await pilot.press("full_stop")
        await comes(pilot, lambda: "return 53 of 53" in app.shown)


async def test_live_it_follows_the_newest_until_one_is_chosen(tmp_path: Path) -> None:
    script = Script(tmp_path / "live.iotrace", [begin(), epoll(), control(ADD, 5), *ROUND])
    async with hosted(WaitingPane, script) as (app, pilot):
        await comes(pilot, lambda: "return 4 of 4" in app.shown)
        script.write(ROUND)
        app.feed()
        await comes(pilot, lambda: "return 8 of 8" in app.shown)
        await pilot.press("left")
        await comes(pilot, lambda: "return 7 of 8" in app.shown)
        script.write(ROUND)
        app.feed()
        await comes(pilot, lambda: "return 7 of 12" in app.shown)
        await pilot.press("end")
        await comes(pilot, lambda: "return 12 of 12" in app.shown)
        script.write(ROUND)
        app.feed()
        await comes(pilot, lambda: "return 16 of 16" in app.shown)


async def test_select_has_its_matrix(tmp_path: Path) -> None:
    """With what lies between, and its end, in 80 columns."""
    script = Script(
        tmp_path / "select.iotrace", [asked(901, [{3, 900}, {3}, None], [{900}, set(), None], 1), read(900, 11)]
    )
    script.end()
    async with hosted(WaitingPane, script) as (app, pilot):
        await comes(pilot, lambda: "select return 1 of 1" in app.shown)
        for part in ("···b····", "64 … 895: nothing asked", "896 ····R", "1024 ══ FD_SETSIZE", "then read 11 B"):
            assert part in app.shown


async def test_the_returns_of_a_ring_show_what_is_in_flight(tmp_path: Path) -> None:
    """Stepped through like those of an epoll; `r` leaves the answers."""
    entries = [submission("READ", 5, user_data=number, len=61) for number in range(1, 4)]
    wait = [RING, 3, 1, 1]
    script = Script(
        tmp_path / "ring.iotrace",
        [
            begin(), row("io_uring_setup", 8, 0x500, result=RING),
            row("io_uring_enter", *wait, result=3, memory=[*map(submitted, entries), completed(61, entries[1])]),
            row("io_uring_enter", *wait, result=0, memory=[completed(7, entries[0])]),
        ],
    )  # fmt: skip
    script.end()
    async with hosted(WaitingPane, script) as (app, pilot):
        await comes(pilot, lambda: "io_uring 3 return 1 of 2 · 1 answered, 2 in flight" in app.shown)
        assert app.shown.count("+ READ") == 2
        await pilot.press("right")
        await comes(pilot, lambda: "return 2 of 2 · 1 answered, 1 in flight" in app.shown)
        assert "○ READ" in app.shown
        await pilot.press("r")
        await comes(pilot, lambda: "○" not in app.shown)
        await pilot.press("enter")
        await comes(pilot, lambda: bool(app.asked))


async def test_nobody_waits(tmp_path: Path) -> None:
    """It says what would be there, and how to get it."""
    script = Script(tmp_path / "none.iotrace", [begin(), read(3)])
    script.end()
    async with hosted(WaitingPane, script) as (app, pilot):
        await comes(pilot, lambda: "Nobody waited on a set" in app.shown)
        await comes(pilot, lambda: "who waits" not in app.shown)
        await pilot.press("right", "u", "enter", "end", "r", "home")
        assert app.asked == []


async def test_its_place_survives_a_resize(script: Script) -> None:
    """Beside each other from 130 columns on; the return stays."""
    async with hosted(WaitingPane, script) as (app, pilot):
        await comes(pilot, lambda: "return 1 of 53" in app.shown)
        await pilot.press("full_stop")
        await comes(pilot, lambda: "return 11 of 53" in app.shown)
        await pilot.resize_terminal(160, 50)
        await comes(pilot, lambda: app.pane.has_class("-beside"))
        assert "return 11 of 53" in app.shown
        await pilot.resize_terminal(80, 24)
        await comes(pilot, lambda: not app.pane.has_class("-beside"))
        assert "return 11 of 53" in app.shown
