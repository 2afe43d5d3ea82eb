"""A number that is given out again while the close that freed it has not returned yet.

Rows come in the order in which calls returned, but close frees its number at its beginning (fs/open.c, close:
`file_close_fd` comes before the flush): another thread's accept may get the number and return first. Its row then
comes before that of the close, which must not be taken for a close of the new descriptor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tracer.analyze.changes import Accepted, Change, Close, Copied, Opened, Received
from tracer.analyze.columns import Columns

Planned = tuple[int, tuple[Change, ...]]
"""A row, and the changes it makes."""


def without_late_closes(planned: Iterable[Planned], columns: Columns) -> Iterator[Planned]:
    """The rows and their changes, without closes that began before their number was given out anew: the opening
    closes what the number led to. Within a batch, as such calls are microseconds apart."""
    if not len(columns.tid) or (columns.tid == columns.tid[0]).all():
        yield from planned
        return
    given: dict[tuple[int, int], int] = {}
    """By process and number: when the call that opened it last returned."""
    for row, changes in planned:
        pid = int(columns.pid[row])
        if len(changes) == 1 and type(changes[0]) is Close:
            end = given.pop((pid, changes[0].fd), None)
            if end is not None and columns.at_ns[row] < end:
                continue
        elif changes:
            end = int(columns.at_ns[row] + columns.wall_ns[row])
            given.update(((pid, fd), end) for change in changes for fd in _opened(change))
        yield row, changes


def _opened(change: Change) -> tuple[int, ...]:
    if isinstance(change, Opened | Copied | Accepted):
        return (change.fd,)
    return change.fds if isinstance(change, Received) else ()
