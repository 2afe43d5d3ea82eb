"""The fixed-size record every capture backend produces, and how records travel to the recorder.

Capture packs one `RECORD` per event, any number of `ITEM`s (pieces of user memory it copied while the thread
was stopped) and the bytes of those pieces. They travel in *frames*: a `FRAME` header, then all records, all
items and all bytes of the frame, each section contiguous, so that the recorder turns a frame into columns
with three `numpy.frombuffer` calls and never loops over events. A frame of type `FRAME_COLUMNS` carries many events
that were columns already (`sections`). One of type `FRAME_JSON` carries one JSON document instead (the hello of the
capture process, and its end).

This module imports nothing but the standard library: it is loaded by the capture process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import IntEnum, IntFlag
from struct import Struct
from typing import Final


class Kind(IntEnum):
    """What happened. The value is stored in the `kind` column of a recording."""

    CALL = 0
    """A call that returned."""
    ENTERED = 1
    """A call its thread was still inside when the row was written; a CALL row with the same tid and at_ns
    supersedes it. A call that never returns (exit_group, or the thread was killed) stays ENTERED."""
    SIGNAL = 2
    """A signal about to be delivered: nr = signal number, args[0] = si_code, memory = the raw siginfo."""
    SPAWN = 3
    """A new thread's first stop: nr = `Spawn`, args[0] = parent tid, args[1] = parent pid, memory = its name.

    When that stop is seen before the parent's clone event, the thread that cloned is not known yet and args[0] is
    its process's leader; the result of the clone call's own row is certain. START and ATTACH rows have a second
    text, what was open already (`tracer.capture.inherited`); ATTACH rows a third, what was mapped.

    In a snapshot (`tracer.capture.snapshot`) `span_ns` and the fields of the user part say how much of the thread's
    next row lies before it."""
    EXEC = 4
    """A process image was replaced: args[0] = the tid that called exec, memory = name, then executable path, then
    what is mapped now (`tracer.capture.maps`)."""
    EXIT = 5
    """A thread begins to exit: result = wait status (wait(2)) as reported by PTRACE_EVENT_EXIT, memory = name."""
    MARK = 6
    """A write to fd -1 of text that starts with "iotrace:"; memory = the text after the colon."""
    LOST = 7
    """args[0] events were lost here, and args[1] pieces of the memory of others."""
    CALIBRATION = 8
    """New calibration constants: memory = a JSON document like the one in the header."""
    END = 9
    """Last row of a recording that ended in order: nr = `End`, result = wait status, memory = a sentence."""
    HELD = 10
    """A thread is held for somebody to look at it, or goes on: nr = `Held`, args[0] = at_ns of its call, args[1] =
    the call's number, args[2] = its ABI. Where it is held, the row just before this one is the call's. The time in
    between is in no part of any row's clocks but its span: it is the tracer's."""
    SUMS = 11
    """Calls of one thread that were summed up in the kernel (`--summary`) and are not told of one by one: what was
    added since the row before of the same calls, which have one number, one outcome and one set of phases.

    The clocks and `result` are sums, `stops` and `user_stops` how many they are sums of; `result` is 0 where they
    failed. `at_ns` lies after the last mark that came before them. args[0] = calls; args[1] = their errno, or the
    code of a restart; args[2] = `Outcome`; args[3] = when it was read; args[4] = how far the others' arguments were
    those of the first, a bit an argument: from bit 0 on which of them varied (and `RESULT_VARIES`), from bit 8 on
    which were 0 once, from bit 16 on which were something else once. memory = one item `SUMMED`: the arguments of
    the first and its result (7 × 8 bytes), then two histograms of `BUCKETS` counts of 4 bytes, of their times on a
    CPU and of their times in all; bucket i has 2^i ns or more, the last everything above."""

    LEFT = 12
    """A thread that runs on in no call, and what it did since its last row (`span_ns`, the user part): now and then
    of one that computes, and of every one when we leave. Provisional: its next row covers that time again."""


class Spawn(IntEnum):
    """How a thread came to be traced."""

    START = 0
    FORK = 1
    VFORK = 2
    CLONE = 3
    ATTACH = 4
    RENAMED = 5
    """The thread that called exec took over its leader's tid: it goes on as this one; args[0] = former tid."""


class End(IntEnum):
    """Why a recording ended."""

    EXITED = 0
    DETACHED = 1
    CAPTURE_DIED = 2
    NO_SPACE = 3
    NOT_STARTED = 4
    CONTINUED = 5
    """In another file."""


