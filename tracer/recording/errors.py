"""What can be wrong with a recording, or with making one. Messages say what, why, and what next."""

from __future__ import annotations

from typing import ClassVar


class RecordingError(Exception):
    """Something about a recording failed; `str()` is one to three lines for the user."""

    exit_status: ClassVar[int] = 125
    """What the command line exits with."""


class MissingRecording(RecordingError):
    """There is no such file, or it may not be read."""

    exit_status = 2


class NotARecording(RecordingError):
    """The file is something else, or is damaged before its first row."""

    exit_status = 2


class NewerRecording(RecordingError):
    """The file was written by a newer iotrace."""

    exit_status = 2


class OutputExists(RecordingError):
    """The output file exists and nobody allowed to overwrite it."""

    exit_status = 2


class OutputFailed(RecordingError):
    """The output file cannot be made."""


class CaptureFailed(RecordingError):
    """The capture process could not begin to trace.

    `stage` is what it was doing (seize, exec, fork, attach, hello), `errno` the error's name ("EPERM"), `pid`
    the process concerned or None.
    """

    def __init__(self, stage: str, errno: str, pid: int | None) -> None:
        super().__init__(f"cannot {stage}: {errno}")
        self.stage = stage
        self.errno = errno
        self.pid = pid
