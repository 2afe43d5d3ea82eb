"""Times and sizes as people write them: 1.5s, 10us, 4k."""

from __future__ import annotations

import re
from typing import Final

_TIMES: Final = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}
_SIZES: Final = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_NUMBER: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(.*)")


def duration_ns(text: str) -> float | None:
    """Nanoseconds of a number with its unit (only 0 needs none); None when it is no duration."""
    found = _NUMBER.fullmatch(text.lower())
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if not unit:
        return 0.0 if number == 0 else None
    return number * _TIMES[unit] if unit in _TIMES else None


def size_bytes(text: str) -> float | None:
    """Bytes of a number with or without a unit (k, M, G: powers of 1024; KiB and kB as well); None when it is no
    size."""
    found = _NUMBER.fullmatch(text.lower())
    if found is None:
        return None
    unit = found[2]
    if len(unit) > 1:
        unit = unit.removesuffix("b").removesuffix("i")
    return float(found[1]) * _SIZES[unit] if unit in _SIZES else None
