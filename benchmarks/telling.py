"""The rows of one thread of a generated recording: its stories told one after the other, with clocks and memory."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.stories import EPOLL, EVENT, FD, PATH, table
from tracer.account.group import ragged
from tracer.wire import ITEM_FIELDS, RECORD_FIELDS, Placement

Ints = NDArray[np.int64]
STOP_NS: Final = 1_500
"""What being traced adds to each part of a call in these rows; it stands in the header as the calibration."""
_HELD_NS: Final = 9_000
"""How long a thread is held at the stops of a call."""
TABLE: Final = table()
_TEXT: Final = np.frombuffer(b"GET /index.html HTTP/1.1\r\nHost: example.org\r\n\r\n", np.uint8)
_PATHS: Final = np.frombuffer(
    b"".join(f"/srv/data/{n:05}/page.html".encode().ljust(PATH, b"\0") for n in range(1009)), np.uint8
).reshape(-1, PATH)


class Thread(NamedTuple):
    """A thread of the recording: what it does, how much of a block's calls, and its first descriptor."""

    pid: int
    tid: int
    story: str
    share: float
    first_fd: int = 5
    fds: int = 64


class Told:
    """What one thread did during one block."""

    def __init__(
        self, thread: Thread, stories: Ints, rng: np.random.Generator, since_ns: int, begin_ns: int
    ) -> None:
        """One thread tells `stories` (numbers of `STORIES`), each with another descriptor; the first of them waits
        from `since_ns` until the block begins."""
        length = TABLE.length[stories]
        self.line = ragged(TABLE.first[stories], length)
        self.fds = np.repeat(thread.first_fd + rng.integers(0, thread.fds, len(stories)), length)
        noise = rng.exponential(1.0, (2, len(self.line)))
        kernel = (TABLE.kernel[self.line] * (0.7 + 0.3 * noise[0])).astype(np.int64)
        user = (TABLE.user[self.line] * noise[1]).astype(np.int64)
        blocked = (TABLE.blocked[self.line] * noise[1]).astype(np.int64)
        blocked[0] = max(begin_ns - since_ns, 1)
        self.records = _records(thread, self.line, self.fds)
        _clocks(self.records, kernel, user, blocked, since_ns)
        self.ends = (self.records["at_ns"] + self.records["wall_ns"]).astype(np.int64)
        """When every call ended."""

    def end_ns(self, since_ns: int, now_ns: int) -> int:
        """When the last call ended that ended up to `now_ns`; `since_ns` when none did."""
        done = int(np.searchsorted(self.ends, now_ns, side="right"))
        return int(self.ends[done - 1]) if done else since_ns


def _records(thread: Thread, line: Ints, fds: Ints) -> NDArray[Any]:
    """Wire records of these lines, still without times."""
    records = np.zeros(len(line), np.dtype(list(RECORD_FIELDS)))
    for name in ("nr", "args", "result"):
        values = getattr(TABLE, name)[line]
        own = fds if values.ndim == 1 else fds[:, None]
        values = np.where(values == FD, own, np.where(values == EPOLL, thread.first_fd - 1, values))
        records[name] = values.view(np.uint64) if name == "args" else values
    records["pid"], records["tid"] = thread.pid, thread.tid
    records["placement"] = Placement.APART
    records["ip"] = 0x7F30_2000_0000 + line
    records["items"] = TABLE.piece_size[line] > 0
    return records


def _clocks(records: NDArray[Any], kernel: Ints, user: Ints, blocked: Ints, since_ns: int) -> None:
    """Fill in the raw clocks: the true times, and what being stopped adds to them."""
    delay = np.where(blocked > 1, blocked // 50, 0)
    wall, user_wall = kernel + blocked + delay + 3 * STOP_NS, user + 3 * STOP_NS
    span = wall + user_wall + _HELD_NS
    records["span_ns"], records["wall_ns"], records["user_wall_ns"] = span, wall, user_wall
    records["at_ns"] = since_ns + np.cumsum(span) - wall
    records["run_ns"], records["delay_ns"] = kernel + STOP_NS, delay + STOP_NS
    records["user_run_ns"], records["user_delay_ns"] = user + STOP_NS, STOP_NS
    records["stops"] = records["user_stops"] = records["user_switches"] = 1
    records["switches"] = 1 + (blocked > 0)


def pieces_of(line: Ints, fds: Ints, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """The pieces of memory of these rows, and their bytes."""
    has = TABLE.piece_size[line] > 0
    line, fds = line[has], fds[has]
    items = np.zeros(len(line), np.dtype(list(ITEM_FIELDS)))
    items["arg"], items["when"] = TABLE.piece_arg[line], TABLE.piece_when[line]
    items["length"] = size = TABLE.piece_size[line]
    items["address"] = TABLE.args[line, TABLE.piece_arg[line]]
    start = np.cumsum(size) - size
    memory = np.resize(_TEXT, int(size.sum()))
    paths, events = start[TABLE.path[line]], start[TABLE.event[line]]
    memory[paths[:, None] + np.arange(PATH)] = _PATHS[rng.integers(0, len(_PATHS), len(paths))]
    event = np.zeros(len(events), np.dtype([("events", "<u4"), ("data", "<u8")]))
    event["events"], event["data"] = 1, fds[TABLE.event[line]]
    memory[events[:, None] + np.arange(EVENT)] = event.view(np.uint8).reshape(-1, EVENT)
    return items, memory
