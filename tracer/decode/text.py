"""Bytes of a traced program as text that is safe on any terminal, and values that could not be read."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from typing import Final

from tracer.wire import Reason

_ESCAPES: Final = {9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
_SHORT: Final = [_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:o}") for byte in range(256)]
_LONG: Final = [_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in range(256)]
_OCTAL_DIGITS: Final = frozenset(b"01234567")
_DIGIT_FOLLOWS: Final = re.compile(rb"[^ -~\t-\r][0-7]")
"""A byte that is written in octal, and a digit after it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A fact that could not be read, and why: an errno name, "redacted" or "not captured"."""

    reason: str

    def __str__(self) -> str:
        return f"<unreadable: {self.reason}>" if self.reason.isupper() else f"<{self.reason}>"


NOT_CAPTURED: Final = Unread("not captured")


def unread(reason: int) -> Unread:
    """The reason of a piece of memory (`tracer.wire.Reason`, or an errno) as a value."""
    if reason == Reason.REDACTED:
        return Unread("redacted")
    if reason == Reason.NOT_CAPTURED:
        return NOT_CAPTURED
    return Unread(errno.errorcode.get(reason, str(reason)))


def quote(data: bytes, more: bool = False) -> str:
    """`data` in double quotes, control bytes and everything beyond ASCII escaped as in C; `more` adds "..."."""
    text = data.decode("latin-1")
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        quoted = f'"{text}"'
    elif _DIGIT_FOLLOWS.search(data) is None:
        quoted = f'"{text.translate(_SHORT)}"'
    else:
        following = (*data[1:], 0)
        # A short octal escape must not swallow a digit that follows it.
        parts = [
            _LONG[byte] if after in _OCTAL_DIGITS else _SHORT[byte]
            for byte, after in zip(data, following, strict=True)
        ]
        quoted = '"' + "".join(parts) + '"'
    return quoted + "..." if more else quoted


def quote_name(data: bytes, more: bool = False) -> str:
    """Like `quote` for file names: printable UTF-8 stays as it is."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return quote(data, more)
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"' + ("..." if more else "")
    return quote(data, more)


def plain(data: bytes) -> str:
    """A label or a command name without quotes: printable characters, the rest escaped."""
    return quote_name(data)[1:-1]
