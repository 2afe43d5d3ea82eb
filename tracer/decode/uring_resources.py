"""Files and buffers for io_uring_register(2), and words that its other arguments share with them."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final

from tracer.decode.arrays import array_at, hex_text, pointer_text
from tracer.decode.constants_uring import RESOURCE_FLAGS
from tracer.decode.flags import flags_text
from tracer.decode.look import ENTRY, Look
from tracer.decode.text import Unread
from tracer.syscalls.layouts import layout
from tracer.syscalls.uring import PAGE, RESOURCES

_SKIP: Final = -2
REGISTERED_RING: Final = 1 << 31
"""IORING_REGISTER_USE_REGISTERED_RING, in the operation: the descriptor is a place among the registered ones."""


def operation_of(look: Look) -> int:
    """The number of the operation, IORING_REGISTER_*."""
    return look.sibling("opcode") & 0xFFFFFFFF & ~REGISTERED_RING


def nr_args(look: Look) -> int:
    """The number of elements; for structures that grew over the years their size in bytes."""
    return look.sibling("nr_args") & 0xFFFFFFFF


def fd_text(look: Look, data: bytes) -> str:
    """A descriptor of an array; -1 leaves a place free."""
    return look.with_name(int.from_bytes(data, "little", signed=True))


def updated_fd_text(look: Look, data: bytes) -> str:
    """A descriptor that replaces another; -1 takes it off, -2 leaves it."""
    fd = int.from_bytes(data, "little", signed=True)
    return "IORING_REGISTER_FILES_SKIP" if fd == _SKIP else look.with_name(fd)


def iovec_text(look: Look, data: bytes) -> str:
    """A buffer."""
    base, length = layout("iovec", look.model).packed.unpack(data)
    return f"{{iov_base={pointer_text(base)}, iov_len={length}}}"


Element = Callable[[Look, bytes], str]


def structure_at(look: Look, size: int) -> bytes | Unread:
    """The first `size` bytes of the structure, or why they are not there."""
    data = look.piece(ENTRY)
    if isinstance(data, Unread):
        return data
    return data[:size] if len(data) >= size else Unread("cut off")


def unless_zero(name: str, *values: int) -> list[str]:
    """Fields that should be zero are worth a word when they are not."""
    if not any(values):
        return []
    return [f"{name}={hex_text(values[0])}" if len(values) == 1 else f"{name}=[{', '.join(map(hex_text, values))}]"]


def braces(parts: list[str]) -> str:
    """{a, b}."""
    return "{" + ", ".join(parts) + "}"


UPDATE: Final = Struct("<IIQ")


def files_update(look: Look) -> str:
    """struct io_uring_files_update with the descriptors it leads to."""
    data = structure_at(look, UPDATE.size)
    if not look.value or isinstance(data, Unread):
        return look.missing(data) if look.value and isinstance(data, Unread) else "NULL"
    offset, reserved, fds = UPDATE.unpack(data)
    files = array_at(look, ENTRY, 4, nr_args(look), lambda each: updated_fd_text(look, each), fds)
    return braces([f"offset={offset}", *unless_zero("resv", reserved), f"fds={files}"])


_RESOURCE_ELEMENTS: Final[dict[int, Element]] = {13: fd_text, 14: updated_fd_text, 15: iovec_text, 16: iovec_text}


def _resources(look: Look, address: int, tags: int, count: int) -> list[str]:
    write = _RESOURCE_ELEMENTS[operation_of(look)]
    size = layout("iovec", look.model).size if write is iovec_text else 4
    data = array_at(look, ENTRY, size, count, lambda each: write(look, each), address)
    marks = array_at(look, ENTRY, 8, count, lambda each: hex_text(int.from_bytes(each, "little")), tags)
    return [f"data={data}", f"tags={marks}"]


_REGISTER: Final = Struct("<IIQQQ")
_REPLACE: Final = Struct("<IIQQII")


def register_resources(look: Look) -> str:
    """struct io_uring_rsrc_register; `nr_args` is its size."""
    data = structure_at(look, RESOURCES)
    if not look.value or nr_args(look) < RESOURCES or isinstance(data, Unread):
        return look.missing(data) if look.value and isinstance(data, Unread) else pointer_text(look.value)
    count, flags, reserved, address, tags = _REGISTER.unpack(data)
    return braces([
        f"nr={count}", f"flags={flags_text(flags, RESOURCE_FLAGS)}", *unless_zero("resv2", reserved),
        *_resources(look, address, tags, count), *_beyond(look),
    ])  # fmt: skip


def update_resources(look: Look) -> str:
    """struct io_uring_rsrc_update2; `nr_args` is its size."""
    data = structure_at(look, RESOURCES)
    if not look.value or nr_args(look) < RESOURCES or isinstance(data, Unread):
        return look.missing(data) if look.value and isinstance(data, Unread) else pointer_text(look.value)
    offset, reserved, address, tags, count, reserved2 = _REPLACE.unpack(data)
    return braces([
        f"offset={offset}", *unless_zero("resv", reserved), *_resources(look, address, tags, count), f"nr={count}",
        *unless_zero("resv2", reserved2), *_beyond(look),
    ])  # fmt: skip


def _beyond(look: Look) -> list[str]:
    """What follows the structure as we know it, when the program's is larger: nothing to say of zeros."""
    data, size = look.piece(ENTRY), min(nr_args(look), PAGE)
    if isinstance(data, Unread) or size <= RESOURCES:
        return []
    if len(data) < size:
        return ["???"]
    rest = data[RESOURCES:size]
    text = "".join(f"\\x{byte:02x}" for byte in rest)
    return [f'/* bytes {RESOURCES}..{size - 1} */ "{text}"'] if any(rest) else []
