"""One call as its sentence looks at it: arguments by name, as numbers and as text, and words for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

from tracer.decode.arguments import reader
from tracer.decode.look import Look
from tracer.decode.results import is_error
from tracer.recording.captured import Row
from tracer.syscalls.model import Syscall
from tracer.wire import Kind

Naming = Callable[[int], str | None]
"""What a descriptor of the caller's process is, None when that is not known."""

_UNITS: Final = ((1_000_000_000, "s"), (1_000_000, "ms"), (1000, "µs"))


class Told:
    """A row with its declaration. Nothing here raises on odd registers or memory."""

    def __init__(self, row: Row, declared: Syscall, name_of_fd: Naming) -> None:
        self.row = row
        self.declared = declared
        self._name_of_fd = name_of_fd

    @cached_property
    def _places(self) -> dict[str, int]:
        return {each.name: place for place, each in enumerate(self.declared.args)}

    @property
    def result(self) -> int:
        """The call's result."""
        return self.row.result

    @property
    def ok(self) -> bool:
        """Whether the call returned, and not with an error."""
        return self.row.kind == Kind.CALL and (self.row.result >= 0 or not is_error(self.row.result))

    def has(self, name: str) -> bool:
        """Whether the call has an argument of that name."""
        return name in self._places

    def value(self, name: str) -> int:
        """An argument's register, unsigned; 0 when the call has none of that name."""
        place = self._places.get(name)
        return 0 if place is None else self.row.args[place]

    def number(self, name: str) -> int:
        """An argument as a C int."""
        return ((self.value(name) & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000

    def look(self, name: str) -> Look:
        """What decoders look at, for the argument `name` (which the call must have)."""
        return Look(self.row, self.declared, self._places[name])

    def text(self, name: str) -> str:
        """An argument decoded, empty when the call has none of that name."""
        place = self._places.get(name)
        if place is None:
            return ""
        return reader(self.declared.args[place].reads)(Look(self.row, self.declared, place))

    def descriptor(self, name: str = "fd") -> str:
        """descriptor 3 (/etc/passwd)."""
        return self.descriptor_number(self.number(name))

    def descriptor_number(self, fd: int) -> str:
        """The same for a descriptor found elsewhere."""
        what = self._name_of_fd(fd)
        return f"descriptor {fd} ({what})" if what else f"descriptor {fd}"


def duration_text(ns: int) -> str:
    """1.5 s, 20 ms, 3 µs, 7 ns."""
    for unit, name in _UNITS:
        if ns >= unit:
            return f"{ns / unit:.4g} {name}"
    return f"{ns} ns"


def counted(number: int, thing: str, many: str | None = None) -> str:
    """1 byte, 23 bytes, no bytes."""
    if number == 1:
        return f"1 {thing}"
    return f"{number or 'no'} {many or thing + 's'}"
