"""Reading a traced thread's memory while it is stopped, and keeping what was read as wire items.

`/proc/PID/mem` (proc_pid_mem(5)) is read with one `pread` a piece, 1-2 us. An address that cannot be read
becomes an item whose `reason` is an errno, never an exception: a traced program may pass any number as a
pointer.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import partial
from os import pread
from struct import unpack_from
from typing import Final

from tracer.capture.links import link_of, received_link
from tracer.wire import ITEM, NO_ARG, Reason, When

_PAGE: Final = 4096
_LAST_ADDRESS: Final = (1 << 64) - 1
_pack: Final = ITEM.pack


class Reader:
    """The pieces of memory copied for a thread's current call; the bytes of each are in `memory`, in order."""

    __slots__ = ("_descriptor", "_fdsize", "_pid", "_reason", "count", "items", "memory")

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._descriptor = -1
        self._fdsize = 0
        self._reason = errno.EFAULT
        self.items = bytearray()
        self.memory = bytearray()
        self.count = 0

    def clear(self) -> None:
        """Forget the pieces: the row they belong to was written."""
        self.items.clear()
        self.memory.clear()
        self.count = 0

    def reopen(self) -> None:
        """Follow an exec: the process has a new address space, and maybe a new descriptor table."""
        self.close()
        self._fdsize = 0

    def close(self) -> None:
        """Give the descriptor back; it is opened again when needed."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def take(self, arg: int, when: int, address: int, length: int) -> bytes:
        """Keep up to `length` bytes from `address` as a piece of `arg`, and return them.

        Fewer bytes are kept when the rest is not mapped; none and a reason when nothing is."""
        try:
            data = pread(self._descriptor, length, address)
        except (OSError, OverflowError) as error:
            data = self._retry(error, length, address)
        if not data and length:
            self.missing(arg, when, address, self._reason)
            return data
        self.items += _pack(arg, when, 0, len(data), address)
        self.memory += data
        self.count += 1
        return data

    def _retry(self, error: Exception, length: int, address: int) -> bytes:
        """The first read of a process opens its memory; any later error means the address is not readable."""
        if self._descriptor >= 0 or isinstance(error, OverflowError):
            return b""
        try:
            self._descriptor = os.open(f"/proc/{self._pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
            self._reason = errno.EFAULT
        except OSError as refused:  # out of descriptors: nothing is known of the address
            self._reason = refused.errno or errno.EIO
            return b""
        try:
            return pread(self._descriptor, length, address)
        except (OSError, OverflowError):
            return b""

    def peek(self, address: int, length: int) -> bytes:
        """Up to `length` bytes from `address`, not kept; empty when they cannot be read."""
        try:
            return pread(self._descriptor, length, address)
        except (OSError, OverflowError) as error:
            return self._retry(error, length, address)

    def missing(self, arg: int, when: int, address: int, reason: int) -> None:
        """Keep the fact that a piece is not there, and why (an errno, or a `tracer.wire.Reason`)."""
        # A pointer plus an offset may lie beyond the last address: there it wraps around.
        self.items += _pack(arg, when, reason, 0, address & _LAST_ADDRESS)
        self.count += 1

    def keep(self, arg: int, when: int, address: int, data: bytes) -> None:
        """Keep bytes that were learnt otherwise."""
        self.items += _pack(arg, when, 0, len(data), address)
        self.memory += data
        self.count += 1

    def text_at(self, address: int, limit: int) -> bytes:
        """The string at `address` with its NUL, at most `limit` bytes; without NUL when cut off.

        Never reads across a page border before the page before it turned out to hold no NUL."""
        text = b""
        while len(text) < limit:
            here = address + len(text)
            # Paths are short: a first short read saves copying the rest of the page.
            wanted = min(limit - len(text), _PAGE - here % _PAGE, 256 if not text else _PAGE)
            piece = self.peek(here, wanted)
            end = piece.find(b"\0")
            if end >= 0:
                return text + piece[: end + 1]
            text += piece
            if len(piece) < wanted:
                break
        return text

    def take_text(self, arg: int, when: int, address: int, limit: int) -> None:
        """Keep the string at `address` with its NUL."""
        text = self.text_at(address, limit)
        if text:
            self.keep(arg, when, address, text)
        else:
            self.missing(arg, when, address, self._reason)

    def recall(self, arg: int, when: int, address: int) -> bytes | None:
        """The first piece already kept for `arg` from `address` at stop `when`; None when there is none."""
        start = 0
        for kept_arg, kept_when, reason, length, kept_address in ITEM.iter_unpack(self.items):
            if kept_arg == arg and kept_when == when and kept_address == address:
                return None if reason else bytes(self.memory[start : start + length])
            start += length
        return None

    def redacted(self, arg: int, when: int, address: int) -> None:
        """Keep the address of a payload, not its bytes."""
        self.missing(arg, when, address, Reason.REDACTED)

    def take_fdsize(self, nfds: int) -> int:
        """Keep, and return, the size of the descriptor table (FDSize in `/proc/PID/status`, proc_pid_status(5)).

        It only grows, so it is not asked again while it already covers `nfds`."""
        if self._fdsize < nfds:
            self._fdsize = self._read_fdsize()
        if self._fdsize:
            self.keep(NO_ARG, When.ENTRY, 0, self._fdsize.to_bytes(4, "little"))
        return self._fdsize

    def _read_fdsize(self) -> int:
        try:
            with open(f"/proc/{self._pid}/status", "rb") as status:
                return next((int(line[7:]) for line in status if line.startswith(b"FDSize:")), 0)
        except (OSError, ValueError):
            return 0

    def take_link(self, fd: int, addressed: bool = False) -> None:
        """Keep what the new descriptor `fd` leads to (`tracer.capture.links`), as a piece of no argument from the
        "address" `fd`; -100 is the working directory."""
        self._take_link(fd, partial(link_of, addressed=addressed))

    def take_received(self, fd: int) -> None:
        """The same of a descriptor that came over a socket."""
        self._take_link(fd, received_link)

    def _take_link(self, fd: int, read: Callable[[int, int], bytes]) -> None:
        address = fd & _LAST_ADDRESS
        try:
            self.keep(NO_ARG, When.EXIT, address, read(self._pid, fd))
        except OSError as error:
            self.missing(NO_ARG, When.EXIT, address, error.errno or errno.EIO)

    def take_auxv(self) -> None:
        """Keep the auxiliary vector execve gave the new image (proc_pid_auxv(5)); its length is what was copied."""
        try:
            with open(f"/proc/{self._pid}/auxv", "rb") as file:
                self.keep(NO_ARG, When.EXIT, 0, file.read())
        except OSError as error:
            self.missing(NO_ARG, When.EXIT, 0, error.errno or errno.EIO)


def word(data: bytes, offset: int) -> int:
    """The 64-bit number at `offset`, 0 when `data` is too short."""
    return int(unpack_from("<Q", data, offset)[0]) if len(data) >= offset + 8 else 0
