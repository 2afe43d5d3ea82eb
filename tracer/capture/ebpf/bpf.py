"""The system call bpf(2): maps, programs, their attachment, type information. Numbers are from linux/bpf.h."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from typing import Final

_NUMBERS: Final = {"x86_64": 321, "aarch64": 280}
MAP_LOOKUP, MAP_UPDATE, PROG_LOAD, MAP_CREATE = 1, 2, 5, 0
RAW_TRACEPOINT_OPEN, BTF_LOAD, MAP_FREEZE = 17, 18, 22
LINK_CREATE, ITER_CREATE = 28, 33
OBJ_GET_INFO, MAP_TAKE, MAP_LOOKUP_BATCH, MAP_DELETE_BATCH = 15, 21, 24, 27
HASH, ARRAY, PROG_ARRAY, PERCPU_HASH, PERCPU_ARRAY, RINGBUF, TASK_STORAGE = 1, 2, 3, 5, 6, 27, 29
NO_PREALLOC, READ_ONLY_FOR_PROGRAMS = 1, 1 << 7
_TRACING: Final = 26
TRACE_POINT, ITERATOR = 23, 28
"""BPF_TRACE_RAW_TP and BPF_TRACE_ITER: what a program is attached to."""
_ATTRIBUTES: Final = 144
_LOG: Final = 1 << 20
_CHUNK: Final = 512

_libc = ctypes.CDLL(None, use_errno=True)


class BpfRefused(Exception):
    """The kernel said no: what was tried, the errno, and the end of the verifier's log when it has one."""

    def __init__(self, what: str, number: int, log: str = "") -> None:
        super().__init__(f"{what}: {os.strerror(number)}{log and ': ' + log}")
        self.what, self.number, self.log = what, number, log


def create_map(
    kind: int, key: int, value: int, entries: int, *, flags: int = 0, btf: tuple[int, int, int] = (0, 0, 0)
) -> int:
    """A new map's descriptor. `btf`: a descriptor, and the types of key and value. Raises BpfRefused."""
    attributes = struct.pack("<7I16x4I", kind, key, value, entries, flags, 0, 0, 0, *btf)
    return _call(MAP_CREATE, attributes, "making a map")


def update(descriptor: int, key: bytes, value: bytes, flags: int = 0) -> None:
    """Set an element. Raises BpfRefused."""
    _element(MAP_UPDATE, descriptor, key, ctypes.create_string_buffer(value, len(value)), flags)


def lookup(descriptor: int, key: bytes, size: int) -> bytes | None:
    """An element of `size` bytes (of a per-CPU map: that of every CPU), None when it has none."""
    return _found(MAP_LOOKUP, descriptor, key, size)


def take(descriptor: int, key: bytes, size: int) -> bytes | None:
    """`lookup`, and then the element is no longer there. For hashes."""
    return _found(MAP_TAKE, descriptor, key, size)


def elements(descriptor: int, key: int, value: int) -> Iterator[tuple[bytes, bytes]]:
    """All elements of a hash, some hundreds at a time: their keys, and their values (of a per-CPU map: those of
    every CPU). `key` and `value` are sizes. What comes or goes meanwhile may be missing, or come twice.

    Raises BpfRefused."""
    place, first, end = ctypes.create_string_buffer(4), 0, False
    keys, values = ctypes.create_string_buffer(_CHUNK * key), ctypes.create_string_buffer(_CHUNK * value)
    at = [ctypes.addressof(each) for each in (place, keys, values)]
    while not end:
        attributes = ctypes.create_string_buffer(struct.pack("<4QII2Q", first, *at, _CHUNK, descriptor, 0, 0), 56)
        try:
            _call(MAP_LOOKUP_BATCH, attributes, "the elements of a map")
        except BpfRefused as refused:
            if refused.number != 2:  # ENOENT: these are the last
                raise
            end = True
        (found,) = struct.unpack_from("<I", attributes, 32)
        yield keys.raw[: found * key], values.raw[: found * value]
        first = at[0]


def forget(descriptor: int, keys: bytes, number: int) -> None:
    """Delete `number` elements of a hash. Raises BpfRefused: ENOENT when one of them is not there."""
    held = ctypes.create_string_buffer(keys, len(keys))
    attributes = ctypes.create_string_buffer(
        struct.pack("<4QII2Q", 0, 0, ctypes.addressof(held), 0, number, descriptor, 0, 0), 56
    )
    _call(MAP_DELETE_BATCH, attributes, "deleting elements of a map")


