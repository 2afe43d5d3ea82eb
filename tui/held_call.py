"""The call a held thread is held at, in words: what it will do, or did."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.analyze.holds import Hold
from tracer.decode.ahead import descriptors_of
from tracer.decode.call import row_text
from tracer.decode.look import Watched, nothing_watched
from tracer.decode.sentence import intention, row_sentence
from tracer.decode.told import Naming
from tracer.recording.captured import Row


@dataclass(frozen=True, slots=True)
class HeldCall:
    """A call before it began or after it returned."""

    hold: Hold
    row: Row
    text: str
    """As a line of code; with its result after it returned."""
    sentence: str
    fds: tuple[int, ...]
    """The descriptors it is about."""
    names: tuple[str, ...]
    """What each of them is, as far as the recording tells."""
    line: int | None
    """Its line in the list of calls."""


def held_call(
    hold: Hold, row: Row, line: int | None, naming: Naming, watched: Watched = nothing_watched
) -> HeldCall:
    """The words for the call of `row`, its line being `line`."""
    text = row_text(row, watched)
    call = f"{text.name}({', '.join(text.args)})"
    fds = descriptors_of(row)
    return HeldCall(
        hold=hold,
        row=row,
        text=call if hold.at_entry else f"{call} = {text.result}",
        sentence=intention(row, naming) if hold.at_entry else row_sentence(row, naming),
        fds=fds,
        names=tuple(naming(fd) or "" for fd in fds),
        line=line,
    )
