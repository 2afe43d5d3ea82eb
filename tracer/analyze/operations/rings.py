"""io_uring operations: submissions and completions that capture kept with the rows it saw them at.

A completion carries a copy of the entry it answers (`tracer.capture.rings`), and that is how the two are joined.
A thread that reaps may be recorded before the thread that submitted returns from its io_uring_enter, so a
completion may also come first.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from tracer.analyze.operations.results import OVERWRITTEN, Operation
from tracer.analyze.operations.ring_entry import Completion, Seen, Submission, answered, unanswered, unasked
from tracer.analyze.operations.rows import Event, Mask, Rows
from tracer.recording.captured import Piece
from tracer.syscalls.ring_entries import COMPLETION, CQE, FIXED_FILE, MORE, NOTICE, SQE, Entry, entry_of
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, Kind, When

_CALLS: Final = ("io_uring_setup", "io_uring_enter", "io_uring_register")
_SQPOLL: Final = 1 << 1
"""IORING_SETUP_SQPOLL, in the flags of struct io_uring_params (offset 8)."""
_REGISTER_FILES: Final = 2
_MOST_EARLY: Final = 1 << 16


@dataclass(slots=True)
class _Process:
    """The rings of one process."""

    polled: bool = False
    """It has, or had, a ring whose submissions a kernel thread takes."""
    files: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """By ring: its table of registered files (io_uring_register(2))."""
    pending: defaultdict[bytes, deque[Submission]] = field(default_factory=lambda: defaultdict(deque))
    early: defaultdict[bytes, deque[Completion]] = field(default_factory=lambda: defaultdict(deque))
    """Completions whose submission is not recorded yet."""


class Rings:
    """The io_uring operations of all processes."""

    def __init__(self) -> None:
        self._processes: defaultdict[int, _Process] = defaultdict(_Process)

    def wanted(self, rows: Rows) -> Mask:
        """Calls of io_uring, and every row at which entries of its rings were seen."""
        return rows.named(_CALLS) | rows.with_piece(RING_SUBMISSION) | rows.with_piece(RING_COMPLETION)

    def take(self, event: Event) -> Iterator[Operation]:
        """The operations that were seen to complete at this row."""
        if event.kind != Kind.CALL:
            return
        process = self._processes[event.pid]
        if event.name == "io_uring_setup":
            _set_up(process, event)
        elif event.name == "io_uring_register":
            _register(process, event)
        found = _entries(process, event)
        if any(piece.arg in (RING_SUBMISSION, RING_COMPLETION) and piece.reason for piece in event.pieces):
            found = (replace(each, flags=(*each.flags, OVERWRITTEN)) for each in found)
        yield from found

    def left(self, inside: Iterable[Event], /) -> Iterator[Operation]:
        """Submissions that nothing answered, and answers to submissions that were never seen."""
        for event in inside:
            if event.name == "io_uring_enter":
                yield from _entries(self._processes[event.pid], event)
        for pid, process in self._processes.items():
            for key, completions in process.early.items():
                copy = Submission(pid, entry_of(key), None, _fd(process, -1, entry_of(key)))
                yield from (answered(copy, each) for each in completions if not each.flags & NOTICE)
            for submissions in process.pending.values():
                yield from (unanswered(each) for each in submissions if not each.shots)


def _set_up(process: _Process, event: Event) -> None:
    parameters = event.memory(1, When.EXIT) or event.memory(1, When.ENTRY)
    process.files.pop(event.result, None)
    process.polled |= bool(int.from_bytes(parameters[8:12], "little") & _SQPOLL)


def _register(process: _Process, event: Event) -> None:
    if event.result == 0 and event.args[1] & 0xFFFFFFFF == _REGISTER_FILES:
        table = event.memory(2, When.ENTRY)
        words = range(0, len(table) - 3, 4)
        process.files[event.fd] = tuple(int.from_bytes(table[at : at + 4], "little", signed=True) for at in words)


def _entries(process: _Process, event: Event) -> Iterator[Operation]:
    """The ring entries of one row, in the order in which they were seen."""
    asked = event.args[1] & 0xFFFFFFFF if event.kind == Kind.ENTERED else max(event.result, 0)
    kept = sum(piece.arg == RING_SUBMISSION and piece.when == When.ENTRY for piece in event.pieces)
    taken = left = min(kept, asked)
    for piece in event.pieces:
        if piece.arg == RING_COMPLETION and len(piece.data) >= CQE:
            yield from _completed(process, event, piece)
        elif piece.arg != RING_SUBMISSION or len(piece.data) < SQE:
            continue
        elif piece.when == When.EXIT:  # a kernel thread took it, whatever the call returned
            yield from _submitted(process, event, piece.data[:SQE], None)
        elif left:
            left -= 1
            yield from _submitted(process, event, piece.data[:SQE], event.kernel_ns // taken)


def _submitted(process: _Process, event: Event, key: bytes, caller_ns: int | None) -> Iterator[Operation]:
    """An entry that a call handed over, or of which it was seen afterwards that no call did (None)."""
    entry, where = entry_of(key), Seen(event.tid, event.at_ns)
    fd = _fd(process, event.fd, entry)
    at_ns = event.at_ns if event.name == "io_uring_enter" else None
    submission = Submission(event.pid, entry, where, fd, at_ns, caller_ns or 0, without_a_call=caller_ns is None)
    early = process.early.get(key)
    while early and early[0].at_ns >= event.at_ns:
        completion = early.popleft()
        if not completion.flags & NOTICE:
            yield answered(submission, completion)
        if not completion.flags & MORE:
            return
    process.pending[key].append(submission)


def _fd(process: _Process, ring: int, entry: Entry) -> int | None:
    if not entry.flags & FIXED_FILE:
        return entry.fd
    only = next(iter(process.files.values())) if len(process.files) == 1 else ()
    table = process.files.get(ring, only)  # seen at another call, it does not say which ring it was in
    return table[entry.fd] if 0 <= entry.fd < len(table) else None


def _completed(process: _Process, event: Event, piece: Piece) -> Iterator[Operation]:
    _, result, flags = COMPLETION.unpack_from(piece.data)
    at_exit = piece.when == When.EXIT
    at_ns = event.end_ns if at_exit else event.at_ns
    completion = Completion(result, flags, Seen(event.tid, event.at_ns), at_ns, at_exit)
    key = piece.data[CQE : CQE + SQE]
    if len(key) == SQE:
        yield from _joined(process, key, completion)
    elif not flags & NOTICE:
        yield unasked(event.pid, completion, polled=process.polled)


def _joined(process: _Process, key: bytes, completion: Completion) -> Iterator[Operation]:
    """A completion with the oldest submission like the one it answers; it waits for one that comes later."""
    waiting = process.pending.get(key)
    if not waiting:
        process.early[key].append(completion)
        if len(process.early) > _MOST_EARLY:
            process.early.pop(next(iter(process.early)))
        return
    submission = waiting[0] if completion.flags & MORE else waiting.popleft()
    if not waiting:
        del process.pending[key]
    if not completion.flags & NOTICE:
        yield answered(submission, completion)
    submission.shots += bool(completion.flags & MORE)
