"""`python -m tracer.capture`: trace one program or process and send wire records to a pipe.

The recorder starts it. What it is told: its options, and on the control pipe the lines `detach`,
`detach wait`, `kill`, `signal N`, `snapshot`, `hold`, `step [TID]`, `until call ABI NR`, `until fd PID FD`,
`until mark` and `release`, each followed by SIGUSR1. What it tells, as JSON frames: `hello` before the first event,
`failed` instead of it when tracing cannot begin, `snapshot` before a frame that is one, and `end` after the last
event. End of file on the pipe without `end` means that it was killed.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys

from tracer.capture.options import CaptureOptions
from tracer.capture.seccomp_filter import Wanted
from tracer.capture.session import capture
from tracer.capture.spawn import Program
from tracer.capture.stack_choice import choice_of, with_mappings


def options_from(arguments: list[str]) -> CaptureOptions:
    """Parse the command line (see `tracer.recording` for who writes it)."""
    parser = argparse.ArgumentParser(prog="tracer.capture", description=__doc__)
    parser.add_argument("--wire", type=int, required=True)
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--pin", choices=("auto", "all", "off"), default="auto")
    parser.add_argument("--capture-bytes", type=int, default=64)
    parser.add_argument("--redact", action="store_true")
    parser.add_argument("--clock", choices=("auto", "schedstat", "process", "ticks", "none"), default="auto")
    parser.add_argument("--backend", choices=("ptrace", "ebpf", "auto"), default="ptrace")
    parser.add_argument("--hold", action="store_true")
    parser.add_argument("--no-follow", action="store_true")
    parser.add_argument("--trace", help="calls by name, joined by commas; after ! all but these")
    parser.add_argument("--stacks", type=choice_of, help="keep user stacks: wasted,failed,all,blocked>NS,CALL")
    parser.add_argument("--summary", action="store_true", help="sum calls up in the kernel (ebpf)")
    parser.add_argument("--shielded", type=numbers_of, default=(), help="signals blocked for us only: 2,15")
    parser.add_argument("--terminal", type=int)
    parser.add_argument("--attach", type=int)
    parser.add_argument("program", nargs="*", metavar="PATH ARGV0 [ARG]")
    given = parser.parse_args(arguments)
    program = None
    if given.program:
        program = Program(given.program[0], tuple(given.program[1:]), given.terminal)
    elif given.attach is None:
        parser.error("a program or --attach is needed")
    trace = wanted_of(given.trace) if given.trace is not None else None
    return CaptureOptions(
        wire=given.wire,
        control=given.control,
        pin=given.pin,
        capture_bytes=given.capture_bytes,
        redact=given.redact,
        clock=given.clock,
        program=program,
        attach=given.attach,
        hold=given.hold,
        backend=given.backend,
        follow=not given.no_follow,
        trace=trace if given.stacks is None or trace is None else with_mappings(trace),
        stacks=given.stacks,
        summary=given.summary,
        shielded=given.shielded,
    )


def numbers_of(text: str) -> tuple[int, ...]:
    """`2,15`."""
    return tuple(map(int, text.split(",")))


def wanted_of(text: str) -> Wanted:
    """`read,write` or `!futex,poll`."""
    inverted, names = text.startswith("!"), text.removeprefix("!")
    return Wanted(frozenset(filter(None, names.split(","))), inverted)


def main() -> int:
    """Run one capture; 0 when the wire got an end, 125 when tracing could not begin."""
    options = options_from(sys.argv[1:])
    os.set_inheritable(options.wire, False)
    os.set_inheritable(options.control, False)
    gc.disable()  # nothing here makes cycles, and a collection would hold every stopped thread
    return capture(options)


if __name__ == "__main__":
    sys.exit(main())
