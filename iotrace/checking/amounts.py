"""Amounts of a budget: times, sizes, shares and counts, as people write them and as we show them."""

from __future__ import annotations

import math
import re
from enum import Enum
from typing import Final

from tui.drawing.units import count, duration, size


class Unit(Enum):
    """What a figure is measured in."""

    TIME = "ns"
    BYTES = "bytes"
    PERCENT = "percent"
    COUNT = "count"


class BadAmount(ValueError):
    """A word that is no amount of this unit; `str()` says why."""


_NUMBER: Final = re.compile(r"(\d+(?:[_,]\d{3})*(?:\.\d+)?|\.\d+)\s*([^\d\s.]*)")
_TIMES: Final = {
    "": 1, "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9,
    "h": 3600 * 10**9,
}  # fmt: skip
_BYTES: Final = {"": 1, "b": 1} | {
    f"{letter}{rest}": 1024**power for power, letter in enumerate("kmgt", 1) for rest in ("", "b", "ib")
}
_COUNTS: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_PERCENTS: Final = {"": 1, "%": 1}
_EXAMPLES: Final = {
    Unit.TIME: "5ms, 1.5s, 200us, or a plain number of ns",
    Unit.BYTES: "4k, 1M (of 1024), or a plain number of bytes",
    Unit.PERCENT: "5 or 5%",
    Unit.COUNT: "100, 2.5 or 10k",
}


def amount(word: str, unit: Unit) -> float:
    """The amount that `word` names: "5ms" is 5,000,000 as a time. Raises BadAmount."""
    found = _NUMBER.fullmatch(word.strip())
    factor = _factor(found[2], unit) if found else None
    if found is None or factor is None:
        raise BadAmount(f"{word!r} is not {_KINDS[unit]}: {_EXAMPLES[unit]}")
    return float(found[1].replace(",", "").replace("_", "")) * factor


_KINDS: Final = {
    Unit.TIME: "a time",
    Unit.BYTES: "a size",
    Unit.PERCENT: "a share",
    Unit.COUNT: "a number",
}


def _factor(suffix: str, unit: Unit) -> int | None:
    if unit is Unit.TIME:
        return _TIMES.get(suffix)
    factors = {Unit.BYTES: _BYTES, Unit.PERCENT: _PERCENTS, Unit.COUNT: _COUNTS}[unit]
    return factors.get(suffix.lower())


def limit_of(given: float | str, unit: Unit) -> float:
    """A limit given as a word or, in Python, as a number in ns, bytes, percent or pieces. Raises BadAmount."""
    if isinstance(given, str):
        return amount(given, unit)
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given) or given < 0:
        raise BadAmount(f"{given!r} is not {_KINDS[unit]}: {_EXAMPLES[unit]}")
    return given


def shown(value: float, unit: Unit) -> str:
    """The amount for people: "5.00 ms (5,000,000 ns)" where rounding would hide something, "20", "2.5 %"."""
    plain = _plain(value)
    if unit is Unit.COUNT:
        return plain
    if unit is Unit.PERCENT:
        return f"{plain} %"
    short = (duration if unit is Unit.TIME else size)(round(value))
    exact = f"{plain} {'ns' if unit is Unit.TIME else 'B'}"
    return short if short == exact else f"{short} ({exact})"


def _plain(value: float) -> str:
    return count(int(value)) if value == int(value) else f"{value:,.3f}".rstrip("0")
