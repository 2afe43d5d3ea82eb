"""How far the kernel's verifier follows our programs: one of which it would have to follow more than a million
instructions is refused, and older kernels follow more.

`python -m tests.live.test_ebpf_verifier` prints the numbers; by tests/kernels/boot.sh those of another kernel."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final
from unittest.mock import patch

import pytest

from tests.live.bpf import bpf_refused
from tracer.capture.ebpf import bpf
from tracer.capture.ebpf.loading import Limits, compiled, load
from tracer.capture.ebpf.object import BpfObject
from tracer.capture.ebpf.plans import kernel_plans
from tracer.capture.ebpf.summary_maps import make_maps
from tracer.capture.plan import PlanOptions
from tracer.capture.stack_choice import StackChoice

A_QUARTER: Final = 250_000
RING: Final = 1 << 16
CASES: Final[Mapping[str, Limits]] = {
    "as always": Limits(ring_bytes=RING),
    "large pieces": Limits(4096, RING),
    "redacted": Limits(0, RING, redact=True),
    "stacks": Limits(4096, RING, stacks=StackChoice(wasted=True, failed=True, blocked_ns=1)),
}


def steps(code: BpfObject, limits: Limits, others: Mapping[str, int] = MappingProxyType({})) -> dict[str, int]:
    """By program, or part of one, the instructions that were followed (proc_pid_fdinfo(5), verified_insns)."""
    found: dict[str, int] = {}
    load_program = bpf.load_program

    def counted(
        name: str, instructions: bytes, license_text: bytes, target: int, how: int = bpf.TRACE_POINT
    ) -> int:
        descriptor = load_program(name, instructions, license_text, target, how)
        about = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
        number = re.search(r"^verified_insns:\s*(\d+)", about, re.MULTILINE)
        assert number is not None, about
        found[name] = int(number[1])
        return descriptor

    with patch.object(bpf, "load_program", counted):
        load(code, limits, kernel_plans(PlanOptions(limits.capture_bytes, limits.redact)), others=others).close()
    return found


def of_sums() -> dict[str, int]:
    """Those of --summary."""
    maps = make_maps()
    try:
        return steps(compiled("summary"), Limits(ring_bytes=RING), maps.named)
    finally:
        maps.close()


@pytest.fixture(autouse=True)
def _loads() -> None:
    if why_not := bpf_refused():
        pytest.skip(f"no BPF here: {why_not}")


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_near_the_limit(case: str) -> None:
    """No part that goes on behind a program was refused, which would be left out without a word; and messages and
    requests take the verifier less than the plans do, however many of them a call has."""
    code = compiled()
    found = steps(code, CASES[case])
    assert found.keys() == code.programs.keys() | {name.replace("/", "_") for name in code.tails}
    assert max(found.values()) < A_QUARTER
    for point, numbers in {"sys_enter": (4, 5, 6), "sys_exit": (7,)}.items():
        assert all(found[f"{point}_{number}"] < found[point] for number in numbers)


def test_sums_are_far_from_it() -> None:
    """They have no loops."""
    assert max(of_sums().values()) < A_QUARTER / 10


if __name__ == "__main__":
    print(os.uname().release, os.uname().machine)
    for case, limits in CASES.items():
        print(f"{case}:", *(f"{name} {number:,}" for name, number in steps(compiled(), limits).items()))
    print("sums:", *(f"{name} {number:,}" for name, number in of_sums().items()))
