"""Descriptors that are opened and closed again within a batch, while nothing else is done about them.

Nearly all that a server opens is like that. Whoever looks at the tables before the opening or after the close sees
the same, a closed number. So such a descriptor gets its place in `Seen` in its turn and two lines in the log, and
is not put into its table and taken out again, which is most of what following a change costs.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallCodes
from tracer.analyze.changes import Accepted, Change, Opened
from tracer.analyze.columns import Columns
from tracer.analyze.descriptions import CLOSED, State
from tracer.analyze.descriptors.changes import description_of
from tracer.analyze.descriptors.tables import Tables
from tracer.analyze.openings.many import changes_by_many
from tracer.syscalls.objects import Object
from tracer.wire import Kind

Ints = NDArray[np.int64]

_ELSE, _OPENS, _ACCEPTS, _CLOSES, _TOUCHES = range(5)
_ROLES: Final = {
    **dict.fromkeys(
        ("open", "openat", "openat2", "creat", "socket", "epoll_create", "epoll_create1", "eventfd", "eventfd2",
         "timerfd_create", "memfd_create", "inotify_init", "inotify_init1", "pidfd_open"), _OPENS,
    ),
    **dict.fromkeys(("accept", "accept4"), _ACCEPTS),
    "close": _CLOSES,
    **dict.fromkeys(
        ("fcntl", "fcntl64", "ioctl", "setsockopt", "bind", "connect", "dup", "dup2", "dup3"), _TOUCHES
    ),
}  # fmt: skip
"""Calls that are about no descriptors but their first argument and their result. Any other call that changes tables
(fork, exec, sendmsg, close_range, ...) may be about each: nothing is brief across it."""


class Brief(NamedTuple):
    """Descriptors with brief lives, in the order of their openings."""

    opened: Ints
    """The rows of the calls that opened them."""
    closed: Ints
    """The rows of the calls that closed them."""
    key: Ints
    """pid << 32 | fd."""


_NOTHING: Final = np.zeros(0, np.int64)
NO_BRIEF: Final = Brief(_NOTHING, _NOTHING, _NOTHING)


def brief_of(columns: Columns, codes: CallCodes, rows: Ints) -> Brief:
    """The brief lives in a batch, of which `rows` may change tables (`changes_of`). No process may use the table of
    another one."""
    roles = np.array([_ROLES.get(fact.name, _ELSE) for fact in codes.facts])[columns.code[rows]]
    if not (roles == _CLOSES).any():
        return NO_BRIEF
    key, row, opens, closes = _events(columns, rows, roles)
    pair = np.flatnonzero(opens[:-1] & closes[1:] & (key[:-1] == key[1:]))
    before = np.maximum(pair - 1, 0)  # what it led to before, if anything, is closed
    pair = pair[closes[before] | (key[before] != key[pair]) | (pair == 0)]
    key, opened, closed = key[pair], row[pair], row[pair + 1]
    others = np.sort(np.concatenate((rows[roles == _ELSE], lives_of(columns))))
    alone = np.searchsorted(others, opened) == np.searchsorted(others, closed)
    kept = np.flatnonzero(alone & (_in_time(columns, opened, closed) | (columns.tid == columns.tid[:1]).all()))
    kept = kept[np.argsort(opened[kept])]
    return Brief(opened[kept], closed[kept], key[kept])


def _events(columns: Columns, rows: Ints, roles: Ints) -> tuple[Ints, Ints, NDArray[np.bool_], NDArray[np.bool_]]:
    """Everything that concerns single descriptors, in order of their keys and then of rows: key, row, and whether
    it opens or closes it."""
    names = (roles != _ELSE) & (roles != _OPENS)
    makes = (roles != _ELSE) & (roles != _CLOSES) & (columns.result[rows] >= 0)
    row = np.concatenate((rows[names], rows[makes]))
    role = np.concatenate((roles[names], roles[makes]))
    fd = np.concatenate(
        ((columns.args[rows[names], 0] & np.uint64(0xFFFFFFFF)).astype(np.int64), columns.result[rows[makes]])
    )
    made = np.arange(len(row)) >= np.count_nonzero(names)
    key = columns.pid[row] << 32 | fd
    order = np.lexsort((row, key))
    opens, closes = made & (role != _TOUCHES), ~made & (role == _CLOSES)
    return key[order], row[order], opens[order], closes[order]


def lives_of(columns: Columns) -> Ints:
    """The rows of births, execs and ends of threads."""
    kind = columns.kind
    return np.flatnonzero((kind == Kind.SPAWN) | (kind == Kind.EXEC) | (kind == Kind.EXIT))


def _in_time(columns: Columns, opened: Ints, closed: Ints) -> NDArray[np.bool_]:
    """The close began when the number had been given out (`races`)."""
    in_time: NDArray[np.bool_] = columns.at_ns[opened] + columns.wall_ns[opened] <= columns.at_ns[closed]
    return in_time


class Passing:
    """Takes in the brief lives of a batch, as far as it has been followed."""

    def __init__(self, tables: Tables, brief: Brief, columns: Columns, codes: CallCodes) -> None:
        self._tables, self._brief = tables, brief
        self._opened = _openings(columns, codes, brief.opened)
        self._keys = brief.key.tolist()
        self._end = len(columns.kind)
        self._rows = [*brief.opened.tolist(), self._end]
        self._codes: list[int] = []
        self.due = self._rows[0]
        """The row that opens the next one."""

    def upto(self, row: int) -> None:
        """Take in those that were opened before `row`."""
        first = len(self._codes)
        last = bisect_left(self._rows, row, first)
        keys, opened = self._keys[first:last], self._opened[first:last]
        self._tables.pass_by(keys)
        about = [description_of(self._tables, key >> 32, each) for key, each in zip(keys, opened, strict=True)]
        self._codes.extend(self._tables.seen.extend(keys, about))
        self.due = self._rows[last]

    def log(self) -> Ints:
        """What changed (`State`), for all of them."""
        self.upto(self._end)
        count, brief = len(self._codes), self._brief
        log = np.empty((2 * count, len(State._fields)), np.int64)
        log[:count, 0], log[:count, 1], log[:count, 2] = brief.opened, brief.key, self._codes
        about = [self._tables.seen.descriptions[code] for code in self._codes]
        log[:count, 3] = [each.thing for each in about]
        log[:count, 4] = [-1 if each.nonblocking is None else each.nonblocking for each in about]
        log[count:, 0], log[count:, 1] = brief.closed, brief.key
        log[count:, 2:] = CLOSED, Object.UNKNOWN, -1
        return log


def _openings(columns: Columns, codes: CallCodes, rows: Ints) -> list[Opened | Accepted]:
    """What the calls in `rows` opened, each one descriptor."""
    opened: dict[int, Change] = {}
    code = columns.code[rows]
    for each in np.unique(code).tolist():
        places = np.flatnonzero(code == each)
        made = changes_by_many(codes.facts[each].name, columns, rows[places])
        opened.update(zip(places.tolist(), (change for (change,) in made), strict=True))
    return cast("list[Opened | Accepted]", [opened[place] for place in range(len(rows))])
