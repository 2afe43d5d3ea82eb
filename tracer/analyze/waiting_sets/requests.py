"""Every request handed to an io_uring or a native AIO context and every answer, as columns, line by line.

Capture keeps an io_uring completion together with the submission it answers, at whichever call of the process it
was seen (`tracer.capture.rings`); an io_event names its iocb by address (io_submit(2)). A thread that reaps may be
recorded before the one that submitted returns, so an answer may also come first.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallCodes
from tracer.analyze.growing import Growing
from tracer.analyze.lines.lines import Chunk
from tracer.analyze.memory import Memory
from tracer.analyze.operations.blocks import BLOCK, EVENT
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.waiting_sets.asked import COLLECTS
from tracer.recording.captured import Piece, Row, captured
from tracer.syscalls.ring_entries import COMPLETION, CQE, FIXED_FILE, MORE, NOTICE, SKIP_SUCCESS, SQE, entry_of
from tracer.syscalls.structures import IOCB
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, Kind, When

Ints = NDArray[np.int64]
Key = tuple[int, bytes | int]
"""Of a process: a submission entry, or the address of an iocb."""

OPEN: Final = 1 << 62
"""The line of an answer that has not come."""
UNSEEN: Final = -1
"""The line of a submission that was not seen, and the operation of such a request."""
SUBMITS: Final = frozenset({"io_submit", "io_destroy"})
_MOST_EARLY: Final = 1 << 16
_NOBODY: Final = -1
_UNKNOWN: Final = (UNSEEN, -1, False, 0, 0)
_COLUMNS: Final = ("waiter", "submitted", "completed", "operation", "fd", "fixed", "length", "data")


class RequestColumns:
    """The columns. Waiters are numbers of the index that feeds it."""

    def __init__(self, places: RowPlaces, codes: CallCodes) -> None:
        self._places, self._codes = places, codes
        self.requests = Growing(
            waiter="<i4", submitted="<i8", completed="<i8", operation="<i2", fd="<i4", fixed="?", length="<i8",
            data="<u8",
        )  # fmt: skip
        """`submitted` and `completed` are lines; the fields of a request are those of its submission."""
        self.answers = Growing(line="<i8", waiter="<i4", request="<i8", result="<i8")
        self._rings: dict[int, int] = {}
        """By process: the ring it entered last."""
        self._pending: defaultdict[Key, deque[tuple[int, int]]] = defaultdict(deque)
        """(request, waiter), the oldest first."""
        self._early: defaultdict[Key, deque[int]] = defaultdict(deque)
        self._made: list[tuple[int, ...]] = []
        self._answered: list[tuple[int, ...]] = []
        self._changed: list[tuple[str, int, int]] = []

    def take_in(self, chunk: Chunk, at: Ints, waiter: Ints) -> None:
        """Take in the calls at places `at` of `chunk`, about `waiter` each, and answers seen at other calls."""
        names = [fact.name for fact in self._codes.facts]
        waiters = dict(zip(at.tolist(), waiter.tolist(), strict=True))
        if "io_uring_enter" in names:
            at = np.union1d(at, self._with_entries(chunk))
        for batch, places, here in self._places.grouped(chunk.row[at].astype(np.int64)):
            flat = captured(batch)
            for offset, place in zip(places.tolist(), at[here].tolist(), strict=True):
                name = names[int(chunk.code[place])]
                self._take(chunk.first + place, waiters.get(place, _NOBODY), name, flat.row(offset))
        self._flush()

    def seen_at(self, lines: Ints) -> Ints:
        """How many answers were seen at each of `lines`, which ascend."""
        line = self.answers["line"]
        counts: Ints = np.searchsorted(line, lines, side="right") - np.searchsorted(line, lines)
        return counts

    def _with_entries(self, chunk: Chunk) -> Ints:
        """Places of calls at which ring entries were seen."""
        found = [np.zeros(0, np.int64)]
        calls = np.flatnonzero(chunk.kind == Kind.CALL)
        for batch, places, here in self._places.grouped(chunk.row[calls].astype(np.int64)):
            memory = Memory(batch)
            shown = memory.arg[int(memory.ends[0]) : int(memory.ends[-1])]
            with_entries = np.zeros(batch.num_rows, np.bool_)
            with_entries[memory.owner[(shown == RING_COMPLETION) | (shown == RING_SUBMISSION)]] = True
            found.append(calls[here][with_entries[places]])
        return np.concatenate(found)

    def _take(self, line: int, waiter: int, name: str, row: Row) -> None:
        if name == "io_submit":
            for address, block in _blocks(row):
                self._submitted(line, waiter, (row.pid, address), _of_block(address, block))
        elif name == "io_destroy":
            self._forget(line, waiter)
        elif name in COLLECTS:
            for address, result in _events(row):
                self._completed(line, waiter, (row.pid, address), result, (*_UNKNOWN[:4], address), final=True)
        else:
            if waiter != _NOBODY:
                self._rings[row.pid] = waiter
            self._ring(line, self._rings.get(row.pid, _NOBODY), name, row)

    def _ring(self, line: int, waiter: int, name: str, row: Row) -> None:
        left = max(row.result, 0) if name == "io_uring_enter" else 0
        for piece in row.pieces:
            if piece.arg == RING_COMPLETION and len(piece.data) >= CQE:
                self._ring_answer(line, waiter, row.pid, piece)
            elif piece.arg == RING_SUBMISSION and len(piece.data) >= SQE:
                if piece.when == When.ENTRY:  # what the call did not take is handed over again
                    left -= 1
                if piece.when == When.EXIT or left >= 0:
                    entry = piece.data[:SQE]
                    quiet = bool(entry_of(entry).flags & SKIP_SUCCESS)
                    self._submitted(line, waiter, (row.pid, entry), _of_entry(entry), quiet=quiet)

    def _ring_answer(self, line: int, waiter: int, pid: int, piece: Piece) -> None:
        data, result, flags = COMPLETION.unpack_from(piece.data)
        entry = piece.data[CQE : CQE + SQE]
        if flags & NOTICE:
            return  # the second answer of a zero-copy send: its pages are free
        whole = len(entry) == SQE
        fields = _of_entry(entry) if whole else (*_UNKNOWN[:4], data)
        # Zero-copy sends are answered with "more to come" once, by that notice.
        final = not flags & MORE or (whole and entry_of(entry).name.endswith("_ZC"))
        self._completed(line, waiter, (pid, entry), result, fields, final=final)

    def _submitted(self, line: int, waiter: int, key: Key, fields: tuple[int, ...], *, quiet: bool = False) -> None:
        early = self._early.get(key)
        if early:
            self._changed.append(("submitted", early.popleft(), line))
            return
        made = self._make(waiter, line, line if quiet else OPEN, fields)
        if not quiet:  # it is answered only if it fails
            self._pending[key].append((made, waiter))

    def _completed(
        self, line: int, waiter: int, key: Key, result: int, fields: tuple[int, ...], *, final: bool
    ) -> None:
        waiting = self._pending.get(key)
        if not waiting:
            made = self._make(waiter, UNSEEN, line, fields)
            if isinstance(key[1], bytes) and len(key[1]) == SQE and len(self._early) < _MOST_EARLY:
                self._early[key].append(made)
        else:
            made, waiter = waiting[0]
            if final:
                waiting.popleft()
                self._changed.append(("completed", made, line))
                if not waiting:
                    del self._pending[key]
        self._answered.append((line, waiter, made, result))

    def _forget(self, line: int, waiter: int) -> None:
        """The context is gone, and its requests with it."""
        for key in [key for key, waiting in self._pending.items() if waiting[0][1] == waiter]:
            self._changed += [("completed", made, line) for made, _ in self._pending.pop(key)]

    def _make(self, waiter: int, submitted: int, completed: int, fields: tuple[int, ...]) -> int:
        self._made.append((waiter, submitted, completed, *fields))
        return self.requests.count + len(self._made) - 1

    def _flush(self) -> None:
        """From lists, while a chunk is taken in, to columns."""
        if self._made:
            columns = zip(_COLUMNS, zip(*self._made, strict=True), strict=True)
            kinds = {"data": np.uint64}
            self.requests.append(**{name: np.array(each, kinds.get(name, np.int64)) for name, each in columns})
        if self._answered:
            line, waiter, request, result = np.array(self._answered, np.int64).T
            self.answers.append(line=line, waiter=waiter, request=request, result=result)
        for name, place, value in self._changed:
            self.requests[name][place] = value
        self._made, self._answered, self._changed = [], [], []


def _of_entry(data: bytes) -> tuple[int, ...]:
    entry = entry_of(data)
    return entry.opcode, entry.fd, bool(entry.flags & FIXED_FILE), entry.len, entry.user_data


def _of_block(address: int, block: bytes) -> tuple[int, ...]:
    _, _, _, command, _, fd, _, length, *_ = BLOCK.unpack(block)
    return command, fd, False, min(length, (1 << 63) - 1), address


def _blocks(row: Row) -> Iterator[tuple[int, bytes]]:
    """The iocbs that an io_submit handed over, with their addresses."""
    listed = next((each.data for each in row.pieces if (each.arg, each.when) == (2, When.ENTRY)), b"")
    blocks = {each.address: each.data for each in row.pieces if len(each.data) == IOCB}
    for place in range(min(max(row.result, 0), len(listed) // 8)):
        address = int.from_bytes(listed[8 * place : 8 * place + 8], "little")
        if address in blocks:
            yield address, blocks[address]


def _events(row: Row) -> Iterator[tuple[int, int]]:
    """(address of the iocb, result) of the events that an io_getevents brought."""
    events = next((each.data for each in row.pieces if (each.arg, each.when) == (3, When.EXIT)), b"")
    for place in range(min(max(row.result, 0), len(events) // EVENT.size)):
        _, address, result, _ = EVENT.unpack_from(events, place * EVENT.size)
        yield address, result
