"""io_uring's operations in words: what a call submitted, and what was found complete at it."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.results import errno_name
from tracer.decode.text import Unread, quote_name, unread
from tracer.recording.captured import Row
from tracer.syscalls import ring_entries as ring
from tracer.syscalls.ring_entries import CQE, SQE, Entry, entry_of
from tracer.wire import RING_COMPLETION, RING_SUBMISSION

MOST_ENTRIES: Final = 4
"""Operations that are written out in a line; of the others there is the number."""
_NO_FD: Final = ring.opcodes(
    "NOP TIMEOUT TIMEOUT_REMOVE LINK_TIMEOUT ASYNC_CANCEL POLL_REMOVE FUTEX_WAIT FUTEX_WAKE FUTEX_WAITV WAITID"
)
_NAMED: Final = ring.PATHS | ring.TWO_PATHS
_WITHOUT_FD: Final = _NO_FD | _NAMED
_REPEATING: Final = ring.opcodes("RECV RECVMSG")
_OPERATION: Final = Struct("<Bxxxi")
"""Of a submission entry: opcode and descriptor."""
_SIZED: Final = ring.FILLED | ring.SENT | ring.opcodes("READ_FIXED WRITE_FIXED SEND_ZC RECV_ZC SPLICE TEE")


def operation_text(entry: Entry, memory: bytes = b"") -> str:
    """`READ 4 64`: operation, descriptor, bytes (or entries, or path), and what is unusual about it."""
    words = [entry.name]
    if entry.opcode not in _WITHOUT_FD:
        words.append(f"file {entry.fd}" if entry.flags & ring.FIXED_FILE else str(entry.fd))
    if entry.opcode in _SIZED:
        words.append(str(entry.len))
    elif entry.opcode in ring.VECTORS:
        words.append(f"iov[{entry.len}]")
    elif entry.opcode in _NAMED:
        words += [quote_name(path) for path in memory.split(b"\0")[:2] if path]
    if entry.flags or entry.ioprio:
        words += _unusual(entry)
    return " ".join(words)


def _unusual(entry: Entry) -> list[str]:
    named = (
        (entry.flags & ring.LINKED, "linked"),
        (entry.flags & ring.BUFFER_SELECT, "provided buffer"),
        (entry.opcode in _REPEATING and entry.ioprio & ring.RECV_MULTISHOT, "multishot"),
        (entry.opcode == ring.ACCEPT and entry.ioprio & 1, "multishot"),
    )
    return [name for holds, name in named if holds]


def submission_text(data: bytes) -> str:
    """One submission entry as capture kept it."""
    return operation_text(entry_of(data), data[SQE:]) if len(data) >= SQE else str(Unread("cut off"))


def completion_text(data: bytes) -> str:
    """`READ 4 = 64`: the operation that is complete, and how it ended."""
    if len(data) < CQE:
        return str(Unread("cut off"))
    user_data, result, flags = ring.COMPLETION.unpack_from(data)
    what = f"user_data {user_data:#x}"
    if len(data) >= CQE + SQE:
        opcode, fd = _OPERATION.unpack_from(data, CQE)
        what = ring.name_of(opcode) if opcode in _WITHOUT_FD else f"{ring.name_of(opcode)} {fd}"
    if flags & ring.NOTICE:
        return f"{what} buffer free"
    ended = errno_name(-result) if -4095 <= result < 0 else str(result)
    return f"{what} = {ended}"


def _listed(row: Row, arg: int, whens: tuple[int, ...] = (ENTRY, EXIT)) -> str:
    """The first entries kept as `arg` at those stops, and how many more there are."""
    kept = [piece for piece in row.pieces if piece.arg == arg and piece.when in whens]
    if not kept:
        return ""
    write = submission_text if arg == RING_SUBMISSION else completion_text
    texts = [str(unread(piece.reason)) if piece.reason else write(piece.data) for piece in kept[:MOST_ENTRIES]]
    return ", ".join(texts) + (f", ... {len(kept) - len(texts)} more" if len(kept) > len(texts) else "")


def submitted(look: Look) -> str:
    """io_uring_enter's to_submit, with the entries that it submits."""
    number = str(look.value & 0xFFFFFFFF)
    operations = _listed(look.row, RING_SUBMISSION, (ENTRY,))
    return f"{number} submitted: {operations}" if operations else number


def completions(row: Row) -> str:
    """` · completed READ 4 = 64`, for any call at which completions were seen; empty without.

    What a kernel thread took from the ring since the last look (SQPOLL) comes before it."""
    taken = _listed(row, RING_SUBMISSION, (EXIT,))
    done = _listed(row, RING_COMPLETION)
    return (f" · submitted without a call {taken}" if taken else "") + (f" · completed {done}" if done else "")


RING_READERS: Final[dict[str, Reader]] = {"submitted": submitted}
