"""Between recorder and capture process: hearing orders, and saying that something could not be done."""

from __future__ import annotations

import errno
import os
import signal
import traceback
from collections.abc import Callable
from typing import Any, Final

from tracer.capture.outbox import Outbox
from tracer.capture.spawn import RECORDER_DIED, die_with_parent

CANNOT_TRACE: Final = 125


def listen(
    control: int, obey: Callable[[str], None], abandon: Callable[[], None], tick: Callable[[], None] | None = None
) -> None:
    """Hear the lines of the pipe `control`, that the recorder died, and, if wanted, the timer.

    Ctrl-C is for the program, not for us. So is SIGTERM: timeout(1), and whoever else ends a whole process group,
    means the program. It gets the signal itself, and its end is what we are here to record.
    """

    def on_control(_number: int, _frame: object) -> None:
        try:
            lines = os.read(control, 4096).decode(errors="replace").splitlines()
        except BlockingIOError:
            return
        for line in lines:
            obey(line)

    os.set_blocking(control, False)
    handlers: dict[int, Callable[[int, object], None] | signal.Handlers] = {
        signal.SIGINT: signal.SIG_IGN,
        signal.SIGQUIT: signal.SIG_IGN,
        signal.SIGHUP: signal.SIG_IGN,
        signal.SIGTERM: signal.SIG_IGN,
        signal.SIGUSR1: on_control,
        RECORDER_DIED: lambda _number, _frame: abandon(),
    }
    if tick is not None:
        handlers[signal.SIGALRM] = lambda _number, _frame: tick()
    for number, handler in handlers.items():
        signal.signal(number, handler)
    die_with_parent(RECORDER_DIED)


def failed(outbox: Outbox, stage: str, number: int, pid: int) -> int:
    """Say that tracing cannot begin; the process's exit status."""
    name = errno.errorcode.get(number, str(number))
    outbox.document({"failed": {"stage": stage, "errno": name, "pid": pid}})
    return CANNOT_TRACE


def broken(outbox: Outbox, error: Exception, begun: bool) -> int:
    """A fault of ours: the recording ends before the frame at hand, and says where it happened."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    if os.environ.get("IOTRACE_DEBUG"):
        traceback.print_exc()
    *_, place = traceback.extract_tb(error.__traceback__)
    where = f"{os.path.basename(place.filename)}:{place.lineno}"
    outbox.drop()
    text = f"{type(error).__name__}: {error}, {where}"
    refusal: dict[str, Any] = {"failed": {"stage": "hello", "errno": text, "pid": 0}}
    outbox.document({"end": {"reason": "failed", "text": text}} if begun else refusal)
    return CANNOT_TRACE
