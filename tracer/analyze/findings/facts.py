"""What rules look at: frozen facts about threads, and about what they did again and again. Times in ns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracer.analyze.results import Times


@dataclass(frozen=True, slots=True)
class CallSum:
    """All calls of one name by one thread."""

    calls: int = 0
    failed: int = 0
    wasted: int = 0
    wakeups: int = 0
    user_ns: int = 0
    """User time that led up to them."""
    kernel_ns: int = 0
    blocked_ns: int = 0
    runnable_ns: int = 0

    @property
    def cpu_ns(self) -> int:
        """On a CPU, in them and before them."""
        return self.user_ns + self.kernel_ns


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """One thread, and what it called."""

    pid: int
    tid: int
    name: str = ""
    times: Times = field(default_factory=Times)
    calls: Mapping[str, CallSum] = field(default_factory=dict)
    useless_wakeups: int = 0
    laps: tuple[int, int] = (0, 0)
    """Half and 99 of 100 laps of its event loop are shorter than this."""

    @property
    def cpu_ns(self) -> int:
        """User and kernel time."""
        return self.times.user_ns + self.times.kernel_ns

    def sum(self, names: Iterable[str]) -> CallSum:
        """The calls of these names together."""
        found = [self.calls[name] for name in names if name in self.calls]
        return CallSum(*(sum(getattr(each, name) for each in found) for name in CallSum.__slots__))


@dataclass(frozen=True, slots=True)
class Deed:
    """What one thread did again and again with one call on one descriptor."""

    thread: ThreadFacts
    syscall: str
    fd: int | None = None
    what: str = ""
    """What the descriptor is, empty when that is not known."""
    file: int = -1
    """A number for its open file description: the same in all processes that share it; -1 = not known."""
    count: int = 0
    cpu_ns: int = 0
    blocked_ns: int = 0
    amount: int = 0
    """What this is depends on the fact: mostly bytes."""
    most: int = 0
    """The figure of the worst call; what it is depends on the fact."""
    rows: tuple[int, ...] = ()
    """Rows of the recording that show it."""

    @property
    def on(self) -> str:
        """The descriptor for a sentence: "fd 5 (pipe)"."""
        if self.fd is None:
            return "no descriptor"
        return f"fd {self.fd} ({self.what})" if self.what else f"fd {self.fd}"


@dataclass(frozen=True, slots=True)
class Leak:
    """Descriptors of one process that one call opened and nobody closed or used any more."""

    pid: int
    opened_by: str
    what: str
    count: int
    opened: int
    """All that this call opened in this process."""
    quarters: tuple[int, int, int, int]
    """How many were opened in each quarter of the time from the first opening to the end of the process."""
    abandoned: bool = True
    """Each was read or written, and not used any more when the next one was opened; else they were only held."""
    fd: int = 0
    """The highest one."""
    rows: tuple[int, ...] = ()
    paths: int = 0
    """How many different paths they are; 0 = they were not opened by path."""


Deeds = tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the rules may ask. What each tuple holds is said where it is gathered."""

    threads: tuple[ThreadFacts, ...] = ()
    retries: Deeds = ()
    looks: Deeds = ()
    refused: Deeds = ()
    reports: Deeds = ()
    unconsumed: Deeds = ()
    lost_races: Deeds = ()
    edges: Deeds = ()
    undrained: Deeds = ()
    handed: Deeds = ()
    churn: Deeds = ()
    fruitless_sleeps: Deeds = ()
    laps: Deeds = ()
    long_laps: Deeds = ()
    held: Deeds = ()
    tiny: Deeds = ()
    alone: Deeds = ()
    passed: Deeds = ()
    single: Deeds = ()
    sets: Deeds = ()
    sets_ready: Deeds = ()
    high_sets: Deeds = ()
    locks: Deeds = ()
    lock_waits: Deeds = ()
    parked: Deeds = ()
    interrupted: Deeds = ()
    lookups: Deeds = ()
    syncs: Deeds = ()
    overflows: Deeds = ()
    leaks: tuple[Leak, ...] = ()


def by_thread(deeds: Iterable[Deed]) -> dict[int, list[Deed]]:
    """The deeds of every thread, by its number; the costliest first."""
    groups: dict[int, list[Deed]] = {}
    for deed in sorted(deeds, key=lambda deed: -deed.cpu_ns):
        groups.setdefault(deed.thread.tid, []).append(deed)
    return groups


def by_call(deeds: Iterable[Deed]) -> list[list[Deed]]:
    """The deeds of every thread and call; within, the costliest descriptor first."""
    groups: dict[tuple[int, str], list[Deed]] = {}
    for deed in sorted(deeds, key=lambda deed: -deed.cpu_ns):
        groups.setdefault((deed.thread.tid, deed.syscall), []).append(deed)
    return list(groups.values())
