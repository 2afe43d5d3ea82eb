"""Which calls the programs tell of with --trace."""

from __future__ import annotations

from tracer.capture.ebpf.layout import CHECK, CHOSEN, MOST_CHECKS
from tracer.capture.ebpf.scope import choice
from tracer.capture.seccomp_filter import CHECKED, Wanted, always
from tracer.syscalls.names import numbers
from tracer.wire import Abi

BEGINS = {Abi.X86_64: 0, Abi.I386: 512, Abi.X32: 1024}


def chosen(table: bytes, abi: Abi, name: str) -> int:
    return table[BEGINS[abi] + numbers(abi)[name]]


def test_without_a_set_nothing_is_chosen_and_nothing_asked() -> None:
    assert choice("x86_64", None) == (0, 0, bytes(MOST_CHECKS * CHECK.size), bytes(CHOSEN))


def test_the_wanted_and_those_a_recording_rests_on() -> None:
    choosing, others, _, table = choice("x86_64", Wanted(frozenset({"read", "poll"})))
    assert (choosing, others) == (1, 0)
    for abi in BEGINS:
        assert chosen(table, abi, "read") == chosen(table, abi, "execve") == 1
        assert all(chosen(table, abi, name) == 1 for name in always(abi) & numbers(abi).keys())
        assert chosen(table, abi, "getppid") == 0


def test_some_calls_by_an_argument() -> None:
    """A write is one of the wanted only when it is a mark."""
    _, _, checks, table = choice("x86_64", Wanted(frozenset({"read"})))
    argument, *values = CHECK.unpack_from(checks, (chosen(table, Abi.I386, "write") - 2) * CHECK.size)
    assert (argument, set(values)) == (0, {0xFFFFFFFF})
    argument, *values = CHECK.unpack_from(checks, (chosen(table, Abi.X86_64, "fcntl") - 2) * CHECK.size)
    assert (argument, set(values)) == (1, set(CHECKED["fcntl"][1]))
    assert len(CHECKED) <= MOST_CHECKS
    assert all(argument in (0, 1) and len(values) <= 4 for argument, values in CHECKED.values())


def test_all_but_some() -> None:
    """Numbers that no table has are wanted then."""
    _, others, _, table = choice("x86_64", Wanted(frozenset({"futex"}), inverted=True))
    assert others == 1
    assert chosen(table, Abi.X86_64, "futex") == 0
    assert chosen(table, Abi.X86_64, "getppid") == 1
    assert table[511] == 1


def test_a_machine_without_tables() -> None:
    assert choice("riscv64", Wanted(frozenset({"read"})))[3] == bytes(CHOSEN)
