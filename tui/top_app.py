"""The application around the view of all processes. Its result is the process to watch, None when the user left."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from tracer.analyze.top import TopProcess
from tui.base_app import BaseApp
from tui.help_sections import Key, keys_of
from tui.offers import Offer, OfferKind
from tui.screens.help import HelpScreen
from tui.screens.top import TopScreen
from tui.top import TopSource
from tui.widgets.lines_view import LinesView

COLUMNS: Final[tuple[Key, ...]] = (
    ("calls/s", "calls that returned"),
    ("wasted/s", "EAGAIN, or a wait with a timeout of 0 that found nothing"),
    ("failed/s", "calls whose result is an error"),
    ("kernel", "share of one CPU that it ran on inside calls; a call that lasts counts whenever it leaves the CPU"),
    ("read/s", "bytes, by the results of read, recv and their relatives"),
    ("written/s", "bytes, by the results of write, send and their relatives"),
)


class TopApp(BaseApp[Offer]):
    """Shows all processes until one is chosen."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+c,ctrl+q", "quit", "Quit", key_display="q"),
        Binding("question_mark", "help", "Help", key_display="?", tooltip="This help"),
        Binding("d", "switch_theme", "Dark/light"),
        Binding("f12", "picture", "Picture", show=False),
    ]

    def __init__(self, source: TopSource, interval: float, sort: str) -> None:
        super().__init__()
        self._top = TopScreen(source, interval, sort)

    def on_mount(self) -> None:
        """Show the screen."""
        self.push_screen(self._top, self._chosen)

    def action_help(self) -> None:
        """Keys and columns."""
        keys = (*keys_of(TopScreen.BINDINGS), *keys_of(self.BINDINGS))
        parts = (("Everywhere", keys), ("In the list", keys_of(LinesView.BINDINGS)), ("Columns", COLUMNS))
        self.push_screen(HelpScreen(parts, legend=False))

    def _chosen(self, process: TopProcess | None) -> None:
        if process is not None:
            words = process.command or process.name
            self.exit(Offer(OfferKind.ATTACH, str(process.pid), f"{process.pid} {process.name}", "", words))


def watch(source: TopSource, interval: float, sort: str) -> Offer | None:
    """Show all processes; the one the user wants to look into."""
    return TopApp(source, interval, sort).run()
