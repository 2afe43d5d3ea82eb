"""What the screen knows: frozen pictures of a recording at one moment, and the source they come from.

A worker thread asks the source for a new `Snapshot` and posts it; widgets draw snapshots and never look at
anything that changes. Rows and details are made only for what is visible, from an older snapshot as well as
from the newest: settled rows never change their number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from tracer.analyze.descriptors.fd_story import FdStory
from tracer.analyze.descriptors.lives import DescriptorLives
from tracer.analyze.filter.known import Known
from tracer.analyze.holds import Hold
from tracer.analyze.lines.sums import LineSums
from tracer.analyze.results import Report, Times
from tracer.analyze.stacks.naming import Stack
from tracer.decode.tree_node import Node
from tui.figures import Drawn
from tui.held_call import HeldCall


class RowKind(Enum):
    """How a row is marked in the list."""

    CALL = "call"
    WASTED = "wasted"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    RUNNING = "running"
    """A call its thread is inside at the moment."""
    UNFINISHED = "unfinished"
    """A call that never returned: exit_group, or the thread died inside."""
    EVENT = "event"
    """Not a call: a signal, a new thread, exec, exit, a mark, lost events, the end."""


@dataclass(frozen=True, slots=True)
class RowText:
    """One line of the list of calls. Times in ns, sizes in bytes."""

    index: int
    kind: RowKind
    since_start_ns: int
    pid: int
    tid: int
    name: str
    args: tuple[str, ...]
    """Decoded arguments; for an event its details."""
    result: str
    """In a word: the value, or the error's name. For an event its sentence."""
    times: Times
    bytes_in: int = 0
    bytes_out: int = 0
    copies_unknown: bool = False
    inside_ns: int = 0
    """For a call that is running: how long its thread has been inside."""
    older: bool = False
    """A call entered before the attach: since when is not known, and its times are those since the attach."""
    fd: str = ""
    """The descriptor it used, with its generation when it is not the first: "3", "3.2"."""
    phase: str = ""
    """The marked phases it belongs to."""

    @property
    def call(self) -> str:
        """The call as one would write it, or the event's sentence."""
        if self.kind is RowKind.EVENT:
            return " ".join(filter(None, (self.name, *self.args, self.result)))
        return f"{self.name}({', '.join(self.args)})"


@dataclass(frozen=True, slots=True)
class Copied:
    """One transfer across the boundary that a call made."""

    direction: str
    """"in" (the kernel read user memory) or "out" (it wrote it)."""
    kind: str
    """payload or control."""
    size: int
    what: str
    """What lies there, in a word or two: "buf", "iov[0]", "pollfd"."""
    address: int
    where: str = ""
    """What lies at the address: "stack", "heap", a file's name; empty when that is not known."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of user memory the recording holds for a call."""

    arg: int | None
    when: str
    """"entry" or "exit"."""
    address: int
    content: bytes
    missing: str | None
    """Why the bytes are not there, in words; None when they are."""
    name: str = ""
    """The argument's name, empty when it is not known."""
    where: str = ""
    """As in `Copied`."""


@dataclass(frozen=True, slots=True)
class Details:
    """Everything about one row."""

    row: RowText
    result: str = ""
    """The whole result: an error with its number's meaning, an interruption with what follows it."""
    sentence: str = ""
    """The call in plain language."""
    tree: tuple[Node, ...] = ()
    """Its arguments with the structures they lead to."""
    story: FdStory | None = None
    """Of the descriptor it used."""
    start_ns: int = 0
    """CLOCK_MONOTONIC of the run's beginning, which `story` is told against."""
    raw: tuple[tuple[str, int], ...] = ()
    """Raw clocks by column name, ns."""
    switches: int = 0
    before_blocked_ns: int = 0
    before_runnable_ns: int = 0
    copied: tuple[Copied, ...] = ()
    pieces: tuple[Piece, ...] = ()
    ip: int = 0
    stack: Stack | None = None
    """Who made the call; None when that was not kept."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The recording as it was at one moment."""

    report: Report
    pid: int | None
    alive: int
    """Threads that have started and not ended."""
    corrected: bool
    """Times are less the calibrated cost of being traced."""
    live: bool
    """The recording is still being written."""
    settled: int
    """Rows whose number is final."""
    inside: tuple[int, ...] = ()
    """Rows of calls still running, as row numbers of the recording; they follow the settled ones."""
    start_ns: int = 0
    """CLOCK_MONOTONIC of the beginning."""
    now_ns: int = 0
    """CLOCK_MONOTONIC of this moment (of the last event when the recording has ended)."""
    holds: tuple[Hold, ...] = ()
    """Threads that are held to be looked at."""
    capture_pid: int | None = None
    """The capture process, while the recording is being written."""
    loading: float | None = None
    """Which part of a long file has been read, 0 to 1; None when all of it."""

    @property
    def rows(self) -> int:
        """How many lines the list of calls has."""
        return self.settled + len(self.inside)


class Source(Protocol):
    """Where snapshots come from. `poll` runs in a worker thread, the others in the screen's."""

    whole_run: bool
    """Totals of the whole run, even where a phase is marked."""

    def poll(self) -> Snapshot | None:
        """Take in what is new (for about a tenth of a second) and say how things stand; None = nothing yet."""
        ...

    def rows(self, snapshot: Snapshot, start: int, stop: int) -> list[RowText]:
        """The lines from `start` up to `stop` of the list of calls, decoded."""
        ...

    def details(self, snapshot: Snapshot, index: int) -> Details:
        """Everything about the line `index`."""
        ...

    def descriptors(self) -> DescriptorLives | None:
        """Every descriptor, and who waits for which; None while there is no recording yet. For workers."""
        ...

    def known(self) -> Known | None:
        """The lines with all that filters and jumps ask about; None before the first of them is there."""
        ...

    def held_call(self, snapshot: Snapshot, hold: Hold) -> HeldCall:
        """The call a thread is held at."""
        ...

    def line_sums(self, snapshot: Snapshot, stop: Callable[[], bool]) -> LineSums | None:
        """What the calls come to in the scope of `snapshot`'s report, by name, thread, phase and error; None when
        `stop` said to stop. For a worker thread."""
        ...

    def figure(self, number: int | None, stop: Callable[[], bool], tell: Callable[[float], object]) -> Drawn | None:
        """The figure of message `number`, from 1, or of the nearest there is; of a typical one when None.

        `tell` is told how far the search is, 0 to 1. None when `stop` said to stop. For a worker thread."""
        ...

    def line_of(self, row: int) -> int | None:
        """The line that shows row number `row` of the recording; None when none does."""
        ...
