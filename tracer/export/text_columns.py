"""Text made column by column: pieces of many lines at once, joined by Arrow, hardly a line of it in Python.

A line of JSON costs Python some microseconds; a piece of a column costs Arrow some nanoseconds a row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[Any]
Mask = NDArray[np.bool_]
Texts = Any
"""A `pyarrow.StringArray`, one text a row."""

_LONGEST: Final = 256
"""Characters of a name that are shown; whoever traces a hostile program still gets a file of a bearable size."""


def glued(*parts: Texts | str) -> Texts:
    """The texts of `parts` one behind the other, row by row; a plain text stands in every row."""
    return pc.binary_join_element_wise(*parts, "")


def numbers(values: Ints) -> Texts:
    """Whole numbers as decimal digits."""
    return pa.array(values).cast(pa.string())


def looked_up(table: Sequence[str], places: Ints) -> Texts:
    """The texts of `table` at `places`."""
    return pa.array(table, pa.string()).take(pa.array(places))


def only_where(rows: Mask, texts: Texts) -> Texts:
    """`texts` (one for each row where `rows` is true) in their rows; nothing in the others."""
    if not len(texts):
        return pa.repeat(pa.scalar(""), len(rows))
    places = np.where(rows, np.cumsum(rows) - 1, 0)
    return texts.take(pa.array(places, mask=~rows)).fill_null("")


def quoted(value: str) -> str:
    """A name as a JSON text in ASCII; a very long one is cut."""
    return json.dumps(shortened(value))


def shortened(value: str) -> str:
    """A very long name is cut."""
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def microseconds(ns: Ints) -> Texts:
    """Nanoseconds (not negative) as decimal microseconds that no reader rounds to another nanosecond.

    The Trace Event format counts in microseconds. Readers take 1.001 for the nearest binary fraction, which may lie
    below, multiply by 1000 and cut off (`CoerceToTs` in Perfetto's json_utils.cc): a nanosecond is lost, a slice
    ends after the one around it, and is dropped. Where that would happen a twentieth of a nanosecond is added.
    """
    whole, part = np.divmod(ns, 1000)
    fails = (ns / 1000 * 1000).astype(np.int64) != ns
    fails |= _FAILS_ALONE[part]
    return glued(numbers(whole), looked_up(_FRACTIONS, part + np.where(fails, 1000, 0)))


_PARTS: Final = np.arange(1000)
_FAILS_ALONE: Final = (_PARTS / 1000 * 1000).astype(np.int64) != _PARTS
"""Fractions that are lost by readers which read what is behind the point by itself."""
_FRACTIONS: Final = [
    "", *(f".{part:03}" for part in range(1, 1000)), ".00005", *(f".{part:03}05" for part in range(1, 1000)),
]  # fmt: skip
