"""Recorders as processes of their own: one that runs a command, and one that attaches to the process we are in."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from iotrace.failures import yama_scope
from iotrace.live import RecorderRun
from tracer.recording.capture_process import python
from tracer.recording.reader import Recording
from tracer.wire import Kind

_PR_SET_PTRACER: Final = 0x59616D61
_STEP: Final = 0.01
_REFUSED: Final = ("is forbidden", "is being traced already")
"""What `iotrace.failures.cannot_trace` and `iotrace.target.process_target` say where tracing is not permitted."""


class NotPermitted(Exception):
    """Tracing is not permitted here; `str()` is one line."""


class NotRecorded(Exception):
    """There is no recording, or not the whole of it."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command to record, as `subprocess.run` takes it."""

    words: Sequence[str]
    path: Path
    input: bytes = b""
    cwd: str | os.PathLike[str] | None = None
    env: Mapping[str, str] | None = None
    timeout: float | None = None
    options: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """How the command ended, and what it wrote."""

    status: int
    stdout: str
    stderr: str


def run(command: Command) -> Finished:
    """Run it to its end, under a recorder that writes to `command.path`. Raises NotPermitted and NotRecorded."""
    words = [*_python(command.cwd), "iotrace.main", "record", "-o", str(command.path), *command.options]
    with _lifeline() as (theirs, ours):
        process = subprocess.Popen(
            [*words, "--commands", str(theirs), "--", *command.words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[theirs],
            cwd=command.cwd, env=command.env,
        )  # fmt: skip
        with process:
            try:
                output, errors = process.communicate(command.input, command.timeout)
            except BaseException as error:
                os.write(ours, b"kill\n")
                process.communicate()
                if isinstance(error, subprocess.TimeoutExpired):
                    took = f"{command.words[0]} took longer than {command.timeout:g} s and was killed"
                    raise NotRecorded(f"{took}.\nThe recording: iotrace view {command.path}") from None
                raise
    return _finished(command, process.returncode, output.decode(errors="replace"), errors.decode(errors="replace"))


def _finished(command: Command, status: int, output: str, errors: str) -> Finished:
    """Tell the program's errors from the recorder's, which come last and begin with its summary."""
    summaries = list(re.finditer(rf"iotrace: [\d,]+ calls written to {re.escape(str(command.path))};.*\n", errors))
    if not summaries:
        _refused(errors)
        raise NotRecorded(_plain(errors) or f"the recorder ended with exit status {status}")
    last = summaries[-1]
    if complaint := _plain(errors[last.end() :]):
        raise NotRecorded(complaint)
    return Finished(status, output, errors[: last.start()])


def _refused(errors: str) -> None:
    if any(word in errors for word in _REFUSED):
        raise NotPermitted(" ".join(_plain(errors).split()))


def _plain(errors: str) -> str:
    """The recorder's words without the mark of its lines."""
    return "\n".join(line.removeprefix("iotrace: ").strip() for line in errors.splitlines()).strip()


@contextlib.contextmanager
def _lifeline() -> Iterator[tuple[int, int]]:
    """A pipe whose end means to the recorder that we are gone: it ends the program then."""
    theirs, ours = os.pipe()
    try:
        yield theirs, ours
    finally:
        os.close(theirs)
        os.close(ours)


def _python(cwd: str | os.PathLike[str] | None) -> list[str]:
    return python() if cwd is None else [sys.executable, "-P", "-m"]


class OwnProcess:
    """A recorder that is attached to the process we are in."""

    def __init__(self, path: Path) -> None:
        """Start it; returns when our calls are being recorded. Raises NotPermitted and NotRecorded."""
        self._path = path
        _let_our_children_trace_us(True)
        self._run = RecorderRun(path, ["--attach", str(os.getpid())], attached=True)
        try:
            begun = self._run.wait_for_recording() and self._sees_us()
        except BaseException:
            self.end()
            raise
        if not begun:
            status, complaints = self._ended()
            _refused(complaints)
            raise NotRecorded(_plain(complaints) or f"the recorder ended with exit status {status}")

    def _sees_us(self) -> bool:
        """Wait for the first call of this thread in the recording; False when the recorder ends before."""
        with Recording.open(self._path) as recording:
            while self._run.poll() is None:
                for batch in recording.poll():
                    kinds, tids = batch.column("kind").to_numpy(), batch.column("tid").to_numpy()
                    if ((kinds == Kind.CALL) & (tids == threading.get_native_id())).any():
                        return True
                time.sleep(_STEP)
        return False

    def mark(self, label: str) -> None:
        """Leave a mark in the recording: a write to descriptor -1, which fails with EBADF (docs/marks.md)."""
        with contextlib.suppress(OSError):
            os.write(-1, f"iotrace:{label}".encode())

    def end(self) -> None:
        """Detach, and wait until the recording is whole. Raises NotRecorded when it is not."""
        self._run.let_run()
        status, complaints = self._ended()
        if status:
            raise NotRecorded(_plain(complaints) or f"the recorder ended with exit status {status}")

    def _ended(self) -> tuple[int, str]:
        status = self._run.close()
        _let_our_children_trace_us(False)
        return status, self._run.complaints()


def _let_our_children_trace_us(permitted: bool) -> None:
    """Where Yama lets only ancestors trace (scope 1), a process may name another whose descendants may as well:
    itself (PR_SET_PTRACER, prctl(2); `ptracer_exception_found` in security/yama/yama_lsm.c). It stays so to the
    end, as older kernels ask again whenever memory is read."""
    if yama_scope() == 1:
        name = os.getpid() if permitted else 0
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(name), 0, 0, 0)
