"""Which bytes a terminal sends for a key (console_codes(4); xterm's sequences for the named keys)."""

from __future__ import annotations

from typing import Final

_CURSOR: Final = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
_NAMED: Final = {
    "enter": b"\r",
    "tab": b"\t",
    "shift+tab": b"\x1b[Z",
    "escape": b"\x1b",
    "backspace": b"\x7f",
    "delete": b"\x1b[3~",
    "insert": b"\x1b[2~",
    "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~",
    "f1": b"\x1bOP",
    "f2": b"\x1bOQ",
    "f3": b"\x1bOR",
    "f4": b"\x1bOS",
    "f5": b"\x1b[15~",
    "f6": b"\x1b[17~",
    "f7": b"\x1b[18~",
    "f8": b"\x1b[19~",
    "f9": b"\x1b[20~",
    "f10": b"\x1b[21~",
    "f11": b"\x1b[23~",
    "f12": b"\x1b[24~",
    "ctrl+@": b"\x00",
    "ctrl+space": b"\x00",
    "ctrl+backslash": b"\x1c",
    "ctrl+circumflex_accent": b"\x1e",
    "ctrl+underscore": b"\x1f",
}


def bytes_of(key: str, character: str | None, *, application_keys: bool) -> bytes:
    """The bytes for `key` (as Textual names it) that typed `character`; empty for keys terminals do not send.

    `application_keys`: the program has switched the cursor keys to application mode (DECCKM).
    """
    if key in _CURSOR:
        return f"\x1b{'O' if application_keys else '['}{_CURSOR[key]}".encode()
    if key in _NAMED:
        return _NAMED[key]
    if key.startswith("ctrl+") and len(key) == 6 and key[5].isalpha():
        return bytes([ord(key[5].upper()) & 0x1F])
    return character.encode() if character is not None and character.isprintable() else b""
