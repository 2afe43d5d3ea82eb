"""Calls that threads sleep in when we come, or that our coming and going interrupts.

To be traced, a thread must be stopped once (PTRACE_INTERRUPT), which ends the sleep it may be in. Most calls end
with -ERESTART* then, and the kernel begins them again by itself when the thread goes on
(`arch_do_signal_or_restart`, arch/x86/kernel/signal.c): the same call, from the same place, or restart_syscall(2)
when it had a timeout. That is seen as an entry, but it is not when the program entered: since when it sleeps is not
known, and the row says so (`Flag.NO_ENTRY`).

A few calls end with EINTR instead, as after any SIGSTOP and SIGCONT (signal(7)). Where such a call waits without a
timeout, nothing was lost by it and beginning it again is what an untraced program would see: its result is made
-ERESTARTNOHAND, "begin again unless a handler runs". With a timeout it is left: its rest is not known.
"""

from __future__ import annotations

import errno
import os
from typing import Final

from tracer.capture import ptrace_binding as ptrace
from tracer.capture.calls import CallTables
from tracer.capture.inside import Inside, has_64_bits, inside_of
from tracer.capture.threads import Thread
from tracer.capture.tracees import Tracees
from tracer.syscalls.names import name_of, number_of
from tracer.wire import Flag

_ERESTART: Final = (-512, -513, -514, -516)
"""ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK (include/linux/errno.h)."""
BEGIN_AGAIN: Final = -514
_RAX: Final = {"x86_64": 80}.get(os.uname().machine)
"""Where the result is in struct user (sys/user.h); None = it is not known on this machine."""
_TIMEOUTS: Final = {
    "epoll_wait": 3, "epoll_pwait": 3, "epoll_pwait2": 3, "rt_sigtimedwait": 2, "semtimedop": 3, "io_getevents": 4,
    "io_pgetevents": 4,
}  # fmt: skip
"""Of the calls that EINTR would end: which argument is the timeout, a number of ms or a pointer."""
_BY_NUMBER: Final = ("epoll_wait", "epoll_pwait")
_ENDLESS: Final = ("semop",)

_ARCHES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_* (linux/audit.h) of this machine's own programs."""

Args = tuple[int, ...]


class Interrupted:
    """The threads that came to us out of a call, until they are back in it."""

    def __init__(self, tracees: Tracees) -> None:
        self._tracees = tracees
        self.inside: dict[int, Inside] = {}
        """By tid."""

    def stopped(self, thread: Thread) -> None:
        """The first stop of a thread that ran before us."""
        if thread.in_call:  # announced: what it goes on with, or does next, is another row
            thread.in_call = thread.uncommon = False
            thread.flags = 0
            thread.reader.clear()
        found = inside_of(thread.pid, thread.tid)
        if found is None:
            return
        result = _result(thread.tid)
        if result == -errno.EINTR and lasts(0, found.nr, found.args) and begin_again(thread.tid):
            result = BEGIN_AGAIN
        if result in _ERESTART:
            self.inside[thread.tid] = found

    def back(self, thread: Thread, now: int) -> bool:
        """The next syscall stop of such a thread: if it is in that call again, note that the call is older, and
        write its row at once. Whether it was."""
        was = self.inside.pop(thread.tid, None)
        if was is None or not thread.in_call:
            return False
        at, nr, args, ip, *rest = thread.entry
        table = thread.table
        restarted = nr == number_of(table.abi, "restart_syscall")
        if ip != was.ip or (nr != was.nr and not restarted):
            return False  # a handler ran, and the call was not begun again
        if restarted:
            nr, args = was.nr, was.args
            thread.entry = (at, nr, args, ip, *rest)  # type: ignore[assignment]
            plan = table.entry_plans.get(nr)
            if plan is not None:
                plan(thread.reader, args)
        thread.flags |= Flag.NO_ENTRY
        thread.uncommon = True
        thread.announced_at = at
        self._tracees.write_entered(thread, (0, 0, 0, 0, 0), now)
        return True

    def announce(self, now: int, older_than: int, tables: CallTables) -> bool:
        """Write an ENTERED row for each thread that does not come to its first stop: it sleeps uninterruptibly.
        True if there are some that may still come."""
        young = False
        for thread in self._tracees.threads.values():
            if not thread.arriving or thread.in_call:
                continue
            if now - thread.resumed < older_than:
                young = True
                continue
            found = inside_of(thread.pid, thread.tid)
            arch = _native(thread.pid)
            if found is None or arch is None:
                continue
            thread.table, nr, args = tables.find(arch, found.nr, found.args, thread.reader)
            thread.entry = (thread.resumed, nr, args, found.ip, 0, 0, 0, 0, 0, self._tracees.scheduling.placement)
            thread.announced_at = thread.resumed
            thread.in_call = thread.uncommon = True
            thread.flags |= Flag.NO_ENTRY
            self._tracees.write_entered(thread, (now - thread.resumed, 0, 0, 0, 0), now)
        return young

    def forget(self, tid: int) -> None:
        """A thread is gone."""
        self.inside.pop(tid, None)


def lasts(abi: int, nr: int, args: Args) -> bool:
    """Whether a call that ended with EINTR waits without a timeout, so that it can be begun again unnoticed."""
    name = name_of(abi, nr)
    place = _TIMEOUTS.get(name)
    if place is None:
        return name in _ENDLESS
    return args[place] & 0xFFFFFFFF >= 1 << 31 if name in _BY_NUMBER else args[place] == 0


def begin_again(tid: int) -> bool:
    """Have the call that a stopped thread is about to return from with EINTR begun again; False if it cannot be."""
    if _RAX is None:
        return False
    return bool(ptrace.request(ptrace.POKEUSER, tid, _RAX, BEGIN_AGAIN & ptrace.GONE) != ptrace.GONE)


def _native(pid: int) -> int | None:
    """The AUDIT_ARCH value of a 64-bit program of this machine; None for others."""
    return _ARCHES.get(os.uname().machine) if has_64_bits(pid) else None


def _result(tid: int) -> int | None:
    """The call's result as the kernel has left it; None when that cannot be known."""
    if _RAX is None:
        return None
    raw = int(ptrace.request(ptrace.PEEKUSER, tid, _RAX, 0))
    return raw - (1 << 64) if raw >> 63 else raw - (1 << 32) if raw >= 0xFFFFFE00 else raw
