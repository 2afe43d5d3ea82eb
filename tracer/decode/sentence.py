"""A call in a sentence of plain language: what the program asks for, and what came of it.

    asks whether any of 23 descriptors is readable; returns at once, none was

`sentence(batch, index)` gives one for any row that is a call. The calls people meet have their own words, in
`sentence_*`; any other gets a general sentence that is true of it. A word in parentheses at the end is the name
of the error, for whoever wants to look it up.
"""

from __future__ import annotations

import os
from typing import Final

import pyarrow as pa

from tracer.decode.results import INTERRUPTIONS, errno_name, is_error, is_interrupted
from tracer.decode.sentence_data import DATA
from tracer.decode.sentence_files import FILES
from tracer.decode.sentence_processes import PROCESSES
from tracer.decode.sentence_sleeping import SLEEPING
from tracer.decode.sentence_sockets import SOCKETS
from tracer.decode.sentence_waits import WAITS
from tracer.decode.told import Naming, Told, counted
from tracer.recording.captured import Row, captured
from tracer.syscalls.model import Syscall
from tracer.syscalls.names import name_of
from tracer.syscalls.table import declaration_of
from tracer.wire import Flag, Kind

_SAYINGS: Final = {**DATA, **FILES, **SOCKETS, **WAITS, **SLEEPING, **PROCESSES}


def sentence(batch: pa.RecordBatch, index: int, name_of_fd: Naming = lambda _fd: None) -> str:
    """Row `index` of `batch` in a sentence, empty for rows that are no calls.

    `name_of_fd` says what a descriptor of the row's process is, for whoever follows descriptors. Raises
    IndexError when there is no such row."""
    return row_sentence(captured(batch).row(index), name_of_fd)


def row_sentence(row: Row, name_of_fd: Naming = lambda _fd: None) -> str:
    """`row` in a sentence."""
    if row.kind not in (Kind.CALL, Kind.ENTERED):
        return ""
    declared = declaration_of(row.abi, row.nr)
    if declared is None:
        return f"makes the system call {name_of(row.abi, row.nr)}{_end(row, '')}{_older(row)}"
    told = Told(row, declared, name_of_fd)
    saying = _SAYINGS.get(declared.family)
    does, then = saying(told) if saying else (_general(told, declared), _answer(told, declared))
    return does + _end(row, then, declared.family, told) + _older(row)


def _older(row: Row) -> str:
    return "; entered before the attach, since when is not known" if row.flags & Flag.NO_ENTRY else ""


def intention(row: Row, name_of_fd: Naming = lambda _fd: None) -> str:
    """What `row` is about to do, in a sentence: nothing of what came of it."""
    declared = declaration_of(row.abi, row.nr)
    if declared is None:
        return f"makes the system call {name_of(row.abi, row.nr)}"
    told = Told(row, declared, name_of_fd)
    saying = _SAYINGS.get(declared.family)
    return saying(told)[0] if saying else _general(told, declared)


def _end(row: Row, then: str, name: str = "", told: Told | None = None) -> str:
    """What came of it: `then` when it succeeded."""
    if row.kind == Kind.ENTERED:
        if name in _NEVER_RETURN:
            return ""
        return "; never returns: its thread ends inside it" if row.flags & Flag.FINAL else "; is still inside"
    if name == "rt_sigreturn":
        return ""
    if is_interrupted(row.result):
        return f"; a signal interrupts it ({INTERRUPTIONS[-row.result][0]})"
    if is_error(row.result):
        return f"; {_failure(name, -row.result, told)}"
    return f"; {then}" if then else ""


_NEVER_RETURN: Final = frozenset({"exit", "exit_group"})
_FAILURES: Final = {
    ("futex", "EAGAIN"): "does not sleep, because the word there has another value by now",
    ("futex", "ETIMEDOUT"): "nobody wakes it in time",
    ("connect", "EINPROGRESS"): "does not wait: the connection is being made meanwhile",
    ("accept", "EAGAIN"): "does not wait: nobody is connecting",
    ("accept4", "EAGAIN"): "does not wait: nobody is connecting",
    ("wait4", "ECHILD"): "there are no children to wait for",
    ("waitid", "ECHILD"): "there are no children to wait for",
    ("rt_sigtimedwait", "EAGAIN"): "none comes in time",
    ("rt_sigsuspend", "EINTR"): "a signal's handler has run",
    ("pause", "EINTR"): "a signal's handler has run",
    ("epoll_ctl", "ENOENT"): "fails, because it is not on the list",
    ("epoll_ctl", "EEXIST"): "fails, because it is on the list already",
    ("epoll_ctl", "EPERM"): "fails, because such a file is always ready and cannot be watched",
}
_GENERAL_FAILURES: Final = {
    "EAGAIN": "cannot be done now",
    "EINTR": "a signal interrupts it before anything was done",
    "ENOENT": "there is no such file",
    "EBADF": "fails, because that descriptor is not open for this",
    "EACCES": "is not permitted to",
    "EPERM": "is not allowed to",
    "EFAULT": "fails, because it points to memory that is not the program's",
    "ENOSYS": "this kernel has no such call",
    "EMFILE": "fails, because the process has as many descriptors open as it may",
    "EPIPE": "fails, because nobody is there to read any more",
    "ECONNRESET": "fails, because the other end has broken the connection off",
    "ECONNREFUSED": "fails, because nobody listens there",
    "ENOTTY": "fails, because it is not that kind of device",
    "ETIMEDOUT": "does not succeed in time",
}


_READS_AND_WRITES: Final = frozenset(
    "read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 sendto sendmsg sendmmsg recvfrom"
    " recvmsg recvmmsg splice tee vmsplice sendfile mq_timedsend mq_timedreceive".split()
)
_TOLD_NOT_TO_WAIT: Final = ("MSG_DONTWAIT", "RWF_NOWAIT", "SPLICE_F_NONBLOCK")


def _cannot_now(told: Told) -> str:
    """EAGAIN of a call that moves data: one of its flags, or one of the descriptor, says not to wait."""
    flags = told.text("flags").split("|")
    given = next((each for each in _TOLD_NOT_TO_WAIT if each in flags), "")
    why = f"it was told not to ({given})" if given else "the descriptor is non-blocking"
    return f"does not wait: it cannot be done at once, and {why}"


def _failure(name: str, number: int, told: Told | None) -> str:
    error = errno_name(number)
    words = _FAILURES.get((name, error)) or _GENERAL_FAILURES.get(error)
    if error == "EAGAIN" and told is not None and name in _READS_AND_WRITES:
        words = _cannot_now(told)
    return f"{words or f'fails: {os.strerror(number)}'} ({error})"


def _general(told: Told, declared: Syscall) -> str:
    """What any call does: its name, and the things it is about."""
    about = [
        told.descriptor(each.name) if each.reads == "fd" else told.text(each.name)
        for each in declared.args
        if each.reads in ("fd", "path", "string")
    ]
    on = " on " + " and ".join(about) if about else ""
    return f"makes the system call {declared.name}{on}"


def _answer(told: Told, declared: Syscall) -> str:
    """What the result of any call says."""
    if declared.returns == "fd":
        return f"gets descriptor {told.result}"
    if declared.returns == "address":
        return f"gets the address {told.result & 0xFFFFFFFFFFFFFFFF:#x}"
    if declared.returns == "size":
        return f"returns {counted(told.result, 'byte')}"
    return "succeeds" if told.result == 0 else f"returns {told.result}"
