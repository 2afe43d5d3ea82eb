"""`--stacks WHICH`: at the end of which calls the user stack is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from tracer.capture.seccomp_filter import Wanted
from tracer.syscalls.names import name_of, numbers
from tracer.syscalls.waits import MILLISECONDS, TIME_STRUCTS
from tracer.wire import Abi

MOST_FRAMES: Final = 127
"""PERF_MAX_STACK_DEPTH (linux/perf_event.h)."""
SHORT_BYTES: Final = 144
"""Kept of the stack's memory: enough for a wrapper of the C library, which has no frame of its own."""
LONG_BYTES: Final = 4096
"""The same at a call that blocked, or that was asked for by name: of functions without frame pointers, only those
that lie in these bytes can be found."""
NAMED: Final = 1
NEVER: Final = 8
"""execve: when it returns, its caller's stack is gone."""
WITH_MILLISECONDS: Final = 2
WITH_STRUCT: Final = 4
_ARGUMENT_AT: Final = 8
_MAPPINGS: Final = frozenset("mmap mmap2 munmap mremap mprotect pkey_mprotect".split())
_EXECS: Final = ("execve", "execveat")


@dataclass(frozen=True, slots=True)
class StackChoice:
    """At which calls."""

    wasted: bool = False
    """EAGAIN, or a wait that found nothing with a timeout of 0. In doubt its stack is kept."""
    failed: bool = False
    every: bool = False
    blocked_ns: int | None = None
    """Those that slept longer."""
    names: frozenset[str] = frozenset()

    def as_argument(self) -> str:
        """For the capture process; `choice_of` reads it."""
        words = [name for name in ("wasted", "failed") if getattr(self, name)] + ["all"] * self.every
        words += [f"blocked>{self.blocked_ns}"] * (self.blocked_ns is not None)
        return ",".join((*words, *sorted(self.names)))


def choice_of(text: str) -> StackChoice:
    """What `StackChoice.as_argument` wrote. Raises ValueError."""
    words = set(filter(None, text.split(",")))
    long = [word for word in words if word.startswith("blocked>")]
    return StackChoice(
        "wasted" in words,
        "failed" in words,
        "all" in words,
        min((int(word.partition(">")[2]) for word in long), default=None),
        frozenset(words - {"wasted", "failed", "all", *long}),
    )


def with_mappings(wanted: Wanted) -> Wanted:
    """With `--trace`, the calls that say where code lies are needed besides those that are wanted."""
    return wanted._replace(names=wanted.names - _MAPPINGS if wanted.inverted else wanted.names | _MAPPINGS)


@cache
def traits(choice: StackChoice, abi: int, nr: int) -> int:
    """What must be known of a call: NAMED, and which argument is its timeout (`timeout_argument`), of what kind."""
    name = name_of(abi, nr)
    if name in MILLISECONDS:
        timeout = WITH_MILLISECONDS | MILLISECONDS[name] << _ARGUMENT_AT
    elif name in TIME_STRUCTS:
        timeout = WITH_STRUCT | TIME_STRUCTS[name] << _ARGUMENT_AT
    else:
        timeout = 0
    return timeout | NAMED * (name in choice.names) | NEVER * (name in _EXECS)


def timeout_argument(found: int) -> int:
    """Which argument is the timeout, by `traits`."""
    return found >> _ARGUMENT_AT


def traits_by_number(choice: StackChoice, abi: Abi) -> dict[int, int]:
    """The traits of all calls of an ABI that have any, by number."""
    found = {number: traits(choice, abi, number) for number in numbers(abi).values()}
    return {number: each for number, each in found.items() if each}
