"""What ended a wait, as far as the recording tells, and what a wake-up then brought.

For a call that slept, the line that woke it is looked for among the lines that were under way while it slept:

* on a pipe, a socketpair, a unix socket whose two ends were seen to meet, or an eventfd: the first call of another
  thread on the other end that moved data the right way; after an end of file, the last that closed that end, or the
  end of a process that had it open;
* accept: the connect to the same address;
* select, poll, epoll_wait: the same for the descriptors on which its thread then transferred something, before it
  waited again (what was reported ready and not used is not looked at);
* futex: the last wake of that word by another thread of the process, or the end of a thread, which wakes the word
  that joins it (set_tid_address(2));
* wait4, waitid: the end of the process it returned;
* a call that a signal interrupted: that signal.

Two ends of a TCP connection are not known to belong together, and of what an untraced process does there are no
lines: then the answer is a sentence that says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from tracer.analyze.calls import WAITS
from tracer.analyze.filter.known import Known
from tracer.analyze.lines.lines import FAILED, INTERRUPTED, WAKEUP, Chunk
from tracer.analyze.lines.overlap import Mask, calls_named, look_up, table_of, threads_of, under_way
from tracer.analyze.lines.peers import WRITES, Found, other_end
from tracer.analyze.transferring import TRANSFERS
from tracer.wire import Kind

_CHILDREN: Final = frozenset({"wait4", "waitid", "waitpid"})
_SLEEPS: Final = frozenset({"nanosleep", "clock_nanosleep"})
_FUTEX_WAIT: Final = frozenset({0, 9, 6, 11, 13})
"""FUTEX_WAIT, _WAIT_BITSET, _LOCK_PI, _WAIT_REQUEUE_PI, _LOCK_PI2 (linux/futex.h)."""
_FUTEX_COMMAND: Final = 0x7F
_EINTR: Final = 4


def waker_of(known: Known, line: int) -> Found:
    """The line that ended the wait of the call on `line`."""
    chunk = known.line(line)
    name = known.facts[int(chunk.code[0])].name
    if not name:
        return Found(None, "This is an event, not a call that waits.")
    if chunk.flags[0] & INTERRUPTED or chunk.errno[0] == _EINTR:
        return _signal(known, line, chunk)
    if not chunk.blocked_ns[0]:
        return Found(None, f"This {name} did not sleep: nothing had to wake it.")
    if name.startswith("futex"):
        return _futex(known, line, chunk)
    if name in _CHILDREN:
        return _child(known, line, chunk)
    if name in _SLEEPS or (name in WAITS and not chunk.flags[0] & WAKEUP):
        return Found(None, f"This {name} slept until its time was over.")
    if name.startswith("accept"):
        return _connect(known, line, chunk)
    fds = [int(chunk.fd[0])]
    if name in WAITS:
        fds = sorted({int(known.line(each).fd[0]) for each in _transfers_after(known, line, chunk)})
        if not fds:
            return Found(None, "Its thread then transferred nothing: what woke it is not known.")
    return other_end(known, line, chunk, fds, reading=name not in WRITES)


def transferred_after(known: Known, line: int) -> Found:
    """The first call with which the thread of `line` then transferred something, before it waited again."""
    chunk = known.line(line)
    first = next(_transfers_after(known, line, chunk), None)
    if first is None:
        return Found(None, "Its thread transferred nothing before it waited again.")
    return Found(first, "")


def _transfers_after(known: Known, line: int, of: Chunk) -> Iterator[int]:
    moves = calls_named(known, frozenset(TRANSFERS))
    waits = calls_named(known, WAITS)
    for chunk in known.lines.chunks(line + 1):
        mine = chunk.thread == of.thread[0]
        stops = np.flatnonzero(mine & (look_up(waits, chunk.code) | (chunk.kind == Kind.EXIT)))
        stop = int(stops[0]) if len(stops) else len(mine)
        worked = mine & look_up(moves, chunk.code) & (chunk.flags & FAILED == 0) & (chunk.fd >= 0)
        yield from (chunk.first + int(place) for place in np.flatnonzero(worked[:stop]))
        if len(stops):
            return


def _signal(known: Known, line: int, of: Chunk) -> Found:
    for chunk in known.lines.chunks(line + 1):
        mine = chunk.thread == of.thread[0]
        hits = np.flatnonzero(mine & (chunk.kind == Kind.SIGNAL))
        calls = np.flatnonzero(mine & (chunk.code > 0))
        if len(hits) and (not len(calls) or hits[0] < calls[0]):
            return Found(chunk.first + int(hits[0]), "")
        if len(calls):
            break
    return Found(None, "It was interrupted, but the signal is not in the recording.")


def _futex(known: Known, line: int, of: Chunk) -> Found:
    row = known.row(line)
    if row.args[1] & _FUTEX_COMMAND not in _FUTEX_WAIT:
        return Found(None, "This futex call does not wait for another one.")
    if of.errno[0]:
        return Found(None, "Nobody woke it: its time was over.")
    futexes = table_of([fact.name.startswith("futex") for fact in known.facts])
    process = threads_of(known, lambda pid: pid == row.pid)

    def calls(chunk: Chunk) -> Mask:
        wakes: Mask = look_up(futexes, chunk.code) & (chunk.flags & FAILED == 0)
        mine: Mask = chunk.thread == of.thread[0]
        news: Mask = wakes | (chunk.kind == Kind.EXIT)
        return news & look_up(process, chunk.thread) & ~mine

    ended: int | None = None
    for each in reversed(under_way(known.lines, line, of, calls)):
        other = known.row(each)
        if other.kind == Kind.EXIT:
            ended = each if ended is None else ended
        elif (
            other.args[0] == row.args[0] and other.args[1] & _FUTEX_COMMAND not in _FUTEX_WAIT and other.result > 0
        ):
            return Found(each, "")
    if ended is not None:
        return Found(ended, "No call woke this word; a thread of the process ended, which wakes who joins it.")
    return Found(None, "No call that woke this word was seen: the wake-up came from outside this recording.")


def _child(known: Known, line: int, of: Chunk) -> Found:
    child = known.row(line).result
    threads = threads_of(known, lambda pid: pid == child)
    ends = under_way(
        known.lines, line, of, lambda chunk: (chunk.kind == Kind.EXIT) & look_up(threads, chunk.thread)
    )
    if ends:
        return Found(ends[-1], "")
    return Found(None, f"The end of process {child} is not in this recording.")


def _connect(known: Known, line: int, of: Chunk) -> Found:
    listening = known.descriptors[int(of.fd[0])].description.what if of.fd[0] >= 0 else ""
    _, bound, address = listening.partition(" bound to ")
    if not bound:
        return Found(None, "It is not known at which address it listens.")
    connects = calls_named(known, frozenset({"connect"}))
    for each in under_way(known.lines, line, of, lambda chunk: look_up(connects, chunk.code) & (chunk.fd >= 0)):
        what = known.descriptors[int(known.line(each).fd[0])].description.what
        if what.partition(" to ")[2] == address:
            return Found(each, "")
    return Found(None, f"Nobody in this recording connected to {address} while it slept.")
