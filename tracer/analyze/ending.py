"""How the program and its recording ended, in the words of the report."""

from __future__ import annotations

import os
import signal

from tracer.analyze.results import Ending
from tracer.recording.rows import Ended
from tracer.wire import End

STILL_WRITTEN = "the recording has no end: it is still being written, or the recorder was killed"


def ending_of(ended: Ended | None, main_status: int | None) -> Ending:
    """The ending told by the END row, or, without one, by the exit of the program's first process.

    `main_status`: wait status of the first process as its EXIT row has it, None when it has not exited.
    """
    if ended is None:
        return _decoded(main_status, complete=False, reason=STILL_WRITTEN)
    complete = ended.reason in (End.EXITED, End.DETACHED, End.CONTINUED)
    status = ended.status if ended.status is not None else main_status
    reason = "" if ended.reason is End.EXITED else ended.text
    return _decoded(status, complete=complete, reason=reason)


def _decoded(status: int | None, *, complete: bool, reason: str) -> Ending:
    if status is None or not 0 <= status <= 0xFFFF:
        return Ending(complete=complete, reason=reason)
    if os.WIFSIGNALED(status):
        return Ending(signal=signal_name(os.WTERMSIG(status)), complete=complete, reason=reason)
    return Ending(code=os.WEXITSTATUS(status), complete=complete, reason=reason)


def signal_name(number: int) -> str:
    """SIGKILL for 9, SIGRTMIN+3 for 37, "signal 77" for a number that is none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        if signal.SIGRTMIN < number < signal.SIGRTMAX:
            return f"SIGRTMIN+{number - signal.SIGRTMIN}"
        return f"signal {number}"
