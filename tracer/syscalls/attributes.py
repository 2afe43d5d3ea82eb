"""Extended attributes, file attributes, file handles, and fanotify.

An extended attribute's value is payload: it is what the program has to say. Since Linux 6.13 name and value of
an attribute to set are copied before the file is looked for (`path_setxattrat`, fs/xattr.c); before, after it.
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import (
    data_in,
    dirfd,
    fd,
    filled,
    flags,
    path,
    struct_out,
    text,
    value,
    versioned_in,
)
from tracer.syscalls.expression import (
    ENTRY,
    EXIT,
    NEVER,
    RESULT,
    SUCCEEDED,
    Expr,
    arg,
    bits,
    both,
    either,
    failed,
    given,
    least,
    load,
    more,
    negate,
    unless,
    was,
)
from tracer.syscalls.model import CONTROL, IN, OUT, PAYLOAD, Arg, Syscall, call, memory

_NAMED: Final = unless("EINVAL")
_VALUED: Final = unless("EINVAL", "E2BIG", "ERANGE")
_FILE_ATTR: Final = 24


def _set(name: str, where: Arg, *unsure: str) -> Syscall:
    return call(
        name, where, text("name", on=_NAMED), data_in("value", arg("size"), on=_VALUED), value("size", "size"),
        flags("flags", "setxattr"), unknown=failed("EINVAL", *unsure),
    )  # fmt: skip


def _field(offset: int, width: int) -> Expr:
    return load(ENTRY, "args", arg("args"), offset, width)


def _at(name: str, way: int) -> Syscall:
    """setxattrat and getxattrat: where the value is stands in struct xattr_args (value 0, size 8, flags 12)."""
    size = _field(8, 4) if way == IN else RESULT
    on = _VALUED if way == IN else SUCCEEDED
    behind = memory(way, PAYLOAD, size, at=_field(0, 8), given=more(_field(8, 4), 0), on=on, what="value")
    head = memory(IN, CONTROL, least(arg("size"), 16), on=unless("EINVAL", "E2BIG"), what="xattr_args")
    return call(
        name, dirfd(), path(on=_VALUED), flags("at_flags", "at"), text("name", on=_NAMED),
        Arg("args", "struct:xattr_args", (head, behind)), value("size", "size"),
        returns="size" if way == OUT else "int", unknown=failed("EINVAL", "E2BIG"),
    )  # fmt: skip


_MOUNT_ID_IS_LONG: Final = 1
"""AT_HANDLE_MNT_ID_UNIQUE."""


def _handle() -> Arg:
    """struct file_handle: 8 bytes of header, then the handle. When it was too small only the header is written,
    with the size that is needed (`do_sys_name_to_handle`, fs/fhandle.c)."""
    held = memory(IN, CONTROL, 8, on=unless("EINVAL", "ENOENT", "ENOTDIR"), what="file_handle")
    need = memory(OUT, CONTROL, 8, on=failed("EOVERFLOW"), what="file_handle")
    room = load(EXIT, "handle", arg("handle"), 0, 4)
    length = memory(OUT, CONTROL, 8, on=SUCCEEDED, counted=False)
    whole = memory(OUT, CONTROL, 8, on=SUCCEEDED, capture=NEVER, what="file_handle")
    opaque = memory(OUT, CONTROL, room, on=SUCCEEDED, capture=NEVER, what="f_handle")
    return Arg("handle", "struct:file_handle", (held, need, length, whole, opaque))


def _mount_id() -> Arg:
    written = either(SUCCEEDED, failed("EOVERFLOW"))
    long = negate(negate(bits(arg("flags"), _MOUNT_ID_IS_LONG)))
    return Arg("mount_id", "int*", (
        memory(OUT, CONTROL, 4, given=negate(long), on=written, what="mount_id"),
        memory(OUT, CONTROL, 8, given=long, on=written, what="mount_id"),
    ))  # fmt: skip


def _opened_handle() -> Arg:
    on = unless("EPERM", "EBADF")
    head = memory(IN, CONTROL, 8, on=on, what="file_handle")
    rest = memory(IN, CONTROL, was("handle"), on=both(on, unless("EINVAL")), capture=NEVER, what="f_handle")
    return Arg("handle", "struct:file_handle", (head, rest))


CALLS: Final[tuple[Syscall, ...]] = (
    _set("setxattr", path(on=_VALUED)),
    _set("lsetxattr", path(on=_VALUED)),
    _set("fsetxattr", fd(), "EBADF"),
    _at("setxattrat", IN),
    _at("getxattrat", OUT),
    call(
        "listxattrat", dirfd(), path(), flags("at_flags", "at"),
        filled("list", "bytes", CONTROL, given=more(arg("size"), 0)), value("size", "size"), returns="size",
        unknown=failed("EINVAL"),
    ),
    call("removexattrat", dirfd(), path(on=_VALUED), flags("at_flags", "at"), text("name", on=_NAMED),
         unknown=failed("EINVAL")),
    call(
        "file_getattr", dirfd(), path(on=_NAMED),
        struct_out("attr", "struct:file_attr", least(arg("size"), _FILE_ATTR)), value("size", "size"),
        flags("at_flags", "at"), unknown=failed("EINVAL"),
    ),
    call(
        "file_setattr", dirfd(), path(on=unless("EINVAL", "E2BIG")),
        versioned_in("attr", "struct:file_attr", arg("size"), _FILE_ATTR, on=_NAMED), value("size", "size"),
        flags("at_flags", "at"), unknown=failed("EINVAL", "E2BIG"),
    ),
    call("name_to_handle_at", dirfd(), path(on=_NAMED), _handle(), _mount_id(), flags("flags", "handle_at"),
         unknown=failed("EINVAL", "ENOENT", "ENOTDIR")),
    call("open_by_handle_at", dirfd("mount_fd"), _opened_handle(), flags("flags", "open"), returns="fd",
         unknown=failed("EINVAL")),
    call("fanotify_init", flags("flags", "fanotify_init"), flags("event_f_flags", "open"), returns="fd"),
    call(
        "fanotify_mark", fd("fanotify_fd"), flags("flags", "fanotify_mark"), flags("mask", "fanotify_mask"),
        dirfd(), path(on=unless("EINVAL", "EBADF", "EPERM"), given=given("pathname")),
        unknown=failed("EINVAL", "EPERM"),
    ),
)  # fmt: skip
