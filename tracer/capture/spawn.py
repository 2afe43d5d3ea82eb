"""Starting the traced program: fork, wait to be seized, exec. And the signal state it must be born with."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import termios
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, NoReturn

from tracer.capture.invoker import Invoker

PR_SET_PDEATHSIG: Final = 1
RECORDER_DIED: Final = signal.SIGUSR2
"""What the capture process gets when its recorder ends: a signal nobody sends to a whole process group."""
_OURS: Final = (
    signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGUSR1, RECORDER_DIED,
)  # fmt: skip
"""Signals the capture process ignores or handles."""
_libc = ctypes.CDLL(None, use_errno=True)

_PYTHON_IGNORES: Final = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals the interpreter sets to "ignore" at its own start; exec would hand that on to the program."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: an executable's path, its argv, and a terminal of its own if it gets one."""

    path: str
    argv: tuple[str, ...]
    terminal: int | None = None
    filtering: Callable[[], None] | None = None
    """Puts a system call filter on the process that calls it (`tracer.capture.seccomp_install`)."""
    owner: Invoker | None = None
    """Whom it runs as, when not as us."""


@dataclass(frozen=True, slots=True)
class FoundState:
    """What this process found when it was started and then changed; the program is to find it unchanged."""

    ignored: frozenset[int]
    blocked: frozenset[int]
    """Signals."""
    files: tuple[int, int]
    """Soft and hard limit of open descriptors."""


class Waiting:
    """A forked child that does nothing until released."""

    def __init__(self, pid: int, go: int, failure: int) -> None:
        self.pid = pid
        self._go = go
        self._failure = failure

    def release(self) -> None:
        """Let it go on."""
        os.write(self._go, b"\n")
        os.close(self._go)

    def forget(self) -> None:
        """Close what is left of the connection; for a child that never execs."""
        os.close(self._failure)

    def exec_error(self) -> int:
        """After it ended: the errno its exec failed with, 0 if it did not fail."""
        text = os.read(self._failure, 16)
        os.close(self._failure)
        return int(text or b"0")


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Ask the kernel to signal this process when its parent ends (prctl(2), PR_SET_PDEATHSIG)."""
    _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def fork_waiting(body: Callable[[], object]) -> Waiting:
    """Fork a child that waits for `release` and then runs `body`, which must exec or exit.

    When `body` raises OSError its errno is kept for `exec_error` and the child exits with 127. The child
    ends by itself if this process dies before releasing it (the pipe reads end-of-file).
    """
    go_read, go_write = os.pipe()
    failure_read, failure_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(go_read, go_write, failure_write, body)
    os.close(go_read)
    os.close(failure_write)
    return Waiting(pid, go_write, failure_read)


def _child(go_read: int, go_write: int, failure: int, body: Callable[[], object]) -> NoReturn:
    try:
        os.close(go_write)
        if os.read(go_read, 1):
            body()
    except OSError as error:
        os.write(failure, b"%d" % (error.errno or 0))
    finally:
        os._exit(127)


def becoming(program: Program, found: FoundState) -> Callable[[], None]:
    """The body that turns a waiting child into `program`, with signals and limits as they were found."""

    def body() -> None:
        for number in (*_OURS, *_PYTHON_IGNORES):
            signal.signal(number, signal.SIG_IGN if number in found.ignored else signal.SIG_DFL)
        if program.terminal is not None:
            _take_terminal(program.terminal)
        signal.pthread_sigmask(signal.SIG_SETMASK, found.blocked)
        resource.setrlimit(resource.RLIMIT_NOFILE, found.files)
        if program.filtering is not None:
            program.filtering()
        if program.owner is not None:
            if program.terminal is not None:
                os.fchown(0, program.owner.uid, -1)
            program.owner.become()
        os.execve(program.path, list(program.argv), os.environ)

    return body


def _take_terminal(descriptor: int) -> None:
    os.setsid()
    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
    for standard in (0, 1, 2):
        os.dup2(descriptor, standard)
    if descriptor > 2:
        os.close(descriptor)


def close_inherited() -> None:
    """Close every inheritable descriptor above 2: they are the program's, which has its own by now.

    As long as we held one end of a pipe, nobody at the other would see its end of file. What Python opens is
    not inheritable (PEP 446)."""
    for name in os.listdir("/proc/self/fd"):
        descriptor = int(name)
        try:
            if descriptor > 2 and os.get_inheritable(descriptor):
                os.close(descriptor)
        except OSError:  # the listing's own
            pass


def make_ready(shielded: Collection[int] = ()) -> FoundState:
    """Unblock the signals we live by, and allow ourselves two descriptors for each of many threads (getrlimit(2)).

    Call it first of all: it returns what it found. Of the signals `shielded`, which were blocked so that none would
    end us before this moment, those that came are for the program and its recorder, not for us.
    """
    ignored = frozenset(number for number in _OURS if signal.getsignal(number) is signal.SIG_IGN)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
    for number in shielded:
        signal.signal(number, signal.SIG_IGN)  # this drops what is pending (sigaction(2), POSIX)
    blocked = frozenset(signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS))
    return FoundState(ignored, blocked - set(shielded), files)


def send_signal(pid: int, number: int) -> None:
    """Signal a process that may be gone, or no longer ours to signal (it changed its user)."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
