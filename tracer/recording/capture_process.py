"""The capture process as the recorder sees it: how it is started, told things, and waited for."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import termios
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_WIDE: Final = (16 << 20, 1 << 20)
"""Bytes a pipe is to hold; 1 MiB is the most an ordinary user may ask for (pipe(7))."""
_FOR_PROGRAM: Final = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
"""Signals that are meant for the program, though a whole process group may get them."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be traced: an executable's path and its argv, or a process that runs already."""

    path: str = ""
    argv: tuple[str, ...] = ()
    attach: int | None = None
    keep_fds: tuple[int, ...] = ()
    """Descriptors the program must inherit besides 0, 1 and 2, under the same numbers."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to capture; what the command line's recording options say."""

    pin: str = "auto"
    """auto, all or off: which traced threads share capture's CPU."""
    capture_bytes: int = 64
    """First bytes of each payload buffer that are kept."""
    redact: bool = False
    clock: str = "auto"
    follow: bool = True
    """Trace new processes too."""
    trace: str | None = None
    """Calls by name as `tracer.capture.__main__` reads them, None = all."""
    trace_text: str = ""
    """The same as the user wrote it."""
    limits: Mapping[str, Any] = field(default_factory=dict)
    """What is kept, by the name of the option; for the header only."""
    backend: str = "ptrace"
    """ptrace, ebpf, or auto; which one it became is in the header by itself."""
    hold: bool = False
    """Hold the program at its first call. It says nothing about the recording, so its header does not have it."""

    summary: bool = False
    """Sum calls up in the kernel, tell of none."""
    stacks: str | None = None
    """At which calls user stacks are kept, as `tracer.capture.__main__` reads it; None = none."""
    stacks_text: str = ""
    """The same as the user wrote it."""

    def as_options(self) -> dict[str, Any]:
        """The settings by name, for the recording's header."""
        options: dict[str, Any] = {
            "pin": self.pin,
            "capture_bytes": self.capture_bytes,
            "redact": self.redact,
            "clock": self.clock,
        }
        if not self.follow:
            options["follow"] = False
        if self.trace is not None:
            options["trace"] = self.trace_text
        if self.stacks is not None:
            options["stacks"] = self.stacks_text
        if self.summary:
            options["summary"] = True
        return options | dict(self.limits)


class CaptureProcess:
    """A running `python -m tracer.capture`: its wire to read from, and its control pipe."""

    def __init__(self, command: Sequence[str], keep_fds: Sequence[int] = ()) -> None:
        """Start it; `command` gets `--wire FD --control FD` put after `-m tracer.capture`."""
        self.wire, wire = os.pipe()
        control, self._control = os.pipe()
        _widen(self.wire)
        at = command.index("-m") + 2
        self._process = subprocess.Popen(
            [*command[:at], "--wire", str(wire), "--control", str(control), *command[at:]],
            pass_fds=(wire, control, *keep_fds),
        )
        self.ready = False
        """True once it said hello: from then on it can be told things."""
        self._unsent: list[str] = []
        os.close(wire)
        os.close(control)

    def tell(self, line: str) -> None:
        """Send a line (see `tracer.capture.__main__`), at the latest when it is ready."""
        if not self.ready:
            self._unsent.append(line)
            return
        with contextlib.suppress(OSError):
            os.write(self._control, line.encode() + b"\n")
        self._process.send_signal(signal.SIGUSR1)

    def remind(self) -> None:
        """Signal once more when it has not read what it was told: a signal that comes in the moment before its
        wait for the program begins is heard after that wait only."""
        if _unread(self._control):
            self._process.send_signal(signal.SIGUSR1)

    @property
    def unread(self) -> int:
        """Bytes that wait on the wire; 0 when it is closed."""
        try:
            return _unread(self.wire)
        except OSError:
            return 0

    def said_hello(self) -> None:
        """Note that it is ready, and send what waited for that."""
        self.ready = True
        unsent, self._unsent = self._unsent, []
        for line in unsent:
            self.tell(line)

    def finish(self) -> int:
        """Wait until it ended; its exit code, negative when a signal ended it."""
        code = self._process.wait()
        os.close(self.wire)
        os.close(self._control)
        return code


