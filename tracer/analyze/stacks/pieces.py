"""The stacks of a batch's rows, as capture kept them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from tracer.analyze.memory import Memory
from tracer.analyze.stacks.unwind import Kept, kept_of
from tracer.recording.captured import Piece
from tracer.wire import STACK_MEMORY, USER_STACK

PIECES: Final = (USER_STACK, STACK_MEMORY)


def stacks_of(memory: Memory) -> Iterator[tuple[int, Kept]]:
    """Every row that has a stack, and the stack."""
    known: dict[tuple[bytes, int, int, bytes], Kept] = {}
    begin, upto = int(memory.ends[0]), int(memory.ends[-1])
    for place in (np.flatnonzero(memory.arg[begin:upto] == USER_STACK) + begin).tolist():
        chain, frame, stack, bytes_ = memory.content(place), memory.address(place), 0, b""
        if place + 1 < upto and memory.arg.item(place + 1) == STACK_MEMORY:
            stack, bytes_ = memory.address(place + 1), memory.content(place + 1)
        key = (chain, frame, stack, bytes_)
        kept = known.get(key)
        if kept is None:
            kept = known[key] = kept_of(*key)
        yield int(memory.owner[place - begin]), kept


def stack_of(pieces: Sequence[Piece]) -> Kept | None:
    """The stack of one row; None when none was kept."""
    chain = next((each for each in pieces if each.arg == USER_STACK and not each.reason), None)
    if chain is None:
        return None
    memory = next((each for each in pieces if each.arg == STACK_MEMORY and not each.reason), None)
    if memory is None:
        return kept_of(chain.data, chain.address)
    return kept_of(chain.data, chain.address, memory.address, memory.data)
