"""Which system call tables programs on a machine use: its own, and that of its 32-bit programs, behind it in every
table that the BPF programs look a number up in (NATIVE and NARROW_ABI in programs/machine.h).
"""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import Final, NamedTuple

from tracer.wire import Abi


class Machine(NamedTuple):
    """The tables of one machine."""

    native: Abi
    narrow: Abi


MACHINES: Final = MappingProxyType(
    {"x86_64": Machine(Abi.X86_64, Abi.I386), "aarch64": Machine(Abi.AARCH64, Abi.ARM)}
)
"""By the name that uname(2) has for them; those there is an object for."""


def here() -> Machine:
    """This machine's. There are no calls in the tables of one that nobody wrote programs for."""
    return MACHINES.get(os.uname().machine, Machine(Abi.OTHER, Abi.OTHER))
