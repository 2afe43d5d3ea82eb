"""Terminals that know ASCII only: what their locale says, and a stand-in of the same width for every shape."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rich.cells import cell_len

_STAND_INS: Final = str.maketrans(
    {
        pair[0]: pair[1]
        for pair in (
            "µu –- —- …~ ·. ─- ━- ═= │| ┃| ┊| ╎| ▶> ►> ◀< ◄< └+ ┘+ ┌+ ┐+ ╭+ ╮+ ╰+ ╯+ ├+ ┤+ ┬+ ┴+ ┼+ ┣[ ┫] ╴- "
            "╷' ┈. ●* ○o ×x ✗! ▾v ▸> ▴^ ↓v ↑^ ←< →> ↕X ↯! ◆* »> ▼v ▲^ ■# □o ≥> ≤< ±~ ⏎< −- ’' “\" ”\" ▎| ▍| "
            "▌# ▋# ▊# ▉# ▏| ▁_ ▂. ▃, ▄- ▅= ▆+ ▇* █# ▓% ▒% ░: ╱/ ╲\\ ∗* ‖|"
        ).split()
    }
)
"""Each shape beside its stand-in."""


@lru_cache(maxsize=4096)
def in_ascii(text: str) -> str:
    """`text` in as many cells, without anything that is not ASCII."""
    if text.isascii():
        return text
    return "".join(each if each.isascii() else "?" * cell_len(each) for each in text.translate(_STAND_INS))


def speaks_unicode(environment: Mapping[str, str]) -> bool:
    """Whether the terminal's locale can show more than ASCII.

    The first of LC_ALL, LC_CTYPE and LANG that is set decides (locale(7)). Where none is, as in containers, the
    terminal is most likely one of today's.
    """
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = environment.get(name, "")
        if value:
            language, _, charset = value.partition(".")
            if charset:
                return charset.partition("@")[0].lower().replace("-", "") == "utf8"
            return language not in ("C", "POSIX")
    return True
