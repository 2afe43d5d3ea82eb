"""Declarations of the calls that came through a multiplexer of i386: those of the calls they stand for, and the
block of arguments that was read for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracer.syscalls.adapt import adapted
from tracer.syscalls.arguments import fd, flags, struct_out, value, values
from tracer.syscalls.expression import ALWAYS, NEVER, argument_block
from tracer.syscalls.layouts import I386
from tracer.syscalls.model import CONTROL, IN, Copy, Syscall, call, memory
from tracer.syscalls.multiplexers import IPC, IPCS, MMAP_BLOCK, SELECT, SOCKETCALL, SOCKETS, Stand, number
from tracer.syscalls.sockets import DATA_IN, DATA_OUT

_SEND: Final = call("send", fd(), DATA_IN, value("len", "size"), flags("flags", "msg"), returns="size")
_RECV: Final = call("recv", fd(), DATA_OUT, value("len", "size"), flags("flags", "msg"), returns="size")
_SHMAT: Final = call(
    "shmat", *values("shmid:int shmaddr:address shmflg:hex"), struct_out("raddr", "address*", 4)
)  # fmt: skip
"""The address is written, and is not the result (`compat_ksys_ipc`)."""


def _block(words: int, name: str) -> Copy:
    """The words of arguments, when they were read from memory."""
    return memory(
        IN, CONTROL, 4 * words, at=argument_block(), capture=NEVER,
        what=f"{name} arguments",
    )  # fmt: skip


def multiplexed(native: Mapping[str, Syscall]) -> dict[int, Syscall]:
    """The declarations of all multiplexed calls, by the number they are recorded under; `native` are those of every
    ABI, by name."""
    declared = {**native, **{each.name: each for each in (_SEND, _RECV, _SHMAT)}}

    def stand_in(stand: Stand, multiplexer: str) -> Syscall:
        made = adapted(declared[stand.name], I386)
        return made._replace(copies=(*made.copies, _block(stand.words, multiplexer))) if stand.words else made

    found = {number(SOCKETCALL, operation): stand_in(each, "socketcall") for operation, each in SOCKETS.items()}
    found |= {number(IPC, operation): stand_in(each, "ipc") for operation, (each, _) in IPCS.items()}
    found[number(SELECT, 1)] = stand_in(Stand("select", 5), "select")
    found[number(MMAP_BLOCK, 1)] = stand_in(Stand("mmap", 6), "mmap")
    return found


CALLS: Final[tuple[Syscall, ...]] = (
    call("socketcall", value("call"), value("args", "address"), unknown=ALWAYS),
    call("ipc", *values("call:hex first:hex second:hex third:hex ptr:address fifth:hex"), unknown=ALWAYS),
    call("select", value("args", "address"), unknown=ALWAYS),
    call("mmap", value("args", "address"), returns="address", unknown=ALWAYS),
)
"""The multiplexers themselves, for operations nobody knows and blocks that could not be read."""
