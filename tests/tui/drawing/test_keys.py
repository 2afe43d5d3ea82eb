"""Keys as bytes for the traced program's terminal."""

from __future__ import annotations

import pytest

from tui.drawing.keys import bytes_of


@pytest.mark.parametrize(
    ("key", "character", "sent"),
    [
        ("a", "a", b"a"),
        ("é", "é", "é".encode()),
        ("space", " ", b" "),
        ("enter", "\r", b"\r"),
        ("tab", "\t", b"\t"),
        ("backspace", "\x7f", b"\x7f"),
        ("ctrl+c", "\x03", b"\x03"),
        ("ctrl+d", None, b"\x04"),
        ("ctrl+backslash", None, b"\x1c"),
        ("up", None, b"\x1b[A"),
        ("delete", None, b"\x1b[3~"),
        ("f5", None, b"\x1b[15~"),
        ("shift+f17", None, b""),
    ],
)
def test_keys_send_what_a_terminal_sends(key: str, character: str | None, sent: bytes) -> None:
    """Characters as UTF-8, named keys as xterm does; unknown ones nothing."""
    assert bytes_of(key, character, application_keys=False) == sent


def test_cursor_keys_in_application_mode() -> None:
    """DECCKM, as curses programs switch it on."""
    assert bytes_of("up", None, application_keys=True) == b"\x1bOA"
