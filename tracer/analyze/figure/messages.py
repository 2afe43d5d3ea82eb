"""The messages of a recording, in the order they came, and the figure of each.

A message is what one transfer brings into the program, and what the program then sends on before it waits or
receives again: a read and the write that answers it are one message, and so are the two splices that pass a
chunk on. Where nothing is read, every write, sendfile or copy is one. A result of io_uring or of native AIO
that moved data is one as well.

Of a bundled workload only transfers of the message size count, which is the most frequent size. When the phase
`measure` is marked, only messages in it count.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.analyze.figure.figure import Figure, StepKind
from tracer.analyze.figure.handover import helped, helped_story
from tracer.analyze.figure.results import Result, Results
from tracer.analyze.figure.rings import ring_story
from tracer.analyze.figure.roles import Role, Roles
from tracer.analyze.figure.seen import Accounted
from tracer.analyze.figure.setup import Setups
from tracer.analyze.figure.story import Told, sent_ns, story
from tracer.analyze.figure.trace import Trace
from tracer.analyze.phases import MEASURE, Phases
from tracer.recording.header import Header
from tracer.recording.reader import Recording
from tracer.wire import Kind, When

Ints = NDArray[np.int64]

_SAMPLE: Final = 301
"""So many messages, evenly spread, are looked at to find a typical one."""
_NEAR: Final = 5
"""So many of them, those nearest to the median, are looked at closely."""
_NONE, _TRY, _ARRIVE, _DEPART = int(Role.NONE), int(Role.TRY), int(Role.ARRIVE), int(Role.DEPART)
"""As plain numbers: they are compared for every event of a recording."""
_MOVES: Final = frozenset({_ARRIVE, _DEPART})
_LEADING: Final = frozenset({int(Role.WAIT), int(Role.SLEEP), int(Role.SIGNAL)})
_EVENTS: Final = (Role.WAIT, Role.TRY, Role.SLEEP, Role.SIGNAL, Role.ARRIVE, Role.DEPART, Role.MARK)


class Messages:
    """Every message so far; feed it the batches of a recording in order."""

    def __init__(self, header: Header) -> None:
        self._trace = Trace(header)
        self._phases = Phases()
        self._setups = Setups()
        self._row = array("q")
        self._results = Results()
        self._result: dict[int, Result] = {}
        """By position: the result that is the message, where no call of its own brought it."""
        self._size = array("q")
        self._led = array("b")
        """1 when the thread waited, slept or tried right before."""
        self._set = array("q")
        """The set of phases it came in."""
        self._last: dict[int, tuple[int, int]] = {}
        """By thread: the role of its last event, and the descriptor of it."""

    @classmethod
    def of(cls, header: Header, batches: Iterable[pa.RecordBatch]) -> Self:
        """The messages of a whole recording."""
        messages = cls(header)
        for batch in batches:
            messages.add(batch)
        return messages

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next batch."""
        if batch.num_rows == 0:
            return
        accounted = self._trace.add(batch)
        columns = accounted.columns
        first = self._trace.rows - batch.num_rows
        for row in np.flatnonzero(columns.kind == Kind.MARK).tolist():
            self._phases.mark(int(columns.at_ns[row]), columns.memory.text(row))
        self._setups.add(columns, self._trace.codes, first)
        _, inside = self._phases.of(columns.at_ns)
        slept = columns.times.blocked
        results = self._results.add(columns, self._trace.codes)
        found = [
            (row, place, each.result, int(slept[row] > 0 and each.when == When.EXIT), each)
            for row, place, each in results
        ]
        for row, _, size, led, result in sorted([*self._transfers(accounted), *found], key=lambda each: each[:2]):
            if result is not None:
                self._result[len(self._row)] = result
            self._row.append(first + row)
            self._size.append(size)
            self._led.append(led)
            self._set.append(int(inside[row]))

    def __len__(self) -> int:
        return len(self._chosen())

    def figure(self, number: int | None = None) -> Figure | None:
        """The figure of message `number`, from 1; of a typical one when None. None when there is no message.

        Raises IndexError when there is no message of that number.
        """
        chosen = self._chosen()
        if not len(chosen):
            return None
        if number is not None and not 1 <= number <= len(chosen):
            raise IndexError(number)
        position = self._typical(chosen) if number is None else number - 1
        told = self._told(int(chosen[position]))
        return told.figure(position + 1, len(chosen), typical=number is None)

    def _chosen(self) -> Ints:
        """The positions of the messages that count."""
        chosen = np.ones(len(self._row), dtype=np.bool_)
        if MEASURE in self._phases.names():
            chosen &= np.isin(np.array(self._set), list(self._phases.sets_with(MEASURE)))
        if self._trace.header.model and chosen.any():
            sizes = np.array(self._size)
            values, counts = np.unique(sizes[chosen], return_counts=True)
            chosen &= sizes == values[np.argmax(counts)]
        return np.flatnonzero(chosen)

    def _typical(self, chosen: Ints) -> int:
        """Among the messages that were waited for, if any were, the one with the median latency; of those next to
        it the one with the fewest calls that are not its own, such as a thread's first ones."""
        led = np.flatnonzero(np.array(self._led, dtype=np.int64)[chosen])
        candidates = led if len(led) else np.arange(len(chosen))
        spread = candidates[np.unique(np.linspace(0, len(candidates) - 1, _SAMPLE).astype(np.int64))]
        costs = np.array([self._cost(int(chosen[each])) for each in spread])
        ranked, middle = spread[np.argsort(costs, kind="stable")], (len(spread) - 1) // 2
        near = sorted(range(len(ranked)), key=lambda rank: abs(rank - middle))[:_NEAR]
        strange: dict[int, int] = {}
        for position in (int(ranked[rank]) for rank in near):
            strange[position] = self._strange(int(chosen[position]))
            if not strange[position]:
                return position
        return min(strange, key=strange.__getitem__)

    def _strange(self, position: int) -> int:
        """How many calls in the story of a message are not its own."""
        return sum(step.count for step in self._told(position).steps if step.kind is StepKind.OTHERS)

    def _cost(self, position: int) -> int:
        """How long a message took: since it was sent where it says so, else the time of the call it came by."""
        taken = self._trace.seen(self._row[position])
        sent = sent_ns(self._trace, taken)
        times = taken.times
        return times.kernel_ns + times.blocked_ns + times.runnable_ns if sent is None else taken.end_ns - sent

    def _told(self, position: int) -> Told:
        number, size = self._row[position], self._size[position]
        result = self._result.get(position)
        if result is not None:
            return ring_story(self._trace, self._setups, number, result)
        taken = self._trace.seen(number)
        refused = helped(self._trace, taken)
        if refused is not None:
            return helped_story(self._trace, taken, refused, size)
        since = self._phases.interval(MEASURE)[0] if MEASURE in self._phases.names() else 0
        return story(self._trace, self._setups, number, size, since)

    def _transfers(self, accounted: Accounted) -> Iterator[tuple[int, int, int, int, None]]:
        """The rows that begin a message: (row, -1, bytes, whether something led up to it, no result)."""
        columns, roles = accounted.columns, accounted.roles
        events = _without_repeats(np.flatnonzero(np.isin(roles, _EVENTS)), roles, columns.tid)
        copied = columns.copies.payload_in + columns.copies.payload_out
        size = np.where(copied > 0, copied, columns.result)[events].tolist()
        slept = (columns.times.blocked[events] > 0).tolist()
        tids, played, fds = columns.tid[events].tolist(), roles[events].tolist(), accounted.fd[events].tolist()
        last = self._last
        for place, row in enumerate(events.tolist()):
            tid, role, fd = tids[place], played[place], fds[place]
            before, other = last.get(tid, (_NONE, -1))
            departs = role == _DEPART or (role == before == _ARRIVE and self._goes_on(accounted, row, other))
            if role in _MOVES and not (departs and before == _ARRIVE):
                told = before in _LEADING or (before == _TRY and other == fd)
                yield row, -1, size[place], int(slept[place] or told), None
            if departs and before == _ARRIVE:
                # What goes on belongs to what came in, however many calls it takes; a passed-on splice ends it.
                last[tid] = (before if role == _DEPART else _DEPART, other)
            else:
                last[tid] = (role, fd)

    def _goes_on(self, accounted: Accounted, row: int, other: int) -> bool:
        name = self._trace.codes.facts[int(accounted.columns.code[row])].name
        return name == "splice" and int(accounted.fd[row]) != other


def _without_repeats(events: Ints, roles: Roles, tid: Ints) -> Ints:
    """Of the tries of a thread in a row the last one will do: a program that spins makes millions."""
    tries, thread = roles[events] == Role.TRY, tid[events]
    again = tries[:-1] & tries[1:] & (thread[:-1] == thread[1:])
    kept: Ints = events[np.concatenate((~again, np.ones(min(1, len(events)), dtype=np.bool_)))]
    return kept


def figure(recording: Recording, number: int | None = None) -> Figure | None:
    """The figure of message `number` of a recording, from 1; of a typical one when None.

    None when there is no message. Raises IndexError when there is none of that number. Who shows several figures
    keeps a `Messages`.
    """
    return Messages.of(recording.header, recording.batches).figure(number)
