"""One pane in an application of its own, with a recording written down by hand behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Generic, TypeVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from tests.tracer.rows import TestRow, batch
from tests.tui.batches import writer
from tracer.wire import End
from tui.messages import GoTo, SetFilter
from tui.snapshot import Snapshot
from tui.source import RecordingSource
from tui.theme import DARK_THEME
from tui.widgets.pane import Pane

Shown = TypeVar("Shown", bound=Pane)


class Host(App[None], Generic[Shown]):
    """Shows the pane, feeds it snapshots, and keeps what it asks of the main screen."""

    def __init__(self, pane: Callable[[RecordingSource], Shown], source: RecordingSource) -> None:
        super().__init__()
        self.source = source
        self.pane = pane(source)
        self.asked: list[Message] = []

    def compose(self) -> ComposeResult:
        """Only the pane."""
        yield self.pane

    def on_mount(self) -> None:
        """In our theme, with the keys in the pane."""
        self.register_theme(DARK_THEME)
        self.theme = DARK_THEME.name
        self.pane.take_focus()
        self.feed()

    def feed(self) -> Snapshot:
        """The newest snapshot, as the main screen hands it on."""
        snapshot = self.source.poll()
        while snapshot is None or snapshot.loading is not None:
            snapshot = self.source.poll()
        self.pane.show(snapshot)
        return snapshot

    def on_go_to(self, event: GoTo) -> None:
        """Noted."""
        self.asked.append(event)

    def on_set_filter(self, event: SetFilter) -> None:
        """Noted."""
        self.asked.append(event)

    @property
    def shown(self) -> str:
        """The whole screen as text."""
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


class Script:
    """A recording that a test goes on writing."""

    def __init__(self, path: Path, rows: Sequence[TestRow]) -> None:
        self.live = True
        self._writer = writer(path)
        self.source = RecordingSource(path, lambda: self.live)
        self.write(rows)

    def write(self, rows: Sequence[TestRow]) -> None:
        """One more batch."""
        self._writer.write(batch(list(rows)))

    def end(self) -> None:
        """The program has ended."""
        self.live = False
        self._writer.end(End.EXITED, 0, "the program exited")


@asynccontextmanager
async def hosted(
    pane: Callable[[RecordingSource], Shown], script: Script, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Host[Shown], Pilot[None]]]:
    """The pane on screen."""
    app = Host(pane, script.source)
    async with app.run_test(size=size) as pilot:
        yield app, pilot


async def comes(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Wait for `condition`; fail when it does not come true."""
    for _ in range(500):
        await pilot.pause()
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")
