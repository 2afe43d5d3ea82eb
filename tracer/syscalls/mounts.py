"""Mounting, the calls that describe mounts and namespaces, quotas, and swap."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import (
    constant,
    dirfd,
    fd,
    flags,
    path,
    struct_out,
    text,
    value,
    values,
    versioned_in,
)
from tracer.syscalls.expression import (
    NEVER,
    RESULT,
    SUCCEEDED,
    Expr,
    Term,
    among,
    arg,
    became,
    bits,
    either,
    failed,
    given,
    int_arg,
    least,
    negate,
    over,
    same,
    size_of,
    times,
    unless,
    was,
)
from tracer.syscalls.model import CONTROL, IN, OUT, PATH, STRING, Arg, Copy, Syscall, call, memory

_CHECKED: Final = unless("EINVAL", "EPERM")
_UNSURE: Final = failed("EINVAL", "EPERM")
_MOUNT_ATTR: Final = 32
_DQBLK: Final = size_of("dqblk")
_DQINFO: Final = 24


def _mount_data() -> Arg:
    """A page is copied whatever it holds (`copy_mount_options`, fs/namespace.c), less what is not mapped."""
    page = memory(IN, CONTROL, 4096, capture=NEVER, what="mount options")
    seen = memory(IN, CONTROL, 0, shape=STRING, counted=False)
    return Arg("data", "string", (page, seen))


_COMMAND: Final = over(bits(arg("cmd"), 0xFFFFFFFF), 256)
"""quotactl's command without the type of quota in its low byte."""
_QUOTA_NUMBERS: Final = (0x800001, 0x800003)
"""Q_SYNC, Q_QUOTAOFF."""
_QUOTA_ON, _GET_FORMAT, _GET_INFO, _SET_INFO, _GET, _SET, _GET_NEXT = (0x800002, *range(0x800004, 0x80000A))


def _quota() -> Arg:
    """struct dqblk, dqinfo or a format, by command (quotactl(2)); file systems' own commands are unknown."""

    def only(size: Term, way: int, on: Expr, *commands: int) -> Copy:
        return memory(way, CONTROL, size, given=among(_COMMAND, *commands), on=on, what="quota")

    return Arg("addr", "quota", (
        memory(IN, CONTROL, 0, shape=PATH, given=same(_COMMAND, _QUOTA_ON), what="quota file"),
        only(4, OUT, SUCCEEDED, _GET_FORMAT), only(_DQINFO, OUT, SUCCEEDED, _GET_INFO),
        only(_DQBLK, OUT, SUCCEEDED, _GET, _GET_NEXT), only(_DQINFO, IN, SUCCEEDED, _SET_INFO),
        only(_DQBLK, IN, SUCCEEDED, _SET),
    ))  # fmt: skip


_QUOTA_UNKNOWN: Final = either(
    negate(
        among(
            _COMMAND, *_QUOTA_NUMBERS, _QUOTA_ON, _GET_FORMAT, _GET_INFO, _SET_INFO, _GET, _SET, _GET_NEXT
        )
    ),
    negate(SUCCEEDED),
)  # fmt: skip


_FS_KEYED: Final = (0, 1, 2, 3, 4, 5)
"""FSCONFIG_SET_FLAG, _STRING, _BINARY, _PATH, _PATH_EMPTY, _FD: they have a key (fsconfig(2))."""
_FS_COMMAND: Final = int_arg("cmd")


def _fsconfig() -> Syscall:
    """Key and value are strings of at most 256 bytes, the value of SET_BINARY has `aux` bytes (fs/fsopen.c)."""
    on = unless("EINVAL", "EBADF", "EOPNOTSUPP")
    key = memory(IN, CONTROL, 0, shape=STRING, given=among(_FS_COMMAND, *_FS_KEYED), on=on, what="key")
    values_ = (
        memory(IN, CONTROL, 0, shape=STRING, given=same(_FS_COMMAND, 1), on=on, what="value"),
        memory(IN, CONTROL, 0, shape=PATH, given=among(_FS_COMMAND, 3, 4), on=on, what="value"),
        memory(IN, CONTROL, int_arg("aux"), given=same(_FS_COMMAND, 2), on=on, what="value"),
    )
    return call(
        "fsconfig", fd(), constant("cmd", "fsconfig"), Arg("key", "string", (key,)),
        Arg("value", "fs_value", values_), value("aux"), unknown=failed("EINVAL"),
    )  # fmt: skip


