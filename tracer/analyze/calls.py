"""What the totals must know of each system call: name, whether it waits, where its timeout and fd are.

Calls get dense numbers ("codes") in the order they are first seen, so that facts about a whole batch are one
numpy lookup. Code 0 is "no call": rows of other kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct
from tracer.syscalls.names import name_of
from tracer.syscalls.table import declaration_of
from tracer.syscalls.waits import MILLISECONDS, TIME_STRUCTS

Ints = NDArray[np.int64]

WAITS: Final = frozenset(MILLISECONDS) | frozenset(TIME_STRUCTS)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Facts about one system call of one ABI."""

    name: str
    waits: bool
    milliseconds: int
    """Argument that is a timeout in ms, -1 = none."""
    time_struct: int
    """Argument that points to a timeout, -1 = none."""
    fd: int
    """First argument that is a descriptor, -1 = none."""


NO_CALL: Final = CallFacts("", False, -1, -1, -1)


def facts_of(abi: int, nr: int) -> CallFacts:
    """The facts about call `nr` of `abi`; an undeclared call uses no descriptor as far as we know."""
    name = name_of(abi, nr)
    declaration = declaration_of(abi, nr)
    reads = [argument.reads for argument in declaration.args] if declaration is not None else []
    return CallFacts(
        name=name,
        waits=name in WAITS,
        milliseconds=MILLISECONDS.get(name, -1),
        time_struct=TIME_STRUCTS.get(name, -1),
        fd=reads.index("fd") if "fd" in reads else -1,
    )


class CallCodes:
    """Codes of the calls seen so far, and their facts as columns indexed by code."""

    def __init__(self) -> None:
        self.facts: list[CallFacts] = [NO_CALL]
        self._codes: dict[int, int] = {}
        self._columns = self._as_columns()

    def of(self, abi: Ints, nr: Ints) -> Ints:
        """The code of every row (of call rows only)."""
        found, where = distinct(abi << 32 | (nr & 0xFFFFFFFF))
        codes = np.array([self._code(value) for value in found.tolist()], dtype=np.int64)
        if len(self.facts) != len(self._columns[0]):
            self._columns = self._as_columns()
        return codes[where]

    def waits(self, codes: Ints) -> NDArray[np.bool_]:
        """Which rows are waiting calls."""
        waits: NDArray[np.bool_] = self._columns[0][codes] != 0
        return waits

    def milliseconds(self, codes: Ints) -> Ints:
        """Which argument is a timeout in ms, -1 = none."""
        return self._columns[1][codes]

    def time_struct(self, codes: Ints) -> Ints:
        """Which argument points to a timeout, -1 = none."""
        return self._columns[2][codes]

    def fd(self, codes: Ints) -> Ints:
        """Which argument is the descriptor, -1 = none."""
        return self._columns[3][codes]

    def _code(self, value: int) -> int:
        code = self._codes.get(value)
        if code is None:
            nr = value & 0xFFFFFFFF
            code = self._codes[value] = len(self.facts)
            self.facts.append(facts_of(value >> 32, nr - (1 << 32) if nr >= 1 << 31 else nr))
        return code

    def _as_columns(self) -> tuple[Ints, Ints, Ints, Ints]:
        rows = [(fact.waits, fact.milliseconds, fact.time_struct, fact.fd) for fact in self.facts]
        waits, milliseconds, time_struct, fd = np.array(rows, dtype=np.int64).T
        return waits, milliseconds, time_struct, fd
