"""One call that returned, as the rules of `openings` see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from tracer.analyze.changes import Change
from tracer.analyze.memory import Memory
from tracer.wire import When

O_NONBLOCK: Final = 0o4000
"""Also SOCK_NONBLOCK, EFD_NONBLOCK, TFD_NONBLOCK, ..."""
O_CLOEXEC: Final = 0o2000000


class Returned(NamedTuple):
    """Its arguments, its result and the memory captured at its stops."""

    args: list[int]
    result: int
    memory: Memory
    row: int

    def content(self, argument: int, when: When = When.ENTRY) -> bytes | None:
        """What was captured of the memory `argument` points to, None when it is missing."""
        return self.memory.argument(self.row, argument, when)

    def text(self, argument: int) -> str:
        """The same as text, "?" when it is missing."""
        return text_of(self.content(argument))


Rule: TypeAlias = "Callable[[Returned], Iterator[Change]]"
"""What one call changes."""


def text_of(content: bytes | None) -> str:
    """Captured memory as text up to its NUL, "?" when it is missing."""
    return "?" if content is None else content.split(b"\0", 1)[0].decode(errors="backslashreplace")


def flags_of(flags: int) -> tuple[bool, bool]:
    """(non-blocking, close-on-exec) of the flags a descriptor was made with."""
    return bool(flags & O_NONBLOCK), bool(flags & O_CLOEXEC)