class Held(IntEnum):
    """Where a thread is held."""

    ENTRY = 0
    """Before its call: the kernel has done nothing yet."""
    EXIT = 1
    """After its call: the program has not seen the result yet."""
    GOES_ON = 2
    """No more."""


class Abi(IntEnum):
    """Which system call table `nr` belongs to."""

    X86_64 = 0
    I386 = 1
    X32 = 2
    AARCH64 = 3
    ARM = 4
    OTHER = 255


class Placement(IntEnum):
    """Where the thread ran with respect to the capture process; selects the calibration that applies."""

    SHARED = 0
    """On the capture process's CPU."""
    APART = 1
    """Anywhere."""


class Source(IntEnum):
    """Which clock the on-CPU numbers come from."""

    SCHEDSTAT = 0
    PROCESS_CLOCK = 1
    TICKS = 2
    NONE = 3
    SWITCHES = 4
    """Every switch of the CPU, as the scheduler made it (`tracer.capture.ebpf`)."""


class Flag(IntFlag):
    """Properties of one row."""

    NO_ENTRY = 1
    """The entry was not seen (attached inside the call, child side of clone): its start is unknown."""
    FIRST = 2
    """The first row of its thread: there is no previous return, so no user time before it is known."""
    FINAL = 4
    """An ENTERED row whose thread ended inside the call."""


class Outcome(IntFlag):
    """What the calls of a SUMS row came to, besides their errno."""

    EMPTY = 1
    """They returned 0."""
    ASKED = 2
    """It was the 0 of a wait with a timeout of 0."""
    COMPLETIONS = 4
    """io_uring_enter, which was to wait for completions."""


class When(IntEnum):
    """When a piece of memory was copied."""

    ENTRY = 0
    EXIT = 1


class Reason(IntEnum):
    """Why a piece of memory is missing, besides errno values (which are below 1000)."""

    REDACTED = 1000
    NOT_CAPTURED = 1001


RECORD: Final = Struct("<BBBBIiiiIQQ6Qq6QQIIII")
"""kind, abi, placement, source, flags, nr, pid, tid, items, at_ns, span_ns, args[6], result, wall_ns, run_ns,
delay_ns, user_wall_ns, user_run_ns, user_delay_ns, ip, switches, user_switches, stops, user_stops.

Times are raw, before any correction, in ns:

* `at_ns`: CLOCK_MONOTONIC of the entry stop (or of the event);
* `span_ns`: from the end of the thread's previous row (its previous exit stop) to the end of this one;
* `wall_ns`: from entry resumed to exit stop, less the time held at stops inside;
* `run_ns`, `delay_ns`: on CPU, and waiting on the run queue, between entry stop and exit stop;
* `user_*`: the same three between the previous exit stop and this entry stop;
* `switches`, `user_switches`: how often the thread was switched onto a CPU in each part. One switch-in per
  resume is the tracer's doing; when there is no other, the thread neither slept nor was preempted;
* `stops`, `user_stops`: how often the thread was resumed by the tracer in each part (1 = only the resume that
  began it; more when signals or clone/exec events stopped it in between).
"""

RECORD_FIELDS: Final = (
    ("kind", "u1"), ("abi", "u1"), ("placement", "u1"), ("source", "u1"), ("flags", "<u4"), ("nr", "<i4"),
    ("pid", "<i4"), ("tid", "<i4"), ("items", "<u4"), ("at_ns", "<u8"), ("span_ns", "<u8"),
    ("args", "<u8", (6,)), ("result", "<i8"), ("wall_ns", "<u8"), ("run_ns", "<u8"), ("delay_ns", "<u8"),
    ("user_wall_ns", "<u8"), ("user_run_ns", "<u8"), ("user_delay_ns", "<u8"), ("ip", "<u8"),
    ("switches", "<u4"), ("user_switches", "<u4"), ("stops", "<u4"), ("user_stops", "<u4"),
)  # fmt: skip
"""The same layout as a numpy structured type, for whoever has numpy."""

ITEM: Final = Struct("<BBHIQ")
"""arg, when, reason (0, an errno, or a `Reason`), length (bytes captured), address: one piece of user memory.

`arg` says which argument led to it; a nested piece (an iovec's segment, a msghdr's name) keeps the number of
the outer argument and is told apart by its address. Items of one record are in the order they were read.
"""

