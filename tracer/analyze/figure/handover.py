"""The story of a message that one thread read for another: POSIX AIO as the C library plays it with threads.

aio_read makes no system call that reads. A helper thread is started (clone3) or woken (futex), tries pread64,
which a pipe or socket refuses with ESPIPE, then reads and sleeps in it. When it is done it queues a signal
(rt_sigqueueinfo), starts a thread that runs the callback (clone3), or wakes whoever sleeps in aio_suspend
(futex). glibc 2.36, sysdeps/pthread/aio_misc.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from tracer.analyze.figure.figure import Step, StepKind
from tracer.analyze.figure.roles import INTERRUPTED, Role
from tracer.analyze.figure.seen import Seen
from tracer.analyze.figure.steps import in_order, step_of, transfer
from tracer.analyze.figure.story import Told, sent_ns
from tracer.analyze.figure.trace import Trace
from tracer.wire import Kind

_NEAR: Final = 1 << 10
"""A handover is looked for among so many rows; it is made in a few calls."""
_WAKES: Final = (1, 10)
"""FUTEX_WAKE, FUTEX_WAKE_BITSET (futex(2)); the rest of the operation are flags."""
_WAITS: Final = (0, 9)
_EARLY: Final = 64
"""A thread's first rows may come that much before the return of the clone that made it."""
_SI_ASYNCIO: Final = -4
_ESPIPE: Final = -29
_CLONES: Final = frozenset({"clone", "clone3"})


def helped(trace: Trace, taken: Seen) -> Seen | None:
    """The pread64 that was refused right before a read: the mark of glibc's helper threads. None without it."""
    if taken.role is not Role.ARRIVE or taken.tid == taken.pid:
        return None
    before = next(trace.before(taken.number, taken.tid), None)
    refused = before is not None and before.name == "pread64" and before.result == _ESPIPE
    return before if refused and before is not None and before.fd == taken.fd else None


def helped_story(trace: Trace, taken: Seen, refused: Seen, size: int) -> Told:
    """The story of a message that a helper thread read."""
    told = list(_notice(trace, taken))
    done = told[-1] if told else taken
    waiter = _waiter(trace, done)
    asked = _request(trace, refused)
    steps = [step_of(trace, each) for each in (asked, refused) if each is not None]
    steps += [transfer(trace, taken), *(step_of(trace, each) for each in told)]
    if waiter is not None:
        steps.append(_entry(trace, waiter))
        steps.append(_return(trace, waiter, done))
    return Told(trace, taken, size, (), tuple(in_order(steps)), sent_ns(trace, taken))


def _request(trace: Trace, refused: Seen) -> Seen | None:
    """The call that started or woke the helper: the last one before it went to work."""
    for seen in islice(trace.before(refused.number, None), _NEAR):
        if seen.kind == Kind.SPAWN and seen.tid == refused.tid:
            return _cloned(trace, seen)
        if seen.name == "futex" and seen.tid != refused.tid and seen.pid == refused.pid and seen.result > 0:
            waited = _idle(trace, refused)
            raw = trace.raw(seen.number)
            if waited is not None and raw.args[1] & 0x7F in _WAKES and raw.args[0] == waited:
                return seen
    return None


def _idle(trace: Trace, refused: Seen) -> int | None:
    """The futex on which the helper waited for work before this request."""
    for seen in islice(trace.before(refused.number, refused.tid), 8):
        raw = trace.raw(seen.number)
        if seen.name == "futex" and raw.args[1] & 0x7F in _WAITS and seen.times.blocked_ns:
            return raw.args[0]
    return None


def _cloned(trace: Trace, born: Seen) -> Seen | None:
    """The clone that made a thread: its row comes after the thread's first stop, or before it."""
    parent = trace.raw(born.number).args[0]
    found = [*islice(trace.after(born.number, parent), 4), *islice(trace.before(born.number, parent), 4)]
    return next((seen for seen in found if seen.name in _CLONES and seen.result == born.tid), None)


def _notice(trace: Trace, taken: Seen) -> Iterator[Seen]:
    """How the helper tells: the calls that carry the news, in order."""
    for seen in islice(trace.after(taken.number, taken.tid), 64):
        if seen.name == "rt_sigqueueinfo" and seen.result == 0:
            yield seen
            yield from _signal(trace, seen)
            return
        if seen.name in _CLONES and seen.result > 0:
            yield seen
            yield from _wake(trace, trace.after(max(0, seen.number - _EARLY), seen.result))
            return
        if seen.role is Role.ARRIVE or seen.name == "pread64":
            return
        if _wakes(trace, seen) and _woken(trace, seen) is not None:
            yield seen
            return


def _wake(trace: Trace, rows: Iterator[Seen]) -> Iterator[Seen]:
    yield from islice((seen for seen in islice(rows, 64) if _wakes(trace, seen)), 1)


def _wakes(trace: Trace, seen: Seen) -> bool:
    return seen.name == "futex" and seen.result > 0 and trace.raw(seen.number).args[1] & 0x7F in _WAKES


def _woken(trace: Trace, wake: Seen) -> Seen | None:
    """Whom a futex wake woke: the wait on the same word that was under way then."""
    word = trace.raw(wake.number).args[0]
    near = [*islice(trace.after(wake.number, None), 64), *islice(trace.before(wake.number, None), 64)]
    for seen in near:
        if seen.name == "futex" and seen.tid != wake.tid and seen.at_ns < wake.end_ns and seen.end_ns > wake.at_ns:
            raw = trace.raw(seen.number)
            if raw.args[0] == word and raw.args[1] & 0x7F in _WAITS:
                return seen
    return None


def _signal(trace: Trace, queued: Seen) -> Iterator[Seen]:
    """The delivery of the signal that was queued. What it interrupted returned before it in the recording."""
    rows = [*islice(trace.after(max(0, queued.number - 32), None), 96)]
    for seen in rows:
        if seen.role is Role.SIGNAL and seen.at_ns >= queued.at_ns:
            info = trace.raw(seen.number).pieces
            code = int.from_bytes(info[0].data[8:12], "little", signed=True) if info else 0
            if code == _SI_ASYNCIO:
                yield seen
                return


def _waiter(trace: Trace, done: Seen) -> Seen | None:
    """The thread that slept until the news came, and the call it slept in."""
    if done.name == "futex":
        return _woken(trace, done)
    if done.role is not Role.SIGNAL:
        return None
    rows = islice(trace.before(done.number, done.tid), 4)
    return next((seen for seen in rows if seen.name in INTERRUPTED), None)


def _entry(trace: Trace, waiter: Seen) -> Step:
    """The waiter goes to sleep; when it did before the request was under way, that is where it is drawn."""
    return step_of(trace, waiter, kind=StepKind.ENTER)


def _return(trace: Trace, waiter: Seen, done: Seen) -> Step:
    step = step_of(trace, waiter, kind=StepKind.RETURN)
    at_ns = max(waiter.end_ns, done.at_ns - 1) if done.role is Role.SIGNAL else max(waiter.end_ns, done.end_ns)
    return replace(step, at_ns=at_ns)
