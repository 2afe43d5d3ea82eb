"""Bytes as a hex dump with their text beside it; nothing of them reaches the terminal but printable ASCII."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from tui.drawing.palette import Palette
from tui.drawing.text import clean

MOST: Final = 4096
"""Bytes dumped; more are only counted."""
_MOSTLY: Final = 0.85


def hexdump(content: bytes, width: int, palette: Palette) -> list[Text]:
    """`content`, 16 bytes a line where `width` cells allow it, else 8 or 4."""
    each = next((count for count in (16, 8) if _cells(count) <= width), 4)
    lines = list(_lines(content[:MOST], each, palette))
    if len(content) > MOST:
        lines.append(Text(f"… {len(content) - MOST:,} bytes more", palette.faint))
    return lines


def preview(content: bytes, limit: int = 64) -> str:
    """The first `limit` bytes as text, unprintable ones as dots."""
    return f"|{_plain(content[:limit])}|" + ("…" if len(content) > limit else "") if content else ""


def as_text(content: bytes, limit: int = 240) -> str:
    """`content` as one line of text when that is what it seems to be (UTF-8, nearly all printable), else empty.

    Control characters are shown as pictures of themselves."""
    if not content:
        return ""
    text = content[:limit].decode("utf-8", "ignore")
    printable = sum(character.isprintable() or character in "\r\n\t" for character in text)
    if printable < _MOSTLY * len(text) or len(text.encode()) < _MOSTLY * min(len(content), limit):
        return ""
    return clean(text) + ("…" if len(content) > limit else "")


def _cells(count: int) -> int:
    return 6 + 3 * count + count // 8 + 2 + count


def _lines(content: bytes, each: int, palette: Palette) -> Iterator[Text]:
    for start in range(0, len(content), each):
        part = content[start : start + each]
        halves = (part[at : at + 8] for at in range(0, each, 8))
        digits = "  ".join(half.hex(" ").ljust(min(8, each) * 3 - 1) for half in halves)
        yield Text.assemble(
            (f"{start:04x}  ", palette.faint), (digits, palette.text), (f"  |{_plain(part)}|", palette.faint)
        )


def _plain(content: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in content)