ITEM_FIELDS: Final = (
    ("arg", "u1"), ("when", "u1"), ("reason", "<u2"), ("length", "<u4"), ("address", "<u8"),
)  # fmt: skip

FRAME: Final = Struct("<4sIII")
"""type, number of records, number of items, bytes of memory (or of JSON)."""
FRAME_EVENTS: Final = b"iotE"
FRAME_JSON: Final = b"iotJ"
FRAME_COLUMNS: Final = b"iotC"

_WIDTHS: Final = (
    ("kind", 1), ("abi", 1), ("placement", 1), ("source", 1), ("flags", 4), ("nr", 4), ("pid", 4), ("tid", 4),
    ("at_ns", 8), ("span_ns", 8), ("args", 48), ("result", 8), ("wall_ns", 8), ("run_ns", 8), ("delay_ns", 8),
    ("user_wall_ns", 8), ("user_run_ns", 8), ("user_delay_ns", 8), ("ip", 8), ("switches", 4), ("user_switches", 4),
    ("stops", 4), ("user_stops", 4),
)  # fmt: skip
_ITEM_WIDTHS: Final = (("arg", 1), ("when", 1), ("reason", 2), ("address", 8))
SECTION_ALIGNMENT: Final = 64
"""Of the beginning of each section of a `FRAME_COLUMNS`, counted from the end of its header: Arrow's own."""


def sections(rows: int, items: int, memory: int) -> Iterator[tuple[str, int]]:
    """The sections of a `FRAME_COLUMNS` with so many rows, items and bytes: name and length in bytes, in order.

    Each is padded to `SECTION_ALIGNMENT`. They are the fields of `RECORD` but `items`, each contiguous; then
    `first` (rows + 1 int32: row i has the items from first[i] up to first[i + 1]); the fields of `ITEM` but
    `length`; `start` (items + 1 int32: item j has the bytes from start[j] up to start[j + 1]); and `memory`, the
    bytes."""
    yield from ((name, width * rows) for name, width in _WIDTHS)
    yield "first", 4 * (rows + 1)
    yield from ((name, width * items) for name, width in _ITEM_WIDTHS)
    yield "start", 4 * (items + 1)
    yield "memory", memory


def padding(length: int) -> int:
    """Bytes between a section of this length and the next."""
    return -length % SECTION_ALIGNMENT


NO_ARG: Final = 255
"""`arg` of an item that belongs to no argument (a thread's name, a label)."""

ARGUMENT_BLOCK: Final = 252
"""`arg` of an item that holds the arguments a multiplexed call of i386 took from memory, as they lay there; the row
has the number and the registers of the call it stands for (`tracer.syscalls.multiplexers`)."""
USER_STACK: Final = 251
"""`arg` of an item that holds return addresses, 64 bits each: the instruction pointer of the call, then what the
chain of frame pointers leads to (`tracer.capture.stacks`). Its address is the frame pointer register itself."""
STACK_MEMORY: Final = 250
"""`arg` of an item that holds the bytes of the user stack from the stack pointer on, which is its address: what a
chain of frame pointers leaves out is found there (`tracer.analyze.stacks.unwind`)."""
RING_SUBMISSION: Final = 254
"""`arg` of an item that holds an io_uring submission entry (64 bytes) read from the ring, then the memory it leads
to (`tracer.capture.ring_memory`): its iovecs, message header, or paths. At `When.ENTRY` the call submits it, if it
returns that many; at `When.EXIT` a kernel thread had taken it before (SQPOLL)."""
SUMMED: Final = 248
"""`arg` of the item that a SUMS row has."""
BUCKETS: Final = 40
RESULT_VARIES: Final = 0x80
"""Beside the bits of the arguments that vary: the result does."""
RING_COMPLETION: Final = 253
"""`arg` of an item that holds an io_uring completion (16 bytes), then, when it was seen, the submission it answers
with the memory that leads to, and for RECVMSG and ACCEPT what that memory became. With a reason and without bytes:
completions came and were overwritten unseen."""


def write_parts(descriptor: int, parts: list[memoryview]) -> None:
    """Write all of `parts`, as if they were one. Raises OSError."""
    while parts:
        written = os.writev(descriptor, parts)
        whole = 0
        for part in parts:
            if written < len(part):
                break
            written -= len(part)
            whole += 1
        del parts[:whole]
        if parts:
            parts[0] = parts[0][written:]
