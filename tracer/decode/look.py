"""What a decoder of one argument may look at: its register, and the memory captured for it."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any, NamedTuple

from tracer.decode.text import NOT_CAPTURED, Unread, unread
from tracer.recording.captured import Row
from tracer.syscalls.model import Syscall
from tracer.wire import When

ENTRY, EXIT = int(When.ENTRY), int(When.EXIT)


Watched = Callable[[int, int], int | None]
"""The descriptor that was put on an interest list, by the list's descriptor and the `data` given for it; None when
that is not known."""


def nothing_watched(_epfd: int, _data: int) -> int | None:
    """For whoever does not follow interest lists."""
    return None


class Look(NamedTuple):
    """One argument of one call."""

    row: Row
    declared: Syscall
    place: int
    watched: Watched = nothing_watched

    @property
    def value(self) -> int:
        """The register, unsigned."""
        return self.row.args[self.place]

    @property
    def c_int(self) -> int:
        """The register as a C int."""
        return ((self.row.args[self.place] & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000

    @property
    def result(self) -> int:
        """The call's result; 0 when it has not returned."""
        return self.row.result

    def sibling(self, name: str) -> int:
        """Another argument's register, 0 when the call has none of that name."""
        for index, each in enumerate(self.declared.args):
            if each.name == name:
                return self.row.args[index]
        return 0

    def piece(self, when: int, address: int | None = None) -> bytes | Unread:
        """What was captured for this argument at stop `when`, from its own address or another."""
        wanted = self.value if address is None else address
        place = self.place
        for arg, stop, reason, at, data in self.row.pieces:
            if at == wanted and arg == place and stop == when:
                return unread(reason) if reason else data
        return NOT_CAPTURED

    def latest(self) -> bytes | Unread:
        """The memory at exit if it was captured there, else at entry."""
        after = self.piece(EXIT)
        return self.piece(ENTRY) if after is NOT_CAPTURED else after

    def missing(self, why: Unread, address: int | None = None) -> str:
        """The address, and why there is nothing to show behind it."""
        where = f"{self.value if address is None else address:#x}"
        return where if why is NOT_CAPTURED else f"{where} {why}"


Reader = Callable[[Look], str]
"""Decodes one argument to text. Never raises, whatever the memory holds."""


def structure(layout: str, write: Callable[..., str]) -> Reader:
    """A decoder of the structure `layout` (a `struct` format): `write` gets its fields.

    NULL when the pointer is; the address and the reason when the memory is missing or too short."""
    packed = Struct(layout)

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        data = look.latest()
        if isinstance(data, Unread):
            return look.missing(data)
        if len(data) < packed.size:
            return look.missing(Unread("cut off"))
        fields: tuple[Any, ...] = packed.unpack_from(data)
        return write(*fields)

    return decode
