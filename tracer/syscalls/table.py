"""All declarations, by ABI and number.

A call is declared once, in the file of its family, and adapted to every ABI that has it (`tracer.syscalls.adapt`):
structures are laid out by `tracer.syscalls.layouts`. What only i386 has, or has under other names, is in
`tracer.syscalls.i386`.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import Final

from tracer.syscalls import (
    aio,
    attributes,
    control,
    epoll,
    files,
    futex,
    i386,
    identity,
    ipc,
    machine,
    memory,
    message_queues,
    messages,
    mounts,
    multiplexed,
    observing,
    pipes,
    placement,
    polling,
    processes,
    read_write,
    security,
    signals,
    sockets,
    timers,
    uring,
    vectors,
)
from tracer.syscalls.adapt import adapted
from tracer.syscalls.layouts import AARCH64, I386, X32, X86_64
from tracer.syscalls.model import Syscall
from tracer.syscalls.names import numbers

_FAMILIES: Final = (
    read_write, vectors, pipes, polling, sockets, messages, files, control, memory, processes, signals, timers,
    futex, aio, uring, identity, ipc, message_queues, attributes, mounts, security, observing, placement, machine,
    epoll,
)  # fmt: skip
_X86_64, _I386, _X32, _AARCH64 = 0, 1, 2, 3
_FIRST_OF_X32: Final = 512
"""From this number on x32 enters the kernel's compat code; below, the functions of x86-64."""


@cache
def declarations(abi: int) -> MappingProxyType[int, Syscall]:
    """All declared calls of an ABI (a `tracer.wire.Abi`), by number; empty for an ABI nobody described."""
    makers = {_X86_64: _native, _AARCH64: _arm, _X32: _x32, _I386: _i386}
    return MappingProxyType(makers[abi](numbers(abi)) if abi in makers else {})


def _native(known: MappingProxyType[str, int]) -> dict[int, Syscall]:
    return {known[name]: adapted(call, X86_64) for name, call in _declared().items() if name in known}


def _arm(known: MappingProxyType[str, int]) -> dict[int, Syscall]:
    declared = _declared() | {call.name: call for call in processes.BACKWARDS}
    return {known[name]: adapted(call, AARCH64) for name, call in declared.items() if name in known}


def _x32(known: MappingProxyType[str, int]) -> dict[int, Syscall]:
    declared = _declared() | {call.name: call for call in vectors.OF_X32}
    return {
        known[name]: adapted(call, X86_64 if known[name] < _FIRST_OF_X32 else X32)
        for name, call in declared.items()
        if name in known
    }


def _i386(known: MappingProxyType[str, int]) -> dict[int, Syscall]:
    native = _declared() | {call.name: call for call in processes.BACKWARDS}
    declared = {name: adapted(call, I386) for name, call in native.items() if name in known}
    own = (*i386.CALLS, *multiplexed.CALLS)
    declared |= i386.forms(native) | {call.name: adapted(call, I386) for call in own}
    return {known[name]: call for name, call in declared.items()} | multiplexed.multiplexed(native)


@cache
def _declared() -> dict[str, Syscall]:
    return {call.name: call for family in _FAMILIES for call in family.CALLS}


def declaration_of(abi: int, nr: int) -> Syscall | None:
    """The declaration of a call, or None for one that is not declared (its copies are unknown)."""
    return declarations(abi).get(nr & 0x3FFFFFFF if abi == _X32 else nr)
