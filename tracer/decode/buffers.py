"""Arguments that are text, bytes, iovecs, or small numbers in memory."""

from __future__ import annotations

from struct import iter_unpack
from typing import Final

from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.text import NOT_CAPTURED, Unread, quote, quote_name
from tracer.syscalls.model import IN, OUT, PAYLOAD
from tracer.syscalls.structures import IOVEC
from tracer.wire import Kind

MOST_SHOWN: Final = 32
"""Entries of an array that are written out; the rest becomes "..."."""


def buffer(look: Look) -> str:
    """The payload's first bytes; "..." when there was more than was kept."""
    if not look.value:
        return "NULL"
    data = look.latest()
    if isinstance(data, Unread):
        nothing_came = data is NOT_CAPTURED and look.row.kind == Kind.CALL and look.result == 0
        return '""' if nothing_came and _way(look) == OUT else look.missing(data)
    return quote(data, more=len(data) < _moved(look, len(data)))


def _way(look: Look) -> int:
    return next((copy.way for copy in look.declared.copies if copy.arg == look.place), IN)


def _moved(look: Look, otherwise: int) -> int:
    """How many bytes of the buffer the call is about."""
    for copy in look.declared.copies:
        if copy.arg == look.place and copy.kind == PAYLOAD:
            asked = look.sibling("count") or look.sibling("len")
            return asked if copy.way == IN else look.result
    return max(otherwise, look.result)


def path(look: Look) -> str:
    """Text up to its NUL, in quotes."""
    if not look.value:
        return "NULL"
    data = look.latest()
    if isinstance(data, Unread):
        return look.missing(data)
    ended = data.find(b"\0")
    return quote_name(data if ended < 0 else data[:ended], more=ended < 0)


def bytes_out(look: Look) -> str:
    """Control bytes the kernel wrote that are not text with a NUL (a link's target, a list of names)."""
    if not look.value:
        return "NULL"
    data = look.latest()
    return look.missing(data) if isinstance(data, Unread) else quote_name(data[: 4 * 64], len(data) > 4 * 64)


def iovec(way: str) -> Reader:
    """A decoder of an iovec array with what its segments held: "in" at entry, "out" at exit, "none" never."""
    when = {"in": ENTRY, "out": EXIT}.get(way)

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        array = look.piece(ENTRY)
        if isinstance(array, Unread):
            return look.missing(array)
        total = None if when != EXIT else max(look.result, 0)
        return iovecs_text(look, array, when, total)

    return decode


def iovecs_text(look: Look, array: bytes, when: int | None, total: int | None) -> str:
    """An iovec array; `total` bytes were filled in (None: all were given)."""
    parts = []
    vectors = list(iter_unpack("<QQ", array[: len(array) // IOVEC * IOVEC]))
    for base, length in vectors[:MOST_SHOWN]:
        used = length if total is None else min(length, total)
        if total is not None:
            total -= used
        parts.append(f"{{iov_base={_segment(look, when, base, used)}, iov_len={length}}}")
    return "[" + ", ".join(parts) + (", ..." if len(vectors) > MOST_SHOWN else "") + "]"


def _segment(look: Look, when: int | None, base: int, used: int) -> str:
    if not base:
        return "NULL"
    data = NOT_CAPTURED if when is None else look.piece(when, base)
    if isinstance(data, Unread):
        if when is not None and not used and data is NOT_CAPTURED:
            return '""'
        return look.missing(data, base)
    return quote(data[:used], more=len(data) < used)


def numbers(width: int, signed: bool = True, hexadecimal: bool = False) -> Reader:
    """A decoder of one number in memory, shown as [n]; [before => after] when the call changed it."""

    def write(data: bytes | Unread) -> str | None:
        if isinstance(data, Unread) or len(data) < width:
            return None
        value = int.from_bytes(data[:width], "little", signed=signed)
        return f"{value:#x}" if hexadecimal else str(value)

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        before, after = write(look.piece(ENTRY)), write(look.piece(EXIT))
        if before is None and after is None:
            why = look.latest()
            return look.missing(why if isinstance(why, Unread) else Unread("cut off"))
        if before is None or after is None or before == after:
            return f"[{before if after is None else after}]"
        return f"[{before} => {after}]"

    return decode


def array_of(width: int, signed: bool = True) -> Reader:
    """A decoder of an array of numbers, shown as [a, b, c]."""

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        data = look.latest()
        if isinstance(data, Unread):
            return look.missing(data)
        values = [
            int.from_bytes(data[start : start + width], "little", signed=signed)
            for start in range(0, len(data) - width + 1, width)
        ]
        shown = ", ".join(map(str, values[:MOST_SHOWN]))
        return f"[{shown}{', ...' if len(values) > MOST_SHOWN else ''}]"

    return decode


def argv(look: Look) -> str:
    """["ls", "-l"]."""
    if not look.value:
        return "NULL"
    pointers = look.piece(ENTRY)
    if isinstance(pointers, Unread):
        return look.missing(pointers)
    parts = []
    for (pointer,) in iter_unpack("<Q", pointers[: len(pointers) // 8 * 8]):
        if pointer:
            data = look.piece(ENTRY, pointer)
            parts.append(
                look.missing(data, pointer) if isinstance(data, Unread) else quote_name(data.rstrip(b"\0"))
            )
    return "[" + ", ".join(parts) + "]"


def envp(look: Look) -> str:
    """How many variables: their contents are not recorded."""
    pointers = look.piece(ENTRY)
    if not look.value or isinstance(pointers, Unread):
        return "NULL" if not look.value else f"{look.value:#x}"
    count = sum(1 for (pointer,) in iter_unpack("<Q", pointers[: len(pointers) // 8 * 8]) if pointer)
    return f"{look.value:#x} /* {count} vars */"


_GROUPS: Final = array_of(4, signed=False)


def _groups(look: Look) -> str:
    """Supplementary groups; a process may have none."""
    return "[]" if look.value and look.result == 0 and look.latest() is NOT_CAPTURED else _GROUPS(look)


BUFFERS: Final[dict[str, Reader]] = {
    "buffer": buffer,
    "bytes": bytes_out,
    "path": path,
    "string": path,
    "argv": argv,
    "envp": envp,
    "fds": array_of(4),
    "gids": _groups,
    "int*": numbers(4),
    "socklen*": numbers(4),
    "offset*": numbers(8),
    "size*": numbers(8, signed=False),
    "time_t*": numbers(8),
    "hex*": numbers(8, signed=False, hexadecimal=True),
    "address*": numbers(8, signed=False, hexadecimal=True),
}
