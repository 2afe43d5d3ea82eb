"""Numbers as people read them: three significant digits, a unit, and columns that line up.

A share that is not quite everything never reads "100 %", and one that is not quite nothing never reads "0 %":
the difference between 411,983 and 412,003 wasted calls is twenty messages received.
"""

from __future__ import annotations

from typing import Final

_TIME_UNITS: Final = (
    ("ns", 1, 1_000),
    ("µs", 10**3, 1_000),
    ("ms", 10**6, 1_000),
    ("s", 10**9, 10_000),
    ("h", 3_600 * 10**9, 10_000),
)
"""Unit, its ns, and the number from which on the next unit reads better."""
_SIZE_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_COUNT_UNITS: Final = ("", "k", "M", "G", "T", "P")


def duration(ns: int) -> str:
    """`ns` with three significant digits and its unit: "0 ns", "1.23 µs", "12.3 ms", "2.78 h"."""
    if ns < 0:
        return f"-{duration(-ns)}"
    for unit, size, limit in _TIME_UNITS:
        number = str(ns) if size == 1 else _three_digits(ns / size)
        if float(number) < limit:
            return f"{number} {unit}"
    return f"{_three_digits(ns / 3.15576e16)} y"


def duration_column(ns: int) -> str:
    """`duration`, seven cells wide, units below each other; blank for zero, which is calmer."""
    if ns == 0:
        return " " * 7
    number, unit = duration(ns).split(" ")
    return f"{number:>4} {unit:>2}"


def seconds(ns: int) -> str:
    """`ns` as seconds with a sensible number of decimals, for totals: "3.35 s", "0.02 s", "1,204 s"."""
    return f"{ns / 1e9:,.0f} s" if ns >= 999_500_000_000 else f"{ns / 1e9:.2f} s"


def moment(ns: int) -> str:
    """A point in time as seconds since the start, to the microsecond."""
    return f"{ns / 1e9:.6f}"


def size(count: int) -> str:
    """`count` bytes in binary units: "0 B", "64 B", "1.25 KiB"."""
    number = float(count)
    for unit in _SIZE_UNITS:
        if number < 999.5 or unit == _SIZE_UNITS[-1]:
            return f"{int(number) if unit == 'B' else _three_digits(number)} {unit}"
        number /= 1024
    raise AssertionError("the last unit always fits")


def short_size(count: int) -> str:
    """`size` for a narrow column: "64", "1.25K", "3.10M"."""
    number, unit = size(count).split(" ")
    return number if unit == "B" else f"{number}{unit[0]}"


def count(number: int) -> str:
    """A count with thousands separated."""
    return f"{number:,}"


def short_count(number: int) -> str:
    """A count in at most six cells: "97", "83,401" and from a million on "1.23M"."""
    if number < 100_000:
        return count(number)
    value = float(number)
    for unit in _COUNT_UNITS:
        if value < 999.5 or unit == _COUNT_UNITS[-1]:
            return f"{_three_digits(value)}{unit}"
        value /= 1000
    raise AssertionError("the last unit always fits")


def percent(part: int, whole: int) -> str:
    """The share of `part` in `whole`; "–" when there is no whole, and honest next to 0 and 100."""
    if whole <= 0:
        return "–"
    if part <= 0 or part >= whole:
        return "0 %" if part <= 0 else "100 %"
    share = 100 * part / whole
    if share < 0.5:
        return "<1 %"
    # Cut, not rounded: 99.996 must not become 100.00.
    return f"{int(share * 100) / 100:.2f} %" if share >= 99.5 else f"{share:.0f} %"


def several(number: int, noun: str) -> str:
    """`number` and its noun, in the plural unless it is one."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def _three_digits(value: float) -> str:
    if value >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
