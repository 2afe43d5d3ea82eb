"""What a decoder of one argument may look at: its register, and the memory captured for it."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any, NamedTuple

from tracer.decode.text import NOT_CAPTURED, Unread, unread
from tracer.recording.captured import Row
from tracer.syscalls.layouts import Layout, Model, layout
from tracer.syscalls.model import Syscall
from tracer.wire import When

ENTRY, EXIT = int(When.ENTRY), int(When.EXIT)


Watched = Callable[[int, int], int | None]
"""The descriptor that was put on an interest list, by the list's descriptor and the `data` given for it; None when
that is not known."""


def nothing_watched(_epfd: int, _data: int) -> int | None:
    """For whoever does not follow interest lists."""
    return None


Named = Callable[[int], str]
"""What a descriptor is called, in angle brackets as strace -yy has it, by its number in the row's process (-100,
AT_FDCWD, for the working directory); empty when that is not known, or not to be shown."""


def nothing_named(_fd: int) -> str:
    """For whoever shows descriptors as plain numbers."""
    return ""


class Look(NamedTuple):
    """One argument of one call."""

    row: Row
    declared: Syscall
    place: int
    watched: Watched = nothing_watched
    named: Named = nothing_named

    def with_name(self, fd: int) -> str:
        """A descriptor with what it is called: `3</etc/passwd>`."""
        return f"{fd}{self.named(fd)}"

    @property
    def value(self) -> int:
        """The register, unsigned."""
        return self.row.args[self.place]

    @property
    def c_int(self) -> int:
        """The register as a C int."""
        return ((self.row.args[self.place] & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000

    @property
    def signed(self) -> int:
        """The register as a C long."""
        sign = 0x80000000 if self.declared.model.word == 4 else 0x8000000000000000
        return ((self.row.args[self.place] & (2 * sign - 1)) ^ sign) - sign

    @property
    def model(self) -> Model:
        """How structures are laid out for this call."""
        return self.declared.model

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


def laid_out(name: str, write: Callable[..., str]) -> Reader:
    """A decoder of the structure `name` of `tracer.syscalls.layouts`, as the call's ABI has it: `write` gets the
    fields that have a name. Otherwise like `structure`."""
    return _decoder(lambda look: layout(name, look.declared.model), write)


def structure(text: str, write: Callable[..., str]) -> Reader:
    """A decoder of a structure that every ABI has alike, `text` being its format (module `struct`): `write` gets
    its fields.

    NULL when the pointer is; the address and the reason when the memory is missing or too short."""
    packed = Struct(text)
    same = _Fixed(packed)
    return _decoder(lambda _look: same, write)


class _Fixed(NamedTuple):
    packed: Struct

    def values(self, data: bytes) -> tuple[Any, ...]:
        return self.packed.unpack_from(data)


def _decoder(of: Callable[[Look], Layout | _Fixed], write: Callable[..., str]) -> Reader:
    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        data = look.latest()
        if isinstance(data, Unread):
            return look.missing(data)
        shape = of(look)
        if len(data) < shape.packed.size:
            return look.missing(Unread("cut off"))
        return write(*shape.values(data))

    return decode
