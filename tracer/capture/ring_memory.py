"""The memory an io_uring submission entry leads to, as far as counting its copies and reading it needs that.

Payload is not kept: it is the program's own buffers, and by the time a completion is seen the program may
already have used them again.
"""

from __future__ import annotations

from typing import Final

from tracer.capture.memory import Reader, word
from tracer.syscalls.ring_entries import (
    ACCEPT,
    IOVEC,
    MESSAGES,
    MESSAGES_OUT,
    MSGHDR,
    PATHS,
    TWO_PATHS,
    VECTORS,
    Entry,
)
from tracer.syscalls.structures import PATH_MAX, UIO_MAXIOV

_MOST_CONTROL: Final = 4096
_LENGTH: Final = 4


def led_to(reader: Reader, entry: Entry) -> bytes:
    """At submission: the iovecs, the message header with its iovecs, the paths, or the room for an address."""
    if entry.opcode in VECTORS:
        return reader.peek(entry.addr, IOVEC * min(entry.len, UIO_MAXIOV)) if entry.len else b""
    if entry.opcode in MESSAGES:
        header = reader.peek(entry.addr, MSGHDR)
        entries = min(word(header, 24), UIO_MAXIOV)
        return header + (reader.peek(word(header, 16), IOVEC * entries) if entries else b"")
    if entry.opcode in PATHS:
        return reader.text_at(entry.addr, PATH_MAX)
    if entry.opcode in TWO_PATHS:
        return reader.text_at(entry.addr, PATH_MAX) + reader.text_at(entry.off, PATH_MAX)
    return _room(reader, entry)


def became(reader: Reader, entry: Entry, result: int) -> bytes:
    """At completion: the message header with its control messages, or the length of the accepted address."""
    if result < 0:
        return b""
    if entry.opcode in MESSAGES_OUT and not entry.repeats:
        header = reader.peek(entry.addr, MSGHDR)
        control, length = word(header, 32), word(header, 40)
        return header + (reader.peek(control, min(length, _MOST_CONTROL)) if control and length else b"")
    return _room(reader, entry)


def _room(reader: Reader, entry: Entry) -> bytes:
    return reader.peek(entry.off, _LENGTH) if entry.opcode == ACCEPT and entry.addr and entry.off else b""