def _request(name: str, largest: int) -> Arg:
    """A request that begins with its own size: read by itself, then with the rest (`copy_struct_from_user`)."""
    seen = memory(IN, CONTROL, largest, counted=False)
    size = memory(IN, CONTROL, 4, capture=NEVER, what="size")
    rest = memory(IN, CONTROL, least(was("req"), largest), on=unless("EINVAL", "E2BIG"), capture=NEVER, what=name)
    return Arg("req", f"struct:{name}", (seen, size, rest))


_DESCRIBING: Final = (
    # The answer begins with its own length.
    call(
        "statmount", _request("mnt_id_req", 32), struct_out("buf", "raw", became("buf")), value("bufsize", "size"),
        value("flags", "hex"), unknown=failed("EINVAL"),
    ),
    call("listmount", _request("mnt_id_req", 32), struct_out("mnt_ids", "ulongs", times(8, RESULT)),
         *values("nr_mnt_ids:size flags:hex"), unknown=failed("EINVAL")),
    call("listns", _request("ns_id_req", 32), struct_out("ns_ids", "ulongs", times(8, RESULT)),
         *values("nr_ns_ids:size flags:hex"), unknown=failed("EINVAL")),
)  # fmt: skip


CALLS: Final[tuple[Syscall, ...]] = (
    call(
        "mount", text("source"), path("target"), text("filesystemtype"), flags("mountflags", "mount"),
        _mount_data(), unknown=either(given("data"), negate(SUCCEEDED)),
    ),
    call("open_tree", dirfd(), path("filename", on=_CHECKED), flags("flags", "open_tree"), returns="fd",
         unknown=_UNSURE),
    call(
        "open_tree_attr", dirfd(), path("filename", on=_CHECKED), flags("flags", "open_tree"),
        versioned_in("attr", "struct:mount_attr", arg("size"), _MOUNT_ATTR, on=_CHECKED), value("size", "size"),
        returns="fd", unknown=failed("EINVAL", "EPERM", "E2BIG"),
    ),
    call(
        "move_mount", dirfd("from_dirfd"), path("from_pathname", on=_CHECKED), dirfd("to_dirfd"),
        path("to_pathname", on=_CHECKED), flags("flags", "move_mount"), unknown=_UNSURE,
    ),
    call("fsopen", text("fsname", on=_CHECKED), flags("flags", "fsopen"), returns="fd", unknown=_UNSURE),
    _fsconfig(),
    call("fsmount", fd("fsfd"), flags("flags", "fsmount"), flags("attr_flags", "mount_attr"), returns="fd"),
    call("fspick", dirfd(), path("path", on=_CHECKED), flags("flags", "fspick"), returns="fd", unknown=_UNSURE),
    call(
        "mount_setattr", dirfd(), path(on=unless("EINVAL", "EPERM", "E2BIG")), flags("flags", "at"),
        versioned_in("attr", "struct:mount_attr", arg("size"), _MOUNT_ATTR, on=_CHECKED), value("size", "size"),
        unknown=failed("EINVAL", "EPERM", "E2BIG"),
    ),
    *_DESCRIBING,
    call("quotactl", Arg("cmd", "quota_command"), path("special"), value("id"), _quota(), unknown=_QUOTA_UNKNOWN),
    call("quotactl_fd", fd(), Arg("cmd", "quota_command"), value("id"), _quota(), unknown=_QUOTA_UNKNOWN),
    call("swapon", path("path", on=_CHECKED), flags("swapflags", "swapon"), unknown=_UNSURE),
)  # fmt: skip
