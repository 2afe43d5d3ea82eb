"""What the running kernel calls things: its type information (BTF, Documentation/bpf/btf.rst).

Asked for two things: the type of each trace point's arguments, by which a program is attached, and where in some
structures some members are. And the smallest type information that a task storage map must come with.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

KERNEL: Final = Path("/sys/kernel/btf/vmlinux")
_HEADER: Final = struct.Struct("<HBBIIIII")
_TYPE: Final = struct.Struct("<III")
_MEMBER: Final = struct.Struct("<III")
_MAGIC: Final = 0xEB9F
_STRUCT, _TYPEDEF, _FUNC = 4, 8, 12
Member = tuple[str, str]
"""A structure's name, "" of any that has none, and one of its members'."""
_BEHIND: Final = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0), 15: (0, 12),
                  17: (4, 0), 19: (0, 12)}  # fmt: skip
"""Bytes behind a type of each kind: fixed, and for each of its `vlen` members."""


@dataclass(frozen=True, slots=True)
class KernelTypes:
    """What was found."""

    tracepoints: dict[str, int]
    """The type `btf_trace_NAME` by NAME; those the kernel does not have are missing."""
    offsets: dict[tuple[str, str], int]
    """Byte offset by structure and member; those it does not have are missing."""
    functions: dict[str, int] = field(default_factory=dict)
    """The type of a function by its name."""

    def offset(self, structure: str, member: str) -> int:
        """One of them, 0 when it is not there."""
        return self.offsets.get((structure, member), 0)


def kernel_types(
    data: bytes, tracepoints: Collection[str], members: Collection[Member] = (), functions: Collection[str] = ()
) -> KernelTypes:
    """Look through a kernel's BTF. Raises ValueError when it is not BTF."""
    try:
        return _kernel_types(data, tracepoints, members, functions)
    except struct.error as error:
        raise ValueError(f"cut off: {error}") from error


def _kernel_types(
    data: bytes, tracepoints: Collection[str], members: Collection[Member], functions: Collection[str]
) -> KernelTypes:
    magic, _, _, header, types_at, types_size, strings_at, strings_size = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise ValueError("not type information of this machine's byte order")
    texts = data[header + strings_at : header + strings_at + strings_size]
    wanted = {texts.find(b"\0btf_trace_" + name.encode() + b"\0") + 1: name for name in tracepoints}
    wanted.pop(0, None)
    asked = {texts.find(b"\0" + name.encode() + b"\0") + 1: name for name in functions}
    asked.pop(0, None)
    named: dict[int, list[tuple[Member, int]]] = {}
    for member in members:
        structure, field = (texts.find(b"\0" + name.encode() + b"\0") + 1 if name else 0 for name in member)
        named.setdefault(structure, []).append((member, field))
    found: dict[str, int] = {}
    offsets: dict[Member, int] = {}
    functions_found: dict[str, int] = {}
    body = data[header + types_at : header + types_at + types_size]
    at, number, unpack = 0, 0, _TYPE.unpack_from
    while at < len(body):
        name, information, _ = unpack(body, at)
        at += _TYPE.size
        number += 1
        kind, count = information >> 24 & 0x1F, information & 0xFFFF
        if kind == _TYPEDEF and name in wanted:
            found[wanted[name]] = number
        elif kind == _FUNC and name in asked:
            functions_found[asked[name]] = number
        fixed, each = _BEHIND.get(kind, (0, 0))
        if kind == _STRUCT and name in named and count:
            fields = {field: bits for field, _, bits in _MEMBER.iter_unpack(body[at : at + each * count])}
            for member, field in named[name]:
                if field in fields:
                    offsets[member] = (fields[field] & 0xFFFFFF if information >> 31 else fields[field]) // 8
        at += fixed + each * count
    return KernelTypes(found, offsets, functions_found)


def storage_types(size: int) -> bytes:
    """BTF with an int (type 1, the key) and a structure of `size` bytes (type 2, the value)."""
    texts = b"\0int\0thread\0"
    types = _TYPE.pack(1, 1 << 24, 4) + struct.pack("<I", 1 << 24 | 32) + _TYPE.pack(5, _STRUCT << 24, size)
    return _HEADER.pack(_MAGIC, 1, 0, _HEADER.size, 0, len(types), len(types), len(texts)) + types + texts
