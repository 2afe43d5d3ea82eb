"""The figure of a model from a short real run made on the spot, or one line why there is none."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from iotrace.comparing.runs import complaint
from tracer.analyze.figure.messages import figure
from tracer.recording.capture_process import python
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording

if TYPE_CHECKING:
    from tracer.analyze.figure.figure import Figure
    from workloads.catalog import Model

PATIENCE: Final = 20.0
"""Seconds a run may take; it needs about one."""
MESSAGES: Final = 11
_MANY: Final = frozenset({"select", "poll", "epoll", "epoll-edge", "linux-aio", "io-uring", "asyncio"})
"""Models that wait for all clients at once: shown with a few of them."""


class NoFigure(Exception):
    """Why there is no figure, in one line."""


def job(model: Model) -> list[str]:
    """The options of the run: some hundred milliseconds of messages, or a handful of chunks to copy."""
    if model.copies:
        return ["--messages", str(MESSAGES)]
    clients = 3 if model.name in _MANY else 1
    return ["--clients", str(clients), "--messages", str(MESSAGES), "--interval", "0.02"]


def run(model: Model) -> Figure:
    """Run the model, traced, and make the figure of a typical message. Raises NoFigure."""
    with tempfile.TemporaryDirectory(prefix="iotrace-") as folder:
        path = Path(folder) / "model.iotrace"
        _record([model.name, *job(model)], model.name, path)
        try:
            with Recording.open(path) as recording:
                made = figure(recording)
        except RecordingError as error:
            raise NoFigure(str(error).splitlines()[0]) from error
    if made is None:
        raise NoFigure("the run brought no message")
    return made


def _record(words: list[str], name: str, path: Path) -> None:
    """Record the model with a recorder of its own, so that nothing of it is printed. Raises NoFigure.

    The recorder ends the program when the pipe with its commands ends, so nothing outlives us.
    """
    theirs, ours = os.pipe()
    command = [*python(), "iotrace.main", "record", "-o", str(path), "--commands", str(theirs), *words]
    try:
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, pass_fds=[theirs],
            timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        raise NoFigure(f"the run did not end within {PATIENCE:.0f} s") from late
    finally:
        os.close(theirs)
        os.close(ours)
    if done.returncode:
        raise NoFigure(complaint(done.stderr, name) or f"the run ended with exit status {done.returncode}")
