"""A recording as text in strace's format, as `strace -f -ttt -T -yy -o FILE` writes it.

    4241  1795358938.934782 read(3</etc/passwd>, "root:x:0"..., 4096) = 2996 <0.000067>

A call is one line unless another thread has something to say before it returns; then it is an `<unfinished ...>`
line and a `<... resumed>` one. The time in angle brackets is the corrected one: what the call would have
taken untraced. What strace has no words for (marks, calibrations) is left out.

Descriptors are named as far as the trace tells (`tracer.analyze.descriptors.names`): links as they were when the
descriptor was made, renamed and removed since then by the traced programs. A link that others changed is not
followed, nor one reached through a symbolic link when it is removed; the address of a socket that was bound by its
first sendto is not known, nor ("?") the inode of a unix socket's peer that the trace did not see made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.descriptors.names import DescriptorNames
from tracer.analyze.watched import Watching
from tracer.decode.call import argument_texts, outcome_text
from tracer.decode.constants_process import signal_name
from tracer.decode.events import signal_details
from tracer.decode.look import Named, Watched
from tracer.export.accounted import Accounting, inside_ns
from tracer.export.moments import Moment, Step, moments
from tracer.recording.captured import Row, captured
from tracer.recording.reader import Recording
from tracer.syscalls.model import OUT, Syscall
from tracer.syscalls.names import name_of
from tracer.syscalls.table import declaration_of
from tracer.wire import Kind

Ints = NDArray[Any]

RESULT_COLUMN: Final = 40
"""strace aligns "=" to this column."""
_NEVER_RETURNED: Final = "?"
_RESTART: Final = "restart_syscall"
_RESTART_BLOCK: Final = -516
"""ERESTART_RESTARTBLOCK: the call is gone on with by restart_syscall(2), not begun again."""
_FILLED_IN: Final = frozenset({"pipe", "pipe2", "socketpair", "recvmsg", "recvmmsg"})
"""Calls whose arguments hold descriptors that are there only after it."""
_DUPLICATES: Final = (0, 1030)
"""F_DUPFD, F_DUPFD_CLOEXEC."""


def lines(recording: Recording) -> Iterator[str]:
    """The lines of `recording`, each with its newline."""
    return _Page(recording).lines()


class _Page:
    """Writes moment by moment; at most one call's line is open, waiting for its result."""

    def __init__(self, recording: Recording) -> None:
        self._batches = recording.batches
        self._offset_ns = recording.header.began_unix_ns - recording.header.began_ns
        self._facts = _Facts(recording)
        self._open: Moment | None = None
        self._interrupted: dict[int, str] = {}
        """By thread: the call that the kernel will have it go on with by restart_syscall."""

    def lines(self) -> Iterator[str]:
        for moment in moments(self._batches):
            if moment.step == Step.BEGIN:
                yield from self._interrupt()
                self._open = moment
            elif moment.step == Step.END:
                yield from self._end(moment)
            else:
                yield from self._event(moment)
        yield from self._interrupt()

    def _end(self, moment: Moment) -> Iterator[str]:
        row = self._row(moment)
        declared = declaration_of(row.abi, row.nr)
        made = name_of(row.abi, row.nr) in _FILLED_IN
        if made:
            self._facts.end(moment)
        texts = self._arguments(row, declared)
        if not made:
            self._facts.end(moment)
        if self._open is not None and self._open.call == moment.call:
            self._open = None
            text = self._begin(moment.call[1], row) + f"{name_of(row.abi, row.nr)}({_joined(texts)})"
        else:
            yield from self._interrupt()
            rest = _joined(texts[_known_at_entry(declared, texts) :])
            text = self._begin(moment.at_ns, row) + f"<... {name_of(row.abi, row.nr)} resumed>{rest})"
        yield f"{text:<{RESULT_COLUMN - 1}} = {self._outcome(moment, row, declared)}\n"
        if row.result == _RESTART_BLOCK and name_of(row.abi, row.nr) != _RESTART:
            self._interrupted[row.tid] = name_of(row.abi, row.nr)

    def _outcome(self, moment: Moment, row: Row, declared: Syscall | None) -> str:
        if row.kind != Kind.CALL:
            return _NEVER_RETURNED
        name = self._facts.named(row)(row.result) if _is_descriptor(row, declared) else ""
        return f"{outcome_text(row, declared)}{name} <{self._facts.took_ns(moment) / 1e9:.6f}>"

    def _interrupt(self) -> Iterator[str]:
        """Another line is to come: the open one is left unfinished."""
        if self._open is None:
            return
        moment, self._open = self._open, None
        row = self._row(moment)
        declared = declaration_of(row.abi, row.nr)
        texts = self._arguments(row, declared)
        known = _known_at_entry(declared, texts)
        shown = _joined(texts[:known]) + (", " if known and _joined(texts[known:]) else "")
        yield self._begin(moment.at_ns, row) + f"{name_of(row.abi, row.nr)}({shown} <unfinished ...>\n"

    def _event(self, moment: Moment) -> Iterator[str]:
        row = self._row(moment)
        text = event_text(row)
        if text:
            yield from self._interrupt()
            yield self._begin(moment.at_ns, row) + text + "\n"
        self._facts.end(moment)

    def _arguments(self, row: Row, declared: Syscall | None) -> list[str]:
        if name_of(row.abi, row.nr) == _RESTART:
            return [f"<... resuming interrupted {self._interrupted.get(row.tid, 'system call')} ...>"]
        return argument_texts(row, declared, self._facts.watched(row), self._facts.named(row))

    def _row(self, moment: Moment) -> Row:
        return captured(self._batches[moment.batch]).row(moment.row)

    def _begin(self, at_ns: int, row: Row) -> str:
        return f"{row.tid:<5} {stamp(at_ns + self._offset_ns)} "


