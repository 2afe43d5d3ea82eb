"""Values of single lines, wherever they are, a chunk at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.lines.lines import Chunk, Lines


def gathered(lines: Lines, numbers: NDArray[np.int64], of: Callable[[Chunk], NDArray[Any]]) -> NDArray[Any]:
    """`of` every line of `numbers`, in their order, which may be any."""
    if not len(numbers):
        return np.zeros(0)
    if np.any(numbers[1:] < numbers[:-1]):
        order = np.argsort(numbers, kind="stable")
        values = gathered(lines, numbers[order], of)
        back = np.empty_like(values)
        back[order] = values
        return back
    parts = []
    for chunk in lines.chunks(int(numbers[0]), int(numbers[-1]) + 1):
        begin, end = np.searchsorted(numbers, (chunk.first, chunk.last))
        if begin < end:
            parts.append(of(chunk)[numbers[begin:end] - chunk.first])
    return np.concatenate(parts)
