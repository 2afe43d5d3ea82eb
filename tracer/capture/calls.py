"""The system call tables in use: for each ABI, what to copy at entry and exit, and which calls are special."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.capture.memory import Reader
from tracer.capture.plan import EntryPlan, ExitPlan, PlanOptions, compile_plans
from tracer.capture.specials import Special, specials_of
from tracer.capture.unfold import MULTIPLEXERS, Registers, unfold
from tracer.wire import Abi

_ABI_OF_ARCH: Final = {
    0xC000003E: Abi.X86_64,
    0x40000003: Abi.I386,
    0xC00000B7: Abi.AARCH64,
    0x40000028: Abi.ARM,
}
"""AUDIT_ARCH_* values (linux/audit.h) as PTRACE_GET_SYSCALL_INFO reports them."""

_X32_BIT: Final = 0x40000000


@dataclass(frozen=True, slots=True)
class CallTable:
    """One ABI's calls by number."""

    abi: Abi
    nr_mask: int
    """What remains of the number the kernel reports; strips the bit that marks an x32 call."""
    entry_plans: dict[int, EntryPlan]
    exit_plans: dict[int, ExitPlan]
    specials: dict[int, Special]


class CallTables:
    """Tables made when a thread first uses their ABI."""

    def __init__(self, options: PlanOptions) -> None:
        self._options = options
        self._by_abi: dict[Abi, CallTable] = {}
        self.by_arch: dict[int, CallTable] = {}
        """By AUDIT_ARCH value; an x32 call has x86_64's, so look at its number first. That of i386 is not here: its
        calls need `find`."""

    def find(self, arch: int, nr: int, args: Registers, reader: Reader) -> tuple[CallTable, int, Registers]:
        """The table for a call that was entered with this AUDIT_ARCH value and number; the number and the arguments
        it has there.

        A 32-bit call has 32-bit arguments, whatever a 64-bit program that made it (int 0x80) has left in the high
        halves of its registers, and may stand for another call (`tracer.capture.unfold`)."""
        abi = _ABI_OF_ARCH.get(arch, Abi.OTHER)
        if abi is Abi.X86_64 and nr & _X32_BIT and nr < 1 << 31:
            table = self._table(Abi.X32)
            return table, nr & table.nr_mask, args
        if abi is Abi.I386:
            table, low = self._table(abi), tuple([value & 0xFFFFFFFF for value in args])
            return table, *(unfold(reader, nr, low) if nr in MULTIPLEXERS else (nr & table.nr_mask, low))
        self.by_arch[arch] = table = self._table(abi)
        return table, nr & table.nr_mask, args

    def _table(self, abi: Abi) -> CallTable:
        table = self._by_abi.get(abi)
        if table is None:
            plans = compile_plans(abi, self._options)
            table = self._by_abi[abi] = CallTable(
                abi,
                ~_X32_BIT & 0x7FFFFFFF if abi is Abi.X32 else 0x7FFFFFFF,
                {nr: plan.entry for nr, plan in plans.items() if plan.entry is not None},
                {nr: plan.exit for nr, plan in plans.items() if plan.exit is not None},
                specials_of(abi),
            )
        return table
