"""The traced program's terminal: reads its pty in a thread of its own and keeps what it shows.

The pty must always be read, even while its tab is hidden: a program whose terminal is not read stops in
write(2) once the pty's buffer is full, and its trace would show our slowness. Reading the master fails with
EIO while no process has the slave open (pty(7)): the program has ended, or has not opened it yet.
"""

from __future__ import annotations

import os
import re
import select
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock
from time import monotonic
from typing import Any

from pyte import ByteStream, Screen
from textual.message import Message

from tui.drawing.terminal import Picture, draw
from tui.messages import Printed
from tui.polling import PERIOD

_CHUNK = 65_536
_SEQUENCES = re.compile(rb"\x1b\[[ -?]*[@-~]|\x1b?[^\x1b]+|\x1b")
"""Control sequences (ECMA-48, 5.4), and what is between them."""


class AnsweringScreen(Screen):
    """The emulated screen; its answers to "where is the cursor?" go back to the program."""

    def __init__(self, columns: int, lines: int, answer: Callable[[bytes], None]) -> None:
        super().__init__(columns, lines)
        self._answer = answer

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Another size. Lines go from the bottom as long as the cursor stays on screen."""
        rows = lines or self.lines
        if rows < self.lines:
            self.set_margins()
            gone = max(0, self.cursor.y - rows + 1)
            kept = [self.buffer.pop(y + gone, None) for y in range(rows)]
            self.buffer.clear()
            self.buffer.update({y: row for y, row in enumerate(kept) if row is not None})
            self.cursor.y -= gone
            self.lines = rows
        super().resize(rows, columns)
        self.cursor.x = min(self.cursor.x, self.columns - 1)
        self.dirty.update(range(rows))

    def write_process_input(self, data: str) -> None:
        """Called by the emulator with an answer for the program (DSR, DA)."""
        self._answer(data.encode())

    def select_graphic_rendition(self, *attrs: int, private: bool = False) -> None:
        """Colours and weight. xterm's private form (CSI > m, key modifiers) is not about looks: ignored."""
        if not private:
            super().select_graphic_rendition(*attrs)


class ProgramTerminal:
    """A pty master and the screen behind it. `read` runs in a worker thread, the rest in the screen's."""

    def __init__(self, master: int) -> None:
        """As large as the pty is: the program may print before the screen is there to give it another size."""
        self.master = master
        cols, rows = os.get_terminal_size(master)
        self._lock = Lock()
        self._screen: Any = AnsweringScreen(cols or 80, rows or 24, self.write)
        self._stream = ByteStream(self._screen)
        self._picture: Picture | None = None

    def read(self, post: Callable[[Message], object], stop: Event) -> None:
        """Read until `stop` is set; post a picture at most ten times a second, when something changed."""
        shown, changed = 0.0, False
        while not stop.is_set():
            content = self._take()
            if content:
                self.feed(content)
                changed = True
            if changed and monotonic() - shown >= PERIOD:
                post(Printed(self.picture()))
                shown, changed = monotonic(), False
            if content is None:
                stop.wait(PERIOD)

    def feed(self, content: bytes) -> None:
        """Let the emulator work on what the program printed; a sequence it does not know is skipped."""
        with self._lock:
            for part in _SEQUENCES.findall(content):
                # pyte raises whatever its handlers raise on arguments they do not expect, and has by then reset
                # its parser: only the one sequence is lost.
                with suppress(Exception):
                    self._stream.feed(part)

    def picture(self) -> Picture:
        """What the terminal shows now."""
        with self._lock:
            self._picture = draw(self._screen, self._picture)
            return self._picture

    def resize(self, rows: int, cols: int) -> None:
        """Give the emulated screen a new size; the pty's own size is the run's business."""
        with self._lock:
            self._screen.resize(rows, cols)

    def write(self, content: bytes) -> None:
        """Type `content`. Dropped while the program does not read its terminal, rather than blocking us."""
        if not select.select([], [self.master], [], 0)[1]:
            return
        try:
            os.write(self.master, content)
        except OSError:
            return

    def _take(self) -> bytes | None:
        """What has been printed, b"" after a while of nothing, None while nobody has the terminal open."""
        try:
            ready = select.select([self.master], [], [], PERIOD)[0]
            return os.read(self.master, _CHUNK) or None if ready else b""
        except OSError:
            return None
