"""The declaration of ioctl: one range for every group of commands that copy the same (`tracer.syscalls.ioctls`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from tracer.syscalls.arguments import fd
from tracer.syscalls.expression import (
    ENTRY,
    EXIT,
    NEVER,
    POSITIVE,
    RESULT,
    SUCCEEDED,
    Expr,
    Term,
    among,
    arg,
    bits,
    both,
    either,
    failed,
    least,
    member,
    negate,
    over,
    plus,
    same,
    size_of,
    unless,
)
from tracer.syscalls.ioctls import (
    ABSINFO_OF_EVDEV,
    COUNTED_OF_EVDEV,
    INTERFACES,
    IOCTLS,
    READ_OF_EVDEV,
    SIOCGIFCONF,
    SIZES,
)
from tracer.syscalls.model import CONTROL, IN, OUT, Arg, Copy, Syscall, call, memory

_REQUEST: Final = bits(arg("cmd"), 0xFFFFFFFF)
_EVDEV: Final = bits(arg("cmd"), 0xC000FFFF)
"""Direction, type and number of the command, without its size."""
_ENCODED_SIZE: Final = bits(over(_REQUEST, 1 << 16), 0x3FFF)
_COUNTED: Final = among(_EVDEV, *(READ_OF_EVDEV | each for each in COUNTED_OF_EVDEV))
_ABSINFO: Final = among(_EVDEV, *(READ_OF_EVDEV | each for each in ABSINFO_OF_EVDEV))
_KNOWN: Final = either(
    among(_REQUEST, SIOCGIFCONF, *(each.number for each in IOCTLS)), either(_COUNTED, _ABSINFO)
)  # fmt: skip
_LOOKED_UP: Final = unless("EBADF")
_READ_FIRST: Final = frozenset({"FIONBIO", "FIOASYNC"})
"""Copied as soon as the descriptor was looked up (`do_vfs_ioctl`, fs/ioctl.c)."""
_MOST_SHOWN: Final = 256


def _when_read(name: str, interfaces: frozenset[str]) -> Expr:
    """When a command's structure was certainly read."""
    if name in _READ_FIRST:
        return _LOOKED_UP
    return unless("EBADF", "ENOTTY", "EFAULT") if name in interfaces else SUCCEEDED


def _listed() -> Iterator[Copy]:
    """The copies of the commands in the table."""
    interfaces = frozenset(each.name for each in INTERFACES)
    groups: defaultdict[tuple[int, Term, Expr], list[int]] = defaultdict(list)
    for each in IOCTLS:
        if each.way in ("in", "inout"):
            groups[IN, SIZES[each.what], _when_read(each.name, interfaces)].append(each.number)
        if each.way in ("out", "inout"):
            groups[OUT, SIZES[each.what], SUCCEEDED].append(each.number)
    for (way, size, on), numbers in groups.items():
        yield memory(way, CONTROL, size, given=among(_REQUEST, *numbers), on=on, what="ioctl argument")


def _interfaces() -> Iterator[Copy]:
    """SIOCGIFCONF: `dev_ifconf` (net/core/dev_ioctl.c) copies one ifreq after the other (`inet_gifconf`)."""
    asked = same(_REQUEST, SIOCGIFCONF)
    header, block = arg("arg"), size_of("ifconf")
    array, filled = (member(when, "arg", header, "ifconf", f) for when, f in ((ENTRY, "buf"), (EXIT, "len")))
    yield memory(IN, CONTROL, block, given=asked, on=unless("EBADF", "ENOTTY", "EFAULT"), what="ifconf")
    yield memory(OUT, CONTROL, block, given=asked, on=SUCCEEDED, counted=False)
    yield memory(OUT, CONTROL, 4, given=asked, on=SUCCEEDED, at=plus(header, 0), capture=NEVER, what="ifc_len")
    yield memory(OUT, CONTROL, filled, given=asked, on=SUCCEEDED, at=array, unit_of="ifreq", what="ifreq")


def _evdev() -> Iterator[Copy]:
    yield memory(OUT, CONTROL, RESULT, given=_COUNTED, on=POSITIVE, what="evdev answer")
    yield memory(OUT, CONTROL, least(_ENCODED_SIZE, 24), given=_ABSINFO, on=SUCCEEDED, what="input_absinfo")


def _encoded() -> Iterator[Copy]:
    """What a command that is not listed says of itself: worth showing, but no fact that could be counted."""
    size = least(_ENCODED_SIZE, _MOST_SHOWN)
    for way, direction in ((IN, 0x40000000), (OUT, 0x80000000)):
        given = both(bits(_REQUEST, direction), negate(_KNOWN))
        yield memory(way, CONTROL, size, given=given, on=SUCCEEDED, counted=False)


def ioctl() -> Syscall:
    """ioctl with all that is known of its commands."""
    read = [each.number for each in IOCTLS if each.way in ("in", "inout") and each not in INTERFACES]
    # A structure may have been copied before it was found that it cannot be used.
    unsure = both(among(_REQUEST, *read), negate(either(SUCCEEDED, failed("ENOTTY"))))
    unknown = both(_LOOKED_UP, either(negate(_KNOWN), unsure))
    copies = (*_listed(), *_interfaces(), *_evdev(), *_encoded())
    return call("ioctl", fd(), Arg("cmd", "ioctl_command"), Arg("arg", "ioctl", copies), unknown=unknown)
