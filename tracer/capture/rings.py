"""io_uring seen through its rings: which operations a program submits and what became of them.

An io_uring program tells the kernel what to do in memory that both share, so its system calls say next to
nothing: `io_uring_enter(fd, 23, 1, ...) = 23`. But the rings lie in the program's own memory, and their layout
is what io_uring_setup returned (io_uring_setup(2), struct io_uring_params). So at the entry of io_uring_enter
the submission entries about to be consumed can be read, and at its entry and exit the completions that have
come since the last look.

Each completion is kept as one piece of `RING_COMPLETION`: the 16 bytes of the CQE and, where its submission was
seen, the 64 bytes of the SQE it answers, so that whoever reads the recording needs no memory of earlier rows.
Each submission is kept as a piece of `RING_SUBMISSION`, the 64 bytes of the SQE.

What cannot be seen: submissions that an SQPOLL kernel thread took without a call, and completions that came
and were overwritten between two looks (more than the ring holds).
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.capture.memory import Reader
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, When

_PARAMS: Final = Struct("<10I 8IQ 8IQ")
"""sq_entries, cq_entries, flags, ...; sq_off: head, tail, ring_mask, ring_entries, flags, dropped, array;
cq_off: head, tail, ring_mask, ring_entries, overflow, cqes."""
_WORD: Final = Struct("<I")
_CQE_HEAD: Final = Struct("<QiI")
_SQE: Final = 64
_CQE: Final = 16

_OFF_SQ_RING: Final = 0
_OFF_CQ_RING: Final = 0x8000000
_OFF_SQES: Final = 0x10000000
"""mmap offsets of the three areas (linux/io_uring.h)."""
_SINGLE_MMAP: Final = 1
_SETUP_SQE128: Final = 1 << 10
_SETUP_CQE32: Final = 1 << 11
_SETUP_NO_SQARRAY: Final = 1 << 16
_MORE: Final = 1 << 1
"""IORING_CQE_F_MORE: a multishot operation, further completions will follow."""
_MOST_PENDING: Final = 1 << 16


class Ring:
    """One io_uring instance of a traced process."""

    def __init__(self, parameters: bytes) -> None:
        values = _PARAMS.unpack(parameters)
        self.sq_entries, self.cq_entries, flags = values[:3]
        self._sqe_size = _SQE << bool(flags & _SETUP_SQE128)
        self._cqe_size = _CQE << bool(flags & _SETUP_CQE32)
        self._indirect = not flags & _SETUP_NO_SQARRAY
        self._single = bool(values[5] & _SINGLE_MMAP)
        self._sq, self._cq = values[10:19], values[19:28]
        self._sq_base = self._cq_base = self._sqes = 0
        self._seen = 0
        """Completions up to this position of the CQ ring have been kept."""
        self._pending: dict[int, bytes] = {}
        """Submissions without a completion so far, by user_data."""

    def mapped(self, offset: int, address: int) -> None:
        """The program mapped the area at `offset` of the ring's descriptor."""
        if offset == _OFF_SQ_RING:
            self._sq_base = address
            if self._single:
                self._cq_base = address
        elif offset == _OFF_CQ_RING:
            self._cq_base = address
        elif offset == _OFF_SQES:
            self._sqes = address

    def keep_submissions(self, reader: Reader, to_submit: int) -> None:
        """At the entry of io_uring_enter: keep the entries the kernel is about to consume."""
        if not self._sq_base or not self._sqes:
            return
        head, tail = self._word(reader, self._sq_base, self._sq[0]), self._word(reader, self._sq_base, self._sq[1])
        for position in range(min((tail - head) & 0xFFFFFFFF, to_submit, self.sq_entries)):
            index = (head + position) & (self.sq_entries - 1)
            if self._indirect:
                index = self._word(reader, self._sq_base, self._sq[6] + 4 * index)
            if index < self.sq_entries:
                self._keep_submission(reader, self._sqes + index * self._sqe_size)

    def _keep_submission(self, reader: Reader, address: int) -> None:
        entry = reader.peek(address, _SQE)
        if len(entry) == _SQE:
            reader.keep(RING_SUBMISSION, When.ENTRY, address, entry)
            if len(self._pending) < _MOST_PENDING:
                self._pending[int.from_bytes(entry[32:40], "little")] = entry

    def keep_completions(self, reader: Reader, when: When) -> None:
        """Keep the completions posted since the last look."""
        if not self._cq_base:
            return
        tail = self._word(reader, self._cq_base, self._cq[1])
        fresh = (tail - self._seen) & 0xFFFFFFFF
        if not fresh:
            return
        for position in range(tail - min(fresh, self.cq_entries), tail):
            slot = position & (self.cq_entries - 1)
            address = self._cq_base + self._cq[5] + slot * self._cqe_size
            entry = reader.peek(address, _CQE)
            if len(entry) == _CQE:
                reader.keep(RING_COMPLETION, when, address, entry + self._answered(entry))
        self._seen = tail

    def _answered(self, entry: bytes) -> bytes:
        """The submission a completion answers; empty when it was not seen."""
        user_data, _, flags = _CQE_HEAD.unpack(entry)
        if flags & _MORE:
            return self._pending.get(user_data, b"")
        return self._pending.pop(user_data, b"")

    def _word(self, reader: Reader, base: int, offset: int) -> int:
        data = reader.peek(base + offset, 4)
        return int(_WORD.unpack(data)[0]) if len(data) == 4 else 0


class Rings:
    """The io_uring instances of one process, by descriptor."""

    def __init__(self) -> None:
        self._rings: dict[int, Ring] = {}

    def set_up(self, reader: Reader, descriptor: int, address: int) -> None:
        """io_uring_setup returned `descriptor` and filled in the parameters at `address`."""
        parameters = reader.peek(address, _PARAMS.size)
        if len(parameters) == _PARAMS.size:
            self._rings[descriptor] = Ring(parameters)

    def get(self, descriptor: int) -> Ring | None:
        """The ring behind a descriptor; None when its setup was not seen."""
        return self._rings.get(descriptor)
