"""Address space calls: they arrange pages, they copy nothing (page faults are no copies)."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import values
from tracer.syscalls.expression import SUCCEEDED, arg, over, plus
from tracer.syscalls.model import CONTROL, OUT, Arg, Syscall, call, memory


def _scalar(name: str, text: str, returns: str = "int") -> Syscall:
    return call(name, *values(text), returns=returns)


_RANGE: Final = "addr:address length:size"

CALLS: Final[tuple[Syscall, ...]] = (
    _scalar(
        "mmap",
        "addr:address length:size prot:flags:prot flags:flags:mmap_flags fd:mmap_fd offset:hex_offset",
        "address",
    ),
    _scalar("munmap", _RANGE),
    _scalar("mprotect", _RANGE + " prot:flags:prot"),
    _scalar("pkey_mprotect", _RANGE + " prot:flags:prot pkey:int"),
    _scalar("pkey_alloc", "flags:hex access_rights:hex"),
    _scalar("pkey_free", "pkey:int"),
    _scalar(
        "mremap",
        "old_address:address old_size:size new_size:size flags:flags:mremap new_address:address",
        "address",
    ),
    _scalar("madvise", _RANGE + " advice:const:madvise"),
    _scalar("msync", _RANGE + " flags:flags:msync"),
    _scalar("mlock", _RANGE),
    _scalar("mlock2", _RANGE + " flags:flags:mlock2"),
    _scalar("munlock", _RANGE),
    _scalar("mlockall", "flags:flags:mlockall"),
    _scalar("munlockall", ""),
    _scalar("mseal", _RANGE + " flags:hex"),
    _scalar("brk", "addr:address", "address"),
    _scalar("membarrier", "cmd:const:membarrier flags:hex cpu_id:int"),
    # One byte a page, collected a page of bytes at a time (mm/mincore.c).
    call(
        "mincore",
        *values(_RANGE),
        Arg(
            "vec",
            "bytes",
            (memory(OUT, CONTROL, over(plus(arg("length"), 4095), 4096), on=SUCCEEDED, what="vec"),),
        ),
    ),
)
