"""Signal-driven I/O: descriptors armed with O_ASYNC, the signals they send, and what the program does about each.

    F_SETOWN, F_SETSIG, O_ASYNC -> signal with si_fd and si_band -> handler -> rt_sigreturn, and the reads

A signal announces its descriptor until the next one about the same descriptor: what is transferred on it in
between, in the handler or after it, belongs to that signal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from tracer.analyze.figure.roles import ARRIVING, DEPARTING
from tracer.analyze.operations.notice import Notice
from tracer.analyze.operations.results import Operation
from tracer.analyze.operations.rows import Event, Mask, Rows, signed
from tracer.wire import Kind, When

_SETFL, _SETSIG = 4, 10
_FIOASYNC: Final = 0x5452
_O_ASYNC: Final = 0o20000
_SIGIO: Final = 29
_SI_KERNEL: Final = 128
_POLL_CODES: Final = range(1, 7)
"""POLL_IN ... POLL_HUP (sigaction(2))."""
_FD: Final = slice(24, 28)
_MOVING: Final = ARRIVING | DEPARTING
_SETTING: Final = frozenset({"fcntl", "fcntl64", "ioctl"})
_RETURNS: Final = frozenset({"rt_sigreturn", "sigreturn"})
_IGNORED: Final = (0, 1)
"""SIG_DFL, SIG_IGN: no handler, and nothing will return."""


class Signals:
    """Signals that announce I/O, of all processes."""

    def __init__(self) -> None:
        self._armed: defaultdict[int, dict[int, int]] = defaultdict(dict)
        """By process: the armed descriptors, and their signal."""
        self._chosen: dict[tuple[int, int], int] = {}
        """(process, descriptor): the signal F_SETSIG chose."""
        self._unhandled: set[tuple[int, int]] = set()
        """(process, signal): no handler runs."""
        self._handlers: defaultdict[int, list[Notice | None]] = defaultdict(list)
        """By thread: the signals whose handlers run, the innermost last; None: one that announces no I/O."""
        self._current: dict[tuple[int, int], Notice] = {}
        """By process and descriptor: the last signal about it."""

    def wanted(self, rows: Rows) -> Mask:
        """What arms descriptors; and in processes that have some, signals and everything that is called."""
        command = rows.argument(1) & 0xFFFFFFFF
        setting = rows.named(_SETTING) & np.isin(command, (_SETFL, _SETSIG, _FIOASYNC))
        actions = rows.named(("rt_sigaction",))
        signals = rows.of_kind(Kind.SIGNAL)
        arming = setting & ((command != _SETFL) | (rows.argument(2) & _O_ASYNC != 0))
        telling = signals & np.isin(rows.argument(0), _POLL_CODES) & (rows.flat.nr >= _SIGIO)
        pids = {*self._armed, *rows.flat.pid[arming | telling].tolist()}
        if not pids:
            return actions
        called = rows.of_kind(Kind.CALL) | signals
        return actions | setting | (rows.of_processes(pids) & called)

    def take(self, event: Event) -> Iterator[Operation]:
        """The signals that are over with this row."""
        if event.kind == Kind.SIGNAL:
            info = event.pieces[0].data if event.pieces else b""
            yield from self._told(event, event.nr, signed(event.args[0]), info, handled=True)
        elif event.kind == Kind.CALL and event.name in _SETTING:
            self._set(event)
        elif event.kind == Kind.CALL and event.name == "rt_sigaction":
            self._action(event)
        elif event.kind == Kind.CALL and event.pid in self._armed:
            yield from self._called(event)

    def left(self, _inside: Iterable[Event], /) -> Iterator[Operation]:
        """The last signal about every descriptor."""
        yield from (notice.operation() for notice in self._current.values())
        self._current.clear()

    def _set(self, event: Event) -> None:
        pid, fd, command = event.pid, event.fd, event.args[1] & 0xFFFFFFFF
        if event.result < 0:
            return
        if event.name == "ioctl":
            if command == _FIOASYNC:  # on or off is behind the pointer; who never gets a signal loses nothing
                self._armed[pid].setdefault(fd, self._chosen.get((pid, fd), _SIGIO))
        elif command == _SETSIG:
            self._chosen[pid, fd] = signed(event.args[2]) or _SIGIO
            if fd in self._armed.get(pid, {}):
                self._armed[pid][fd] = self._chosen[pid, fd]
        elif command == _SETFL and event.args[2] & _O_ASYNC:
            self._armed[pid][fd] = self._chosen.get((pid, fd), _SIGIO)
        elif command == _SETFL and pid in self._armed:
            self._armed[pid].pop(fd, None)

    def _action(self, event: Event) -> None:
        action = event.memory(1, When.ENTRY)
        if event.result == 0 and len(action) >= 8:
            key = event.pid, signed(event.args[0])
            ignored = int.from_bytes(action[:8], "little") in _IGNORED
            (self._unhandled.add if ignored else self._unhandled.discard)(key)

    def _told(self, event: Event, number: int, code: int, info: bytes, *, handled: bool) -> Iterator[Operation]:
        """A signal reaches a thread: by delivery, or because it waited for it."""
        pid = event.pid
        runs = handled and (pid, number) not in self._unhandled
        fd, inferred = self._announced(pid, number, code, info)
        if fd is None and number != _SIGIO:
            if runs and pid in self._armed:  # should it have no handler after all, nothing pops what lies below
                self._handlers[event.tid].append(None)
            return
        notice = Notice(
            event, number, code, fd, self._armed.get(pid, {}).get(fd if fd is not None else -1), inferred
        )
        self._armed[pid]  # what it calls is to be seen from now on, even where the arming was not
        if runs:
            self._handlers[event.tid].append(notice)
        key = pid, fd if fd is not None else -1
        before = self._current.pop(key, None)
        self._current[key] = notice
        if before is not None:
            yield before.operation()

    def _announced(self, pid: int, number: int, code: int, info: bytes) -> tuple[int | None, bool]:
        """The descriptor a signal is about, and whether that is only concluded."""
        if code in _POLL_CODES and number >= _SIGIO and len(info) >= _FD.stop:
            return int.from_bytes(info[_FD], "little", signed=True), False
        armed = [fd for fd, chosen in self._armed.get(pid, {}).items() if chosen == number == _SIGIO]
        alone = number == _SIGIO and code == _SI_KERNEL and len(armed) == 1
        return (armed[0], True) if alone and (pid, armed[0]) not in self._chosen else (None, False)

    def _called(self, event: Event) -> Iterator[Operation]:
        running = self._handlers.get(event.tid)
        innermost = running[-1] if running else None
        if innermost is not None:
            innermost.spent_ns += event.own_ns
        if event.name in _RETURNS and running:
            done = running.pop()
            if done is not None:
                done.returned_ns = event.at_ns
        elif event.name == "rt_sigtimedwait" and event.result > 0:
            info = event.memory(1, When.EXIT)
            code = int.from_bytes(info[8:12], "little", signed=True)
            yield from self._told(event, event.result, code, info, handled=False)
        elif event.name in _MOVING:
            notice = self._current.get((event.pid, event.fd))
            if notice is not None:
                notice.transferred(event, inside=innermost is notice)
