"""What the step panel shows: frozen, made by a worker that asks the kernel, drawn by `tui.drawing.step`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.decode.ahead import outlook
from tracer.kernel.descriptors import descriptor_states
from tracer.kernel.states import DescriptorState, ThreadState
from tracer.kernel.threads import thread_state
from tui.held_call import HeldCall
from tui.snapshot import RowText

MOST: Final = 64
"""Descriptors that are looked at, of a call about many."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A thread inside a call that is not held."""

    row: RowText
    state: ThreadState


@dataclass(frozen=True, slots=True)
class StepView:
    """How things stand while the program is stepped."""

    call: HeldCall | None
    """The call its thread is held at, None when none is held (yet)."""
    outlook: str = ""
    descriptors: tuple[DescriptorState, ...] = ()
    state: ThreadState | None = None
    also_held: int = 0
    """Other threads that are held."""
    elsewhere: tuple[Elsewhere, ...] = ()
    threads: int = 0
    """All threads of the program that live."""
    until: str = ""
    """Of what the next one is waited for while none is held; "": any call."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to look at."""

    call: HeldCall | None
    also_held: int
    running: tuple[RowText, ...]
    threads: int
    until: str = ""


def look(request: Request) -> StepView:
    """Ask the kernel how thread and descriptors stand. For a worker."""
    elsewhere = tuple(Elsewhere(row, thread_state(row.pid, row.tid)) for row in request.running)
    call = request.call
    if call is None:
        return StepView(None, elsewhere=elsewhere, threads=request.threads, until=request.until)
    pid, tid = call.hold.pid, call.hold.tid
    states = descriptor_states(pid, call.fds[:MOST])
    ahead = outlook(call.row, {state.fd: state for state in states}) if call.hold.at_entry else ""
    return StepView(
        call, ahead, states, thread_state(pid, tid), request.also_held, elsewhere, request.threads
    )  # fmt: skip
