"""Files by path and by descriptor: paths in, structures out.

A path is copied with its NUL before anything else is looked at (`getname_flags`, fs/namei.c), except that most
calls check their flags first: after EINVAL it is not known whether the path was copied.
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import (
    dirfd,
    fd,
    filled,
    flags,
    path,
    struct_in,
    struct_out,
    text,
    value,
    values,
)
from tracer.syscalls.expression import SUCCEEDED, Expr, arg, failed, int_arg, more, size_of, unless
from tracer.syscalls.model import CONTROL, PAYLOAD, Arg, Syscall, call, link_to
from tracer.syscalls.structures import STATFS, STATX, TWO_TIMESPECS, TWO_TIMEVALS

_CHECKED: Final = unless("EINVAL")
_UNSURE: Final = failed("EINVAL")
_OPEN: Final = (flags("flags", "open"), value("mode", "mode"))
_AT_FLAGS: Final = flags("flags", "at")


def _by_path(name: str, *rest: Arg, returns: str = "int") -> Syscall:
    return call(name, path(), *rest, returns=returns)


def _at(name: str, *rest: Arg, returns: str = "int") -> Syscall:
    """A call with a directory descriptor and a path; flags are checked before the path is copied."""
    return call(name, dirfd(), path(on=_CHECKED), *rest, returns=returns, unknown=_UNSURE)


def _scalar(name: str, text_of_values: str = "", returns: str = "int") -> Syscall:
    return call(name, *values(text_of_values), returns=returns)


def _leading_elsewhere(where: Arg) -> Arg:
    """Where the process is afterwards is kept as well: paths are told relative to it."""
    return where._replace(copies=(*where.copies, link_to(_AT_FDCWD)))


_AT_FDCWD: Final = -100
_ROOM: Final = more(int_arg("bufsiz"), 0)
_LINK: Final = (filled("buf", "bytes", CONTROL), value("bufsiz", "size"))

_PATH_CALLS: Final = (
    call("open", path(on=_CHECKED), *_OPEN, returns="fd", unknown=_UNSURE),
    call("creat", path(), value("mode", "mode"), returns="fd"),
    _at("openat", *_OPEN, returns="fd"),
    call(
        "openat2", dirfd(), path(on=_CHECKED), struct_in("how", "open_how", arg("size"), on=_CHECKED),
        value("size", "size"), returns="fd", unknown=failed("EINVAL", "E2BIG"),
    ),
    _by_path("access", flags("mode", "access")),
    _at("faccessat", flags("mode", "access")),
    _at("faccessat2", flags("mode", "access"), flags("flags", "at_access")),
    call("chdir", _leading_elsewhere(path())),
    _by_path("chroot"),
    _by_path("rmdir"),
    _by_path("unlink"),
    _at("unlinkat", _AT_FLAGS),
    _by_path("mkdir", value("mode", "mode")),
    _at("mkdirat", value("mode", "mode")),
    _by_path("mknod", value("mode", "node_mode"), value("dev", "node_device")),
    _at("mknodat", value("mode", "node_mode"), value("dev", "node_device")),
    _by_path("chmod", value("mode", "mode")),
    _at("fchmodat", value("mode", "mode")),
    _at("fchmodat2", value("mode", "mode"), _AT_FLAGS),
    _by_path("chown", *values("owner:uid group:uid")),
    _by_path("lchown", *values("owner:uid group:uid")),
    _at("fchownat", *values("owner:uid group:uid"), _AT_FLAGS),
    call("truncate", path(on=_CHECKED), value("length", "offset"), unknown=_UNSURE),
    call("rename", path("oldpath"), path("newpath")),
    call("link", path("oldpath"), path("newpath")),
    call("symlink", path("target"), path("linkpath")),
    call("symlinkat", path("target"), dirfd("newdirfd"), path("linkpath")),
    *(
        call(
            name, dirfd("olddirfd"), path("oldpath", on=_CHECKED), dirfd("newdirfd"),
            path("newpath", on=_CHECKED), *rest, unknown=_UNSURE,
        )
        for name, rest in (
            ("renameat", ()), ("renameat2", (flags("flags", "rename"),)), ("linkat", (_AT_FLAGS,)),
        )
    ),
    # Anything that is no link gives EINVAL too, after its path was copied.
    call("readlink", path(given=_ROOM), *_LINK, returns="size"),
    call("readlinkat", dirfd(), path(given=_ROOM), *_LINK, returns="size"),
    call("getcwd", filled("buf", "string", CONTROL), value("size", "size"), returns="size"),
    call("utimensat", dirfd(), path(on=_CHECKED), struct_in("times", "timespec[2]", TWO_TIMESPECS), _AT_FLAGS,
         unknown=_UNSURE),
    call("utime", path(), struct_in("times", "utimbuf", size_of("utimbuf"))),
    call("utimes", path(), struct_in("times", "timeval[2]", TWO_TIMEVALS)),
    call("futimesat", dirfd(), path(), struct_in("times", "timeval[2]", TWO_TIMEVALS)),
    call("umount2", path("target", on=_CHECKED), flags("flags", "umount"), unknown=_UNSURE),
    call("pivot_root", path("new_root"), path("put_old"), unknown=failed("EPERM")),
    call("swapoff", path("path", on=unless("EPERM")), unknown=failed("EPERM")),
    call("acct", path("filename", on=unless("EPERM")), unknown=failed("EPERM")),
)  # fmt: skip

_DESCRIPTOR_CALLS: Final = (
    _scalar("close", "fd:fd"),
    _scalar("close_range", "first:uint last:uint flags:flags:close_range"),
    _scalar("dup", "oldfd:fd", "fd"),
    _scalar("dup2", "oldfd:fd newfd:fd", "fd"),
    _scalar("dup3", "oldfd:fd newfd:fd flags:flags:descriptor", "fd"),
    _scalar("fsync", "fd:fd"),
    _scalar("fdatasync", "fd:fd"),
    _scalar("sync"),
    _scalar("syncfs", "fd:fd"),
    _scalar("sync_file_range", "fd:fd offset:loff nbytes:loff flags:flags:sync_file_range"),
    _scalar("ftruncate", "fd:fd length:offset"),
    _scalar("fallocate", "fd:fd mode:flags:fallocate offset:loff len:loff"),
    _scalar("fadvise64", "fd:fd offset:loff len:offset advice:const:fadvise"),
    _scalar("flock", "fd:fd operation:flags:flock"),
    call("fchdir", _leading_elsewhere(fd())),
    _scalar("fchmod", "fd:fd mode:mode"),
    _scalar("fchown", "fd:fd owner:uid group:uid"),
    _scalar("umask", "mask:mode", "mode"),
    _scalar("inotify_init", "", "fd"),
    _scalar("inotify_init1", "flags:flags:inotify_init", "fd"),
    call("inotify_add_watch", fd(), path(on=unless("EBADF", "EINVAL")), flags("mask", "inotify"), unknown=_UNSURE),
    _scalar("inotify_rm_watch", "fd:fd wd:int"),
    call("getdents", fd(), filled("dirp", "dirents32", CONTROL), value("count", "size"), returns="size"),
    call("getdents64", fd(), filled("dirp", "dirents", CONTROL), value("count", "size"), returns="size"),
    call("memfd_create", text("name", on=SUCCEEDED), flags("flags", "memfd"), returns="fd", unknown=_UNSURE),
    call("fstatfs", fd(), struct_out("buf", "statfs", STATFS)),
    call("statfs", path(), struct_out("buf", "statfs", STATFS)),
)


def _xattr(name: str, where: tuple[Arg, ...], first: Expr) -> Syscall:
    """Read one extended attribute; size 0 only asks how long it is."""
    wanted = more(arg("size"), 0)
    return call(
        name, *where, text("name", on=first), filled("value", "buffer", PAYLOAD, given=wanted),
        value("size", "size"),
        returns="size",
    )  # fmt: skip


def _xattrs(name: str, where: Arg) -> Syscall:
    wanted = more(arg("size"), 0)
    return call(name, where, filled("list", "bytes", CONTROL, given=wanted), value("size", "size"), returns="size")


_XATTR_CALLS: Final = (
    _xattr("getxattr", (path(),), unless("ERANGE")),
    _xattr("lgetxattr", (path(),), unless("ERANGE")),
    _xattr("fgetxattr", (fd(),), unless("ERANGE", "EBADF")),
    _xattrs("listxattr", path()),
    _xattrs("llistxattr", path()),
    _xattrs("flistxattr", fd()),
    call("removexattr", path(), text("name")),
    call("lremovexattr", path(), text("name")),
    call("fremovexattr", fd(), text("name", on=unless("EBADF"))),
)


_STAT: Final = struct_out("statbuf", "stat", size_of("stat"))
_STAT_CALLS: Final = (
    call("stat", path(), _STAT),
    call("lstat", path(), _STAT),
    call("fstat", fd(), _STAT),
    call("newfstatat", dirfd(), path(on=_CHECKED), _STAT, _AT_FLAGS, unknown=_UNSURE),
    call(
        "statx", dirfd(), path(on=_CHECKED), _AT_FLAGS, flags("mask", "statx"),
        struct_out("statxbuf", "statx", STATX), unknown=_UNSURE,
    ),
)  # fmt: skip


CALLS: Final[tuple[Syscall, ...]] = (*_PATH_CALLS, *_DESCRIPTOR_CALLS, *_XATTR_CALLS, *_STAT_CALLS)
