"""The object of `iotrace top`, and what Python knows of its source."""

from __future__ import annotations

import re
from importlib import resources

from tracer.capture.ebpf import meanings, top_layout
from tracer.capture.ebpf.loading import compiled

MAPS = {name: 100 + i for i, name in enumerate(("threads", "counts", "names", "counters", "config"))}
SIZES = {"u64": 8, "u32": 4, "u8": 1}


def source() -> str:
    """The C program."""
    programs = resources.files("tracer.capture.ebpf").joinpath("programs")
    return "\n".join(programs.joinpath(name).read_text() for name in ("means.h", "top.bpf.c"))


def fields(structure: str) -> dict[str, int]:
    """The members of a structure of the source and their sizes in bytes, arrays of constants included."""
    found = re.search(rf"^struct {structure} \{{(.*?)\}};", source(), re.M | re.S)
    assert found is not None
    constants = dict(re.findall(r"#define (\w+) (\d+)", source()))
    sizes = {}
    for kind, names in re.findall(r"(u64|u32|u8) ([^;]+);", found[1]):
        for each in names.split(","):
            name, _, times = each.strip().rstrip("]").partition("[")
            sizes[name] = SIZES[kind] * int(constants.get(times, times) or 1)
    return sizes


def test_it_has_a_program_for_every_trace_point_of_the_source() -> None:
    """The object was not made from an older one."""
    ours = compiled("top")
    assert set(ours.programs) == set(re.findall(r'SEC\("tp_btf/(\w+)"\)', source()))
    assert ours.config_size == top_layout.CONFIG.size
    assert ours.license == b"Dual MIT/GPL\0"
    assert all(ours.joined(name, MAPS) for name in ours.programs)


def test_structures_are_those_of_the_source() -> None:
    """Their sizes, and the names of what is counted in their order."""
    assert tuple(fields("count")) == top_layout.COUNT.names
    assert sum(fields("count").values()) == top_layout.COUNT.itemsize
    assert sum(fields("thread").values()) == top_layout.THREAD_SIZE
    assert sum(fields("name").values()) == top_layout.NAME_SIZE
    assert sum(fields("config").values()) == top_layout.CONFIG.size


def test_meanings_are_those_of_the_source() -> None:
    """The numbers in the table of calls."""
    found = re.search(r"enum means \{ (.*?) \};", source())
    assert found is not None
    for number, name in enumerate(found[1].split(", ")):
        assert name == "ORDINARY" or getattr(meanings, f"_{name}") == number
    constants = dict(re.findall(r"#define (\w+) (\w+)", source()))
    assert int(constants["NARROW_CALLS"]) == top_layout.NARROW_CALLS
    assert int(constants["CALLS"]) == top_layout.CALLS
    assert int(constants["NARROW"], 16) == meanings._NARROW
