"""io_uring operations: submissions and completions that capture kept with the rows it saw them at.

A completion carries a copy of the entry it answers (`tracer.capture.rings`), and that is how the two are joined.
A thread that reaps may be recorded before the thread that submitted returns from its io_uring_enter, so a
completion may also come first.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tracer.analyze.operations_results import MULTISHOT, NO_COMPLETION, UNSEEN, WITHOUT_A_CALL, Operation
from tracer.analyze.operations_ring_flags import flags_of, moves, repeats
from tracer.analyze.operations_rows import Event, Mask, Rows
from tracer.recording.captured import Piece
from tracer.syscalls.ring_entries import (
    BUFFER_SELECT,
    COMPLETION,
    CQE,
    FIXED_FILE,
    MORE,
    NOTICE,
    SKIP_SUCCESS,
    SQE,
    Entry,
    entry_of,
)
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, Kind, When

_CALLS: Final = ("io_uring_setup", "io_uring_enter", "io_uring_register")
_SQPOLL: Final = 1 << 1
"""IORING_SETUP_SQPOLL, in the flags of struct io_uring_params (offset 8)."""
_REGISTER_FILES: Final = 2
_BUFFER: Final = 1 << 0
"""In a completion's flags: IORING_CQE_F_BUFFER, its upper half is the number of the provided buffer."""
_MOST_EARLY: Final = 1 << 16


class _Seen(NamedTuple):
    """Where something was seen."""

    tid: int
    at_ns: int


@dataclass(slots=True)
class _Submission:
    """An entry and how it was handed over."""

    pid: int
    entry: Entry
    where: _Seen | None
    fd: int | None
    caller_ns: int = 0
    without_a_call: bool = False
    shots: int = 0
    """How often it was answered with more to come."""


class _Completion(NamedTuple):
    """An answer."""

    result: int
    flags: int
    where: _Seen
    at_ns: int
    at_exit: bool


@dataclass(slots=True)
class _Process:
    """The rings of one process."""

    sqpoll: set[int] = field(default_factory=set)
    files: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """By ring: its table of registered files (io_uring_register(2))."""
    pending: defaultdict[bytes, deque[_Submission]] = field(default_factory=lambda: defaultdict(deque))
    early: defaultdict[bytes, deque[_Completion]] = field(default_factory=lambda: defaultdict(deque))
    """Completions whose submission is not recorded yet."""


class Rings:
    """The io_uring operations of all processes."""

    def __init__(self) -> None:
        self._processes: defaultdict[int, _Process] = defaultdict(_Process)

    def wanted(self, rows: Rows) -> Mask:
        """Calls of io_uring, and every row at which completions were seen."""
        return rows.named(_CALLS) | rows.with_piece(RING_COMPLETION)

    def take(self, event: Event) -> Iterator[Operation]:
        """The operations that were seen to complete at this row."""
        if event.kind != Kind.CALL:
            return
        process = self._processes[event.pid]
        if event.name == "io_uring_setup":
            _set_up(process, event)
        elif event.name == "io_uring_register":
            _register(process, event)
        else:
            yield from _entries(process, event)

    def left(self, inside: Iterable[Event]) -> Iterator[Operation]:
        """Submissions that nothing answered, and answers to submissions that were never seen."""
        for event in inside:
            if event.name == "io_uring_enter":
                yield from _entries(self._processes[event.pid], event, inside=True)
        for pid, process in self._processes.items():
            for key, completions in process.early.items():
                for completion in completions:
                    yield _operation(_Submission(pid, entry_of(key), None, entry_of(key).fd), completion)
            for submissions in process.pending.values():
                yield from (_pending(each) for each in submissions if not each.shots)


def _set_up(process: _Process, event: Event) -> None:
    parameters = event.memory(1, When.EXIT) or event.memory(1, When.ENTRY)
    if event.result >= 0:
        process.sqpoll.discard(event.result)
        process.files.pop(event.result, None)
        if int.from_bytes(parameters[8:12], "little") & _SQPOLL:
            process.sqpoll.add(event.result)


def _register(process: _Process, event: Event) -> None:
    if event.result == 0 and event.args[1] & 0xFFFFFFFF == _REGISTER_FILES:
        table = event.memory(2, When.ENTRY)
        words = range(0, len(table) - 3, 4)
        process.files[event.fd] = tuple(int.from_bytes(table[at : at + 4], "little", signed=True) for at in words)


