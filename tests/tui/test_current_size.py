"""Sizes the terminal had before do not make a screen lay itself out."""

from __future__ import annotations

from textual.app import App
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

from tui.screens.current_size import CurrentSize


class Settled(CurrentSize, Screen[None]):
    """Ours."""


async def test_a_size_that_is_over_is_not_laid_out() -> None:
    app = App[None]()
    async with app.run_test(size=(110, 30)) as pilot:
        screen = Settled()
        await app.push_screen(screen)
        for size in (Size(60, 15), Size(110, 30), Size(60, 15)):
            screen.post_message(Resize(size, size))
            await pilot.pause()
            assert screen.size == Size(110, 30)


async def test_the_size_that_is_is() -> None:
    app = App[None]()
    async with app.run_test(size=(110, 30)) as pilot:
        screen = Settled()
        await app.push_screen(screen)
        await pilot.resize_terminal(60, 15)
        await pilot.pause()
        assert screen.size == Size(60, 15)
