"""Which memory a process gets and where: NUMA policies and page moves, other processes' advice, the page cache.

A mask of nodes has maxnode - 1 bits and is copied in whole longs; one longer than the kernel's own is also
looked at beyond it (`get_nodes`, mm/mempolicy.c).
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, fd, flags, iovecs, struct_in, struct_out, value, values
from tracer.syscalls.expression import (
    SUCCEEDED,
    Expr,
    arg,
    failed,
    over,
    plus,
    times,
    unless,
)
from tracer.syscalls.model import Arg, Syscall, call
from tracer.syscalls.structures import WORD

_CACHESTAT_RANGE, _CACHESTAT = 16, 40


def _scalar(name: str, text: str = "", returns: str = "int") -> Syscall:
    return call(name, *values(text), returns=returns)


_BITS: Final = times(8, WORD)
_MASK: Final = times(WORD, over(plus(arg("maxnode"), plus(_BITS, -2)), _BITS))


def _nodes(name: str, on: Expr = SUCCEEDED) -> Arg:
    return struct_in(name, "nodemask", _MASK, on=on)


CALLS: Final[tuple[Syscall, ...]] = (
    call("mbind", *values("addr:address len:size mode:const:mempolicy"), _nodes("nodemask"),
         value("maxnode", "ulong"), flags("flags", "mbind"), unknown=failed("EINVAL")),
    call("set_mempolicy", constant("mode", "mempolicy"), _nodes("nodemask"), value("maxnode", "ulong"),
         unknown=failed("EINVAL")),
    call(
        "get_mempolicy", struct_out("mode", "int*", 4), struct_out("nodemask", "nodemask", _MASK),
        value("maxnode", "ulong"), value("addr", "address"), flags("flags", "get_mempolicy"),
    ),
    call("migrate_pages", value("pid", "pid"), value("maxnode", "ulong"), _nodes("old_nodes"), _nodes("new_nodes"),
         unknown=failed("EINVAL", "EPERM", "ESRCH")),
    call(
        "move_pages", value("pid", "pid"), value("count", "ulong"),
        struct_in("pages", "pointers", times(WORD, arg("count")), on=SUCCEEDED),
        struct_in("nodes", "fds", times(4, arg("count")), on=SUCCEEDED),
        struct_out("status", "fds", times(4, arg("count"))), flags("flags", "mbind"),
        unknown=failed("EACCES", "ENODEV"),
    ),
    _scalar("set_mempolicy_home_node", "start:address len:size home_node:ulong flags:hex"),
    _scalar("remap_file_pages", "addr:address size:size prot:flags:prot pgoff:size flags:flags:mmap_flags"),
    # The array is copied before the process is looked for (mm/madvise.c).
    call(
        "process_madvise", fd("pidfd"),
        Arg("iovec", "iovec:none", (iovecs(arg("iovec"), arg("vlen"), unless("EINVAL")),)), value("vlen", "size"),
        constant("advice", "madvise"), value("flags", "hex"), returns="size", unknown=failed("EINVAL"),
    ),
    _scalar("process_mrelease", "pidfd:fd flags:hex"),
    call("memfd_secret", flags("flags", "descriptor"), returns="fd"),
    call(
        "cachestat", fd(), struct_in("cstat_range", "struct:cachestat_range", _CACHESTAT_RANGE, on=unless("EBADF")),
        struct_out("cstat", "struct:cachestat", _CACHESTAT), value("flags", "hex"),
    ),
)  # fmt: skip
