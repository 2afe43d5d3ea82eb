"""Which piece of memory belongs to which call, and their bytes one behind the other. Pure column arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf.layout import SLOT_HEAD

_FEW: Final = 8
"""Threads looked at one by one; with more, sorting is quicker."""
_NUMBER: Final = (1 << 31) - 1
"""What of a piece's number counts calls; the top bit says that it is of an event, which comes before that call."""
_HEAD: Final = SLOT_HEAD.itemsize
_LONG: Final = 512
"""Bytes of a piece that is copied by itself."""

Numbers = NDArray[np.int64]


def rows_of(
    tids: NDArray[np.int32], seqs: NDArray[np.uint32], of_tids: NDArray[np.int32], of_seqs: NDArray[np.uint32]
) -> Numbers:
    """For each piece (`of_tids`, `of_seqs`) the call (`tids`, `seqs`) it belongs to, -1 where there is none.

    A thread's calls mostly come without a gap, and then their numbers are all there is to know."""
    row = np.full(len(of_tids), -1, np.int64)
    if not len(tids) or not len(of_tids):
        return row
    rest = np.arange(len(tids))
    for _ in range(_FEW):
        tid = tids[rest[0]]
        of_it = tids[rest] == tid
        calls = rest[of_it]
        numbers = seqs[calls]
        if not (numbers == numbers[0] + np.arange(len(numbers), dtype=np.uint32)).all():
            break
        pieces = np.flatnonzero(of_tids == tid)
        place = of_seqs[pieces] - numbers[0]  # unsigned: what was before is far behind
        near = place < len(numbers)
        row[pieces[near]] = calls[place[near]]
        rest = rest[~of_it]
        if not len(rest):
            return row
    return _by_sorting(tids, seqs, of_tids, of_seqs)


def _by_sorting(
    tids: NDArray[np.int32], seqs: NDArray[np.uint32], of_tids: NDArray[np.int32], of_seqs: NDArray[np.uint32]
) -> Numbers:
    calls, keys = _keys(tids, seqs), _keys(of_tids, of_seqs)
    order = np.argsort(calls, kind="stable")
    row = order[np.minimum(np.searchsorted(calls[order], keys), len(calls) - 1)]
    row[calls[row] != keys] = -1
    return row


def _keys(tids: NDArray[np.int32], seqs: NDArray[np.uint32]) -> NDArray[np.uint64]:
    return tids.astype(np.uint64) << np.uint64(32) | seqs.astype(np.uint64)


def behind(
    tids: NDArray[np.int32], seqs: NDArray[np.uint32], of_tids: NDArray[np.int32], of_seqs: NDArray[np.uint32]
) -> NDArray[np.bool_]:
    """Of pieces that belong to none of these calls, those that would wait for ever: a later call of the same thread
    is among these, and a thread's records come in order, so their own was lost."""
    threads, last = np.unique(tids[::-1], return_index=True)
    place = np.minimum(np.searchsorted(threads, of_tids), len(threads) - 1)
    earlier = (of_seqs - seqs[::-1][last][place]) & _NUMBER > _NUMBER >> 1
    found: NDArray[np.bool_] = earlier & (threads[place] == of_tids)
    return found


def places_of(row: Numbers, counts: Numbers, order: NDArray[np.uint16]) -> Numbers | None:
    """How to arrange pieces of these rows by row and, within one, by their `order`; None when they are so already.

    `counts`: pieces of each row. Where the orders in a row are 0, 1, 2 and so on, they are places by themselves."""
    place = (np.cumsum(counts) - counts)[row] + order
    inside = order < counts[row]
    if inside.all():
        if (place == np.arange(len(place))).all():
            return None
        arranged = np.full(len(place), -1, np.int64)
        arranged[place] = np.arange(len(place))
        if (arranged >= 0).all():
            return arranged
    return np.lexsort((order, row))


def together(
    slots: Sequence[NDArray[np.uint8]], store: Numbers, row: Numbers, lengths: NDArray[Any]
) -> NDArray[np.uint8]:
    """The bytes in use of the slots `slots[store[i]][row[i]]`, one behind the other."""
    long = np.flatnonzero(lengths > _LONG)
    if not len(long):
        return _packed(slots, store, row, lengths)
    short = np.flatnonzero(lengths <= _LONG)
    packed = _packed(slots, store[short], row[short], lengths[short])
    ends = np.cumsum(np.where(lengths > _LONG, 0, lengths), dtype=np.int64)[long].tolist()
    parts: list[NDArray[np.uint8]] = []
    done = 0
    for place, end in zip(long.tolist(), ends, strict=True):
        parts += packed[done:end], slots[store[place]][row[place], _HEAD : _HEAD + int(lengths[place])]
        done = end
    return np.concatenate((*parts, packed[done:]))


def _packed(
    slots: Sequence[NDArray[np.uint8]], store: Numbers, row: Numbers, lengths: NDArray[Any]
) -> NDArray[np.uint8]:
    """The same, through a table as wide as the longest."""
    longest = int(lengths.max()) if len(lengths) else 0
    if not longest:
        return np.empty(0, np.uint8)
    used = slice(_HEAD, _HEAD + longest)
    taken: NDArray[np.uint8] = np.empty((len(row), longest), np.uint8)
    if (store == store[0]).all():
        taken = slots[store[0]][:, used][row]
    else:
        for number, each in enumerate(slots):
            mine = np.flatnonzero(store == number)
            some = each[:, used][row[mine]]
            taken[mine, : some.shape[1]] = some
    if (lengths == longest).all():
        return taken.ravel()
    wanted: NDArray[np.uint8] = taken[np.arange(longest, dtype=lengths.dtype) < lengths[:, None]]
    return wanted
