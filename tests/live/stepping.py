"""A program under the capture process that a test holds and steps, without recorder or recording."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.live.captured import TIMEOUT, Captured, Row, _frame
from tracer.wire import FRAME, Held, Kind


class Stepped:
    """A running capture: what it sent so far, and orders for it."""

    def __init__(self, process: subprocess.Popen[bytes], wire: int, control: int) -> None:
        self.process, self._wire, self._control = process, wire, control
        self.captured = Captured()
        self._seen = 0

    def tell(self, line: str) -> None:
        """One line for the control pipe."""
        os.write(self._control, line.encode() + b"\n")
        self.process.send_signal(signal.SIGUSR1)

    def until(self, wanted: Callable[[Row], bool]) -> Row:
        """The next row that is `wanted`; fails when the capture ends before, or takes a minute."""
        while True:
            while self._seen < len(self.captured.rows):
                row = self.captured.rows[self._seen]
                self._seen += 1
                if wanted(row):
                    return row
            assert self._read(), "the capture has ended"

    def held(self) -> tuple[Row, Row]:
        """The next thread that is held: its HELD row, and the call's row before it."""
        row = self.until(lambda row: row.kind is Kind.HELD and row.nr != Held.GOES_ON)
        return row, self.captured.rows[self._seen - 2]

    def finish(self) -> Captured:
        """Read on to the end."""
        while self._read():
            pass
        self.captured.output, self.captured.errors = self.process.communicate(timeout=TIMEOUT)
        self.captured.returncode = self.process.returncode
        return self.captured

    def quiet(self, seconds: float) -> bool:
        """Whether nothing comes for a while."""
        return not select.select([self._wire], [], [], seconds)[0]

    def _read(self) -> bool:
        header = self._exactly(FRAME.size)
        if header:
            _frame(header, self._exactly, self.captured)
        return bool(header)

    def _exactly(self, size: int) -> bytes:
        data, until = b"", time.monotonic() + TIMEOUT
        while len(data) < size:
            assert select.select([self._wire], [], [], max(0.0, until - time.monotonic()))[0], "nothing comes"
            piece = os.read(self._wire, size - len(data))
            if not piece:
                return data
            data += piece
        return data


@contextmanager
def stepped(command: Sequence[str | Path], *options: str, attach: int | None = None) -> Iterator[Stepped]:
    """Trace `command`, or the process `attach`; whatever still runs at the end is ended."""
    reader, wire = os.pipe()
    control, ours = os.pipe()
    whom = ["--", str(shutil.which(str(command[0]))), *map(str, command)] if attach is None else []
    whom = whom or ["--attach", str(attach)]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tracer.capture", "--wire", str(wire), "--control", str(control), *options,
         *whom],
        pass_fds=(wire, control), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(wire)
    os.close(control)
    try:
        yield Stepped(process, reader, ours)
    finally:
        with suppress(OSError):
            os.close(ours)
        os.close(reader)
        process.kill()
        process.communicate()
