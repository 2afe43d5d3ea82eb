"""Numbers and names of system calls, for every table a traced program can use.

The numbers come from the `system-calls` distribution; only the tables that are asked for are imported.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Final

from tracer.syscalls.multiplexers import stands_for

X32_BIT: Final = 0x40000000
"""Set in the number of an x32 call (__X32_SYSCALL_BIT, arch/x86/include/uapi/asm/unistd.h)."""

_I386: Final = 1
_TABLES: Final = {0: "x86_64", 1: "i386", 2: "x32", 3: "arm64", 4: "arm"}
"""`tracer.wire.Abi` values to table names of system-calls."""


@cache
def numbers(abi: int) -> MappingProxyType[str, int]:
    """All calls of an ABI (a `tracer.wire.Abi`), name to number; empty for an ABI without a table."""
    table = _TABLES.get(abi)
    if table is None:
        return MappingProxyType({})
    module = import_module(f"system_calls.tables.{table}")
    known: dict[str, int] = getattr(module, f"syscalls_{table}")
    return MappingProxyType({name: _plain(abi, number) for name, number in known.items()})


@cache
def names(abi: int) -> MappingProxyType[int, str]:
    """All calls of an ABI, number to name."""
    return MappingProxyType({number: name for name, number in numbers(abi).items()})


def name_of(abi: int, nr: int) -> str:
    """The call's name, or "syscall_0x1f4" for a number that no table knows. A call that came through a multiplexer
    of i386 has the name of what it stands for (`tracer.syscalls.multiplexers`)."""
    return names(abi).get(_plain(abi, nr)) or (abi == _I386 and stands_for(nr)) or f"syscall_{nr & 0xFFFFFFFF:#x}"


def number_of(abi: int, name: str) -> int | None:
    """The call's number (for x32 without `X32_BIT`), or None when the ABI has no such call."""
    return numbers(abi).get(name)


def _plain(abi: int, nr: int) -> int:
    return nr & ~X32_BIT if abi == 2 else nr
