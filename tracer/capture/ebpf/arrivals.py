"""What descriptors lead to that came over a socket, read from `/proc` when we hear of them (unix(7), SCM_RIGHTS).

That is some milliseconds after the call. What the number leads to then is what came, unless the process has closed
or replaced it since. A call that does so has its record in the ring before it returns. So the link is read first,
then the records that are there by now are looked through: where one concerns the number, nothing is said of it, and
the descriptor stays one of which nothing is known. What closes descriptors unseen is not considered: an io_uring,
and another process that shares the table (CLONE_FILES without CLONE_THREAD, clone(2)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf.layout import SLOT_HEAD
from tracer.capture.ebpf.machines import MACHINES
from tracer.capture.ebpf.pieces import Belonging
from tracer.capture.links import received_link
from tracer.syscalls.control_buffers import passed_descriptors
from tracer.syscalls.layouts import I386, X86_64, layout
from tracer.syscalls.names import numbers
from tracer.wire import NO_ARG, Kind, When

Records = NDArray[Any]
Mask = NDArray[np.bool_]

_LEAST: Final = 3
"""Pieces of a call that brought control messages: the header before and after, and they."""


_NUMBERS: Final = {numbers(abi).get("recvmsg", -1) for machine in MACHINES.values() for abi in machine}


class Arrivals:
    """Adds links to the pieces of calls."""

    def __init__(
        self, since: Callable[[], Records | None], link: Callable[[int, int], bytes] = received_link
    ) -> None:
        """`since`: the records that are there by now, from the calls at hand on; None when some were lost.

        `link`: what a descriptor of a process leads to; raises OSError."""
        self._since = since
        self._link = link

    def __call__(self, calls: Records, found: Belonging) -> Belonging:
        """The pieces of `calls`, and the links of what arrived with them."""
        rows = np.flatnonzero(found.counts >= _LEAST)
        numbers_of = calls["nr"][rows]
        rows = rows[np.logical_or.reduce([numbers_of == number for number in _NUMBERS])]
        if not len(rows):
            return found
        rows = rows[_receives(calls[rows])]
        links = [each for row in rows.tolist() for each in self._links(calls, row, found)]
        records = self._since() if links else None
        if records is None:
            return found
        return _with(found, [each for each in links if not _replaced(records, calls[each[0]], each[1])], calls)

    def _links(self, calls: Records, row: int, found: Belonging) -> Iterator[tuple[int, int, bytes]]:
        """Row, descriptor and link."""
        pid = int(calls["pid"][row])
        for fd in _arrived(int(calls["args"][row][1]), row, found):
            try:
                yield row, fd, self._link(pid, fd)
            except OSError:
                continue


def _receives(calls: Records) -> Mask:
    wanted = np.zeros(len(calls), np.bool_)
    for abi in np.unique(calls["abi"]).tolist():
        wanted |= (calls["abi"] == abi) & (calls["nr"] == numbers(abi).get("recvmsg", -1))
    wanted &= (calls["kind"] == Kind.CALL) & (calls["result"] >= 0)
    return wanted


def _arrived(header: int, row: int, found: Belonging) -> tuple[int, ...]:
    """The descriptors in the control messages of one call, whose msghdr is at `header`."""
    first = int(found.counts[:row].sum())
    heads = found.heads[first : first + int(found.counts[row])]
    start = int(found.heads["length"][:first].sum())
    written: dict[int, bytes] = {}
    for head in heads:
        end = start + int(head["length"])
        if head["when"] == When.EXIT and head["arg"] == 1 and not head["reason"]:
            written.setdefault(int(head["address"]), found.memory[start:end].tobytes())
        start = end
    data = written.get(header, b"")
    for model in (X86_64, I386):
        message = layout("msghdr", model)
        if len(data) == message.size:
            _, _, _, _, control, length, _ = message.packed.unpack_from(data)
            return passed_descriptors(written.get(control, b"")[:length], model)
    return ()


def _replaced(records: Records, call: Any, fd: int) -> bool:
    """Whether one of `records` may have given the number `fd` another meaning after `call`."""
    later = records[(records["pid"] == call["pid"]) & (records["end"] > call["end"])]
    kind, args = later["kind"], later["args"]
    if (kind == Kind.EXEC).any():
        return True
    for abi in np.unique(later["abi"]).tolist():
        for nr, first, last in _closing(abi):
            low, high = args[:, first] & 0xFFFFFFFF, args[:, last] & 0xFFFFFFFF
            if (
                (later["abi"] == abi) & (later["nr"] == nr) & (kind == Kind.CALL) & (low <= fd) & (fd <= high)
            ).any():
                return True
    return False


@cache
def _closing(abi: int) -> tuple[tuple[int, int, int], ...]:
    """Calls that close descriptors: number, and which arguments are the first and the last of them."""
    known = numbers(abi)
    calls = (("close", 0, 0), ("dup2", 1, 1), ("dup3", 1, 1), ("close_range", 0, 1))
    return tuple((known[name], first, last) for name, first, last in calls if name in known)


def _with(found: Belonging, links: list[tuple[int, int, bytes]], calls: Records) -> Belonging:
    """The same pieces, and behind those of each row its links."""
    counts, heads, memory = found.counts.copy(), found.heads, found.memory
    ends = np.cumsum(found.counts)
    starts = np.concatenate(([0], np.cumsum(heads["length"], dtype=np.int64)))
    for row, fd, link in reversed(links):
        head = np.zeros(1, SLOT_HEAD)
        head["tid"], head["seq"] = calls["tid"][row], calls["seq"][row]
        head["arg"], head["when"], head["address"], head["length"] = NO_ARG, When.EXIT, fd, len(link)
        place = int(ends[row])
        byte = int(starts[place])
        heads = np.concatenate((heads[:place], head, heads[place:]))
        memory = np.concatenate((memory[:byte], np.frombuffer(link, np.uint8), memory[byte:]))
        counts[row] += 1
    return Belonging(counts, heads, memory)
