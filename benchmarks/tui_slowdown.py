"""Is a program slower while it is watched live than while it is only recorded?

A tight loop of 1-byte reads times itself, under `iotrace record` and under `iotrace run` in a pseudoterminal, whose
other end is read as a terminal would, in turns. Its own ns per call are compared: what is before and after the loop
does not count.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

from benchmarks.subject import loop_program

_IOTRACE = (sys.executable, "-m", "iotrace.main")
_PATIENCE = 120.0


def rounds(folder: Path, calls: int, times: int, width: int, height: int) -> dict[str, list[float]]:
    """ns per call of the loop as it measures itself, by what watches it: `record`, `run`."""
    program = loop_program(folder)
    found: dict[str, list[float]] = {"record": [], "run": []}
    for _ in range(times):
        for how, values in found.items():
            told = folder / "told"
            told.unlink(missing_ok=True)
            # exec: one process with one thread from first to last, as when it is started by itself
            loop = ("sh", "-c", f"exec {program} read {calls} > {told}")
            words = [*_IOTRACE, how, "--force", "-o", str(folder / "loop.iotrace"), "--", *loop]
            if how == "record":
                subprocess.run(words, check=True, capture_output=True)
            else:
                _in_a_terminal(words, told, width, height)
            values.append(float(told.read_text().split()[-1]))
    return found


def _in_a_terminal(words: list[str], told: Path, width: int, height: int) -> None:
    """Run the live view; leave it when the loop has told its result."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    view = subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(theirs)
    reader = threading.Thread(target=_drain, args=(ours,))
    reader.start()
    until = time.monotonic() + _PATIENCE
    try:
        while not (told.exists() and told.stat().st_size) and view.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        while view.poll() is None and time.monotonic() < until:
            os.write(ours, b"q")
            time.sleep(0.5)
    finally:
        view.kill()
        view.wait()
        reader.join()
        os.close(ours)


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 1 << 16):
            pass
    except OSError:  # EIO: nobody has the other end open any more (pty(7))
        pass
