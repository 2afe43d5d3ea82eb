"""The object of --summary, and what Python knows of its source."""

from __future__ import annotations

import re
from importlib import resources

from tracer import wire
from tracer.account import summed
from tracer.capture.ebpf import summary_layout
from tracer.capture.ebpf.layout import CONFIG
from tracer.capture.ebpf.loading import compiled
from tracer.capture.ebpf.summary_maps import NAMES

SHARED = ("tasks", "events", "memory", "large", "plans", "counters", "config")
SIZES = {"u64": 8, "s64": 8, "u32": 4, "s32": 4, "u16": 2, "u8": 1}


def source(*names: str) -> str:
    """The C program's files."""
    programs = resources.files("tracer.capture.ebpf").joinpath("programs")
    return "\n".join(programs.joinpath(name).read_text() for name in names)


def fields(structure: str) -> list[tuple[str, int]]:
    """The members of a structure of sums.h with their sizes in bytes."""
    text = source("sums.h")
    found = re.search(rf"^struct {structure} \{{(.*?)\}};", text, re.M | re.S)
    assert found is not None
    constants = dict(re.findall(r"#define (\w+) (\d+)", text))
    members = []
    for kind, names in re.findall(r"\b(u64|s64|u32|s32|u16|u8) ([^;]+);", found[1]):
        for each in names.split(","):
            name, _, times = each.strip().rstrip("]").partition("[")
            members.append((name, SIZES[kind] * int(constants.get(times, times) or 1)))
    return members


def test_it_has_a_program_for_every_trace_point_of_the_source() -> None:
    """The object was not made from an older one."""
    ours = compiled("summary")
    text = source("summary.bpf.c", "switches.h", "lives.h")
    assert set(ours.programs) == set(re.findall(r'SEC\("tp_btf/(\w+)"\)', text))
    assert ours.config_size == CONFIG.size
    maps = {name: 100 + i for i, name in enumerate((*SHARED, *NAMES))}
    assert all(ours.joined(name, maps) for name in ours.programs)


def test_structures_are_those_of_the_source() -> None:
    """Names in their order, and sizes."""
    for name, known in (
        ("key", summary_layout.KEY),
        ("sums", summary_layout.SUMS),
        ("sample", summary_layout.SAMPLE),
    ):
        assert fields(name) == [(each, known[each].itemsize) for each in known.names or ()]


def test_numbers_are_those_of_the_source() -> None:
    """Of maps, outcomes, histograms."""
    text = source("sums.h")
    constants = {name: int(value, 0) for name, value in re.findall(r"#define (\w+) (0x\w+|\d+)", text)}
    assert constants["BUCKETS"] == summary_layout.BUCKETS == wire.BUCKETS
    assert constants["ERAS"] == summary_layout.ERAS
    assert constants["SAMPLES"] == summary_layout.SAMPLES
    assert constants["RESULT_VARIES"] == wire.RESULT_VARIES
    outcomes = re.search(r"enum how \{ (.*?) \};", text)
    assert outcomes is not None
    assert {name: int(value) for name, value in re.findall(r"(\w+) = (\d)", outcomes[1])} == {
        each.name: each.value for each in wire.Outcome
    }
    settings = re.search(r"enum setting \{ (.*?), SETTINGS \};", text)
    assert settings is not None
    assert tuple(settings[1].lower().split(", ")) == summary_layout.SETTINGS
    single = re.search(r"enum single \{ (.*?) \};", source("shapes.h"))
    assert single is not None
    assert single[1].split(", ").index("ALONE") == summary_layout.ALONE
    assert single[1].split(", ").index("MEASURED") == summary_layout.MEASURED


def test_the_item_of_a_row_is_what_is_read_again() -> None:
    """Arguments, result and histograms, as `tracer.account.summed` takes them."""
    sums = summary_layout.SUMS
    assert summed.BODY.itemsize == sums["args"].itemsize + 8 + sums["kernel"].itemsize + sums["whole"].itemsize
