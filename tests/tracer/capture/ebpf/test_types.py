"""Type information: the kernel's, read; ours, made."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.capture.ebpf.types import KERNEL, kernel_types, storage_types

EXIT_CODE = ("task_struct", "exit_code")
NAMES = b"\0btf_trace_sys_enter\0task_struct\0exit_code\0other\0"


def at(name: str) -> int:
    """Where a name is among the texts."""
    return NAMES.index(b"\0" + name.encode() + b"\0") + 1


def btf(types: bytes) -> bytes:
    """A whole document."""
    return struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(NAMES)) + types + NAMES


def made(bits: int, flagged: bool = False) -> bytes:
    """An int, a structure with two members, a function prototype, and a trace point's typedef."""
    return btf(
        struct.pack("<IIII", at("other"), 1 << 24, 4, 32)
        + struct.pack("<III", at("task_struct"), 4 << 24 | 2 | flagged << 31, 64)
        + struct.pack("<III", at("other"), 1, 0)
        + struct.pack("<III", at("exit_code"), 1, bits)
        + struct.pack("<IIIII", 0, 13 << 24 | 1, 0, 0, 1)
        + struct.pack("<III", at("btf_trace_sys_enter"), 8 << 24, 3)
    )


def test_trace_points_by_name_and_where_the_exit_code_is() -> None:
    """Types are numbered from 1; a trace point the kernel does not have is missing."""
    found = kernel_types(made(8 * 44), ["sys_enter", "sys_exit"], [EXIT_CODE, ("task_struct", "more")])
    assert found.tracepoints == {"sys_enter": 4}
    assert found.offsets == {EXIT_CODE: 44}
    assert found.offset("task_struct", "more") == 0


def test_functions_by_name() -> None:
    """What an iterator is attached to is a function; its name may be that of another type too."""
    types = struct.pack("<III", at("other"), 4 << 24, 8) + struct.pack("<III", at("other"), 12 << 24, 1)
    assert kernel_types(btf(types), [], functions=["other", "exit_code", "missing"]).functions == {"other": 2}


def test_offsets_of_structures_with_bit_fields() -> None:
    """Their upper byte is a width."""
    assert kernel_types(made(8 * 44, flagged=True), [], [EXIT_CODE]).offsets == {EXIT_CODE: 44}
    assert kernel_types(made(5 << 24 | 8 * 44, flagged=True), [], [EXIT_CODE]).offsets == {EXIT_CODE: 44}


@pytest.mark.parametrize("wrong", [b"", b"\x9f\xeb", bytes(100), b"\xeb\x9f" + bytes(100)])
def test_other_files(wrong: bytes) -> None:
    """Are said to be none."""
    with pytest.raises(ValueError, match=r"cut off|type information"):
        kernel_types(wrong, [])


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_rubbish(types: bytes) -> None:
    """Ends, one way or the other."""
    try:
        kernel_types(btf(types), ["sys_enter"], [EXIT_CODE])
    except ValueError:
        pass


@pytest.mark.skipif(not KERNEL.exists(), reason="this kernel has no type information")
def test_this_kernel() -> None:
    """It has what the programs need."""
    found = kernel_types(KERNEL.read_bytes(), ["sys_enter", "sys_exit", "sched_switch"], [EXIT_CODE])
    assert len(found.tracepoints) == 3
    assert 0 < found.offset(*EXIT_CODE) < 1 << 16


def test_our_own_can_be_read_as_well() -> None:
    """What a task storage map comes with is whole."""
    assert kernel_types(storage_types(168), []).tracepoints == {}
