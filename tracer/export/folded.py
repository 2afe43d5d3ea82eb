"""Where time goes as folded stacks, one a line, as flamegraph.pl, inferno and speedscope read them.

    python3 4242;worker 4243;read;pipe;kernel 123456

Process and thread with their ids, system call (or "user space"), the kind of its descriptor where it has one,
state; then nanoseconds. The lines are those of `tracer.export.time_sums`. With user stacks
(`tracer.export.stack_sums`):

    server 4242;worker 4243;main;serve;fill;read;read_[k] 123456
"""

from __future__ import annotations

from collections.abc import Iterator

from tracer.analyze.threads import Life
from tracer.decode.text import plain
from tracer.export.stack_sums import StackSums
from tracer.export.time_sums import Stretch, spent
from tracer.recording.reader import Recording


def lines(recording: Recording) -> Iterator[str]:
    """The lines of `recording`, each with its newline."""
    found = spent(recording)
    names = thread_names(found.threads)
    for each in found.stretches:
        yield f"{';'.join(map(_frame, (*names[each.thread], *frames(each))))} {each.ns}\n"


def stack_lines(found: StackSums) -> Iterator[str]:
    """The lines of sums by user stack, each with its newline."""
    names = thread_names(found.threads)
    for each in found.sums:
        yield f"{';'.join(map(_frame, (*names[each.thread], *each.frames, in_kernel(each.call))))} {each.amount}\n"


def in_kernel(call: str) -> str:
    """A call as the frame on top of a user stack; flamegraph.pl knows by the ending that it is the kernel's."""
    return f"{call}_[k]"


def frames(each: Stretch) -> list[str]:
    """Call, kind of descriptor where there is one, and state."""
    return [each.call, *([each.kind] if each.kind else []), each.state]


def thread_names(threads: list[Life]) -> list[tuple[str, str]]:
    """What the process of every thread and itself are called, with their ids."""
    leaders = {life.pid: life for life in threads if life.pid == life.tid}
    return [(_named(leaders.get(life.pid, life), life.pid), _named(life, life.tid)) for life in threads]


def _named(life: Life, number: int) -> str:
    return f"{plain(life.name.encode(errors='surrogateescape')) or '?'} {number}"


def _frame(text: str) -> str:
    """A semicolon would begin another frame."""
    return text.replace(";", ":")
