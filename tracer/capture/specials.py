"""Calls at which the capture loop must do more than record: marks, births, and questions about CPU masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.capture.placement import affinity_of
from tracer.capture.signal_frames import keep_frame
from tracer.capture.threads import Thread
from tracer.capture.tracees import Tracees
from tracer.syscalls.names import numbers
from tracer.wire import Abi, Kind, When

Special = Callable[[Tracees, Thread], None]

_MARK: Final = b"iotrace:"
_LONGEST_MARK: Final = 4096


def marks(thread: Thread) -> bool:
    """Whether the call a thread has just entered is a mark."""
    return thread.table.specials.get(thread.entry[1]) is _write and _label(thread) is not None


def _label(thread: Thread) -> bytes | None:
    """A write to fd -1 is how any program marks a moment: it fails with EBADF and harms nobody."""
    args = thread.entry[2]
    if args[0] & 0xFFFFFFFF != 0xFFFFFFFF:
        return None
    text = thread.reader.peek(args[1], min(args[2], _LONGEST_MARK))
    return text.removeprefix(_MARK).strip(b"\n\0 ") if text.startswith(_MARK) else None


def _write(tracees: Tracees, thread: Thread) -> None:
    label = _label(thread)
    if label is not None:
        thread.outbox.event(Kind.MARK, thread.entry[0], thread.pid, thread.tid, texts=(label,))
        tracees.phases.marked(label)


def _birth(tracees: Tracees, thread: Thread) -> None:
    """In `auto` the program parts from our CPU before the child is born, so the child gets the true mask. In `all`
    it does so for a child that is not followed: nobody would give it back later."""
    if tracees.scheduling.mode == "all" and not tracees.following and thread.held:
        tracees.scheduling.let_go(thread)
        thread.when_done(lambda _result: tracees.changed())
    elif tracees.scheduling.mode == "auto" and len(tracees.own_threads()) == 1:
        tracees.scheduling.part(tracees.own_threads())
        thread.when_done(lambda _result: tracees.changed())


def _exec(tracees: Tracees, thread: Thread) -> None:
    """The program's first exec: what it did before was ours (`tracer.capture.spawn`), its life begins here."""
    if thread.tid == tracees.root and thread.outbox is not tracees.outbox:
        tracees.begin(thread)


def _ring_setup(tracees: Tracees, thread: Thread) -> None:
    address = thread.entry[2][1]

    def finish(result: int) -> None:
        if result >= 0:
            tracees.rings_of(thread.pid).set_up(thread.reader, result, address)

    thread.when_done(finish)


def _map(tracees: Tracees, thread: Thread) -> None:
    """A mapping of an io_uring descriptor is one of its rings."""
    _mapped(tracees, thread, thread.entry[2][5])


def _map_pages(tracees: Tracees, thread: Thread) -> None:
    """mmap2 of 32-bit programs: the offset is in units of 4096 bytes (mmap2(2))."""
    _mapped(tracees, thread, thread.entry[2][5] << 12)


def _mapped(tracees: Tracees, thread: Thread, offset: int) -> None:
    rings = tracees.rings.get(thread.pid)
    if rings is None:
        return
    args = thread.entry[2]
    ring = rings.get(args[4] & 0xFFFFFFFF)
    if ring is not None:
        thread.when_done(lambda result: ring.mapped(offset, result))
        if ring.polled:
            thread.watch(lambda: rings.keep_completions(thread.reader) or True)


def _ring_enter(tracees: Tracees, thread: Thread) -> None:
    """Keep what is submitted now, and what completed before, in, and after the call."""
    rings = tracees.rings.get(thread.pid)
    args = thread.entry[2]
    ring = rings.get(args[0] & 0xFFFFFFFF) if rings is not None else None
    if rings is not None and ring is not None:
        ring.keep_completions(thread.reader, When.ENTRY)
        ring.keep_submissions(thread.reader, args[1] & 0xFFFFFFFF)
        thread.watch(lambda: rings.keep_completions(thread.reader))


def _signal_return(_tracees: Tracees, thread: Thread) -> None:
    """The end of a handler: the frame it ran on tells what its signal's delivery copied."""
    keep_frame(thread)


def _get_affinity(tracees: Tracees, thread: Thread) -> None:
    """Answer sched_getaffinity with the mask the program believes in, not the one we set."""
    asked = _asked(tracees, thread)
    if asked is not None and asked.held:
        tracees.scheduling.let_go(asked)
        thread.when_done(lambda _result: tracees.changed())


def _set_affinity(tracees: Tracees, thread: Thread) -> None:
    """A mask the program sets is from then on the one it believes in."""
    asked = _asked(tracees, thread)
    if asked is None:
        return
    tracees.scheduling.let_go(asked)

    def finish(result: int) -> None:
        if result == 0:
            asked.mask = affinity_of(asked.tid)
        tracees.changed()

    thread.when_done(finish)


def _asked(tracees: Tracees, thread: Thread) -> Thread | None:
    """The traced thread a sched_*affinity call is about: its first argument, 0 = the caller."""
    tid = thread.entry[2][0] & 0xFFFFFFFF
    return tracees.named_by(thread, tid) if tid else thread


def _ptrace(tracees: Tracees, _thread: Thread) -> None:
    """A program that traces others (`tracer.capture.yielding`): the loop sees to it at this very stop."""
    tracees.divert()


_BY_NAME: Final[dict[str, Special]] = {
    "write": _write,
    "execve": _exec,
    "io_uring_setup": _ring_setup,
    "mmap": _map,
    "mmap2": _map_pages,
    "io_uring_enter": _ring_enter,
    "rt_sigreturn": _signal_return,
    "clone": _birth,
    "clone3": _birth,
    "fork": _birth,
    "vfork": _birth,
    "sched_getaffinity": _get_affinity,
    "sched_setaffinity": _set_affinity,
    "ptrace": _ptrace,
}


def specials_of(abi: Abi) -> dict[int, Special]:
    """The special calls of one system call table, by number."""
    known = numbers(abi)
    return {known[name]: special for name, special in _BY_NAME.items() if name in known}
