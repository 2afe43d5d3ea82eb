"""One pane alone in an application, which notes what the pane asks the screen for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Footer

from tui.messages import GoTo, SetFilter
from tui.snapshot import Snapshot
from tui.theme import DARK_THEME
from tui.widgets.pane import Pane


class OnePane(App[None]):
    """The pane and a footer."""

    def __init__(self, pane: Pane, snapshot: Snapshot) -> None:
        super().__init__()
        self.pane = pane
        self._snapshot = snapshot
        self.asked: list[int | str] = []
        """Lines to go to, and filters to set."""

    def compose(self) -> ComposeResult:
        """As in the main screen, without what is above."""
        yield self.pane
        yield Footer()

    def on_mount(self) -> None:
        """Show it."""
        self.register_theme(DARK_THEME)
        self.theme = DARK_THEME.name
        self.pane.show(self._snapshot)
        self.pane.take_focus()

    def on_go_to(self, event: GoTo) -> None:
        """Noted."""
        self.asked.append(event.line)

    def on_set_filter(self, event: SetFilter) -> None:
        """Noted."""
        self.asked.append(event.text)


@asynccontextmanager
async def alone(pane: Pane, snapshot: Snapshot, size: tuple[int, int] = (100, 40)) -> AsyncIterator[Pilot[None]]:
    """The pane on screen, showing `snapshot`."""
    app = OnePane(pane, snapshot)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot


def asked(pilot: Pilot[None]) -> list[int | str]:
    """What the pane asked for."""
    app = pilot.app
    assert isinstance(app, OnePane)
    return app.asked


def text(pilot: Pilot[None]) -> str:
    """The screen as text."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)
