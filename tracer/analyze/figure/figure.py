"""The figure of one message: what the textbook draws about an I/O model, filled in from measured rows.

A figure tells how one message got from the kernel to the program, or through it, in the order it happened: who
called what, where the thread slept, when the kernel copied and how much. Nothing in it is made up: a step that
the recording does not show is not there, and durations are the corrected ones of `tracer.account`.

The two phases are those of the textbook. *Wait for data*: from asking until there is something to take, be it
asleep in a call or by asking again and again. *Copy data*: the call that takes it. Its time is all the time on
a CPU inside that call; how much of it is the copying proper a tracer of calls cannot tell.

`tracer.analyze.figure.messages.Messages` finds the messages of a recording and makes their figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from tracer.analyze.results import Times


class Phase(Enum):
    """The phases every input goes through."""

    WAIT = "wait for data"
    COPY = "copy data"


class StepKind(Enum):
    """What a step is."""

    CALL = "call"
    """One call, from entry to return."""
    ENTER = "enter"
    """The entry of a call that is shown apart from its return, because other threads act meanwhile."""
    RETURN = "return"
    """The return of such a call; it carries the call's times."""
    TRIES = "tries"
    """`count` calls that found nothing (EAGAIN), and the sleeps between them."""
    OTHERS = "others"
    """`count` calls that do not belong to this message: other descriptors, memory."""
    SIGNAL = "signal"
    """A signal was delivered: its frame is written to the program's stack."""
    THREAD = "thread"
    """From here on another thread acts: `tid`."""
    SENT = "sent"
    """The other side sent the message, by the time it carries itself."""
    REQUEST = "request"
    """A request the kernel found in memory it shares with the program."""
    RESULT = "result"
    """A result the kernel left in memory it shares with the program."""


SHARED = "shared memory"
"""The argument of a REQUEST that lies in memory the kernel shares; without it the call that follows carries it."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Bytes of one direction and kind that a step copied across the boundary."""

    direction: str
    """in: from the program into the kernel; out: from the kernel to the program."""
    kind: str
    """payload or control."""
    bytes: int


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the story. Times in ns, summed over `count` calls."""

    kind: StepKind
    tid: int
    at_ns: int
    """CLOCK_MONOTONIC of its beginning."""
    until_ns: int = 0
    """The same of its end; 0 when it has none."""
    row: int = -1
    """Number of its row in the recording, the last one when it stands for several; -1 when it has none."""
    name: str = ""
    """The call's name, the signal's name, the operation of a request."""
    fd: int | None = None
    args: tuple[str, ...] = ()
    """Decoded arguments."""
    result: int = 0
    errno: str | None = None
    interrupted: bool = False
    """A signal ended the call before it could finish."""
    count: int = 1
    times: Times = field(default_factory=Times)
    """user_ns is the time the thread ran in user space before the call."""
    crossings: tuple[Crossing, ...] = ()
    phases: tuple[Phase, ...] = ()
    ready: bool = False
    """The call waits, and its result is how many are ready."""
    sleeps: int = 0
    """How many of the calls of TRIES were sleeps; blocked_ns is their time."""

    def copied(self, direction: str, kind: str) -> int:
        """Bytes of one direction and kind."""
        return sum(each.bytes for each in self.crossings if (each.direction, each.kind) == (direction, kind))


@dataclass(frozen=True, slots=True)
class Figure:
    """The story of message `number` of `of`."""

    number: int
    """From 1."""
    of: int
    model: str
    """The bundled workload's name, empty for any other program."""
    program: str
    """The first word of the command."""
    size: int
    """Bytes of the message."""
    fd: int | None
    pid: int
    tid: int
    """The thread that took the message."""
    before: tuple[Step, ...]
    """What was set up once, before: registrations, modes, handlers."""
    steps: tuple[Step, ...]
    typical: bool = False
    """It was chosen for being typical (median of its kind)."""
    latency_ns: int | None = None
    """From the moment the message says it was sent to the return of the call that brought it, as it was under
    trace: the tracer's own time is in it."""
    corrected: bool = True
    """Times are less the calibrated cost of being traced."""

    @property
    def waited(self) -> Times:
        """What phase 1 cost: asleep, ready but without a CPU, and for tries the CPU they took."""
        waits = [step for step in self.steps if Phase.WAIT in step.phases]
        tries = [step for step in waits if step.kind is StepKind.TRIES or step.errno == "EAGAIN"]
        return Times(
            user_ns=sum(step.times.user_ns for step in tries),
            kernel_ns=sum(step.times.kernel_ns for step in waits if Phase.COPY not in step.phases),
            blocked_ns=sum(step.times.blocked_ns for step in waits),
            runnable_ns=sum(step.times.runnable_ns for step in waits),
        )

    @property
    def copying_ns(self) -> int:
        """Time on a CPU inside the calls of phase 2."""
        return sum(step.times.kernel_ns for step in self.steps if Phase.COPY in step.phases)

    def copied(self, direction: str, kind: str) -> int:
        """Bytes of one direction and kind, over all steps (what was set up before is not among them)."""
        return sum(step.copied(direction, kind) for step in self.steps)

    @property
    def calls(self) -> int:
        """Calls made for this message, set-up and other messages' calls left out."""
        counted = (StepKind.CALL, StepKind.RETURN, StepKind.TRIES)
        return sum(step.count for step in self.steps if step.kind in counted)
