"""The table of declarations: complete in itself, and cheap enough for the capture process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tracer.decode.arguments import reader
from tracer.syscalls.expression import Expr, arg, const
from tracer.syscalls.model import Arg, Syscall, call
from tracer.syscalls.names import X32_BIT, name_of, names, number_of
from tracer.syscalls.table import declaration_of, declarations
from tracer.wire import Abi

NATIVE = (Abi.X86_64, Abi.AARCH64)
EVERY = (*NATIVE, Abi.I386, Abi.X32)


@pytest.mark.parametrize("abi", EVERY)
def test_every_declaration_is_a_call_of_its_abi(abi: Abi) -> None:
    for number, declared in declarations(abi).items():
        assert name_of(abi, number) == declared.name


UNDECLARED: dict[str, str] = {}
"""Calls without a declaration, each with the reason."""


@pytest.mark.parametrize("abi", EVERY)
def test_every_known_call_is_declared(abi: Abi) -> None:
    missing = {name for number, name in names(abi).items() if declaration_of(abi, number) is None}
    assert missing == set(UNDECLARED)
    assert len(names(abi)) > 300


@pytest.mark.parametrize("abi", EVERY)
def test_every_argument_has_a_decoder(abi: Abi) -> None:
    for declared in declarations(abi).values():
        for each in declared.args:
            reader(each.reads)


def test_declarations_are_hashable_and_take_at_most_six_arguments() -> None:
    for abi in EVERY:
        for declared in declarations(abi).values():
            hash(declared)
            assert len(declared.args) <= 6, declared.name


def _operands(expr: Expr) -> list[object]:
    return [leaf for each in expr.operands for leaf in (_operands(each) if isinstance(each, Expr) else [each])]


@pytest.mark.parametrize("abi", EVERY)
def test_no_name_is_left_in_an_expression(abi: Abi) -> None:
    for declared in declarations(abi).values():
        for copy in declared.copies:
            parts = (copy.size, copy.given, copy.on, copy.at, copy.kept, copy.entries, declared.unknown)
            assert all(isinstance(leaf, int) for part in parts for leaf in _operands(part)), declared.name


def test_an_expression_about_a_missing_argument_is_refused() -> None:
    with pytest.raises(ValueError, match="tuple"):
        call("wrong", Arg("fd", "fd"), unknown=arg("count"))


def test_an_unknown_number_still_has_a_name() -> None:
    assert name_of(Abi.X86_64, 499) == "syscall_0x1f3"
    assert name_of(Abi.X86_64, -1) == "syscall_0xffffffff"
    assert name_of(Abi.OTHER, 1) == "syscall_0x1"
    assert declaration_of(Abi.X86_64, 499) is None


def test_numbers_and_names_are_inverse() -> None:
    for abi in EVERY:
        for number, name in names(abi).items():
            assert number_of(abi, name) in (number, number & ~X32_BIT)


def test_x32_numbers_work_with_and_without_their_bit() -> None:
    assert name_of(Abi.X32, 0) == name_of(Abi.X32, X32_BIT) == "read"
    assert declaration_of(Abi.X32, X32_BIT) is declaration_of(Abi.X32, 0)


@pytest.mark.parametrize(
    ("abi", "name", "size"),
    [
        (Abi.X86_64, "clock_gettime", 16),
        (Abi.I386, "clock_gettime", 8),
        (Abi.I386, "clock_gettime64", 16),
        (Abi.X32, "clock_gettime", 16),
        (Abi.X86_64, "rt_sigaction", 32),
        (Abi.I386, "rt_sigaction", 20),
        (Abi.X32, "rt_sigaction", 20),
        (Abi.AARCH64, "fstat", 128),
        (Abi.X86_64, "fstat", 144),
        (Abi.I386, "fstat", 64),
        (Abi.I386, "fstat64", 96),
        (Abi.X32, "fstat", 144),
        (Abi.I386, "getrusage", 72),
        (Abi.X32, "getrusage", 144),
    ],
)
def test_a_structure_has_the_size_it_has_there(abi: Abi, name: str, size: int) -> None:
    """x32 enters by the functions of x86-64 for calls without pointers in their structures."""
    assert _declared(abi, name).copies[0].size == const(size)


def _declared(abi: Abi, name: str) -> Syscall:
    number = number_of(abi, name)
    assert number is not None
    declared = declaration_of(abi, number)
    assert declared is not None
    return declared


def test_an_epoll_event_is_larger_where_it_is_not_packed() -> None:
    sizes = [_declared(abi, "epoll_ctl").copies[0].size.operands[0] for abi in NATIVE]
    assert sizes == [12, 16]


def test_the_table_imports_no_arrow_and_no_numpy() -> None:
    program = (
        "import sys, tracer.capture.plan\n"
        "print(sorted({'numpy', 'pyarrow', 'dataclasses', 'inspect'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
