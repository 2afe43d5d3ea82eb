"""What the programs must know of `--stacks` (stacks.h): the bits of their configuration, and two maps."""

from __future__ import annotations

import os
from typing import Final

from tracer.capture.ebpf import bpf
from tracer.capture.ebpf.layout import CHOSEN
from tracer.capture.stack_choice import MOST_FRAMES, StackChoice, traits_by_number
from tracer.wire import Abi

_AT_ALL, _WASTED, _FAILED, _ALL, _BLOCKED, _MEMORY = (1 << bit for bit in range(6))
_PLACES: Final = {
    "x86_64": ((Abi.X86_64, 0), (Abi.I386, CHOSEN // 4), (Abi.X32, CHOSEN // 2)),
    "aarch64": ((Abi.AARCH64, 0), (Abi.ARM, CHOSEN // 4)),
}
"""Where the numbers of each ABI begin in the table."""


def wanted(choice: StackChoice | None, *, redact: bool) -> int:
    """`enum wanted`; 0 without the option. The memory of stacks is kept where its rules are known, and not at all
    when what programs hold is to be kept out of the recording."""
    if choice is None:
        return 0
    chosen = ((_WASTED, choice.wasted), (_FAILED, choice.failed), (_ALL, choice.every))
    found = _AT_ALL | sum(bit for bit, given in chosen if given) | _BLOCKED * (choice.blocked_ns is not None)
    return found | _MEMORY * (not redact and os.uname().machine == "x86_64")


def make(choice: StackChoice | None, held: list[int]) -> dict[str, int]:
    """The maps by name; their descriptors go into `held`. Raises BpfRefused."""
    table = bpf.create_map(bpf.ARRAY, 4, 8, CHOSEN + 1)
    held.append(table)
    scratch = bpf.create_map(bpf.PERCPU_ARRAY, 4, 8 * MOST_FRAMES, 1)
    held.append(scratch)
    if choice is not None:
        for number, known in _table(choice).items():
            bpf.update(table, number.to_bytes(4, "little"), known.to_bytes(8, "little"))
    return {"stacks": table, "scratch": scratch}


def _table(choice: StackChoice) -> dict[int, int]:
    found = {CHOSEN: choice.blocked_ns or 0}
    for abi, begin in _PLACES.get(os.uname().machine, ()):
        found |= {begin + number: known for number, known in traits_by_number(choice, abi).items() if number < 1024}
    return found