class _Facts:
    """What must be known of more than the row: what descriptors are called, and how long its call took.

    Rows end in the order in which they were written, so one batch at a time is accounted."""

    def __init__(self, recording: Recording) -> None:
        self._accounting = Accounting(recording.header, recording.batches)
        self._unread = enumerate(self._accounting)
        self._batch = -1
        self._took_ns: Ints = np.zeros(0, np.int64)
        self._names = DescriptorNames()
        self._watching = Watching()

    def named(self, row: Row) -> Named:
        """What descriptors of the row's process are called now."""
        return lambda fd: self._names.name(row.pid, fd)

    def watched(self, row: Row) -> Watched:
        """Which descriptor an epoll event of the row's process is about now."""
        return self._watching.at(self._batch + 1, 0, row.pid)

    def end(self, moment: Moment) -> None:
        """From now on it is after this END or EVENT."""
        self._advance(moment.batch)
        self._names.take_in(moment.row)

    def took_ns(self, moment: Moment) -> int:
        """Corrected time inside the call that ended."""
        return int(self._took_ns[moment.row])

    def _advance(self, batch: int) -> None:
        while self._batch < batch:
            self._batch, accounted = next(self._unread)
            self._took_ns = inside_ns(accounted)
            self._names.begin(accounted.columns, self._accounting.codes)
            self._watching.add(accounted.batch)


def stamp(unix_ns: int) -> str:
    """Seconds since 1970 with microseconds, as -ttt."""
    return f"{unix_ns // 1_000_000_000}.{unix_ns // 1000 % 1_000_000:06}"


def _is_descriptor(row: Row, declared: Syscall | None) -> bool:
    """Whether the call returned a descriptor."""
    returns = declared.returns if declared is not None and row.result >= 0 else ""
    return returns == "fd" or (returns == "fcntl" and row.args[1] & 0xFFFFFFFF in _DUPLICATES)


def _joined(texts: list[str]) -> str:
    return ", ".join(filter(None, texts))


def _known_at_entry(declared: Syscall | None, texts: list[str]) -> int:
    """How many arguments can be shown before the call returned: those before the first the kernel writes to."""
    if declared is None:
        return len(texts)
    return min((copy.arg for copy in declared.copies if copy.way == OUT), default=len(texts))


def event_text(row: Row) -> str:
    """A signal or an exit in strace's words, empty for what it does not show."""
    if row.kind == Kind.SIGNAL:
        return f"--- {signal_name(row.nr)} {signal_details(row)} ---"
    if row.kind == Kind.EXIT:
        status = row.result
        if status & 0x7F == 0:
            return f"+++ exited with {status >> 8 & 0xFF} +++"
        core = " (core dumped)" if status & 0x80 else ""
        return f"+++ killed by {signal_name(status & 0x7F)}{core} +++"
    if row.kind == Kind.EXEC and row.args[0] not in (0, row.tid):
        return f"+++ superseded by execve in pid {row.args[0]} +++"
    return ""
