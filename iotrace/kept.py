"""From the recording options to what is captured, what of it is kept, and in which files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from iotrace.failures import USAGE, Failure
from iotrace.recording_options import RecordingOptions
from iotrace.target import Target
from tracer.capture.invoker import invoker
from tracer.recording.capture_process import Settings

if TYPE_CHECKING:
    from tracer.recording.header import Header
    from tracer.recording.output import Output

_REDACTED: Final = "(arguments redacted)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recording goes: its name, and a descriptor open for writing its (first) file."""

    path: Path
    descriptor: int


def place(path: Path, options: RecordingOptions) -> Place:
    """Make the (first) file. Raises Failure and RecordingError."""
    from tracer.recording.parts import create_first
    from tracer.recording.writer import create

    _check(path, options)
    make = create if options.output_every is None else create_first
    made = Place(path, make(path, overwrite=options.force))
    owner = invoker(os.environ) if options.backend != "ptrace" else None
    if owner is not None:  # what runs under sudo for the sake of BPF is still theirs
        os.fchown(made.descriptor, owner.uid, owner.gid)
    return made


def newest(path: Path, options: RecordingOptions) -> Path:
    """The file that holds the end of a recording made at `path`."""
    from tracer.recording.parts import parts_of

    return path if options.output_every is None else (parts_of(path) or [path])[-1]


def first(path: Path, options: RecordingOptions) -> Path:
    """The file that holds its beginning."""
    from tracer.recording.parts import part_path

    return path if options.output_every is None else part_path(path, 0)


def settings(options: RecordingOptions, hold: bool) -> Settings:
    """How to capture. Raises Failure."""
    from iotrace.stack_set import parse as parse_stacks
    from iotrace.trace_set import parse

    chosen = parse(options.trace) if options.trace is not None else None
    stacks = parse_stacks(options.stacks) if options.stacks is not None else None
    if chosen is not None and not options.follow and options.backend != "ebpf":
        raise Failure(
            "--trace does not go with --no-follow: what the program starts inherits its filter, and without a\n"
            "tracer the calls it traces would fail there (ENOSYS). Leave out one of the two, or: --backend ebpf",
            USAGE,
        )
    if options.backend == "ebpf" and hold:
        raise Failure(
            "--backend ebpf cannot do --step: it never stops the program.\nLeave out one of the two.", USAGE
        )
    if options.summary:
        _check_summary(options, hold)
    every = options.output_every
    limits = {
        "last_ns": options.last,
        "max_size": options.max_size,
        "every_ns": every and every.ns,
        "every_bytes": every and every.size,
    }
    return Settings(
        options.pin,
        options.capture_bytes,
        options.redact,
        options.clock,
        follow=options.follow,
        trace=chosen.as_argument() if chosen is not None else None,
        trace_text=chosen.text if chosen is not None else "",
        limits={name: amount for name, amount in limits.items() if amount is not None},
        # `auto` does not take a backend that cannot do what is asked for.
        backend=_backend(options, hold),
        hold=hold,
        stacks=stacks.as_argument() if stacks is not None else None,
        stacks_text=options.stacks or "",
        summary=options.summary,
    )


def _backend(options: RecordingOptions, hold: bool) -> str:
    if options.backend != "auto":
        return options.backend
    return "ebpf" if options.summary else "ptrace" if hold else "auto"


def _check_summary(options: RecordingOptions, hold: bool) -> None:
    """Whether there is anything that sums cannot give. Raises Failure."""
    if options.backend == "ptrace":
        raise Failure(
            "--summary sums calls up inside the kernel, which takes eBPF: use it without --backend ptrace,\n"
            "as root (sudo iotrace ...; the program itself still runs as you).\n"
            "With ptrace there is the same report without --summary.",
            USAGE,
        )
    single = {
        "--stacks": options.stacks is not None,
        "--step": hold,
        "--last": options.last is not None,
        "--max-size": options.max_size is not None,
        "--output-every": options.output_every is not None,
    }
    for name in (each for each, given in single.items() if given):
        raise Failure(
            f"--summary does not go with {name}: it keeps sums of the whole run, and no single call.\n"
            "Leave out one of the two.",
            USAGE,
        )


def command_shown(target: Target, options: RecordingOptions) -> tuple[str, ...]:
    """What the header says was run. A model's options are no secrets."""
    program, *arguments = target.command
    return (program, _REDACTED) if options.redact and arguments and not target.model else target.command


def output(made: Place, options: RecordingOptions, header: Header) -> Output:
    """What writes the recording. Raises OutputFailed."""
    from tracer.recording.limits import Limits
    from tracer.recording.parts import Every, PartsWriter
    from tracer.recording.tail import TailWriter
    from tracer.recording.writer import Writer

    limits, every = Limits(options.last, options.max_size), options.output_every
    if every is not None:
        return PartsWriter(made.path, made.descriptor, header, Every(every.ns, every.size), limits)
    if limits.any:
        return TailWriter(made.path, made.descriptor, header, limits)
    return Writer(made.descriptor, header)


def _check(path: Path, options: RecordingOptions) -> None:
    """Whether what is to be kept can be, in a file of that name. Raises Failure."""
    several = options.output_every
    if options.last is None and options.max_size is None and several is None:
        return
    if os.path.exists(path) and (path.is_symlink() or not path.is_file()):  # a link into /proc: session.output_path
        given = "--output-every" if several else "--last" if options.last is not None else "--max-size"
        raise Failure(f"{path} is not a regular file: {given} needs one.\nName a file with -o FILE.", USAGE)
    if several is not None and several.size and options.max_size and 2 * several.size > options.max_size:
        raise Failure(
            "--max-size has no room for two files of --output-every.\nMake it at least twice as large.", USAGE
        )
