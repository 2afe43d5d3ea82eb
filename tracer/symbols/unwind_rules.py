"""Where a function's caller is, by the file's own rules: .eh_frame, DWARF 6.4, found by .eh_frame_hdr (LSB 10.6).

Only of x86-64, and only the rules that compilers write for ordinary functions: the frame's end (CFA) is a distance
from rsp or rbp, the return address lies right below it.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from typing import Final, NamedTuple

import numpy as np
from elftools.dwarf.callframe import FDE, CallFrameInfo
from elftools.dwarf.structs import DWARFStructs

RBP: Final = 6
RSP: Final = 7
_RETURN_ADDRESS: Final = 16
"""Columns of the table, numbered as in the System V ABI (figure 3.36)."""
_HEAD: Final = 12
_TABLE: Final = b"\x01\x1b\x03\x3b"
"""Version; a pointer, a count, and a table of pairs relative to the section: what every linker writes."""


class Rule(NamedTuple):
    """At one place in a function."""

    register: int
    """RSP or RBP: what the end of the frame is counted from."""
    distance: int
    saved: int | None
    """Where the caller's rbp is, counted from the end of the frame; None: still in the register."""
    outermost: bool
    """There is no caller: the first function of a thread."""


class UnwindRules:
    """The rules of one file."""

    def __init__(self, index: bytes, index_at: int, frames: bytes, frames_at: int) -> None:
        self._index_at, self._frames_at = index_at, frames_at
        self._first = self._entry = np.zeros(0, np.int64)
        if index[:4] == _TABLE:
            count = int.from_bytes(index[8:12], "little")
            pairs = np.frombuffer(index[_HEAD : _HEAD + 8 * count], "<i4").reshape(-1, 2).astype(np.int64)
            self._first, self._entry = pairs[:, 0] + index_at, pairs[:, 1] + index_at
        structs = DWARFStructs(little_endian=True, dwarf_format=32, address_size=8)
        self._frames = CallFrameInfo(io.BytesIO(frames), len(frames), frames_at, structs, for_eh_frame=True)
        self._known: dict[int, list[tuple[int, Rule | None]]] = {}
        """By the place of an entry: its rules, each with the first address it is for."""

    def at(self, address: int) -> Rule | None:
        """The rule at an address; None when there is none, or none of the ordinary kind."""
        place = int(np.searchsorted(self._first, address, side="right")) - 1
        if place < 0:
            return None
        entry = int(self._entry[place])
        rules = self._known.get(entry)
        if rules is None:
            rules = self._known[entry] = self._read(entry)
        found = bisect_right(rules, address, key=lambda each: each[0]) - 1
        return rules[found][1] if found >= 0 else None

    def _read(self, entry: int) -> list[tuple[int, Rule | None]]:
        try:
            described = self._frames._parse_entry_at(entry - self._frames_at)
            if not isinstance(described, FDE):
                return []
            begin, size = described["initial_location"], described["address_range"]
            table = described.get_decoded().table
        except Exception:  # a damaged file: pyelftools fails in whatever way the damage leads to
            return []
        rules = [(int(line["pc"]), _rule(line)) for line in table if "cfa" in line]
        # A function without a name for a while: what lies behind the last one that is described.
        return [*rules, (int(begin + size), None)]


def _rule(line: dict[object, object]) -> Rule | None:
    cfa, frame, back = line["cfa"], line.get(RBP), line.get(_RETURN_ADDRESS)
    if getattr(back, "type", "") == "UNDEFINED":
        return Rule(RSP, 0, None, True)
    register, distance = getattr(cfa, "reg", None), getattr(cfa, "offset", None)
    if register not in (RSP, RBP) or distance is None:
        return None
    kind = getattr(frame, "type", "SAME_VALUE")
    if kind not in ("SAME_VALUE", "UNDEFINED", "OFFSET"):
        return None
    return Rule(int(register), int(distance), int(frame.arg) if kind == "OFFSET" else None, False)  # type: ignore[attr-defined]
