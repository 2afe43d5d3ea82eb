"""The application: composes the screens, starts the workers, and routes what they post."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from threading import Event
from time import monotonic
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui import polling
from tui.base_app import BaseApp
from tui.commands import KeyCommands
from tui.gathering import Gathering
from tui.help_sections import sections
from tui.live import LiveRun
from tui.messages import Broken, Polled, Printed
from tui.panes import CALLS
from tui.room import Room
from tui.screens.help import HelpScreen
from tui.screens.main import MainScreen
from tui.screens.quit import Leaving, QuitScreen
from tui.snapshot import Source
from tui.source import RecordingSource
from tui.terminal import ProgramTerminal
from tui.widgets.heading import Heading

GRACE = 3.0
"""Seconds the recorder has to end its recording after the program was ended."""
_COLLECTIONS = 100_000, 20, 100
"""Python looks for reference cycles now and then. Here most objects are descriptors of the recording, which make
none, and going through hundreds of thousands of them again and again took a sixth of the time of reading."""
_GATHERED, _WORKED_OUT = 0.03, 0.05
"""Seconds after a live snapshot in which panes and their workers may answer it before all is painted at once
(`tui.gathering`). The list of calls has its answer at once, other panes have workers find it."""
_YIELDING = 10
"""Niceness of a live view: where CPUs are scarce, what is watched and its capture go first."""
_PRESSED = events.Key, events.Paste, events.MouseDown, events.MouseUp, events.MouseScrollDown, events.MouseScrollUp
_OWN_ACTIONS = frozenset({"leave", "help", "switch_theme", "whole_run", "command_palette", "picture"})


class IotraceApp(BaseApp[int]):
    """A recording on screen, live or finished. Its result is an exit status."""

    CSS_PATH = "app.tcss"
    COMMANDS = {KeyCommands}  # noqa: RUF012  # declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "q,ctrl+c,ctrl+q", "leave", "Quit", key_display="q", tooltip="Quit; asks what becomes of a live program"
        ),
        Binding("question_mark", "help", "Help", key_display="?", tooltip="This help"),
        Binding("d", "switch_theme", "Dark/light"),
        Binding("w", "whole_run", "Whole run or measured phase", show=False),
        Binding("ctrl+p", "command_palette", "Commands", show=False),
        Binding("f12", "picture", "Save the screen as an SVG picture", show=False),
    ]

    def __init__(self, source: Source, live: LiveRun | None = None) -> None:
        super().__init__()
        self._source = source
        self._live = live
        master = live.master if live is not None else None
        self._terminal = ProgramTerminal(master) if master is not None else None
        self._stop = Event()
        self._ending_since: float | None = None
        self._over = False
        """The recording says how the program ended; its recorder may have a moment's work left."""
        self._room: Room | None = None
        self._gathering = Gathering(self)

    async def on_mount(self) -> None:
        """Show the screen and start the workers, whose snapshots it can show from then on."""
        self._main = MainScreen(self._source, self._live, self._terminal)
        await self.push_screen(self._main)
        self._start_following()
        if self._terminal is not None:
            terminal = self._terminal
            self.run_worker(lambda: terminal.read(self._post, self._stop), "read", thread=True)
        if self._live is not None:
            self.set_interval(polling.PERIOD, self._leave_when_ended)

    def _start_following(self) -> None:
        self._following = self.run_worker(
            lambda: polling.follow(self._source, self._post, self._stop), "follow", thread=True
        )

    def on_unmount(self) -> None:
        """Let the workers go."""
        self._stop.set()

    def on_polled(self, event: Polled) -> None:
        """Snapshots are the main screen's, whatever is on top of it. A live one is painted with what follows it."""
        if not self._main.query(Heading):
            return  # the screen is being taken down
        if event.snapshot.capture_pid is not None:
            self._room = self._room or Room(event.snapshot.capture_pid)
            self._room.make()
        if event.snapshot.live:
            self._gathering.gather(_GATHERED if self._main.open_pane == CALLS.pane else _WORKED_OUT)
        else:
            self._gathering.end()
        if self._live is not None and not event.snapshot.live:
            self._over = True
            if isinstance(self.screen, QuitScreen):
                self.screen.dismiss(Leaving.NOTHING_LEFT)
        self._main.on_polled(event)

    async def on_event(self, event: events.Event) -> None:
        """Keys and clicks are answered without delay."""
        if isinstance(event, _PRESSED):
            self._gathering.answer()
        await super().on_event(event)

    def on_printed(self, event: Printed) -> None:
        """So are pictures of the program's terminal."""
        self._main.on_printed(event)

    def on_broken(self, event: Broken) -> None:
        """Nothing to show: the reason goes to stderr, after the screen is gone."""
        self.exit(125, return_code=125, message=event.reason)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """While the program's terminal has the keys, ours are not offered."""
        return not (action in _OWN_ACTIONS and isinstance(self.screen, MainScreen) and self.screen.typing)

    def action_leave(self) -> None:
        """Quit; while the program runs, ask what is to become of it."""
        if self._live is None or self._live.poll() is not None:
            self.exit(self._status())
        elif self._over:
            self._ending_since = monotonic()
        elif self._live.attached:
            self._live.let_run()
            self._ending_since = monotonic()
        else:
            self.push_screen(QuitScreen(), self._answered)

    def action_help(self) -> None:
        """Show all keys, those of the open tab first."""
        self.push_screen(HelpScreen(sections(self.BINDINGS, self._main.open_pane)))

    def action_switch_theme(self) -> None:
        """Dark or light."""
        super().action_switch_theme()
        self._main.redraw()

    def action_whole_run(self) -> None:
        """Totals of the whole run, or of the phase the program marked as measured."""
        self._source.whole_run = not self._source.whole_run
        if self._following.is_finished:
            self._start_following()

    def _post(self, message: Message) -> None:
        """Called by workers."""
        self.post_message(message)

    def _answered(self, answer: Leaving | None) -> None:
        if self._live is None or answer in {None, Leaving.CANCEL}:
            return
        if answer is Leaving.LET_RUN:
            self._live.let_run()
            self.exit(0)
        else:
            if answer is Leaving.END:
                self._live.end_program()
            self._ending_since = monotonic()

    def _leave_when_ended(self) -> None:
        """Once we want to leave and the program has ended: as soon as the recorder is done, or takes too long."""
        if self._ending_since is None or self._live is None:
            return
        if self._live.poll() is not None or monotonic() - self._ending_since > GRACE:
            self.exit(self._status())

    def _status(self) -> int:
        status = self._live.poll() if self._live is not None else 0
        return status if status is not None else 0


def run(path: str | Path, live: LiveRun | None = None, *, follow: bool = False) -> int:
    """Show the recording at `path` until the user leaves; the exit status for the command line.

    With `live` it is the recorder's status, 0 when the program was let run on. Without, 0, or 125 after a
    message on stderr when the recording cannot be read. `follow`: wait for more even without a `live` run.
    """
    gc.set_threshold(*_COLLECTIONS)
    if live is not None:
        os.nice(_YIELDING)
    growing = (lambda: live.poll() is None) if live is not None else (lambda: follow)
    app = IotraceApp(RecordingSource(Path(path), growing), live)
    result = app.run()
    return 0 if result is None else result
