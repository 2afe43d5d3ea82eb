"""Arguments that are text, bytes, iovecs, or small numbers in memory."""

from __future__ import annotations

from typing import Final

from tracer.decode.arrays import MOST_SHOWN as MOST_SHOWN
from tracer.decode.arrays import array_text
from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.netlink import messages_text, netlink_family
from tracer.decode.text import NOT_CAPTURED, Unread, quote, quote_name
from tracer.syscalls.layouts import layout
from tracer.syscalls.model import IN, OUT, PAYLOAD
from tracer.wire import Kind


def buffer(look: Look) -> str:
    """The payload's first bytes; "..." when there was more than was kept."""
    if not look.value:
        return "NULL"
    data = look.latest()
    if isinstance(data, Unread):
        return '""' if data is NOT_CAPTURED and _empty(look) else look.missing(data)
    return _payload(look, data, _moved(look, len(data)))


def _payload(look: Look, data: bytes, total: int) -> str:
    """`data`, all that was kept of `total` bytes: as messages when a netlink socket moves them, else as text."""
    family = netlink_family(look)
    messages = messages_text(data, total, family) if family is not None else ""
    return messages or quote(data, more=len(data) < total)


def _empty(look: Look) -> bool:
    """Whether nothing was to be given, or nothing came."""
    if _way(look) == OUT:
        return look.row.kind == Kind.CALL and look.result == 0
    lengths = [place for place, each in enumerate(look.declared.args) if each.name in ("count", "len")]
    return 0 in [look.row.args[place] for place in lengths]


def _way(look: Look) -> int:
    return next((copy.way for copy in look.declared.copies if copy.arg == look.place), IN)


_LENGTHS: Final = ("count", "len", "msg_len", "plen")
"""What calls name the length of their buffer."""


def _moved(look: Look, otherwise: int) -> int:
    """How many bytes of the buffer the call is about."""
    for copy in look.declared.copies:
        if copy.arg == look.place and copy.kind == PAYLOAD:
            asked = next(filter(None, map(look.sibling, _LENGTHS)), 0)
            if copy.way == IN:
                return asked
            # With MSG_TRUNC the result is what there was, not what came (recv(2)).
            return min(asked, look.result) if asked else look.result
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
        # The number of segments is the next argument of every call that has any.
        count = look.row.args[look.place + 1]
        if isinstance(array, Unread):
            return look.missing(array) if count else "[]"
        total = None if when != EXIT else max(look.result, 0)
        return iovecs_text(look, array, when, total, count, look.value)

    return decode


def iovecs_text(look: Look, array: bytes, when: int | None, total: int | None, count: int, address: int) -> str:
    """An array of `count` iovecs at `address`; `total` bytes were filled in (None: all were given)."""
    shape = layout("iovec", look.model)
    if len(array) < shape.size and count:
        return look.missing(Unread("cut off"), address)
    left = total

    def write(vector: bytes) -> str:
        nonlocal left
        base, length = shape.packed.unpack(vector)
        used = length if left is None else min(length, left)
        if left is not None:
            left -= used
        return f"{{iov_base={_segment(look, when, base, used)}, iov_len={length}}}"

    return array_text(array, shape.size, count, address, write)


def _segment(look: Look, when: int | None, base: int, used: int) -> str:
    if not base:
        return "NULL"
    data = NOT_CAPTURED if when is None else look.piece(when, base)
    if isinstance(data, Unread):
        came = when != EXIT or (look.row.kind == Kind.CALL and look.result >= 0)
        if when is not None and came and not used and data is NOT_CAPTURED:
            return '""'
        return look.missing(data, base)
    return _payload(look, data[:used], used)


def numbers(size: int | str, signed: bool = True, hexadecimal: bool = False) -> Reader:
    """A decoder of one number in memory, shown as [n]; [before => after] when the call changed it. Its size in
    bytes, or the structure of `tracer.syscalls.layouts` that it is alone in."""

    def write(data: bytes | Unread, width: int) -> str | None:
        if isinstance(data, Unread) or len(data) < width:
            return None
        value = int.from_bytes(data[:width], "little", signed=signed)
        return f"{value:#x}" if hexadecimal else str(value)

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        width = size if isinstance(size, int) else layout(size, look.model).size
        before, after = write(look.piece(ENTRY), width), write(look.piece(EXIT), width)
        if before is None and after is None:
            why = look.latest()
            return look.missing(why if isinstance(why, Unread) else Unread("cut off"))
        if before is None or after is None or before == after:
            return f"[{before if after is None else after}]"
        return f"[{before} => {after}]"

    return decode


def array_of(width: int, signed: bool = True, descriptors: bool = False) -> Reader:
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
        shown = ", ".join(map(look.with_name if descriptors else str, values[:MOST_SHOWN]))
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
    for (pointer,) in layout("word", look.model).packed.iter_unpack(_whole(look, pointers)):
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
    words = layout("word", look.model).packed.iter_unpack(_whole(look, pointers))
    count = sum(1 for (pointer,) in words if pointer)
    return f"{look.value:#x} /* {count} vars */"


def _whole(look: Look, words: bytes) -> bytes:
    """As many bytes as make whole words."""
    return words[: len(words) // look.model.word * look.model.word]


def _groups(width: int) -> Reader:
    """Supplementary groups; a process may have none."""
    several = array_of(width, signed=False)

    def decode(look: Look) -> str:
        return "[]" if look.value and look.result == 0 and look.latest() is NOT_CAPTURED else several(look)

    return decode


BUFFERS: Final[dict[str, Reader]] = {
    "buffer": buffer,
    "bytes": bytes_out,
    "path": path,
    "string": path,
    "argv": argv,
    "envp": envp,
    "fds": array_of(4, descriptors=True),
    "gids": _groups(4),
    "gids16": _groups(2),
    "short*": numbers(2, signed=False),
    "int*": numbers(4),
    "socklen*": numbers(4),
    "offset*": numbers(8),
    "off_t*": numbers("word"),
    "size*": numbers("word", signed=False),
    "time_t*": numbers("time"),
    "hex*": numbers(8, signed=False, hexadecimal=True),
    "address*": numbers("word", signed=False, hexadecimal=True),
}
