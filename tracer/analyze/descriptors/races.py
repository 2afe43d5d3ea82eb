"""A number that is given out again while the close that freed it has not returned yet.

Rows come in the order in which calls returned, but close frees its number at its beginning (fs/open.c, close:
`file_close_fd` comes before the flush): another thread's accept may get the number and return first. Its row then
comes before that of the close, which must not be taken for a close of the new descriptor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from tracer.analyze.changes import Accepted, Change, Close, Copied, Opened, Received
from tracer.analyze.columns import Columns

Planned = tuple[int, tuple[Change, ...]]
"""A row, and the changes it makes."""
OPENS_ONE: Final = (Opened, Copied, Accepted)
"""Changes that open one descriptor, `fd`."""


def without_late_closes(planned: Iterable[Planned], columns: Columns) -> Iterator[Planned]:
    """The rows and their changes, without closes that began before their number was given out anew: the opening
    closes what the number led to. Within a batch, as such calls are microseconds apart."""
    if not len(columns.tid) or (columns.tid == columns.tid[0]).all():
        yield from planned
        return
    given: dict[tuple[int, int], int] = {}
    """By process and number: when the call that opened it last returned."""
    every = list(planned)
    rows = np.fromiter((row for row, _ in every), np.int64, len(every))
    pids, began = columns.pid[rows].tolist(), columns.at_ns[rows].tolist()
    ended = (columns.at_ns[rows] + columns.wall_ns[rows]).tolist()
    for each, pid, begin, end in zip(every, pids, began, ended, strict=True):
        for change in each[1]:
            if type(change) is Close and len(each[1]) == 1:
                if given.pop((pid, change.fd), begin) > begin:
                    break
            elif isinstance(change, OPENS_ONE):
                given[pid, change.fd] = end
            elif type(change) is Received:
                given.update(((pid, fd), end) for fd in change.fds)
        else:
            yield each
