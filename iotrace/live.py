"""A live run: a recorder process of its own, the program on a pty whose master we hold.

The recorder reads our commands from a pipe. When we die, however that happens, the pipe ends, and the
recorder ends the program.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import Final

from tracer.recording.capture_process import close_all, inheritable, python
from tui.live import output_size

_STEP: Final = 0.02


class RecorderRun:
    """The program under the recorder; satisfies `tui.live.LiveRun`."""

    def __init__(self, path: Path, arguments: list[str], *, attached: bool = False) -> None:
        """Start `iotrace record` with `arguments`, its recording going to `path`.

        `attached`: the program runs already and keeps the terminal it has."""
        self.path = path
        self.pid: int | None = None
        self.attached = attached
        self.master: int | None = None
        theirs_too = () if attached else inheritable()  # what the program is to inherit
        theirs, self._commands = os.pipe()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `complaints`)
        channels, passed = ["--commands", str(theirs)], [theirs]
        if not attached:
            slave = self._open_terminal()
            channels, passed = ["--terminal", str(slave), *channels], [slave, theirs]
        self._recorder = subprocess.Popen(
            [*python(), "iotrace.main", "record", "-o", str(path), *channels, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._stderr,
            pass_fds=(*passed, *theirs_too),
            start_new_session=attached,  # Ctrl-C is the screen's to answer; the recorder hears of it by its pipe
        )
        close_all((*passed, *theirs_too))
        self.stepping = "--hold" in arguments
        self.let_go = False
        """True once the program was let run on."""

    def _open_terminal(self) -> int:
        self.master, slave = pty.openpty()
        os.set_inheritable(self.master, False)
        columns, rows = shutil.get_terminal_size()
        self.resize(*output_size(rows, columns))
        return slave

    def wait_for_recording(self) -> bool:
        """Wait until the recording has begun; False when the recorder ended instead."""
        while self.poll() is None:
            with contextlib.suppress(OSError):
                if self.path.stat().st_size:
                    return True
            time.sleep(_STEP)
        return False

    def order(self, line: str) -> None:
        """Pass a line on to the capture process, by way of the recorder."""
        self._tell(line)

    def end_program(self) -> None:
        """Kill the program; the recorder then finishes the recording."""
        self._tell("kill")

    def let_run(self) -> None:
        """Stop tracing. The program keeps its terminal as long as we pass its output on."""
        self.let_go = True
        self._tell("detach" if self.attached else "detach wait")

    def poll(self) -> int | None:
        """The recorder's exit status once it is done."""
        status = self._recorder.poll()
        return status if status is None or status >= 0 else 128 - status

    def wait(self) -> int:
        """Wait for the recorder and return its exit status."""
        self._recorder.wait()
        return self.poll() or 0

    def resize(self, rows: int, cols: int) -> None:
        """Give the program's terminal a new size."""
        if self.master is None:
            return
        with contextlib.suppress(OSError):
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def complaints(self) -> str:
        """What the recorder wrote to stderr. Asked once, when it has ended."""
        with self._stderr:
            self._stderr.seek(0)
            return self._stderr.read().decode(errors="replace")

    def close(self) -> int:
        """End whatever still runs; returns the recorder's exit status."""
        with contextlib.suppress(OSError):
            os.close(self._commands)
        if self.master is not None:
            with contextlib.suppress(OSError):
                os.close(self.master)
        return self.wait()

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(self._commands, line.encode() + b"\n")


def pass_on(run: RecorderRun) -> None:
    """Copy the program's output to our stdout until it ends: what `let it run on` leaves in the terminal."""
    master = run.master
    assert master is not None, "a program that was started has a terminal of ours"
    while run.poll() is None or _readable(master):
        if not _readable(master):
            continue
        try:
            data = os.read(master, 65536)
        except OSError:  # EIO: the last holder of the slave is gone (pty(7))
            return
        sys.stdout.buffer.write(data)
        sys.stdout.flush()


def _readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], _STEP)[0])
