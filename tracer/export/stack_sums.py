"""What calls cost by who made them: sums by thread, user stack and call, for flame graphs.

    blocked   ns asleep inside calls
    wasted    ns of user and kernel CPU of wasted calls (what the thread did since its previous call, and the call)
    calls     how many returned

Calls whose stack was not kept are in the sums all the same, under NO_STACK, so that a sum over all is that of the
report of the whole run (`blocked`: of the time inside calls).
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.columns import Columns
from tracer.analyze.descriptors.descriptors import Descriptors
from tracer.analyze.descriptors.history import History, Lives
from tracer.analyze.stacks.naming import Stack, StackNames
from tracer.analyze.stacks.pieces import stacks_of
from tracer.analyze.stacks.spaces import Naming, Spaces
from tracer.analyze.threads import Life, Threads
from tracer.export.accounted import Accounted, Accounting
from tracer.recording.reader import Recording

Ints = NDArray[np.int64]

NO_STACK: Final = "[no stack kept]"
_FEW: Final = 2


class By(Enum):
    """What is summed."""

    BLOCKED = "blocked"
    WASTED = "wasted"
    CALLS = "calls"


class StackSum(NamedTuple):
    """One sum."""

    thread: int
    """Place in the list of threads."""
    frames: tuple[str, ...]
    """Functions, the outermost first."""
    call: str
    amount: int


class StackSums(NamedTuple):
    """All sums of a recording, its threads, and how good its stacks are."""

    threads: list[Life]
    sums: list[StackSum]
    """In the order of threads; in each the largest first."""
    kept: int
    """Calls with a stack that count in the sums."""
    short: int
    """Of them, those with two frames at most: nothing was known of the callers."""
    not_named: dict[str, str]
    """Files whose functions have no names, and why."""


def stack_sums(recording: Recording, by: By) -> StackSums:
    """The sums of all that `recording` has."""
    accounting = Accounting(recording.header, recording.batches, joined=True)
    threads, spaces = Threads(), Spaces()
    names = StackNames(recording.header, spaces, _naming(accounting.descriptors))
    sums: dict[tuple[int, Stack | None, int], int] = {}
    rows = kept = short = 0
    for accounted in accounting:
        columns = accounted.columns
        spaces.add(accounted.batch)
        amount, thread = amounts(accounted, by), threads.of(columns)
        counted = amount.copy()
        for row, each in stacks_of(columns.memory):
            value = int(amount[row])
            if value:
                stack = names.name(rows + row, int(columns.pid[row]), each)
                key = (int(thread[row]), stack, int(columns.code[row]))
                sums[key] = sums.get(key, 0) + value
                counted[row] = 0
                kept += 1
                short += len(stack.frames) <= _FEW
        for place, value in _without_stack(thread, columns, counted):
            sums[place] = sums.get(place, 0) + value
        rows += len(amount)
    found: dict[StackSum, int] = {}
    not_named: dict[str, str] = {}
    for (thread_code, known, code), value in sums.items():
        frames = known.frames if known is not None else ()
        not_named |= {frame.file: frame.why_not for frame in frames if frame.why_not and frame.file}
        words = tuple([frame.name for frame in reversed(frames)]) if known is not None else (NO_STACK,)
        one = StackSum(thread_code, words, accounting.codes.facts[code].name, 0)
        found[one] = found.get(one, 0) + value
    ordered = sorted((one._replace(amount=value) for one, value in found.items()), key=_largest)
    return StackSums(threads.lives, ordered, kept, short, not_named)


def amounts(accounted: Accounted, by: By) -> Ints:
    """What every row counts."""
    columns = accounted.columns
    match by:
        case By.BLOCKED:
            return columns.times.blocked.astype(np.int64)
        case By.WASTED:
            return np.where(columns.wasted, columns.times.user + columns.times.kernel, 0).astype(np.int64)
        case By.CALLS:
            return columns.returned.astype(np.int64)


def _without_stack(
    thread: Ints, columns: Columns, counted: Ints
) -> list[tuple[tuple[int, Stack | None, int], int]]:
    rows = np.flatnonzero(counted)
    keys, place = np.unique(thread[rows] << 32 | columns.code[rows], return_inverse=True)
    sums = np.zeros(len(keys), np.int64)
    np.add.at(sums, place, counted[rows])
    return [
        ((key >> 32, None, key & 0xFFFFFFFF), value)
        for key, value in zip(keys.tolist(), sums.tolist(), strict=True)
    ]


def _naming(descriptors: Descriptors) -> Naming:
    """What descriptors were at the beginning of a row; asked for the few that code was mapped from."""
    if descriptors.history is None:
        descriptors.history = History()
    lives = Lives(descriptors.history, descriptors.seen)

    def name(row: int, pid: int, fd: int) -> str | None:
        lives.update()
        code = int(lives.at(np.array([pid << 32 | fd]), np.array([row]))[0])
        return descriptors.seen.descriptions[code].what if code >= 0 else None

    return name


def _largest(each: StackSum) -> tuple[int, int, tuple[str, ...], str]:
    return each.thread, -each.amount, each.frames, each.call
