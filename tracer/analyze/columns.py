"""The columns of a batch that the totals are made of: corrected times, copies, and what each call came to."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.account.copies import Copies, account_copies, no_copies
from tracer.account.times import Times, account_times, column
from tracer.analyze.calls import CallCodes
from tracer.analyze.memory import Memory
from tracer.analyze.summed import SummedCalls, summed_calls
from tracer.wire import Kind, Placement

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MAX_ERRNO: Final = 4095
FIRST_RESTART: Final = 512
LAST_RESTART: Final = 516
"""ERESTARTSYS ... ERESTART_RESTARTBLOCK (include/linux/errno.h): interrupted, not failed."""


Objects: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Columns:
    """One batch, ready for summing. Times in ns, sizes in bytes; all arrays have one entry per row."""

    kind: Ints
    nr: Ints
    flags: Ints
    pid: Ints
    tid: Ints
    at_ns: Ints
    wall_ns: Ints
    args: NDArray[np.uint64]
    result: Ints
    code: Ints
    """`CallCodes` of the call, 0 for rows of other kinds."""
    returned: Mask
    """Calls that returned: those that count."""
    failed: Mask
    wasted: Mask
    wakeup: Mask
    spread: Ints
    """± of the corrected on-CPU times of this row, ns."""
    times: Times
    copies: Copies
    things: Objects
    """What the descriptor of every row is, as far as copies depend on it (`tracer.syscalls.objects.Object`)."""
    memory: Memory
    summed: SummedCalls | None = None
    """Calls that were summed up in the kernel; their rows are none of those that returned, failed, ..."""


def columns_of(
    batch: pa.RecordBatch,
    calibration: Calibration,
    codes: CallCodes,
    objects: Callable[[Columns], Objects | None] = lambda _columns: None,
) -> Columns:
    """Account one batch. `objects` is asked for what the rows' descriptors are, when all but the copies is known;
    without it every descriptor is an ordinary one."""
    columns = _without_copies(batch, calibration, codes)
    things = objects(columns)
    if things is None:
        return replace(columns, copies=account_copies(batch))
    return replace(columns, copies=account_copies(batch, things), things=things)


def _without_copies(batch: pa.RecordBatch, calibration: Calibration, codes: CallCodes) -> Columns:
    kind, result = column(batch, "kind"), column(batch, "result")
    args = _arguments(batch)
    memory = Memory(batch)
    returned = kind == Kind.CALL
    code = _codes(batch, kind, codes)
    summed = summed_calls(batch, code, codes)
    judged = returned & ~_restored(code, codes)
    failed = judged & is_error(result)
    waits = returned & codes.waits(code)
    return Columns(
        kind=kind,
        nr=column(batch, "nr"),
        flags=column(batch, "flags"),
        pid=column(batch, "pid"),
        tid=column(batch, "tid"),
        at_ns=column(batch, "at_ns"),
        wall_ns=_wall(batch, summed),
        args=args,
        result=result,
        code=code,
        returned=returned,
        failed=failed,
        wasted=(judged & (result == -errno.EAGAIN)) | _polls(waits & (result == 0), code, args, memory, codes),
        wakeup=(waits & (result > 0)) | _completions(returned & (result >= 0), code, args, codes),
        spread=_spread(batch, returned, summed, calibration),
        times=account_times(batch, calibration),
        copies=no_copies(0),
        things=np.zeros(batch.num_rows, np.uint8),
        memory=memory,
        summed=summed,
    )


def _wall(batch: pa.RecordBatch, summed: SummedCalls | None) -> Ints:
    """How long each row's event lasted; of sums, until they were read."""
    wall = column(batch, "wall_ns")
    if summed is not None:
        wall = wall.copy()
        wall[summed.rows] = np.maximum(summed.until_ns - column(batch, "at_ns")[summed.rows], 0)
    return wall


def _arguments(batch: pa.RecordBatch) -> NDArray[np.uint64]:
    column_of_lists = batch.column("args")
    values = column_of_lists.values.to_numpy().reshape(-1, 6)
    rows: NDArray[np.uint64] = values[column_of_lists.offset : column_of_lists.offset + batch.num_rows]
    return rows


def is_error(result: Ints) -> Mask:
    """Which results are an errno: -4095 ... -1, without the kernel's restart codes."""
    restart = (result <= -FIRST_RESTART) & (result >= -LAST_RESTART)
    answer: Mask = (result < 0) & (result >= -MAX_ERRNO) & ~restart
    return answer


def _restored(code: Ints, codes: CallCodes) -> Mask:
    """Returns from a handler, whose "result" is what the interrupted code had in that register."""
    names: Mask = np.array([fact.name in ("rt_sigreturn", "sigreturn") for fact in codes.facts])
    return names[code] if names.any() else np.zeros(len(code), np.bool_)


def _codes(batch: pa.RecordBatch, kind: Ints, codes: CallCodes) -> Ints:
    calls = (kind == Kind.CALL) | (kind == Kind.ENTERED) | (kind == Kind.SUMS)
    code = np.zeros(len(kind), dtype=np.int64)
    code[calls] = codes.of(column(batch, "abi")[calls], column(batch, "nr")[calls])
    return code


def _polls(empty: Mask, code: Ints, args: NDArray[np.uint64], memory: Memory, codes: CallCodes) -> Mask:
    """Of the waits that returned nothing, those that had a timeout of 0."""
    rows = np.flatnonzero(empty)
    if not len(rows):
        return empty
    argument = codes.milliseconds(code[rows])
    value = args[rows, np.maximum(argument, 0)]
    answer = np.zeros(len(empty), np.bool_)
    answer[rows] = (argument >= 0) & ((value & np.uint64(0xFFFFFFFF)) == 0)
    structs = codes.time_struct(code[rows])
    if (structs >= 0).any():
        wanted = np.full(len(empty), -1)
        wanted[rows] = structs
        answer |= memory.zero_timeouts(wanted)
    return answer


def _completions(worked: Mask, code: Ints, args: NDArray[np.uint64], codes: CallCodes) -> Mask:
    """io_uring_enter calls that waited for completions: min_complete > 0, IORING_ENTER_GETEVENTS."""
    enters = np.array([fact.name == "io_uring_enter" for fact in codes.facts])
    if not enters.any():
        return np.zeros(len(code), np.bool_)
    answer: Mask = worked & enters[code]
    rows = np.flatnonzero(answer)
    answer[rows] = ((args[rows, 2] & np.uint64(0xFFFFFFFF)) > 0) & ((args[rows, 3] & np.uint64(1)) > 0)
    return answer


def _spread(batch: pa.RecordBatch, returned: Mask, summed: SummedCalls | None, calibration: Calibration) -> Ints:
    shared, apart = calibration.shared, calibration.apart
    per_call = np.where(
        column(batch, "placement") == Placement.SHARED,
        max(shared.run_spread_ns, shared.user_run_spread_ns),
        max(apart.run_spread_ns, apart.user_run_spread_ns),
    )
    spread = np.where(returned, np.rint(per_call), 0).astype(np.int64)
    if summed is not None:
        spread[summed.rows] = np.rint(per_call[summed.rows] * summed.calls)
    return spread
