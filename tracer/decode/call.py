"""One row as text, made when it is shown: `call_text(batch, index)`.

Nothing here raises on what a traced program left in its registers or memory: what cannot be read is shown as
its address and the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tracer.decode.arguments import reader
from tracer.decode.events import EVENTS
from tracer.decode.look import Look, Named, Watched, nothing_named, nothing_watched
from tracer.decode.results import errno_name, is_error, is_interrupted, result_text
from tracer.decode.ring_entries import completions
from tracer.recording.captured import Row, captured
from tracer.syscalls.model import Syscall
from tracer.syscalls.names import name_of
from tracer.syscalls.table import declaration_of
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, Flag, Kind

_RINGS: Final = (RING_SUBMISSION, RING_COMPLETION)


@dataclass(frozen=True, slots=True)
class CallText:
    """A row in words."""

    name: str
    """The system call's name; for other rows the signal's name, or spawn, exec, exit, mark, lost, end."""
    args: tuple[str, ...]
    """Decoded arguments; for other rows their details."""
    result: str
    """`3`, `-1 EAGAIN (Resource temporarily unavailable)`, `?` for a call that never returns, empty while it
    is still running; for other rows a sentence, or empty."""
    errno: str | None = None
    """The error's name when the call failed."""
    interrupted: bool = False
    """A signal interrupted the call, and the kernel will begin it again or make it EINTR."""
    is_call: bool = True

    @property
    def line(self) -> str:
        """The whole row as strace would write it."""
        inside = ", ".join(self.args)
        if self.is_call:
            return f"{self.name}({inside})" + (f" = {self.result}" if self.result else " <unfinished ...>")
        return " ".join(filter(None, ("---", self.name, inside, self.result, "---")))


def call_text(batch: pa.RecordBatch, index: int, watched: Watched = nothing_watched) -> CallText:
    """Row `index` of `batch` in words. Raises IndexError when there is no such row.

    `watched` maps epoll events back to descriptors, for whoever follows the interest lists of the row's process."""
    return row_text(captured(batch).row(index), watched)


def row_text(row: Row, watched: Watched = nothing_watched) -> CallText:
    """`row` in words."""
    if row.kind not in (Kind.CALL, Kind.ENTERED):
        event = EVENTS.get(row.kind)
        name, details, sentence = event(row) if event else (f"kind {row.kind}", (), "")
        return CallText(name, details, sentence, is_call=False)
    declared = declaration_of(row.abi, row.nr)
    name = name_of(row.abi, row.nr)
    if row.kind == Kind.ENTERED:
        return CallText(name, _arguments(row, declared, watched), "?" if row.flags & Flag.FINAL else "")
    returns = declared.returns if declared else "int"
    failed = is_error(row.result) and returns != "restored"
    return CallText(
        name,
        _arguments(row, declared, watched),
        outcome_text(row, declared),
        errno_name(-row.result) if failed else None,
        is_interrupted(row.result) and returns != "restored",
    )


def _arguments(row: Row, declared: Syscall | None, watched: Watched) -> tuple[str, ...]:
    return tuple([text for text in argument_texts(row, declared, watched) if text])


def argument_texts(
    row: Row, declared: Syscall | None, watched: Watched = nothing_watched, named: Named = nothing_named
) -> list[str]:
    """The text of every argument; empty for one that means nothing in this call (the mode of an open that creates
    nothing) and is not shown."""
    if declared is None:
        return [f"{value:#x}" if value else "0" for value in row.args]
    looks = (Look(row, declared, index, watched, named) for index in range(len(declared.args)))
    return [reader(each.reads)(look) for each, look in zip(declared.args, looks, strict=True)]


def outcome_text(row: Row, declared: Syscall | None) -> str:
    """What the call of a CALL row returned."""
    returns = declared.returns if declared else "int"
    machine = declared.model.machine if declared else ""
    text = result_text(row.result, returns, row.args, machine)
    # Few rows have anything of a ring: asking costs less than looking for it.
    return text + completions(row) if any(piece.arg in _RINGS for piece in row.pieces) else text
