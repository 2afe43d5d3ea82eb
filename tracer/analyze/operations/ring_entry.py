"""One io_uring submission, one completion, and the operation that the two of them are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from tracer.analyze.operations.results import MULTISHOT, NO_COMPLETION, UNSEEN, WITHOUT_A_CALL, Operation
from tracer.analyze.operations.ring_flags import flags_of, moves, repeats
from tracer.syscalls.ring_entries import BUFFER_SELECT, MORE, SKIP_SUCCESS, Entry

_BUFFER: Final = 1 << 0
"""In a completion's flags: IORING_CQE_F_BUFFER, its upper half is the number of the provided buffer."""


class Seen(NamedTuple):
    """The call at which something was seen."""

    tid: int
    at_ns: int


@dataclass(slots=True)
class Submission:
    """An entry and how it was handed over."""

    pid: int
    entry: Entry
    where: Seen | None
    """None: it was not seen, only the copy that its completion carries."""
    fd: int | None
    at_ns: int | None = None
    """When it was handed over; None: nobody knows."""
    caller_ns: int = 0
    without_a_call: bool = False
    shots: int = 0
    """How often it was answered with more to come."""


class Completion(NamedTuple):
    """An answer. Times in ns."""

    result: int
    flags: int
    where: Seen
    at_ns: int
    at_exit: bool


def answered(submission: Submission, completion: Completion) -> Operation:
    """A submission with its completion, or with one of them."""
    entry, result = submission.entry, completion.result
    # Zero-copy sends are answered twice: sent, and the pages are free again.
    again = bool(completion.flags & MORE) and not entry.name.endswith("_ZC")
    inside = submission.where == completion.where and completion.at_exit and not submission.without_a_call
    picked = entry.flags & BUFFER_SELECT and completion.flags & _BUFFER
    return _operation(
        submission, many=again or submission.shots > 0, buffer=completion.flags >> 16 if picked else entry.addr,
        completed_ns=completion.at_ns, result=result, moved=max(result, 0) if moves(entry) else 0, inline=inside,
    )  # fmt: skip


def unanswered(submission: Submission) -> Operation:
    """A submission that is pending, or that asked for no answer."""
    return _operation(
        submission, many=False, buffer=submission.entry.addr, completed_ns=None, result=None, moved=0, inline=False
    )


def unasked(pid: int, completion: Completion, *, polled: bool) -> Operation:
    """A completion of which nothing else is known: not even whether its result counts bytes."""
    return Operation(
        kind="io_uring", number=0, name="unknown", pid=pid, tid=None, fd=None, buffer=None, length=None,
        submitted_ns=None, began_ns=None, completed_ns=completion.at_ns, result=completion.result, bytes=0,
        inline=False, worker=None, notified="completion ring", notified_ns=completion.at_ns, caller_ns=0,
        handler_ns=None, flags=(UNSEEN, WITHOUT_A_CALL) if polled else (UNSEEN,), inferred=(),
    )  # fmt: skip


def _operation(
    submission: Submission, *, many: bool, buffer: int, completed_ns: int | None, result: int | None, moved: int,
    inline: bool,
) -> Operation:  # fmt: skip
    entry, where = submission.entry, submission.where
    return Operation(
        kind="io_uring", number=0, name=entry.name, pid=submission.pid, tid=where.tid if where else None,
        fd=submission.fd, buffer=buffer, length=entry.len, submitted_ns=submission.at_ns,
        began_ns=None, completed_ns=completed_ns, result=result, bytes=moved, inline=inline, worker=None,
        notified="" if completed_ns is None else "completion ring", notified_ns=completed_ns,
        caller_ns=submission.caller_ns, handler_ns=None, flags=_flags(submission, many or repeats(entry)),
        inferred=("submission",) if submission.without_a_call else (),
    )  # fmt: skip


def _flags(submission: Submission, many: bool) -> tuple[str, ...]:
    found = [*flags_of(submission.entry)]
    found += [MULTISHOT] if many else []
    found += [NO_COMPLETION] if submission.entry.flags & SKIP_SUCCESS else []
    found += [WITHOUT_A_CALL] if submission.without_a_call else []
    found += [UNSEEN] if submission.where is None else []
    return tuple(found)
