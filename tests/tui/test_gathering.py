"""Repaints of a live view: what belongs together is painted together, and keys are answered at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from tests.tui.waiting import until
from tui import gathering
from tui.gathering import Gathering

NEVER = 3600.0


class Painted(App[None]):
    """Counts its paints."""

    def __init__(self) -> None:
        super().__init__()
        self.paints = 0
        self.gathering = Gathering(self)

    def compose(self) -> ComposeResult:
        yield Static("0")

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        self.paints += renderable is not None
        super()._display(screen, renderable)

    def change(self) -> None:
        """Something is to be painted."""
        self.query_one(Static).update(f"{self.paints}", layout=False)


@asynccontextmanager
async def painted(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Painted, Pilot[None]]]:
    """At rest; what is held back stays so until the test lets it go."""
    monkeypatch.setattr(gathering, "HOLD", NEVER)
    monkeypatch.setattr(gathering, "STEADY", NEVER)
    app = Painted()
    async with app.run_test() as pilot:
        await pilot.pause(0.1)
        app.paints = 0
        yield app, pilot


async def shown(app: Painted, pilot: Pilot[None], snapshots: int) -> None:
    """So many snapshots have come and were painted."""
    for number in range(1, snapshots + 1):
        app.gathering.gather(0.01)
        app.change()
        await until(pilot, lambda number=number: app.paints == number)  # type: ignore[misc]


async def held(app: Painted, pilot: Pilot[None]) -> None:
    """Two snapshots have come, so another is expected; what comes late is held back for it."""
    await shown(app, pilot, 2)
    await until(pilot, lambda: bool(app._batch_count))


async def test_what_comes_while_gathering_is_one_paint(monkeypatch: pytest.MonkeyPatch) -> None:
    async with painted(monkeypatch) as (app, pilot):
        app.gathering.gather(NEVER)
        for _ in range(7):
            app.change()
            await pilot.pause()
        assert app.paints == 0
        app.gathering.end()
        await until(pilot, lambda: app.paints == 1)


async def test_what_comes_late_waits_for_the_next_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    async with painted(monkeypatch) as (app, pilot):
        await held(app, pilot)
        app.change()
        await pilot.pause(0.1)
        assert app.paints == 2
        app.gathering.gather(0.01)
        await until(pilot, lambda: app.paints == 3)


async def test_a_key_lets_go_what_is_held_and_nothing_is_held_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "ANSWERING", NEVER)
    async with painted(monkeypatch) as (app, pilot):
        await held(app, pilot)
        app.change()
        app.gathering.answer()
        await until(pilot, lambda: app.paints == 3)
        app.gathering.gather(0.01)
        app.change()
        await until(pilot, lambda: app.paints == 4)
        app.change()
        await until(pilot, lambda: app.paints == 5)


async def test_without_another_snapshot_nothing_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async with painted(monkeypatch) as (app, pilot):
        monkeypatch.setattr(gathering, "HOLD", 0.05)
        await shown(app, pilot, 2)
        app.change()
        await until(pilot, lambda: app.paints == 3)


async def test_the_last_snapshot_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with painted(monkeypatch) as (app, pilot):
        await held(app, pilot)
        app.gathering.end()
        app.change()
        await until(pilot, lambda: app.paints == 3)
        assert not app._batch_count
