"""The third argument of io_uring_register(2): what it is depends on the operation beside it."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.arrays import array_at, array_text, hex_text, pointer_text
from tracer.decode.constants_uring import ENTRY_FLAGS, OPERATION_FLAGS, OPERATIONS, REGISTER, RESTRICTIONS
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.text import Unread
from tracer.decode.uring_resources import (
    REGISTERED_RING,
    UPDATE,
    Element,
    braces,
    fd_text,
    files_update,
    iovec_text,
    nr_args,
    operation_of,
    register_resources,
    structure_at,
    unless_zero,
    update_resources,
)
from tracer.syscalls.layouts import layout
from tracer.syscalls.uring import LARGEST_PROBE

_OPEN: Final = -1


def _operation_text(look: Look) -> str:
    value = look.value & 0xFFFFFFFF
    name = REGISTER.get(value & ~REGISTERED_RING)
    if name and value & REGISTERED_RING:
        return f"{name}|IORING_REGISTER_USE_REGISTERED_RING"
    return constant_text(value, REGISTER)


def _array(size: int, write: Element) -> Reader:
    """A decoder of `nr_args` elements."""
    return lambda look: array_at(look, ENTRY, size, nr_args(look), lambda data: write(look, data))


_PROBE: Final = Struct("<BBH3I")
_PROBED: Final = Struct("<BBHI")


def _probe(look: Look) -> str:
    """struct io_uring_probe: zeros before, which operations there are after."""
    if not look.value or nr_args(look) > LARGEST_PROBE:
        return pointer_text(look.value)
    filled = look.piece(EXIT)
    data = look.piece(ENTRY) if isinstance(filled, Unread) else filled
    if isinstance(data, Unread) or len(data) < _PROBE.size + _PROBED.size * nr_args(look):
        return look.missing(data if isinstance(data, Unread) else Unread("cut off"))
    last, known, reserved, *rest = _PROBE.unpack_from(data)
    count = nr_args(look) if isinstance(filled, Unread) else min(known, nr_args(look))
    operations = array_text(data[_PROBE.size :], _PROBED.size, count, look.value + _PROBE.size, _probed)
    return braces([
        f"last_op={OPERATIONS.get(last, last)}", f"ops_len={known}", *unless_zero("resv", reserved),
        *unless_zero("resv2", *rest), f"ops={operations}",
    ])  # fmt: skip


def _probed(data: bytes) -> str:
    operation, reserved, flags, reserved2 = _PROBED.unpack(data)
    return braces([
        f"op={OPERATIONS.get(operation, operation)}", *unless_zero("resv", reserved),
        f"flags={flags_text(flags, OPERATION_FLAGS)}", *unless_zero("resv2", reserved2),
    ])  # fmt: skip


_RESTRICTION: Final = Struct("<HBB3I")


def _restriction(_look: Look, data: bytes) -> str:
    kind, what, reserved, *rest = _RESTRICTION.unpack(data)
    head = f"opcode={constant_text(kind, RESTRICTIONS)}"
    named = {
        0: f"register_op={constant_text(what, REGISTER)}", 1: f"sqe_op={constant_text(what, OPERATIONS)}",
        2: f"sqe_flags={flags_text(what, ENTRY_FLAGS)}", 3: f"sqe_flags={flags_text(what, ENTRY_FLAGS)}",
    }.get(kind)  # fmt: skip
    parts = [head, named] if named else [f"{head} /* op: {hex_text(what)} */"]
    return braces([*parts, *unless_zero("resv", reserved), *unless_zero("resv2", *rest)])


def _processors(look: Look) -> str:
    """A set of CPUs of `nr_args` bytes."""
    count = nr_args(look)
    if not look.value or not count:
        return "[]" if look.value else "NULL"
    data = structure_at(look, count)
    if isinstance(data, Unread):
        return look.missing(data)
    bits = int.from_bytes(data, "little")
    return f"[{' '.join(str(cpu) for cpu in range(bits.bit_length()) if bits >> cpu & 1)}]"


_WORKERS: Final = {0: "IO_WQ_BOUND", 1: "IO_WQ_UNBOUND"}


def _workers(look: Look) -> str:
    """The most workers of each kind; as they were before, when the call changed them."""
    texts = [_limits(look, when) for when in (ENTRY, EXIT)]
    return texts[0] if isinstance(look.piece(EXIT), Unread) else " => ".join(texts)


def _limits(look: Look, when: int) -> str:
    places = iter(range(nr_args(look)))

    def write(data: bytes) -> str:
        place = next(places)
        return f"[{_WORKERS.get(place, place)}]={int.from_bytes(data, 'little')}"

    return array_at(look, when, 4, nr_args(look), write)


def _ring_file(look: Look, data: bytes) -> str:
    """Where a ring's descriptor goes; -1 = the first free place."""
    offset, reserved, fd = UPDATE.unpack(data)
    place = str(_OPEN) if offset == 0xFFFFFFFF else str(offset)
    number = ((fd & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
    return braces([f"offset={place}", *unless_zero("resv", reserved), f"data={look.with_name(number)}"])


def _free_ring_file(_look: Look, data: bytes) -> str:
    offset, reserved, unused = UPDATE.unpack(data)
    return braces([f"offset={offset}", *unless_zero("resv", reserved), *unless_zero("data", unused)])


_BUFFER_RING: Final = Struct("<QIHH3Q")


def _buffer_ring(look: Look) -> str:
    data = structure_at(look, _BUFFER_RING.size)
    if not look.value or isinstance(data, Unread):
        return look.missing(data) if look.value and isinstance(data, Unread) else "NULL"
    address, entries, group, flags, *reserved = _BUFFER_RING.unpack(data)
    return braces([
        f"ring_addr={pointer_text(address)}", f"ring_entries={entries}", f"bgid={group}",
        *unless_zero("pad", flags), *unless_zero("resv", *reserved),
    ])  # fmt: skip


def _buffers(look: Look) -> str:
    return _array(layout("iovec", look.model).size, iovec_text)(look)


_BY_OPERATION: Final[dict[int, Reader]] = {
    0: _buffers, 2: _array(4, fd_text), 4: _array(4, fd_text), 6: files_update, 7: _array(4, fd_text), 8: _probe,
    11: _array(_RESTRICTION.size, _restriction), 13: register_resources, 14: update_resources,
    15: register_resources, 16: update_resources, 17: _processors, 19: _workers,
    20: _array(UPDATE.size, _ring_file), 21: _array(UPDATE.size, _free_ring_file), 22: _buffer_ring,
    23: _buffer_ring,
}  # fmt: skip


def _argument(look: Look) -> str:
    """The argument by its operation; an address for operations that take none or are not known."""
    decode = _BY_OPERATION.get(operation_of(look))
    return decode(look) if decode else pointer_text(look.value)


URING_REGISTER_READERS: Final[dict[str, Reader]] = {"uring_register": _argument, "uring_opcode": _operation_text}
