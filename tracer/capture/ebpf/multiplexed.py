"""How the programs unfold calls of i386 that stand for others (programs/unfold.h, and there why)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tracer.capture.ebpf.layout import MULTIPLEXED
from tracer.syscalls.multiplexers import IPC, IPCS, MMAP_BLOCK, SELECT, SOCKETCALL, SOCKETS, number

_OPERATIONS: Final = 32
_OLD_MSGRCV, _NEW_MSGRCV = 12, 30
_VALUES_OF_BLOCK: Final = 5
"""Behind the arguments but the first."""
_NO_VALUE: Final = 15
_POINTER: Final = 4
"""Which argument of ipc leads to a block."""


class Unfolding(NamedTuple):
    """One operation."""

    number: int
    """Under which it is recorded."""
    place: int
    """Of its plan."""
    words: int
    """32-bit words of its block."""
    block: int
    """Which argument leads there."""
    values: tuple[int, ...]
    """Where its arguments are: among those of the multiplexer behind the first, then in the block."""

    def head(self) -> tuple[int, int, int, bytes]:
        """The fields of a plan from `unfolds` on."""
        return 1, self.words, self.block, bytes((*self.values, *[_NO_VALUE] * 6)[:6])


def unfoldings() -> Iterator[Unfolding]:
    """All of them."""
    yield _from_block(SELECT, 1, MULTIPLEXED + _OPERATIONS - 1, 5, 0)
    yield _from_block(MMAP_BLOCK, 1, MULTIPLEXED + 2 * _OPERATIONS - 1, 6, 0)
    for operation, stand in SOCKETS.items():
        yield _from_block(SOCKETCALL, operation, MULTIPLEXED + operation, stand.words, 1)
    for operation, (stand, places) in IPCS.items():
        begin, recorded = MULTIPLEXED + _OPERATIONS, number(IPC, operation)
        block = tuple(range(_VALUES_OF_BLOCK, _VALUES_OF_BLOCK + stand.words))
        if operation == _OLD_MSGRCV:  # id, pointer, size, type, flags: the second and the fourth are in the block
            old = (places[0], block[0], places[2], block[1], places[4])
            yield Unfolding(recorded, begin + operation, stand.words, _POINTER, old)
            yield Unfolding(recorded, begin + _NEW_MSGRCV, 0, _POINTER, places)
        else:
            yield Unfolding(recorded, begin + operation, stand.words, _POINTER, (*places, *block))


def _from_block(multiplexer: int, operation: int, place: int, words: int, block: int) -> Unfolding:
    values = tuple(range(_VALUES_OF_BLOCK, _VALUES_OF_BLOCK + words))
    return Unfolding(number(multiplexer, operation), place, words, block, values)
