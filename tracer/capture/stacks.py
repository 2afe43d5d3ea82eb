"""The user stack of a thread at the exit stop of a call, under ptrace: what `--stacks` keeps.

Functions compiled with a frame pointer (-fno-omit-frame-pointer) begin by pushing the caller's rbp, so that rbp
points to the caller's rbp and, one word higher, to the return address (System V ABI, 3.2.2; on AArch64 x29 points
to the same pair, AAPCS64 6.4.6). That chain is followed here. What it leaves out, functions without a frame pointer
such as the C library's wrappers, is found when the recording is read, from the bytes of the stack that are kept
beside it (`tracer.analyze.stacks.unwind`): nothing is guessed here.

The thread is stopped meanwhile. It is one request for its registers and one read of its stack for as long as the
frames lie within 16 KiB of each other.
"""

from __future__ import annotations

import ctypes
import errno
from struct import Struct, unpack_from
from typing import Final

from tracer.capture import ptrace_binding as ptrace
from tracer.capture.memory import Reader
from tracer.capture.stack_choice import (
    LONG_BYTES,
    MOST_FRAMES,
    NAMED,
    NEVER,
    SHORT_BYTES,
    WITH_MILLISECONDS,
    StackChoice,
    timeout_argument,
    traits,
)
from tracer.capture.threads import Thread
from tracer.wire import STACK_MEMORY, USER_STACK, Abi, When

_GETREGSET: Final = 0x4204
_NT_PRSTATUS: Final = 1
_WINDOW: Final = 16 << 10
_MOST_READS: Final = 8
_PLACES: Final = {
    27 * 8: ("<Q", 4, 19, 16),  # x86_64: rbp, rsp, rip in struct user_regs_struct (sys/user.h)
    17 * 4: ("<I", 5, 15, 12),  # i386: ebp, esp, eip
    34 * 8: ("<Q", 29, 31, 32),  # aarch64: x29, sp, pc in struct user_pt_regs
}
"""By the size of the register set: a word, and where frame pointer, stack pointer and instruction pointer are."""


class _Vector(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Stacks:
    """Keeps the stacks of the chosen calls as pieces of their rows."""

    def __init__(self, choice: StackChoice, *, redact: bool = False) -> None:
        """`redact`: keep return addresses only, none of the stack's bytes."""
        self._choice = choice
        self._redact = redact
        self._registers = ctypes.create_string_buffer(512)
        self._vector = _Vector(ctypes.addressof(self._registers), 0)
        self._vector_at = ctypes.addressof(self._vector)

    def __call__(self, thread: Thread, nr: int, args: tuple[int, ...], result: int, blocked: int) -> None:
        """Keep the stack of a thread at its exit stop when its call is one of those chosen.

        `blocked`: ns that it neither ran nor waited for a CPU, not corrected."""
        limit = self._choice.blocked_ns
        long = limit is not None and blocked > limit
        if long or self._choice.names or self._chosen(thread, nr, args, result):
            known = traits(self._choice, thread.table.abi, nr)
            long = long or bool(known & NAMED)
            if (long or self._chosen(thread, nr, args, result)) and (result or not known & NEVER):
                self._keep(thread, LONG_BYTES if long else SHORT_BYTES)

    def _chosen(self, thread: Thread, nr: int, args: tuple[int, ...], result: int) -> bool:
        choice = self._choice
        if choice.every:
            return True
        if -4096 < result < 0:
            if (choice.failed and not -516 <= result <= -512) or (choice.wasted and result == -errno.EAGAIN):
                return True
        elif choice.wasted and result == 0:
            return _found_nothing_at_once(thread.reader, traits(choice, thread.table.abi, nr), args)
        return False

    def _keep(self, thread: Thread, most: int) -> None:
        self._vector.length = len(self._registers)
        if ptrace.request(_GETREGSET, thread.tid, _NT_PRSTATUS, self._vector_at) == ptrace.GONE:
            return
        place = _PLACES.get(self._vector.length)
        if place is None:
            return
        word, frame, stack, instruction = place
        size = Struct(word).size
        fp, sp, ip = (unpack_from(word, self._registers, size * each)[0] for each in (frame, stack, instruction))
        reader = thread.reader
        chain = walk(reader, ip, sp, fp, size)
        reader.keep(USER_STACK, When.EXIT, fp, b"".join([each.to_bytes(8, "little") for each in chain]))
        # CFI of 32-bit programs is not read, so their bytes would be of no use.
        if not self._redact and size == 8 and thread.table.abi in (Abi.X86_64, Abi.X32):
            memory = reader.peek(sp, most)
            if memory:
                reader.keep(STACK_MEMORY, When.EXIT, sp, memory)


def walk(reader: Reader, ip: int, sp: int, fp: int, size: int = 8) -> list[int]:
    """The instruction pointer and the return addresses that the chain of frame pointers leads to, `MOST_FRAMES` at
    most; words have `size` bytes. A frame below the one before it, an odd one, or a return to nowhere ends it."""
    chain = [ip]
    word = "<Q" if size == 8 else "<I"
    begin, window, reads = 0, b"", 0
    lowest = sp
    while fp >= lowest and fp % size == 0 and len(chain) < MOST_FRAMES:
        if not begin <= fp <= begin + len(window) - 2 * size:
            if reads == _MOST_READS:
                break
            begin, window, reads = fp, reader.peek(fp, _WINDOW), reads + 1
            if len(window) < 2 * size:
                break
        back = unpack_from(word, window, fp - begin + size)[0]
        if not back:
            break
        chain.append(back)
        lowest = fp + 2 * size
        fp = unpack_from(word, window, fp - begin)[0]
    return chain


def _found_nothing_at_once(reader: Reader, found: int, args: tuple[int, ...]) -> bool:
    """A wait that returned 0: whether its timeout was 0."""
    if not found:
        return False
    value = args[timeout_argument(found)]
    if found & WITH_MILLISECONDS:
        return not value & 0xFFFFFFFF
    if not value:
        return False
    kept = reader.recall(timeout_argument(found), When.ENTRY, value)
    return kept is None or not any(kept)
