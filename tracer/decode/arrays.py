"""Arrays in a program's memory, as far as they could be read: `[a, b, ... /* 0x7f0000001000 */]`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.decode.look import Look
from tracer.decode.text import Unread

MOST_SHOWN: Final = 32
"""Entries of an array that are written out; the rest becomes "..."."""


def array_text(data: bytes, size: int, count: int, address: int, write: Callable[[bytes], str]) -> str:
    """The first of `count` elements of `size` bytes from `address`, of which `data` could be read.

    Where memory ended before the array did, the address of the first element that is not there says so."""
    have = min(len(data) // size, count)
    parts = [write(data[start : start + size]) for start in range(0, min(have, MOST_SHOWN) * size, size)]
    if have > MOST_SHOWN:
        parts.append("...")
    elif have < count:
        parts.append(f"... /* {address + have * size:#x} */")
    return f"[{', '.join(parts)}]"


def array_at(
    look: Look, when: int, size: int, count: int, write: Callable[[bytes], str], address: int | None = None
) -> str:
    """The array an argument (or a pointer inside it) leads to, as it was at stop `when`.

    NULL when the pointer is, [] when it has no elements, the address when not even the first could be read."""
    where = look.value if address is None else address
    if not where:
        return "NULL"
    if count <= 0:
        return "[]"
    data = look.piece(when, where)
    if isinstance(data, Unread):
        return look.missing(data, where)
    if len(data) < size:
        return look.missing(Unread("cut off"), where)
    return array_text(data, size, count, where, write)


def hex_text(value: int) -> str:
    """0x1f; zero is 0."""
    return f"{value:#x}" if value else "0"


def pointer_text(value: int) -> str:
    """An address in hex, or NULL."""
    return f"{value:#x}" if value else "NULL"
