"""The filter of `--trace`, run by an interpreter of classic BPF: which calls stop for the tracer."""

from __future__ import annotations

import errno
import struct
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.capture.seccomp_filter import (
    ALLOW,
    CHECKED,
    MOST_INSTRUCTIONS,
    TRACE,
    Wanted,
    always,
    filter_program,
    traced_names,
)
from tracer.capture.seccomp_install import obstacle
from tracer.syscalls.names import X32_BIT, numbers
from tracer.wire import Abi

ARCHES: Final = {
    Abi.X86_64: ("x86_64", 0xC000003E, 0),
    Abi.I386: ("x86_64", 0x40000003, 0),
    Abi.X32: ("x86_64", 0xC000003E, X32_BIT),
    Abi.AARCH64: ("aarch64", 0xC00000B7, 0),
    Abi.ARM: ("aarch64", 0x40000028, 0),
}
NAMES: Final = sorted({name for abi in ARCHES for name in numbers(abi)})


def run(program: bytes, nr: int, arch: int, args: tuple[int, ...] = ()) -> int:
    """What the kernel would do with a call (bpf_prog_run of a seccomp filter, kernel/seccomp.c)."""
    data = struct.pack("<IIQ6Q", nr & 0xFFFFFFFF, arch, 0, *(*args, 0, 0, 0, 0, 0, 0)[:6])
    ops = list(struct.iter_unpack("<HBBI", program))
    at = accumulator = 0
    for _ in range(MOST_INSTRUCTIONS):
        code, yes, no, k = ops[at]
        at += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, k)
            case 0x54:
                accumulator &= k
            case 0x05:
                at += k
            case 0x15 | 0x25 | 0x35:
                passed = {0x15: accumulator == k, 0x25: accumulator > k, 0x35: accumulator >= k}[code]
                at += yes if passed else no
            case 0x06:
                return int(k)
            case _:
                raise AssertionError(f"code {code:#x}")
    raise AssertionError("it never ends")


def action(program: bytes, abi: Abi, nr: int, args: tuple[int, ...] = ()) -> int:
    _, arch, bit = ARCHES[abi]
    return run(program, nr | bit, arch, args)


@settings(max_examples=30, deadline=None)
@given(st.sets(st.sampled_from(NAMES), max_size=60), st.booleans(), st.sampled_from(sorted(ARCHES)))
def test_a_call_stops_when_it_is_wanted_or_needed(names: set[str], inverted: bool, abi: Abi) -> None:
    wanted = Wanted(frozenset(names), inverted)
    program = filter_program(ARCHES[abi][0], wanted)
    traced = traced_names(abi, wanted)
    for name, nr in numbers(abi).items():
        assert action(program, abi, nr, (7, 7, 7)) == (TRACE if name in traced else ALLOW), name
        assert (name in traced) >= ((name in names) != inverted)
        assert (name in traced) >= (name in always(abi))


@pytest.mark.parametrize("abi", sorted(ARCHES))
@pytest.mark.parametrize("name", sorted(CHECKED))
def test_of_a_busy_call_only_the_commands_that_matter_stop(abi: Abi, name: str) -> None:
    nr = numbers(abi).get(name)
    if nr is None:
        assert name == "fcntl64"
        return
    program = filter_program(ARCHES[abi][0], Wanted(frozenset({"getppid"})))
    argument, values = CHECKED[name]
    for value in values:
        args = [0x1234567] * 3
        args[argument] = value
        assert action(program, abi, nr, tuple(args)) == TRACE
        args[argument] = value | 0x7FFF << 32  # the kernel takes an int: the high half is nothing
        assert action(program, abi, nr, tuple(args)) == TRACE
    assert action(program, abi, nr, (0x1234567,) * 3) == ALLOW


def test_a_number_nobody_knows_stops_for_who_excludes_and_for_nobody_else() -> None:
    for nr in (1 << 20, 0xFFFFFFFF):
        assert run(filter_program("x86_64", Wanted(frozenset({"read"}))), nr, 0xC000003E) == ALLOW
        assert run(filter_program("x86_64", Wanted(frozenset({"read"}), True)), nr, 0xC000003E) == TRACE


def test_an_architecture_nobody_knows_is_traced() -> None:
    assert run(filter_program("x86_64", Wanted(frozenset({"read"}))), 3, 0xC00000F3) == TRACE


def test_rings_are_found_by_their_mappings() -> None:
    assert "mmap" in traced_names(Abi.X86_64, Wanted(frozenset({"io_uring_enter"})))
    assert "mmap" not in traced_names(Abi.X86_64, Wanted(frozenset({"read"})))


def test_every_filter_fits_into_the_kernel() -> None:
    every_other = frozenset(NAMES[::2])
    for machine in ("x86_64", "aarch64"):
        for wanted in (Wanted(every_other), Wanted(every_other, True), Wanted(frozenset(NAMES))):
            assert len(filter_program(machine, wanted)) <= 8 * MOST_INSTRUCTIONS


def test_another_machine_is_refused() -> None:
    assert obstacle("riscv64") == errno.EOPNOTSUPP
    with pytest.raises(ValueError, match="riscv64"):
        filter_program("riscv64", Wanted(frozenset({"read"})))
