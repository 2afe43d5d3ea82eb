"""The object in the package, and objects that are not ours."""

from __future__ import annotations

import re
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.capture.ebpf import layout
from tracer.capture.ebpf.object import BpfObject, BrokenObject, parse
from tracer.capture.stack_choice import LONG_BYTES, SHORT_BYTES

MAPS = {
    name: 100 + i
    for i, name in enumerate(
        (
            "tasks",
            "events",
            "memory",
            "large",
            "plans",
            "counters",
            "config",
            "before",
            "after",
            "stacks",
            "scratch",
        )
    )
}


def data() -> bytes:
    """The file."""
    return resources.files("tracer.capture.ebpf").joinpath("programs", "iotrace.x86_64.bpf.o").read_bytes()


def source() -> str:
    """The C program, and the programs it has in common with others."""
    programs = resources.files("tracer.capture.ebpf").joinpath("programs")
    return "\n".join(programs.joinpath(name).read_text() for name in ("iotrace.bpf.c", "switches.h", "lives.h"))


@pytest.fixture(scope="module")
def ours() -> BpfObject:
    """The object, read."""
    return parse(data())


def test_it_has_a_program_for_every_trace_point_of_the_source(ours: BpfObject) -> None:
    """The object was not made from an older one."""
    assert set(ours.programs) == set(re.findall(r'SEC\("tp_btf/(\w+)"\)', source()))
    assert ours.config_size == layout.CONFIG.size
    assert ours.license == b"Dual MIT/GPL\0"


def test_maps_are_filled_in(ours: BpfObject) -> None:
    """Every load of a map's address names its descriptor, and says what it is."""
    program = ours.programs["sys_exit"]
    code = ours.joined("sys_exit", MAPS)
    assert {reference.symbol for reference in program.references} >= {"config"}
    for reference in program.references:
        if reference.symbol:
            at = reference.at
            assert int.from_bytes(code[at + 4 : at + 8], "little") == MAPS[reference.symbol]
            assert code[at + 1] >> 4 == (2 if reference.symbol == "config" else 1)


def test_of_the_stack_as_much_is_kept_as_a_slot_has_room_for() -> None:
    """Or `--stacks` would keep more with one backend than with the other."""
    shapes = resources.files("tracer.capture.ebpf").joinpath("programs", "shapes.h").read_text()
    sizes = dict(re.findall(r"#define (SLOT_DATA|LARGE_DATA) (\d+)", shapes))
    assert (int(sizes["SLOT_DATA"]), int(sizes["LARGE_DATA"])) == (layout.SLOT_DATA, layout.LARGE_DATA)
    assert (SHORT_BYTES, LONG_BYTES) == (layout.SLOT_DATA, layout.LARGE_DATA)


def test_functions_are_behind_those_that_call_them(ours: BpfObject) -> None:
    """And every call leads to the beginning of one."""
    program = ours.programs["sys_enter"]
    begin = len(program.instructions)
    functions = sum(len(each.instructions) for each in ours.functions.values())
    assert begin < len(ours.joined("sys_enter", MAPS)) < begin + functions  # those of others are left out
    assert len(ours.joined("sched_switch", MAPS)) == len(ours.programs["sched_switch"].instructions)
    code = ours.joined("sys_enter", MAPS)
    targets = {
        reference.at // 8 + 1 + int.from_bytes(code[reference.at + 4 : reference.at + 8], "little", signed=True)
        for reference in program.references
        if not reference.symbol
    }
    assert targets
    assert begin // 8 in targets
    assert all(begin // 8 <= target < len(code) // 8 for target in targets)


def test_programs_that_go_on_where_another_ends(ours: BpfObject) -> None:
    """Each has the trace point it goes on at, its place, and the functions it calls behind it."""
    assert {name.partition("/")[0] for name in ours.tails} == {"sys_enter", "sys_exit"}
    numbers = [int(name.partition("/")[2]) for name in ours.tails]
    assert len(set(numbers)) == len(numbers)
    assert all(0 < number < layout.MOST_TAILS for number in numbers)
    for name, program in ours.tails.items():
        assert len(ours.joined(name, MAPS)) >= len(program.instructions)


def test_a_map_nobody_made(ours: BpfObject) -> None:
    """Is said by name."""
    with pytest.raises(BrokenObject, match="'memory'"):
        ours.joined("sys_enter", {name: 1 for name in MAPS if name != "memory"})


@pytest.mark.parametrize("wrong", [b"", b"\x7fELF", b"\x7fELF\x02\x01" + bytes(200), bytes(64), b"text\n" * 100])
def test_other_files_are_refused(wrong: bytes) -> None:
    """Never anything but BrokenObject."""
    with pytest.raises(BrokenObject):
        parse(wrong)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 60_000), st.integers(0, 255), st.integers(0, 60_000))
def test_damaged_objects(place: int, value: int, cut: int) -> None:
    """Are read, or refused in one way."""
    whole = bytearray(data())
    whole[place % len(whole)] = value
    try:
        parse(bytes(whole[: max(cut % len(whole), 1)]))
        parse(bytes(whole))
    except BrokenObject:
        pass
