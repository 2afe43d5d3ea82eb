"""Capabilities, seccomp, Landlock, security modules, and the kernel's keys."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import (
    constant,
    data_in,
    fd,
    flags,
    struct_in,
    struct_out,
    text,
    value,
    versioned_in,
)
from tracer.syscalls.expression import (
    NEVER,
    POSITIVE,
    RESULT,
    SUCCEEDED,
    Expr,
    among,
    arg,
    both,
    either,
    failed,
    given,
    int_arg,
    least,
    load,
    member,
    more,
    negate,
    same,
    size_of,
    times,
    unless,
    was,
)
from tracer.syscalls.model import CONTROL, IN, OUT, PAYLOAD, STRING, Arg, Copy, Syscall, call, memory

_CAPABILITY_V1: Final = 0x19980330
"""_LINUX_CAPABILITY_VERSION_1: one set of 32 bits; later versions have two (capget(2))."""


def _capability_header() -> Arg:
    """The version is read first; it is written back when the kernel does not know it (`cap_validate_magic`)."""
    known = memory(IN, CONTROL, 8, counted=False)
    version = memory(IN, CONTROL, 4, capture=NEVER, what="version")
    pid = memory(IN, CONTROL, 4, on=unless("EINVAL"), capture=NEVER, what="pid")
    preferred = memory(OUT, CONTROL, 4, on=failed("EINVAL"), what="version")
    return Arg("hdrp", "struct:cap_header", (known, version, pid, preferred))


def _capability_sets(way: int) -> Arg:
    first = same(was("hdrp"), _CAPABILITY_V1)
    on = SUCCEEDED if way == OUT else unless("EINVAL", "EPERM")
    sizes = ((12, first), (24, negate(first)))
    return Arg("datap", "struct:cap_data", tuple([
        memory(way, CONTROL, size, given=when, on=on, what="cap_data") for size, when in sizes
    ]))  # fmt: skip


_SECCOMP: Final = int_arg("operation")


def _seccomp() -> Syscall:
    """SET_MODE_FILTER reads the program and its instructions, 8 bytes each (`seccomp_prepare_user_filter`)."""
    strict, filter_, available, sizes = 0, 1, 2, 3
    program = same(_SECCOMP, filter_)
    instructions, at = (member(0, "args", arg("args"), "sock_fprog", field) for field in ("len", "filter"))
    copies = (
        memory(IN, CONTROL, size_of("sock_fprog"), given=program, what="sock_fprog"),
        memory(IN, CONTROL, times(8, instructions), at=at, given=program, on=unless("EINVAL"), what="sock_filter"),
        memory(IN, CONTROL, 4, given=same(_SECCOMP, available), what="action"),
        memory(OUT, CONTROL, 6, given=same(_SECCOMP, sizes), on=SUCCEEDED, what="seccomp_notif_sizes"),
    )
    unknown = either(negate(among(_SECCOMP, strict, filter_, available, sizes)), failed("EINVAL"))
    return call(
        "seccomp", constant("operation", "seccomp"), flags("flags", "seccomp"), Arg("args", "seccomp", copies),
        unknown=unknown,
    )  # fmt: skip


_LANDLOCK_PATH, _LANDLOCK_PORT = 1, 2
_RULE: Final = int_arg("rule_type")


def _landlock_rule() -> Arg:
    """A path rule is packed to 12 bytes, a port rule has 16 (linux/landlock.h)."""
    on = unless("EBADF", "EBADFD", "EOPNOTSUPP", "EPERM")
    return Arg("rule_attr", "landlock_rule", (
        memory(IN, CONTROL, 12, given=same(_RULE, _LANDLOCK_PATH), on=on, what="landlock_path_beneath_attr"),
        memory(IN, CONTROL, 16, given=same(_RULE, _LANDLOCK_PORT), on=on, what="landlock_net_port_attr"),
    ))  # fmt: skip


def _own_size(name: str = "size") -> Arg:
    """A size that is read, and written back as what was needed, also when it was too small."""
    written = either(SUCCEEDED, failed("E2BIG"))
    return Arg(name, "int*", (
        memory(IN, CONTROL, 4, on=unless("EINVAL"), what=f"*{name}"),
        memory(OUT, CONTROL, 4, on=written, what=f"*{name}"),
    ))  # fmt: skip


_LSM: Final = (
    call(
        "lsm_get_self_attr", constant("attr", "lsm_attr"),
        Arg("ctx", "raw", (memory(OUT, CONTROL, load(1, "size", arg("size"), 0, 4), on=POSITIVE, what="lsm_ctx"),)),
        _own_size(), value("flags", "hex"), unknown=failed("EINVAL"),
    ),
    call("lsm_set_self_attr", constant("attr", "lsm_attr"),
         struct_in("ctx", "raw", arg("size"), on=unless("EINVAL", "E2BIG")), value("size", "size"),
         value("flags", "hex"), unknown=failed("EINVAL")),
    call("lsm_list_modules", struct_out("ids", "ulongs", times(8, RESULT)), _own_size(), value("flags", "hex")),
)  # fmt: skip

_KEYCTL: Final = int_arg("operation")
_KEY_NUMBERS: Final = (0, 3, 4, 5, 7, 8, 9, 13, 14, 15, 16, 18, 19, 21, 22)
"""Operations with registers only: GET_KEYRING_ID, REVOKE, CHOWN, SETPERM, CLEAR, LINK, UNLINK, NEGATE,
SET_REQKEY_KEYRING, SET_TIMEOUT, ASSUME_AUTHORITY, SESSION_TO_PARENT, REJECT, INVALIDATE, GET_PERSISTENT."""
_JOIN, _UPDATE, _DESCRIBE, _SEARCH, _READ, _INSTANTIATE, _SECURITY = (
    1,
    2,
    6,
    10,
    11,
    12,
    17,
)


def _key_text(*operations: int) -> Copy:
    return memory(IN, CONTROL, 0, shape=STRING, given=among(_KEYCTL, *operations), what="text")


def _key_bytes(size: Expr, way: int, on: Expr, kind: int, *operations: int) -> Copy:
    return memory(way, kind, size, given=among(_KEYCTL, *operations), on=on, what="key")


def _keyctl() -> Syscall:
    """keyctl(2): what an argument is depends on the operation; the result is the length the key has."""
    fits = both(SUCCEEDED, negate(more(RESULT, arg("arg4"))))
    second = Arg("arg2", "keyctl", (_key_text(_JOIN),))
    third = Arg("arg3", "keyctl", (
        _key_text(_SEARCH),
        _key_bytes(arg("arg4"), IN, unless("EINVAL"), PAYLOAD, _UPDATE, _INSTANTIATE),
        _key_bytes(RESULT, OUT, fits, CONTROL, _DESCRIBE, _SECURITY),
        _key_bytes(least(RESULT, arg("arg4")), OUT, fits, PAYLOAD, _READ),
    ))  # fmt: skip
    fourth = Arg("arg4", "keyctl", (_key_text(_SEARCH),))
    known = (
        *_KEY_NUMBERS, _JOIN, _UPDATE, _DESCRIBE, _SEARCH, _READ, _INSTANTIATE, _SECURITY,
    )  # fmt: skip
    return call(
        "keyctl", constant("operation", "keyctl"), second, third, fourth, value("arg5", "keyctl"),
        unknown=negate(among(_KEYCTL, *known)),
    )  # fmt: skip


CALLS: Final[tuple[Syscall, ...]] = (
    call("capget", _capability_header(), _capability_sets(OUT)),
    call("capset", _capability_header(), _capability_sets(IN), unknown=failed("EPERM")),
    _seccomp(),
    call(
        "landlock_create_ruleset",
        versioned_in("attr", "struct:landlock_ruleset", arg("size"), 24, on=unless("EINVAL", "EOPNOTSUPP")),
        value("size", "size"), flags("flags", "landlock_create"), returns="fd", unknown=failed("EINVAL", "E2BIG"),
    ),
    call(
        "landlock_add_rule", fd("ruleset_fd"), constant("rule_type", "landlock_rule_type"), _landlock_rule(),
        value("flags", "hex"), unknown=failed("EINVAL"),
    ),
    call("landlock_restrict_self", fd("ruleset_fd"), value("flags", "hex")),
    *_LSM,
    call(
        "add_key", text("type"), text("description", given=given("description")),
        data_in("payload", arg("plen"), on=unless("EINVAL")), value("plen", "size"), value("keyring", "keyring"),
        unknown=failed("EINVAL", "EPERM"),
    ),
    call(
        "request_key", text("type"), text("description"), text("callout_info"), value("dest_keyring", "keyring"),
        unknown=failed("EINVAL", "EPERM"),
    ),
    _keyctl(),
)  # fmt: skip
