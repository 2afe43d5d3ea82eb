"""select's sets as a matrix of bits: what was asked, what was ready, where the set ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from rich.text import Text

from tracer.analyze.waiting_sets.waiting_sets import Bits, WaitReturn
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.waiting_words import brought_of, brought_style, brought_text

ROW: Final = 64
LIMIT: Final = 1024
"""FD_SETSIZE: what a fixed fd_set has room for (select(2))."""
_SETS: Final = ("r", "w", "x")
_SEVERAL: Final = "b"


@dataclass(frozen=True, slots=True)
class Words:
    """A row of the matrix: descriptors `first` to `first` + 63."""

    first: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows in which nothing was asked, from descriptor `first` up to `last`."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Beyond:
    """The part of an fd_set from descriptor `first` on that was not handed over."""

    first: int


@dataclass(frozen=True, slots=True)
class End:
    """Where an fd_set ends."""


@dataclass(frozen=True, slots=True)
class ReadyFd:
    """A descriptor that was ready."""

    fd: int


SelectRow = Words | Gap | Beyond | End | ReadyFd


def select_titles(palette: Palette) -> Text:
    """What the letters mean."""
    return Text(" asked: r read  w write  x except  b several   READY: capitals   · not asked", palette.faint)


def select_rows(ret: WaitReturn, bits: Bits) -> list[SelectRow]:
    """The matrix without its empty stretches, then the ready descriptors."""
    asked = frozenset().union(*(each for each in bits.asked if each))
    rows: list[SelectRow] = []
    for first in range(0, max(bits.nfds, 0), ROW):
        if any(first <= fd < first + ROW for fd in asked):
            rows.append(Words(first))
        elif rows and isinstance(rows[-1], Gap) and first != LIMIT:
            rows[-1] = Gap(rows[-1].first, first + ROW - 1)
        else:
            rows.append(Gap(first, first + ROW - 1))
    end = (max(bits.nfds, 0) + ROW - 1) // ROW * ROW
    if end < LIMIT:
        rows.append(Beyond(end))
    if end <= LIMIT:
        rows.append(End())
    else:
        rows.insert(sum(_begin(row) < LIMIT for row in rows), End())
    return rows + [ReadyFd(each.fd) for each in ret.brought]


def select_line(row: SelectRow, ret: WaitReturn, bits: Bits, palette: Palette) -> list[Segment]:
    """One of `select_rows`."""
    match row:
        case Words(first):
            return [Segment(f"{first:>5} ", palette.faint), *_cells(first, bits, palette)]
        case Gap(first, last):
            return [Segment(f"{first:>5} … {last}: nothing asked, copied all the same", palette.faint)]
        case Beyond(first):
            return [Segment(f"{first:>5} … {LIMIT - 1}: not handed over (nfds is {bits.nfds})", palette.faint)]
        case End():
            return [
                Segment(
                    f" {LIMIT:>4} ══ FD_SETSIZE: an fd_set has no bit for descriptors from here on ", palette.wasted
                )
            ]
        case ReadyFd(fd):
            return _ready(fd, ret, bits, palette)


def _begin(row: SelectRow) -> int:
    return row.first if isinstance(row, Words | Gap) else LIMIT


def _cells(first: int, bits: Bits, palette: Palette) -> list[Segment]:
    """64 cells in groups of eight: neighbours of one style are one segment."""
    line: list[Segment] = []
    for fd in range(first, first + ROW):
        if fd > first and fd % 8 == 0:
            line.append(Segment(" "))
        if fd >= bits.nfds:
            line.append(Segment(" "))
            continue
        letter = _letter(fd, bits.asked)
        answer = _letter(fd, bits.ready)
        if answer:
            line.append(Segment(answer.upper(), palette.cursor + palette.strong))
        else:
            line.append(Segment(letter or "·", palette.text if letter else palette.faint))
    return line


def _letter(fd: int, sets: tuple[frozenset[int] | None, ...]) -> str:
    letters = [letter for letter, fds in zip(_SETS, sets, strict=True) if fds and fd in fds]
    return letters[0] if len(letters) == 1 else _SEVERAL if letters else ""


def _ready(fd: int, ret: WaitReturn, bits: Bits, palette: Palette) -> list[Segment]:
    sets = " and ".join(
        word
        for word, fds in zip(("reading", "writing", "exceptions"), bits.ready, strict=True)
        if fds and fd in fds
    )
    brought = brought_of(ret).get(fd)
    return [
        Segment(f"{fd:>5} ", palette.strong),
        Segment(f"{clean(ret.names.get(fd, '?'))} ", palette.text),
        Segment(f"ready for {sets}; then ", palette.faint),
        Segment(brought_text(brought, ret), brought_style(brought, palette)),
    ]
