"""A recording as text in strace's format, as `strace -f -ttt -T -yy -o FILE` writes it.

    4241  1795358938.934782 read(3</etc/passwd>, "root:x:0"..., 4096) = 2996 <0.000067>

A call is one line unless another thread has something to say before it returns; then it is an `<unfinished ...>`
line and a `<... resumed>` one. The time in angle brackets is the corrected one: what the call would have
taken untraced. What strace has no words for (marks, calibrations) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.decode.call import argument_texts, outcome_text
from tracer.decode.constants_process import signal_name
from tracer.decode.events import signal_details
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
_NOT_KNOWN: Final = "?"
"""What a descriptor is called that was open before the trace began and could not be asked about."""


def lines(recording: Recording) -> Iterator[str]:
    """The lines of `recording`, each with its newline."""
    return _Page(recording).lines()


class _Page:
    """Writes moment by moment; at most one call's line is open, waiting for its result."""

    def __init__(self, recording: Recording) -> None:
        self._batches = recording.batches
        self._offset_ns = recording.header.began_unix_ns - recording.header.began_ns
        self._names = _DescriptorNames(recording)
        self._open: Moment | None = None

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
        texts = self._arguments(moment, row, declared)
        if self._open is not None and self._open.call == moment.call:
            self._open = None
            text = self._begin(moment.call[1], row) + f"{name_of(row.abi, row.nr)}({_joined(texts)})"
        else:
            yield from self._interrupt()
            rest = _joined(texts[_known_at_entry(declared, texts) :])
            text = self._begin(moment.at_ns, row) + f"<... {name_of(row.abi, row.nr)} resumed>{rest})"
        yield f"{text:<{RESULT_COLUMN - 1}} = {self._outcome(moment, row, declared)}\n"

    def _outcome(self, moment: Moment, row: Row, declared: Syscall | None) -> str:
        if row.kind != Kind.CALL:
            return _NEVER_RETURNED
        took_ns = self._names.took_ns(moment)
        return f"{outcome_text(row, declared)} <{took_ns / 1e9:.6f}>"

    def _interrupt(self) -> Iterator[str]:
        """Another line is to come: the open one is left unfinished."""
        if self._open is None:
            return
        moment, self._open = self._open, None
        row = self._row(moment)
        declared = declaration_of(row.abi, row.nr)
        texts = self._arguments(moment, row, declared)
        known = _known_at_entry(declared, texts)
        shown = _joined(texts[:known]) + (", " if known and _joined(texts[known:]) else "")
        yield self._begin(moment.at_ns, row) + f"{name_of(row.abi, row.nr)}({shown} <unfinished ...>\n"

    def _event(self, moment: Moment) -> Iterator[str]:
        row = self._row(moment)
        text = event_text(row)
        if text:
            yield from self._interrupt()
            yield self._begin(moment.at_ns, row) + text + "\n"

    def _arguments(self, moment: Moment, row: Row, declared: Syscall | None) -> list[str]:
        texts = argument_texts(row, declared)
        name = self._names.of(moment)
        if name and declared is not None:
            place = next(index for index, each in enumerate(declared.args) if each.reads == "fd")
            texts[place] += f"<{name}>"
        return texts

    def _row(self, moment: Moment) -> Row:
        return captured(self._batches[moment.batch]).row(moment.row)

    def _begin(self, at_ns: int, row: Row) -> str:
        return f"{row.tid:<5} {stamp(at_ns + self._offset_ns)} "


class _DescriptorNames:
    """What the descriptor of a row is, and how long its call took: accounted batch by batch, as far as needed."""

    def __init__(self, recording: Recording) -> None:
        self._accounting = Accounting(recording.header, recording.batches)
        self._unread = enumerate(self._accounting)
        self._known: dict[int, tuple[Ints, Ints]] = {}
        """By batch: code of the descriptor, and ns inside the call, of every row."""

    def of(self, moment: Moment) -> str:
        """The path or kind of the descriptor the row uses, empty when it uses none."""
        code = int(self._at(moment.batch)[0][moment.row])
        what = self._accounting.descriptors.seen[code].description.what if code >= 0 else ""
        return "" if what == _NOT_KNOWN else what

    def took_ns(self, moment: Moment) -> int:
        """Corrected time inside the call."""
        return int(self._at(moment.batch)[1][moment.row])

    def _at(self, batch: int) -> tuple[Ints, Ints]:
        while batch not in self._known:
            number, accounted = next(self._unread)
            self._known[number] = accounted.used.code.astype(np.int32), inside_ns(accounted)
        return self._known[batch]


def stamp(unix_ns: int) -> str:
    """Seconds since 1970 with microseconds, as -ttt."""
    return f"{unix_ns // 1_000_000_000}.{unix_ns // 1000 % 1_000_000:06}"


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
