"""Text of traced programs made safe to draw, and cut to a width counted in terminal cells.

A traced program chooses its name, its paths and its data. None of it may reach the terminal as an escape
sequence, as a direction override or as console markup, so every such string passes through `clean` and is
only ever wrapped in `rich.text.Text` or `Segment`, never parsed as markup.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str) -> str:
    """`text` with every control, format, surrogate, private or unassigned character made visible.

    C0 controls become their Unicode control pictures (one cell each), the others U+FFFD.
    """
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: padded (on the left when `right`), or cut with an ellipsis."""
    if width <= 0:
        return ""
    missing = width - cell_len(text)
    if missing >= 0:
        return " " * missing + text if right else text + " " * missing
    return set_cell_size(text, width - 1) + "…"


@lru_cache(maxsize=4096)
def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return "�" if unicodedata.category(character) in _INVISIBLE else character
