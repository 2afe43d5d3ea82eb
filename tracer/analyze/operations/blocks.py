"""Native AIO: iocbs from io_submit to the event that io_getevents hands out for them.

When exactly one completed is not recorded: at the latest when io_getevents returned with its event. A program that
takes events out of the ring in its own memory, without a call, leaves its iocbs pending here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Final, NamedTuple

from tracer.analyze.operations.results import Operation
from tracer.analyze.operations.rows import Event, Mask, Rows
from tracer.syscalls.structures import IOCB
from tracer.wire import Kind, When

BLOCK: Final = Struct("<QIiHhIQQqQII")
"""struct iocb (linux/aio_abi.h): ..., lio_opcode, reqprio, fildes, buf, nbytes, offset, ..., flags, resfd."""
EVENT: Final = Struct("<QQqq")
"""struct io_event: data, obj (the iocb's address), res, res2."""
COMMANDS: Final = {
    0: "PREAD", 1: "PWRITE", 2: "FSYNC", 3: "FDSYNC", 5: "POLL", 6: "NOOP", 7: "PREADV", 8: "PWRITEV",
}  # fmt: skip
_MOVING: Final = frozenset({"PREAD", "PWRITE", "PREADV", "PWRITEV"})
_LIST, _EVENTS = 2, 3
_WITH_EVENTFD: Final = 1
_CALLS: Final = frozenset({"io_submit", "io_getevents", "io_pgetevents"})


class _Submitted(NamedTuple):
    pid: int
    tid: int
    at_ns: int
    caller_ns: int
    block: bytes


class Blocks:
    """The native AIO requests of all processes."""

    def __init__(self) -> None:
        self._pending: dict[tuple[int, int], deque[_Submitted]] = {}
        """By process and address of the iocb."""

    def wanted(self, rows: Rows) -> Mask:
        """The calls that submit, and those that collect."""
        return rows.named(_CALLS)

    def take(self, event: Event) -> Iterator[Operation]:
        """The requests whose event this call returned."""
        if event.kind != Kind.CALL or event.result <= 0 or event.name not in _CALLS:
            return
        if event.name == "io_submit":
            self._submitted(event)
        else:
            yield from self._completed(event)

    def left(self, _inside: Iterable[Event], /) -> Iterator[Operation]:
        """The requests without an event."""
        for submissions in self._pending.values():
            yield from (_operation(each, None, None) for each in submissions)

    def _submitted(self, event: Event) -> None:
        addresses = event.memory(_LIST, When.ENTRY)
        blocks = {each.address: each.data for each in event.pieces if len(each.data) == IOCB}
        for place in range(min(event.result, len(addresses) // 8)):
            address = int.from_bytes(addresses[8 * place : 8 * place + 8], "little")
            if address in blocks:
                made = _Submitted(
                    event.pid, event.tid, event.at_ns, event.kernel_ns // event.result, blocks[address]
                )
                self._pending.setdefault((event.pid, address), deque()).append(made)

    def _completed(self, event: Event) -> Iterator[Operation]:
        events = event.memory(_EVENTS, When.EXIT)
        for place in range(min(event.result, len(events) // EVENT.size)):
            _, address, result, _ = EVENT.unpack_from(events, place * EVENT.size)
            waiting = self._pending.get((event.pid, address))
            if waiting:
                yield _operation(waiting.popleft(), event.end_ns, result)
                if not waiting:
                    del self._pending[event.pid, address]


def _operation(made: _Submitted, completed_ns: int | None, result: int | None) -> Operation:
    _, _, _, command, _, fd, buffer, length, _, _, flags, _ = BLOCK.unpack(made.block)
    name = COMMANDS.get(command, f"command {command}")
    return Operation(
        kind="native-aio", number=0, name=name, pid=made.pid, tid=made.tid, fd=fd, buffer=buffer, length=length,
        submitted_ns=made.at_ns, began_ns=None, completed_ns=completed_ns, result=result,
        bytes=max(result or 0, 0) if name in _MOVING else 0, inline=None, worker=None,
        notified="io_getevents" if completed_ns is not None else "", notified_ns=completed_ns,
        caller_ns=made.caller_ns, handler_ns=None, flags=("eventfd",) if flags & _WITH_EVENTFD else (), inferred=(),
    )  # fmt: skip
