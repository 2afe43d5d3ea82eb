"""One recording from start to end: output file, feeder, capture process, recorder, and its outcome."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iotrace import attach_refusals, kept, privileged
from iotrace.failures import OURS, SIGNALLED, USAGE, Failure, cannot_trace
from iotrace.recording_options import RecordingOptions
from iotrace.stderr import tell as tell_user
from iotrace.target import Target
from tracer.recording import store
from tracer.recording.capture_process import CaptureProcess, Program, Settings, inheritable, start_capture
from tracer.recording.errors import CaptureFailed, RecordingError
from tracer.recording.output import Outcome, Output
from tracer.recording.recorder import Recorder
from tracer.wire import End


@dataclass(frozen=True, slots=True)
class Channels:
    """What the live view passes: a terminal for the program, and a pipe with its commands."""

    terminal: int | None = None
    commands: int | None = None
    hold: bool = False
    """Hold the program at its first call; the viewer's commands let it go on."""
    duration: float | None = None
    """Seconds after which a process that ran before us is let go."""


def output_path(options: RecordingOptions, target: Target) -> Path:
    """Where the recording goes. Of a link, what it leads to: the link itself (/dev/stdout) is not replaced.

    Raises Failure."""
    given = options.output
    if given is None:
        return store.new_path(store.directory(os.environ), target.name)
    if str(given) == "-":
        raise Failure("a recording goes to a file: stdout is the program's.\nName one: -o FILE", USAGE)
    if not os.path.islink(given):
        return given
    led_to = Path(os.path.realpath(given))  # of a pipe, something like /proc/1/fd/pipe:[1], which cannot be opened
    return led_to if os.path.exists(led_to) or not os.path.exists(given) else given


def record(target: Target, options: RecordingOptions, path: Path, channels: Channels) -> Outcome:
    """Run `target` under capture and record it to `path`; returns when the program has ended.

    Raises Failure and RecordingError, and SystemExit when a signal ended us before the program began; then there is
    no recording.
    """
    settings = kept.settings(options, channels.hold)
    place = kept.place(path, options)
    unprivileged = privileged.note(target.path) if target.path else None
    if unprivileged is not None:
        tell_user(unprivileged)
    passed_on = inheritable(but=(channels.terminal, channels.commands)) if target.path else ()
    try:
        with _program(target, passed_on) as program:
            return _record(program, target, options, settings, place, channels)
    except CaptureFailed as failed:
        _remove(kept.first(path, options))
        what = target.path or (target.name if target.attach is None else f"{target.attach} ({target.name})")
        because = None if target.attach is None else attach_refusals.reason(target.attach)
        raise cannot_trace(failed.stage, failed.errno, what, because) from failed
    except (Failure, RecordingError, SystemExit):
        _remove(kept.first(path, options))
        raise


def exit_status(outcome: Outcome) -> int:
    """The traced program's exit status as ours: 128 + n when a signal ended it, 125 when we failed.

    0 after a detach, whatever becomes of the program."""
    if outcome.complaint is not None:
        return OURS
    status = outcome.wait_status
    if status is None:
        return 0
    return SIGNALLED + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


@contextlib.contextmanager
def _program(target: Target, passed_on: tuple[int, ...]) -> Iterator[Program]:
    if not target.model:
        yield Program(target.path, target.command, attach=target.attach, keep_fds=passed_on)
        return
    from workloads import launch
    from workloads.errors import WorkloadError

    assert target.options is not None
    try:
        feeder = launch.start_feeder()
    except WorkloadError as error:
        raise Failure(str(error), OURS) from error
    with feeder:
        command = launch.command(target.model, target.options, feeder.address)
        yield Program(command[0], tuple(command))


def _record(
    program: Program,
    target: Target,
    options: RecordingOptions,
    settings: Settings,
    place: kept.Place,
    channels: Channels,
) -> Outcome:
    from tracer.recording.header import header_of_hello

    running: list[CaptureProcess] = []
    early: list[int] = []
    started: list[int] = []
    """The program that we started, as a pidfd (pidfd_open(2)): its number may be another's by then."""

    def tell(line: str) -> None:
        for each in running:
            each.tell(line)

    def too_early(number: int) -> bool:
        """Whether a signal comes before there is a program it could be for; then there is to be none."""
        if running and running[0].ready:
            return False
        early.append(number)
        tell("kill")
        return True

    attached = target.attach is not None
    with _signals_that_detach(tell) if attached else _signals_for_program(tell, too_early):
        capture = start_capture(program, settings, channels.terminal)
        running.append(capture)
        if early:  # it came while there was nobody to tell
            tell("kill")
        urgency = None
        if settings.backend != "ptrace":
            from tracer.capture.priority import Urgency, be_heard

            be_heard()
            urgency = Urgency()
        if channels.terminal is not None:
            os.close(channels.terminal)

        def open_writer(hello: Mapping[str, Any]) -> Output:
            if attached and channels.duration:  # from now on: it did not count while we got ready
                signal.setitimer(signal.ITIMER_REAL, channels.duration)
            if not attached:
                with contextlib.suppress(OSError):
                    started.append(os.pidfd_open(hello["program"]))
            command = kept.command_shown(target, options)
            return kept.output(place, options, header_of_hello(hello, command, settings.as_options(), target.model))

        abandon = "detach" if attached else "kill"
        late = None if urgency is None else lambda behind: urgency.told(late=behind)
        try:
            outcome = Recorder(capture, open_writer, channels.commands, abandon, late).run()
            if outcome.reason is End.CAPTURE_DIED:  # with ptrace the program has died of it (PTRACE_O_EXITKILL)
                _kill(started)
            return outcome
        finally:
            for pidfd in started:
                os.close(pidfd)
            if early:
                raise SystemExit(SIGNALLED + early[0])


def _kill(pidfds: list[int]) -> None:
    for pidfd in pidfds:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)


@contextlib.contextmanager
def _signals_for_program(tell: Callable[[str], object], too_early: Callable[[int], bool]) -> Iterator[None]:
    """Ctrl-C reaches the program by itself and is none of our business; SIGTERM and SIGHUP we pass on.

    What comes `too_early` for the program ends us."""

    def ignore(number: int, _frame: object) -> None:
        too_early(number)

    def pass_on(number: int, _frame: object) -> None:
        if not too_early(number):
            tell(f"signal {number}")

    wanted = {signal.SIGINT: ignore, signal.SIGQUIT: ignore, signal.SIGTERM: pass_on, signal.SIGHUP: pass_on}
    with _handled(wanted):
        yield


@contextlib.contextmanager
def _signals_that_detach(tell: Callable[[str], object]) -> Iterator[None]:
    """A process that ran before us gets none of the signals meant for us: they end the tracing, as time does."""

    def let_go(_number: int, _frame: object) -> None:
        tell("detach")

    wanted = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    with _handled(dict.fromkeys(wanted, let_go)):
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def _handled(wanted: Mapping[signal.Signals, Callable[[int, object], None]]) -> Iterator[None]:
    """Handlers, not SIG_IGN: an ignored signal would be inherited by the program across exec. What was ignored
    when we were started (nohup) stays so."""
    former = {number: signal.getsignal(number) for number in wanted}
    for number, handler in wanted.items():
        if former[number] is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, handler_before in former.items():
            signal.signal(number, handler_before)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_file():
            path.unlink()
