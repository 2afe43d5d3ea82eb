"""`--trace SET` for the programs: which calls are told of, as a table they look a call's number up in.

The same calls as by a seccomp filter (`tracer.capture.seccomp_filter`): those that are wanted, and those on which
rests what a recording says of them. But nothing is put on the program, so it can be one that runs already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracer.capture.ebpf.layout import CHECK, CHOSEN, I386_PLANS, MOST_CHECKS
from tracer.capture.seccomp_filter import CHECKED, Wanted, traced_names
from tracer.syscalls.names import numbers
from tracer.wire import Abi

_FIRST_CHECK: Final = 2
_VALUES: Final = 4
_PLACES: Final[Mapping[str, tuple[tuple[Abi, int, int], ...]]] = {
    "x86_64": (
        (Abi.X86_64, 0, I386_PLANS),
        (Abi.I386, I386_PLANS, I386_PLANS),
        (Abi.X32, 2 * I386_PLANS, CHOSEN // 2),
    ),
    "aarch64": ((Abi.AARCH64, 0, I386_PLANS), (Abi.ARM, I386_PLANS, I386_PLANS)),
}
"""Of each machine: its tables of calls, where each begins, and how many numbers there is room for."""


def choice(machine: str, wanted: Wanted | None) -> tuple[int, int, bytes, bytes]:
    """The fields `choosing`, `others`, `checks` and `chosen` of `config`; all zeros when every call is wanted."""
    checks, chosen = bytearray(MOST_CHECKS * CHECK.size), bytearray(CHOSEN)
    if wanted is None:
        return 0, 0, bytes(checks), bytes(chosen)
    places = {name: place for place, name in enumerate(CHECKED)}
    for name, place in places.items():
        argument, values = CHECKED[name]
        padded = (*values, *(values[:1] * _VALUES))[:_VALUES]
        CHECK.pack_into(checks, place * CHECK.size, argument, *padded)
    for abi, begin, room in _PLACES.get(machine, ()):
        known, traced = numbers(abi), traced_names(abi, wanted)
        chosen[begin : begin + room] = bytes([wanted.inverted]) * room
        for name, number in known.items():
            if number < room:
                checked = _FIRST_CHECK + places[name] if name in places else 0
                chosen[begin + number] = 1 if name in traced else checked
    return 1, int(wanted.inverted), bytes(checks), bytes(chosen)
