"""The call that a multiplexer of i386 stands for, worked out at its entry stop (`tracer.syscalls.multiplexers`)."""

from __future__ import annotations

from struct import unpack
from typing import Final

from tracer.capture.memory import Reader
from tracer.syscalls.multiplexers import IPC, IPCS, MMAP_BLOCK, SELECT, SOCKETCALL, SOCKETS, number
from tracer.wire import ARGUMENT_BLOCK, When

Registers = tuple[int, ...]
"""Six, of 32 bits."""

MULTIPLEXERS: Final = frozenset({SELECT, MMAP_BLOCK, SOCKETCALL, IPC})
_OLD_MSGRCV: Final = 12
_VERSION: Final = 16
"""The high half of ipc's operation: in version 0 msgrcv has its message and type in a block."""


def unfold(reader: Reader, nr: int, args: Registers) -> tuple[int, Registers]:
    """The number and the arguments to record for the call `nr`, whose block of arguments is kept as a piece. A call
    that is no multiplexer, has an operation nobody knows, or a block that cannot be read stays what it is."""
    if nr == SOCKETCALL and args[0] in SOCKETS:
        return _from_block(reader, number(nr, args[0]), args[1], SOCKETS[args[0]].words) or (nr, args)
    if nr == SELECT:
        return _from_block(reader, number(nr, 1), args[0], 5) or (nr, args)
    if nr == MMAP_BLOCK:
        return _from_block(reader, number(nr, 1), args[0], 6) or (nr, args)
    if nr == IPC:
        return _ipc(reader, args) or (nr, args)
    return nr, args


def _from_block(reader: Reader, nr: int, address: int, words: int) -> tuple[int, Registers] | None:
    found = _words(reader, address, words)
    return None if found is None else (nr, _six(found))


def _ipc(reader: Reader, args: Registers) -> tuple[int, Registers] | None:
    operation, version = args[0] & 0xFFFF, args[0] >> _VERSION
    if operation not in IPCS:
        return None
    stand, places = IPCS[operation]
    rest = args[1:]
    found = tuple([rest[place] for place in places])
    if stand.words and not (operation == _OLD_MSGRCV and version):
        block = _words(reader, args[4], stand.words)
        if block is None:
            return None
        found = (rest[0], block[0], rest[1], block[1], rest[2]) if operation == _OLD_MSGRCV else (*found, *block)
    return number(IPC, operation), _six(found)


def _words(reader: Reader, address: int, words: int) -> Registers | None:
    data = reader.peek(address, 4 * words)
    if len(data) < 4 * words:
        return None
    reader.keep(ARGUMENT_BLOCK, When.ENTRY, address, data)
    return unpack(f"<{words}I", data)


def _six(values: Registers) -> Registers:
    return (*values, 0, 0, 0, 0, 0, 0)[:6]
