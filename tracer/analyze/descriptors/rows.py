"""The report's lines of descriptors, made when they are asked for: a server opens millions, a screen shows few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct
from tracer.analyze.cube import Cube
from tracer.analyze.descriptions import Seen
from tracer.analyze.results import Copies, DescriptorRow

Ints = NDArray[np.int64]

_AT_ONCE: Final = 4096


class DescriptorRows(Sequence[DescriptorRow]):
    """The busiest descriptor first. The numbers are those of the moment the report was made."""

    def __init__(self, seen: Seen, codes: Ints, sums: Ints) -> None:
        """`sums`: calls, wasted calls and copies (`tracer.analyze.sums.COPIES`) of each of `codes`, a line each."""
        self._seen = seen
        self._found = codes, sums
        self._generations, self._keys = np.array(seen.generations)[codes], np.array(seen.keys)[codes]

    @cached_property
    def _order(self) -> Ints:
        """Sorted when somebody looks: most reports only say how many there are, if that."""
        return np.lexsort((self._generations, self._keys, -self._found[1][:, 0]))

    @cached_property
    def _codes(self) -> Ints:
        return self._found[0][self._order]

    @cached_property
    def _sums(self) -> Ints:
        return self._found[1][self._order]

    def __len__(self) -> int:
        return len(self._found[0])

    @overload
    def __getitem__(self, index: int) -> DescriptorRow: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[DescriptorRow, ...]: ...
    def __getitem__(self, index: int | slice) -> DescriptorRow | tuple[DescriptorRow, ...]:
        places = range(len(self))[index]
        return self._row(places) if isinstance(places, int) else tuple(map(self._row, places))

    def __iter__(self) -> Iterator[DescriptorRow]:
        return map(self._row, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def values(self) -> Iterator[tuple[Any, ...]]:
        """The numbers and words of every line, without an object for each: pid, fd, generation, what, opened_by,
        nonblocking, calls, wasted, and the copies."""
        seen = self._seen
        for first in range(0, len(self), _AT_ONCE):
            chosen = slice(first, first + _AT_ONCE)
            codes = self._codes[chosen].tolist()
            keys = [seen.keys[code] for code in codes]
            about = [seen.descriptions[code] for code in codes]
            yield from zip(
                [key >> 32 for key in keys], [key & 0xFFFFFFFF for key in keys],
                [seen.generations[code] for code in codes], [each.what for each in about],
                [each.opened_by for each in about], [each.nonblocking for each in about],
                *self._sums[chosen].T.tolist(), strict=True,
            )  # fmt: skip

    def _row(self, place: int) -> DescriptorRow:
        code = int(self._codes[place])
        key, about = self._seen.keys[code], self._seen.descriptions[code]
        calls, wasted, *copies = self._sums[place].tolist()
        return DescriptorRow(
            pid=key >> 32,
            fd=key & 0xFFFFFFFF,
            generation=self._seen.generations[code],
            what=about.what,
            opened_by=about.opened_by,
            nonblocking=about.nonblocking,
            calls=calls,
            wasted=wasted,
            copies=Copies(*copies),
        )


def descriptor_rows(seen: Seen, by_fd: Cube, sets: frozenset[int] | None) -> DescriptorRows:
    """The lines for the phases `sets` (None: all) out of sums by set << 32 | code."""
    keys, sums = by_fd.table()
    if sets is not None:
        wanted = np.isin(keys >> 32, list(sets))
        keys, sums = keys[wanted], sums[wanted]
    if (keys[1:] >> 32 == keys[:-1] >> 32).all():  # with one set of phases every descriptor has one cell
        return DescriptorRows(seen, keys & 0xFFFFFFFF, np.array(sums))
    codes, where = distinct(keys & 0xFFFFFFFF)
    total = np.zeros((len(codes), sums.shape[1]), np.int64)
    for column, added in zip(total.T, sums.T, strict=True):
        np.add.at(column, where, added)
    return DescriptorRows(seen, codes, total)
