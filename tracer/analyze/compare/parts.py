"""The parts of a run that can be found again in another run of any program.

They are its system calls, its descriptors by what they lead to, and its threads by name and place. Numbers that
differ from run to run (pids, inodes, ephemeral ports, names made up for temporary files) are no part of a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from tracer.analyze.results import Copies, DescriptorRow, Report, SyscallRow, ThreadRow

SYSCALL: Final = "syscall"
DESCRIPTOR: Final = "descriptor"
THREAD: Final = "thread"
KINDS: Final = (SYSCALL, DESCRIPTOR, THREAD)

_EPHEMERAL: Final = 32768
"""Ports from here on are given out by the kernel (ip_local_port_range, ip(7))."""
_PORT: Final = re.compile(r"(?<=[\d\]]):(\d+)\b")
_NUMBER: Final = re.compile(r"(?<=/proc/)\d+|(?<=/task/)\d+|(?<=/dev/pts/)\d+|(?<!\d)\d{5,}(?!\d)")
_MADE_UP: Final = re.compile(r"(?<=/)tmp[a-z0-9_]{8}(?=/|$|\.)|(?<=\.)[A-Za-z0-9]{6}$(?<=[A-Z0-9].....)")
_INODE: Final = re.compile(r":\[\d+\]")
_TOLD_APART: Final = 8
"""Threads of one name that have a line each; those after them share one."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a run, with its figures: counts, times in ns, sizes in bytes."""

    kind: str
    name: str
    figures: Mapping[str, float]
    """What is not known is not there."""
    spread: Mapping[str, float] = field(default_factory=dict)
    """With several repetitions: how far a figure got from its median."""


def parts_of(report: Report) -> tuple[Part, ...]:
    """The parts of the run that `report` is about; parts of the same name are one."""
    return (
        *_merged(SYSCALL, ((row.name, _call(row)) for row in report.syscalls)),
        *_merged(DESCRIPTOR, ((descriptor_role(row.what), _descriptor(row)) for row in report.fds)),
        *_merged(THREAD, zip(thread_roles(report.threads), map(_thread, report.threads), strict=True)),
    )


@lru_cache(maxsize=1 << 16)
def descriptor_role(what: str) -> str:
    """What a descriptor leads to, the same in every run: "socket inet stream to 127.0.0.1:80", "pipe"."""
    text = _INODE.sub("", what)
    text = _PORT.sub(lambda found: found[0] if int(found[1]) < _EPHEMERAL else ":*", text)
    return _MADE_UP.sub("*", _NUMBER.sub("*", text))


def thread_roles(threads: Sequence[ThreadRow]) -> list[str]:
    """A name for each thread: its own, and from the second of that name on its place among them."""
    seen: dict[str, int] = {}
    roles = []
    for thread in threads:
        name = _NUMBER.sub("*", thread.name) or "?"
        place = seen[name] = seen.get(name, 0) + 1
        more = f" #{place}" if place <= _TOLD_APART else f" #{_TOLD_APART + 1} and on"
        roles.append(name if place == 1 else name + more)
    return roles


def _call(row: SyscallRow) -> dict[str, float | None]:
    times = row.times
    return {
        "calls": row.calls, "failed": row.failed, "wasted": row.wasted, "user_ns": times.user_ns,
        "kernel_ns": times.kernel_ns, "blocked_ns": times.blocked_ns, "runnable_ns": times.runnable_ns,
        "copied": _copied(row.copies),
    }  # fmt: skip


def _descriptor(row: DescriptorRow) -> dict[str, float | None]:
    return {"calls": row.calls, "wasted": row.wasted, "copied": _copied(row.copies)}


def _thread(row: ThreadRow) -> dict[str, float | None]:
    times = row.times
    return {
        "calls": row.calls, "user_ns": times.user_ns, "kernel_ns": times.kernel_ns,
        "blocked_ns": times.blocked_ns, "runnable_ns": times.runnable_ns,
    }  # fmt: skip


def _copied(copies: Copies) -> float | None:
    """Bytes in both directions; None when it is not known what all of the calls copied."""
    if copies.unknown:
        return None
    return copies.payload_in + copies.payload_out + copies.control_in + copies.control_out


def _merged(kind: str, rows: Iterable[tuple[str, Mapping[str, float | None]]]) -> Iterator[Part]:
    sums: dict[str, dict[str, float | None]] = {}
    for name, figures in rows:
        found = sums.setdefault(name, dict.fromkeys(figures, 0))
        for figure, value in figures.items():
            before = found[figure]
            found[figure] = None if value is None or before is None else before + value
    for name, summed in sums.items():
        yield Part(kind, name, {figure: value for figure, value in summed.items() if value is not None})