def _entries(process: _Process, event: Event, *, inside: bool = False) -> Iterator[Operation]:
    """The ring entries of one row, in the order in which they were seen."""
    polled = event.name == "io_uring_enter" and event.fd in process.sqpoll
    kept = [piece for piece in event.pieces if piece.arg == RING_SUBMISSION and len(piece.data) >= SQE]
    asked = event.args[1] & 0xFFFFFFFF if inside else max(event.result, 0)
    taken = len(kept) if polled else min(len(kept), asked)
    left = taken
    for piece in event.pieces:
        if piece.arg == RING_COMPLETION and len(piece.data) >= CQE:
            yield from _completed(process, event, piece)
        elif piece.arg == RING_SUBMISSION and left and len(piece.data) >= SQE:
            left -= 1
            yield from _submitted(process, event, piece.data[:SQE], event.kernel_ns // taken, polled)


def _submitted(process: _Process, event: Event, key: bytes, caller_ns: int, polled: bool) -> Iterator[Operation]:
    entry = entry_of(key)
    where = _Seen(event.tid, event.at_ns)
    submission = _Submission(event.pid, entry, where, _fd(process, event, entry), caller_ns, polled)
    early = process.early.get(key)
    while early and early[0].at_ns >= event.at_ns:
        completion = early.popleft()
        if completion.flags & NOTICE:
            return
        yield _operation(submission, completion)
        if not completion.flags & MORE:
            return
    process.pending[key].append(submission)


def _fd(process: _Process, event: Event, entry: Entry) -> int | None:
    if not entry.flags & FIXED_FILE:
        return entry.fd
    table = process.files.get(event.fd, ())
    return table[entry.fd] if 0 <= entry.fd < len(table) else None


def _completed(process: _Process, event: Event, piece: Piece) -> Iterator[Operation]:
    _, result, flags = COMPLETION.unpack_from(piece.data)
    at_exit = piece.when == When.EXIT
    where = _Seen(event.tid, event.at_ns)
    completion = _Completion(result, flags, where, event.end_ns if at_exit else event.at_ns, at_exit)
    key = piece.data[CQE : CQE + SQE]
    if len(key) < SQE:
        if not flags & NOTICE:
            yield _unseen(event.pid, completion, bool(process.sqpoll))
        return
    waiting = process.pending.get(key)
    if not waiting:
        early = process.early[key]
        early.append(completion)
        if len(process.early) > _MOST_EARLY:
            process.early.pop(next(iter(process.early)))
        return
    submission = waiting[0] if flags & MORE else waiting.popleft()
    if not waiting:
        del process.pending[key]
    if not flags & NOTICE:  # the pages of a zero-copy send are free again: it was answered before
        yield _operation(submission, completion)
    submission.shots += bool(flags & MORE)


def _operation(submission: _Submission, completion: _Completion) -> Operation:
    entry, where = submission.entry, submission.where
    result = completion.result
    many = repeats(entry) or (bool(completion.flags & MORE) and not entry.name.endswith("_ZC"))
    picked = entry.flags & BUFFER_SELECT and completion.flags & _BUFFER
    return Operation(
        kind="io_uring", number=0, name=entry.name, pid=submission.pid, tid=where.tid if where else None,
        fd=submission.fd, buffer=completion.flags >> 16 if picked else entry.addr, length=entry.len,
        submitted_ns=where.at_ns if where else None, began_ns=None, completed_ns=completion.at_ns,
        result=result, bytes=max(result, 0) if moves(entry) else 0,
        inline=where == completion.where and completion.at_exit and not submission.without_a_call,
        worker=None, notified="completion ring", notified_ns=completion.at_ns, caller_ns=submission.caller_ns,
        handler_ns=None, flags=_flags(submission, many or submission.shots > 0),
        inferred=("submission",) if submission.without_a_call else (),
    )  # fmt: skip


def _pending(submission: _Submission) -> Operation:
    entry, where = submission.entry, submission.where
    assert where is not None
    return Operation(
        kind="io_uring", number=0, name=entry.name, pid=submission.pid, tid=where.tid, fd=submission.fd,
        buffer=entry.addr, length=entry.len, submitted_ns=where.at_ns, began_ns=None, completed_ns=None, result=None,
        bytes=0, inline=False, worker=None, notified="", notified_ns=None, caller_ns=submission.caller_ns,
        handler_ns=None, flags=_flags(submission, repeats(entry)),
        inferred=("submission",) if submission.without_a_call else (),
    )  # fmt: skip


def _flags(submission: _Submission, many: bool) -> tuple[str, ...]:
    entry = submission.entry
    found = [*flags_of(entry)]
    found += [MULTISHOT] if many else []
    found += [NO_COMPLETION] if entry.flags & SKIP_SUCCESS else []
    found += [WITHOUT_A_CALL] if submission.without_a_call else []
    found += [UNSEEN] if submission.where is None else []
    return tuple(found)


def _unseen(pid: int, completion: _Completion, polled: bool) -> Operation:
    """A completion of which nothing else is known: not even whether its result counts bytes."""
    return Operation(
        kind="io_uring", number=0, name="unknown", pid=pid, tid=None, fd=None, buffer=None, length=None,
        submitted_ns=None, began_ns=None, completed_ns=completion.at_ns, result=completion.result, bytes=0,
        inline=False, worker=None, notified="completion ring", notified_ns=completion.at_ns, caller_ns=0,
        handler_ns=None, flags=(UNSEEN, WITHOUT_A_CALL) if polled else (UNSEEN,), inferred=(),
    )  # fmt: skip