def misses(program: int) -> int:
    """How often a program did not run because it was running already (`recursion_misses`). Raises BpfRefused."""
    information = ctypes.create_string_buffer(256)
    _call(OBJ_GET_INFO, struct.pack("<IIQ", program, 256, ctypes.addressof(information)), "asking about a program")
    (number,) = struct.unpack_from("<Q", information, 208)
    return int(number)


def _found(command: int, descriptor: int, key: bytes, size: int) -> bytes | None:
    value = ctypes.create_string_buffer(size)
    try:
        _element(command, descriptor, key, value, 0)
    except BpfRefused as refused:
        if refused.number == 2:  # ENOENT
            return None
        raise
    return value.raw


def _element(command: int, descriptor: int, key: bytes, value: ctypes.Array[ctypes.c_char], flags: int) -> None:
    held = ctypes.create_string_buffer(key, len(key))
    attributes = struct.pack("<I4x3Q", descriptor, ctypes.addressof(held), ctypes.addressof(value), flags)
    _call(command, attributes, "an element of a map")


def freeze(descriptor: int) -> None:
    """No more changes from user space: programs may take the map's content for constants."""
    _call(MAP_FREEZE, struct.pack("<I", descriptor), "freezing a map")


def load_types(data: bytes) -> int:
    """Type information (BTF), as a descriptor. Raises BpfRefused."""
    held = ctypes.create_string_buffer(data, len(data))
    return _call(BTF_LOAD, struct.pack("<QQI", ctypes.addressof(held), 0, len(data)), "loading type information")


def load_program(name: str, code: bytes, license_text: bytes, target: int, how: int = TRACE_POINT) -> int:
    """A program for the trace point, or the iterator, whose BTF type is `target`, as a descriptor.

    Raises BpfRefused."""
    instructions = ctypes.create_string_buffer(code, len(code))
    terms = ctypes.create_string_buffer(license_text)
    attributes = bytearray(_ATTRIBUTES)
    struct.pack_into(
        "<IIQQ", attributes, 0, _TRACING, len(code) // 8, ctypes.addressof(instructions), ctypes.addressof(terms)
    )  # fmt: skip
    struct.pack_into("<16sII", attributes, 48, name[:15].encode(), 0, how)
    struct.pack_into("<I", attributes, 108, target)
    try:
        return _call(PROG_LOAD, bytes(attributes), f"loading the program for {name}")
    except BpfRefused as refused:
        if refused.number == 1:  # EPERM: not a matter of what the program does
            raise
        log = ctypes.create_string_buffer(_LOG)
        struct.pack_into("<IIQ", attributes, 24, 1, _LOG, ctypes.addressof(log))
        try:
            return _call(PROG_LOAD, bytes(attributes), f"loading the program for {name}")
        except BpfRefused as again:
            raise BpfRefused(again.what, again.number, log.value.decode(errors="replace")[-2000:]) from None


def attach(program: int) -> int:
    """Attach a program to its trace point; it stays until the returned descriptor is closed."""
    return _call(RAW_TRACEPOINT_OPEN, struct.pack("<QI4x", 0, program), "attaching a program")


def iterate(program: int, pid: int) -> int:
    """An iterator's program bound to all threads of a process. Raises BpfRefused: ESRCH."""
    which = ctypes.create_string_buffer(struct.pack("<4I", 0, pid, 0, 0), 16)  # union bpf_iter_link_info
    attributes = struct.pack("<4IQI4x", program, 0, ITERATOR, 0, ctypes.addressof(which), 16)
    return _call(LINK_CREATE, attributes, "binding an iterator")


def iteration(link: int) -> int:
    """A file to read: the program runs, and what it writes comes. Raises BpfRefused."""
    return _call(ITER_CREATE, struct.pack("<II", link, 0), "an iteration")


def _call(command: int, attributes: bytes | ctypes.Array[ctypes.c_char], what: str) -> int:
    number = _NUMBERS.get(os.uname().machine)
    if number is None:
        raise BpfRefused(what, 38)  # ENOSYS
    held = ctypes.create_string_buffer(attributes, len(attributes)) if isinstance(attributes, bytes) else attributes
    result = int(_libc.syscall(number, command, held, len(attributes)))
    if result < 0:
        raise BpfRefused(what, ctypes.get_errno())
    return result
