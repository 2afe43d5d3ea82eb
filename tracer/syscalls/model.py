"""What a syscall declaration is: arguments, how they read, and the memory that crosses the boundary.

One declaration drives three things: which memory capture keeps at the entry and the exit stop, how many
copies and bytes a call made, and how it reads on screen. Declarations are frozen, hashable data.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.syscalls.expression import (
    ALWAYS,
    ENTRY,
    EXIT,
    NEVER,
    RESULT,
    SUCCEEDED,
    Expr,
    Term,
    const,
    resolve,
    term,
)
from tracer.syscalls.layouts import X86_64, Model

IN: Final = ENTRY
"""copy in: the kernel reads the program's memory (copy_from_user)."""
OUT: Final = EXIT
"""copy out: the kernel writes the program's memory (copy_to_user)."""

PAYLOAD: Final = 0
"""The program's data."""
CONTROL: Final = 1
"""Structures, paths, lengths: arguments and results of the call itself."""

FLAT: Final = "flat"
"""One contiguous range."""
STRING: Final = "string"
"""Text up to and including its NUL; `size`, when not 0, is the most that is copied."""
PATH: Final = "path"
"""A string read by getname: one longer than 4063 bytes is copied twice (`getname_flags`, fs/namei.c)."""
SEGMENTS: Final = "segments"
"""Ranges named by an iovec array, filled in order."""
GIVEN_CMSGS: Final = "given cmsgs"
"""Control messages to send: one range, but for 32-bit programs message by message after their lengths
(`cmsghdr_from_user_compat_to_kern`, net/compat.c)."""
CMSGS: Final = "cmsgs"
"""Control messages, each written without its padding (`put_cmsg`, net/core/scm.c)."""
SENT: Final = "sent"
"""An array of mmsghdr to send, each with all that a msghdr leads to."""
RECEIVED: Final = "received"
"""An array of mmsghdr to receive into."""
STRINGS: Final = "strings"
"""A NULL-terminated array of strings (argv)."""
LENGTHS: Final = "lengths"
"""Like STRINGS, but only the strings' lengths are kept: an environment holds secrets."""
IMAGE: Final = "image"
"""What execve writes onto the new program's stack (`create_elf_tables`, fs/binfmt_elf.c)."""
IOCBS: Final = "iocbs"
"""An array of pointers to iocb."""
FDSIZE: Final = "fdsize"
"""Nothing the call copies: the descriptor table's size, which bounds its fd_sets."""

LINK: Final = "link"
"""Nothing the call copies: what the new descriptor `size` leads to (`tracer.capture.links`), or, for -100, which
working directory the process has now."""


class Copy(NamedTuple):
    """One rule: a range that is copied in one direction, for one purpose, under a condition."""

    way: int
    kind: int
    size: Expr
    """Bytes."""
    given: Expr = ALWAYS
    """Condition on the arguments; can be told at entry."""
    on: Expr = ALWAYS
    """Condition on the result."""
    at: Expr = NEVER
    """Address of the range; nothing is copied when it is NULL."""
    capture: Expr | None = None
    """Bytes worth keeping when not the same as `size`; NEVER = keep nothing."""
    shape: str = FLAT
    entries: Expr = NEVER
    """Entries of the array that SEGMENTS, SENT, RECEIVED and IOCBS walk."""
    unit: int = 0
    """When not 0, the range is copied in units of so many bytes, each a copy of its own."""
    what: str = ""
    zero_fill: bool = False
    """Written by the kernel, but with zeros that were copied from nowhere."""
    counted: bool = True
    """False: captured because decoding needs it, but no copy of the call."""
    arg: int = 0
    """The argument it belongs to."""
    model: Model = X86_64
    """How its structures are laid out."""
    unit_of: str = ""
    """The structure that is the unit, when its size depends on the ABI."""

    @property
    def kept(self) -> Expr:
        """Bytes capture keeps (before its own limits)."""
        return self.size if self.capture is None else self.capture


class Arg(NamedTuple):
    """One argument: its name, how it reads (a key of `tracer.decode.arguments`), and the memory it leads to."""

    name: str
    reads: str = "int"
    copies: tuple[Copy, ...] = ()


NO_ARG: Final = 255
"""`arg` of what belongs to no argument (`tracer.wire.NO_ARG`)."""


class Syscall(NamedTuple):
    """A declaration."""

    name: str
    args: tuple[Arg, ...]
    copies: tuple[Copy, ...]
    """The copies of all arguments, in the order of the arguments, expressions resolved to positions."""
    returns: str = "int"
    """How a result that is no error reads: int, fd, address, hex, pid, none, ..."""
    unknown: Expr = NEVER
    """When the call may copy more than is declared here: its figures are then a lower bound."""
    model: Model = X86_64
    """How its structures are laid out."""
    like: str = ""
    """The call it is a form of, when that has another name: `select` for `_newselect`."""

    @property
    def family(self) -> str:
        """The name of the call without regard to its form."""
        return self.like or self.name


def memory(
    way: int,
    kind: int,
    size: Term,
    *,
    given: Expr = ALWAYS,
    on: Expr = ALWAYS,
    at: Expr = NEVER,
    capture: Term | None = None,
    shape: str = FLAT,
    entries: Term = NEVER,
    unit: int = 0,
    what: str = "",
    zero_fill: bool = False,
    counted: bool = True,
    unit_of: str = "",
) -> Copy:
    """A `Copy` whose numbers may be written plainly."""
    kept = None if capture is None else term(capture)
    return Copy(
        way, kind, term(size), given, on, at, kept, shape, term(entries), unit, what, zero_fill, counted,
        unit_of=unit_of,
    )  # fmt: skip


def call(name: str, *args: Arg, returns: str = "int", unknown: Expr = NEVER) -> Syscall:
    """Declare a syscall. Raises ValueError when an expression names an argument the call does not have."""
    names = tuple([each.name for each in args])
    copies = [_placed(copy, position, names) for position, each in enumerate(args) for copy in each.copies]
    if returns == "fd" and not name.startswith("dup"):  # a duplicate leads where the other one does
        copies.append(_ACCEPTED if name.startswith("accept") else _OPENED)
    return Syscall(name, args, tuple(copies), returns, resolve(unknown, names))


def link_to(fd: Term, *, on: Expr = SUCCEEDED, addressed: bool = False) -> Copy:
    """What a descriptor that the call made, or the working directory it set (-100), leads to; `addressed`: with the
    address an Internet socket has now."""
    entries = ALWAYS if addressed else NEVER
    return Copy(
        OUT, CONTROL, term(fd), on=on, at=const(1), shape=LINK, entries=entries, counted=False, arg=NO_ARG
    )  # fmt: skip


_OPENED: Final = link_to(RESULT)
_ACCEPTED: Final = link_to(RESULT, addressed=True)


def _placed(copy: Copy, position: int, names: tuple[str, ...]) -> Copy:
    way, kind, size, given, on, at, capture, shape, entries, unit, what, zero_fill, counted, _, _, unit_of = copy
    return Copy(
        way,
        kind,
        resolve(size, names),
        resolve(given, names),
        resolve(on, names),
        Expr("arg", (position,)) if at is NEVER else resolve(at, names),
        None if capture is None else resolve(capture, names),
        shape,
        resolve(entries, names),
        unit,
        what,
        zero_fill,
        counted,
        NO_ARG if copy.arg == NO_ARG else position,
        unit_of=unit_of,
    )