def python() -> list[str]:
    """This interpreter, up to and including `-m`, for modules of ours.

    -P keeps the working directory out of the import path, where a file `tracer.py` or `select.py` would get
    in the way; only in the directory that holds our packages may it be needed to find them.
    """
    here = Path(__file__).resolve().parent.parent.parent
    try:
        inside = Path.cwd() == here
    except OSError:  # it has been removed (getcwd(2)), which is no obstacle for who needs no file in it
        inside = False
    return [sys.executable, "-m"] if inside else [sys.executable, "-P", "-m"]


def capture_command(
    program: Program, settings: Settings, terminal: int | None, shielded: Sequence[int] = ()
) -> list[str]:
    """The command line of the capture process (see `tracer.capture.__main__`), which is started with the signals
    `shielded` blocked."""
    command = [*python(), "tracer.capture"]
    if shielded:
        command.append(f"--shielded={','.join(str(int(number)) for number in shielded)}")
    command += ["--pin", settings.pin, "--capture-bytes", str(settings.capture_bytes)]
    command += ["--clock", settings.clock, "--backend", settings.backend]
    if settings.redact:
        command.append("--redact")
    if not settings.follow:
        command.append("--no-follow")
    if settings.trace is not None:
        command.append(f"--trace={settings.trace}")
    if settings.stacks is not None:
        command.append(f"--stacks={settings.stacks}")
    if settings.summary:
        command.append("--summary")
    if settings.hold:
        command.append("--hold")
    if terminal is not None:
        command += ["--terminal", str(terminal)]
    if program.attach is not None:
        return [*command, "--attach", str(program.attach)]
    return [*command, "--", program.path, *program.argv]


def inheritable(but: Collection[int | None] = ()) -> tuple[int, ...]:
    """Descriptors above 2 that this process was started with, as for `cat <(ls)` or the jobs of make.

    Those that Python opens are not inheritable (PEP 446). `but`: descriptors that are for us."""
    open_now = sorted(int(name) for name in os.listdir("/proc/self/fd"))
    return tuple(fd for fd in open_now if fd > 2 and fd not in but and _is_inheritable(fd))


def close_all(descriptors: Sequence[int]) -> None:
    """Close what was only ours to pass on: whoever reads the other end of a pipe waits for its last writer."""
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _is_inheritable(descriptor: int) -> bool:
    try:
        return os.get_inheritable(descriptor)
    except OSError:  # the listing's own
        return False


def start_capture(program: Program, settings: Settings, terminal: int | None) -> CaptureProcess:
    """Start capturing `program`, which gets the pty slave `terminal` as its terminal when given.

    Its `keep_fds` are closed here afterwards."""
    keep = program.keep_fds if terminal is None else (*program.keep_fds, terminal)
    with _shielded() as shielded:
        capture = CaptureProcess(capture_command(program, settings, terminal, shielded), keep)
    close_all(program.keep_fds)
    return capture


@contextlib.contextmanager
def _shielded() -> Iterator[tuple[int, ...]]:
    """Block what is meant for the program, for whoever is started meanwhile; which signals those are.

    Ctrl-C is for the whole process group, and would end a capture process that cannot ignore it yet. We get what
    comes meanwhile when it is over."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, _FOR_PROGRAM)
    try:
        yield tuple(number for number in _FOR_PROGRAM if number not in former)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _unread(pipe: int) -> int:
    """Bytes in a pipe, asked at either end (FIONREAD, ioctl_pipe in pipe(7))."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def _widen(pipe: int) -> None:
    """Let capture run ahead of the recorder: on a busy machine each waits some milliseconds for its turn on a CPU;
    the longer the pipe, the fewer the turns."""
    for size in _WIDE:
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, size)
            return
