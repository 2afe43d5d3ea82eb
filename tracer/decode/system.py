"""Arguments of keys, quotas, tracing, mounting and security whose meaning depends on an operation beside them."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.buffers import MOST_SHOWN, path
from tracer.decode.constants_process import signal_name
from tracer.decode.constants_system import KEYRINGS, QUOTA, QUOTA_TYPES
from tracer.decode.flags import constant_text
from tracer.decode.look import Look, Reader, laid_out, structure
from tracer.decode.signals import SIGNAL_READERS
from tracer.decode.text import NOT_CAPTURED, Unread, quote


def raw(look: Look) -> str:
    """A structure without a decoder of its own: its first bytes."""
    if not look.value:
        return "NULL"
    data = look.latest()
    return look.missing(data) if isinstance(data, Unread) else quote(data[:32], more=len(data) > 32)


def _string_or_address(look: Look) -> str:
    if look.latest() is NOT_CAPTURED:
        return f"{look.value:#x}" if look.value else "NULL"
    return path(look)


def _numbers(layout: str, in_hex: bool) -> Reader:
    unit = Struct(layout)

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        data = look.latest()
        if isinstance(data, Unread):
            return look.missing(data)
        values = [value for (value,) in unit.iter_unpack(data[: len(data) // unit.size * unit.size])]
        shown = ", ".join(f"{value:#x}" if in_hex else str(value) for value in values[:MOST_SHOWN])
        return f"[{shown}{', ...' if len(values) > MOST_SHOWN else ''}]"

    return decode


def _keyring(look: Look) -> str:
    return KEYRINGS.get(look.c_int, str(look.c_int))


_KEY_STRINGS: Final = frozenset({(1, "arg2"), (10, "arg3"), (10, "arg4")})
_KEY_BYTES: Final = frozenset({(2, "arg3"), (12, "arg3"), (6, "arg3"), (17, "arg3"), (11, "arg3")})


def _keyctl(look: Look) -> str:
    """A key's number by its special name, or text, or bytes."""
    here = (look.row.args[0] & 0xFFFFFFFF, look.declared.args[look.place].name)
    if here in _KEY_STRINGS:
        return path(look)
    if here in _KEY_BYTES:
        return raw(look)
    if here[1] == "arg2":
        return _keyring(look)
    return f"{look.value:#x}" if look.value else "0"


def _quota_command(look: Look) -> str:
    value = look.value & 0xFFFFFFFF
    return f"QCMD({constant_text(value >> 8, QUOTA)}, {constant_text(value & 0xFF, QUOTA_TYPES)})"


def _quota(look: Look) -> str:
    if look.latest() is NOT_CAPTURED:
        return f"{look.value:#x}" if look.value else "NULL"
    return path(look) if (look.sibling("cmd") & 0xFFFFFFFF) >> 8 == 0x800002 else raw(look)


_WORD: Final = laid_out("word", lambda word: f"[{word:#x}]")
_SIGNALLED: Final = frozenset({7, 9, 17, 24, 31, 32, 33})
"""Requests whose data is a signal to deliver: CONT, SINGLESTEP, DETACH, SYSCALL, SYSEMU*, SINGLEBLOCK."""


def _ptrace_data(look: Look) -> str:
    request = look.sibling("request") & 0xFFFFFFFF
    if request in (1, 2, 3, 0x4201):
        return _WORD(look)
    if request in (0x4202, 0x4203):
        return SIGNAL_READERS["siginfo"](look)
    if request in (0x420A, 0x420B):
        return SIGNAL_READERS["sigset"](look)
    if request in _SIGNALLED:
        return signal_name(look.c_int) if look.value else "0"
    return f"{look.value:#x}" if look.value else "NULL"


_WAITER: Final = Struct("<QQII")


def _futex_waiters(look: Look) -> str:
    if not look.value:
        return "NULL"
    data = look.latest()
    if isinstance(data, Unread):
        return look.missing(data)
    waiters = _WAITER.iter_unpack(data[: min(len(data) // _WAITER.size, MOST_SHOWN) * _WAITER.size])
    return "[" + ", ".join(f"{{val={val}, uaddr={at:#x}, flags={flags:#x}}}" for val, at, flags, _ in waiters) + "]"


def _landlock_rule(look: Look) -> str:
    return (_PATH_RULE if look.sibling("rule_type") & 0xFFFFFFFF == 1 else _PORT_RULE)(look)


_PATH_RULE: Final = structure("<Qi", lambda access, fd: f"{{allowed_access={access:#x}, parent_fd={fd}}}")
_PORT_RULE: Final = structure("<QQ", lambda access, port: f"{{allowed_access={access:#x}, port={port}}}")
_PROGRAM: Final = laid_out("sock_fprog", lambda length, filter_: f"{{len={length}, filter={filter_:#x}}}")


def _seccomp(look: Look) -> str:
    operation = look.sibling("operation") & 0xFFFFFFFF
    if operation == 1:
        return _PROGRAM(look)
    return raw(look) if operation == 3 else f"{look.value:#x}" if look.value else "NULL"


def _fs_value(look: Look) -> str:
    command = look.sibling("cmd") & 0xFFFFFFFF
    return path(look) if command in (1, 3, 4) else raw(look)


_PERF_TYPES: Final = dict(enumerate(("HARDWARE", "SOFTWARE", "TRACEPOINT", "HW_CACHE", "RAW", "BREAKPOINT")))


def _perf_event_attr(kind: int, size: int, config: int) -> str:
    name = f"PERF_TYPE_{_PERF_TYPES[kind]}" if kind in _PERF_TYPES else str(kind)
    return f"{{type={name}, size={size}, config={config:#x}, ...}}"


def _nodemask(look: Look) -> str:
    data = look.latest()
    if not look.value or isinstance(data, Unread):
        return f"{look.value:#x}" if look.value else "NULL"
    bits = int.from_bytes(data, "little")
    nodes = [node for node in range(bits.bit_length()) if bits >> node & 1]
    return "[" + " ".join(map(str, nodes[:MOST_SHOWN])) + (" ..." if len(nodes) > MOST_SHOWN else "") + "]"


SYSTEM: Final[dict[str, Reader]] = {
    "raw": raw,
    "string_or_address": _string_or_address,
    "ulongs": _numbers("<Q", in_hex=True),
    "pointers": lambda look: _numbers("<Q" if look.model.word == 8 else "<I", in_hex=True)(look),
    "keyring": _keyring,
    "keyctl": _keyctl,
    "quota_command": _quota_command,
    "quota": _quota,
    "ptrace_data": _ptrace_data,
    "futex_waiters": _futex_waiters,
    "landlock_rule": _landlock_rule,
    "seccomp": _seccomp,
    "fs_value": _fs_value,
    "perf_event_attr": structure("<IIQ", _perf_event_attr),
    "nodemask": _nodemask,
}
