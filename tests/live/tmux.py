"""A real terminal for tests: tmux with a server of its own, whose screen is read as text."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

TMUX: Final = shutil.which("tmux")
COMMAND: Final = Path(sys.executable).parent / "iotrace"
"""As pip has installed it beside this Python."""
LIMIT: Final = 60.0
"""Seconds that anything may take on a busy machine; nothing is asserted about how long it takes."""
_LOOK: Final = 0.05
_KEEP_STATUS: Final = '"$@"; echo $? > "$HOME/status.new" && mv "$HOME/status.new" "$HOME/status"'

needs_tmux = pytest.mark.skipif(
    TMUX is None or not COMMAND.exists(),
    reason="tmux is not installed" if TMUX is None else f"the command is not installed: {COMMAND}",
)


class Terminal:
    """One window. What runs in it carries `home` in its environment, by which it is found again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._socket = home / "tmux"

    def start(self, *arguments: str | Path, size: tuple[int, int] = (80, 24)) -> None:
        """Run the installed `iotrace` in a window of `size` (columns, rows)."""
        surroundings = {
            "HOME": str(self.home), "XDG_STATE_HOME": str(self.home), "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "SHELL": "/bin/sh",
        }  # fmt: skip
        settings = self.home / "tmux.conf"
        settings.write_text("set -g remain-on-exit on\nset -g status off\nset -g escape-time 0\n")
        columns, rows = map(str, size)
        self._tmux(
            "-f", str(settings), "new-session", "-d", "-x", columns, "-y", rows,
            "sh", "-c", _KEEP_STATUS, "sh", str(COMMAND), *map(str, arguments), env=surroundings,
        )  # fmt: skip

    def press(self, *keys: str) -> None:
        """Keys by tmux's names (Enter, Escape, NPage, C-p, ...) or letters."""
        self._tmux("send-keys", *(";" if key == ";" else key for key in keys))

    def type(self, text: str) -> None:
        """Letters as they are."""
        self._tmux("send-keys", "-l", text)

    def resize(self, columns: int, rows: int) -> None:
        """Make the window larger or smaller."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    @property
    def screen(self) -> str:
        """What stands on it."""
        return self._tmux("capture-pane", "-p")

    @property
    def lines(self) -> list[str]:
        """The same, line by line."""
        return self.screen.splitlines()

    def shows(self, *words: str, without: Sequence[str] = ()) -> str:
        """Wait until all of `words` and none of `without` are on screen; the screen."""

        def is_there() -> bool:
            screen = self.screen
            return all(each in screen for each in words) and not any(each in screen for each in without)

        self.comes(is_there, f"{words} without {without}")
        return self.screen

    def comes(self, condition: Callable[[], bool], what: str = "what was waited for") -> None:
        """Wait until `condition` holds; fail with the screen when it does not."""
        assert eventually(condition), f"{what} did not come:\n{self.screen}"

    def status(self) -> int:
        """Wait until the command has ended; its exit status."""
        kept = self.home / "status"
        self.comes(kept.exists, "the end of iotrace")
        return int(kept.read_text())

    def close(self) -> None:
        """End the server and what is in the window."""
        with suppress(subprocess.CalledProcessError):
            self._tmux("kill-server")

    def _tmux(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        assert TMUX is not None
        command = [TMUX, "-S", str(self._socket), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT, env=env)
        return done.stdout


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether `condition` comes true in time."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK)
    return True


def inside(home: Path) -> dict[int, str]:
    """Running processes that were started with `home` in their environment: pid and command line."""
    marker, found = f"XDG_STATE_HOME={home}".encode() + b"\0", {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit() and int(each.name) != os.getpid():
            with suppress(OSError):
                if marker in (each / "environ").read_bytes():
                    found[int(each.name)] = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return found


@contextmanager
def terminal(home: Path) -> Iterator[Terminal]:
    """A terminal that leaves nothing behind; what does not end by itself fails the test, and is ended."""
    made = Terminal(home)
    try:
        yield made
        made.close()
        gone = eventually(lambda: not inside(home))
        assert gone, f"left behind: {inside(home)}"
    finally:
        made.close()
        for pid in inside(home):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
