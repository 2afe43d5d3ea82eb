"""io_uring seen through its rings: which operations a program submits and what became of them.

An io_uring program tells the kernel what to do in memory that both share, so its system calls say next to
nothing: `io_uring_enter(fd, 23, 1, ...) = 23`. But the rings lie in the program's own memory, and their layout
is what io_uring_setup returned (io_uring_setup(2), struct io_uring_params). So at the entry of io_uring_enter
the submission entries about to be consumed can be read, and at its entry and exit the completions that have
come since the last look. While submissions wait for their completion, the exits of all other calls of the thread
that submitted them are looked at too: the kernel completes requests on the way back from any call, and a program
may reap them without another io_uring_enter.

Each completion is kept as one piece of `RING_COMPLETION`: the 16 bytes of the CQE and, where its submission was
seen, the SQE it answers and what that led to, so that whoever reads the recording needs no memory of earlier
rows. Each submission is kept as a piece of `RING_SUBMISSION`.

A ring whose submissions a kernel thread takes (SQPOLL) is looked at whenever the thread that mapped it returns from
a call, and when it enters io_uring_enter: the entries it gave away meanwhile are still there.

What cannot be seen: submissions and completions that came and were overwritten between two looks (more than the
ring holds; then a piece with a reason says so), completions after the thread's last call returned, and rings that
were set up before the trace began.
"""

from __future__ import annotations

from collections import deque
from struct import Struct
from typing import Final

from tracer.capture.memory import Reader
from tracer.capture.ring_memory import became, led_to
from tracer.syscalls.ring_entries import COMPLETION, CQE, MORE, SQE, entry_of
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, Reason, When

_PARAMS: Final = Struct("<10I 8IQ 8IQ")
"""sq_entries, cq_entries, flags, ...; sq_off: head, tail, ring_mask, ring_entries, flags, dropped, array;
cq_off: head, tail, ring_mask, ring_entries, overflow, cqes."""
_WORD: Final = Struct("<I")

_OFF_SQ_RING: Final = 0
_OFF_CQ_RING: Final = 0x8000000
_OFF_SQES: Final = 0x10000000
"""mmap offsets of the three areas (linux/io_uring.h)."""
_SINGLE_MMAP: Final = 1
_SETUP_SQPOLL: Final = 1 << 1
_SETUP_SQE128: Final = 1 << 10
_SETUP_CQE32: Final = 1 << 11
_SETUP_NO_SQARRAY: Final = 1 << 16
_MOST_PENDING: Final = 1 << 16


class Ring:
    """One io_uring instance of a traced process."""

    def __init__(self, parameters: bytes) -> None:
        values = _PARAMS.unpack(parameters)
        self.sq_entries, self.cq_entries, flags = values[:3]
        self._sqe_size = SQE << bool(flags & _SETUP_SQE128)
        self._cqe_size = CQE << bool(flags & _SETUP_CQE32)
        self._indirect = not flags & _SETUP_NO_SQARRAY
        self._single = bool(values[5] & _SINGLE_MMAP)
        self.polled = bool(flags & _SETUP_SQPOLL)
        """Whether a kernel thread takes the submissions, without a call."""
        self._sq, self._cq = values[10:19], values[19:28]
        self._sq_base = self._cq_base = self._sqes = 0
        self._seen = 0
        """Completions up to this position of the CQ ring have been kept."""
        self._taken = 0
        """Submissions up to this position of a polled SQ ring have been kept."""
        self._pending: dict[int, deque[bytes]] = {}
        """Submissions without a completion so far, oldest first, by user_data: programs may use one twice."""

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

    @property
    def waiting(self) -> bool:
        """Whether completions are still to come; of a polled ring nobody can know."""
        return bool(self._pending) or (self.polled and bool(self._cq_base))

    def keep_submissions(self, reader: Reader, to_submit: int) -> None:
        """At the entry of io_uring_enter: keep the entries the kernel is about to consume."""
        head, tail = (self._word(reader, self._sq_base, self._sq[place]) for place in (0, 1))
        if head is not None and tail is not None and not self.polled:
            number = min((tail - head) & 0xFFFFFFFF, to_submit, self.sq_entries)
            self._keep_entries(reader, head, number, When.ENTRY)

    def _keep_polled(self, reader: Reader) -> None:
        """Before any look at a polled ring's completions: keep what was given to the kernel thread since.

        They are still in the ring, for the program writes over them only after a whole round. Marked as of the
        exit wherever they are seen, for no call hands them over."""
        if not self.polled:
            return
        tail = self._word(reader, self._sq_base, self._sq[1])
        if tail is not None:
            given = (tail - self._taken) & 0xFFFFFFFF
            number = min(given, self.sq_entries)
            if given > number:  # the others were taken, and overwritten, before we looked
                reader.missing(RING_SUBMISSION, When.EXIT, 0, Reason.NOT_CAPTURED)
            self._keep_entries(reader, tail - number, number, When.EXIT)
            self._taken = tail

    def _keep_entries(self, reader: Reader, first: int, number: int, when: When) -> None:
        for position in range(first, first + number):
            index: int | None = position & (self.sq_entries - 1)
            if self._indirect:
                index = self._word(reader, self._sq_base, self._sq[6] + 4 * (position & (self.sq_entries - 1)))
            if self._sqes and index is not None and index < self.sq_entries:
                self._keep_submission(reader, self._sqes + index * self._sqe_size, when)

    def _keep_submission(self, reader: Reader, address: int, when: When) -> None:
        data = reader.peek(address, SQE)
        if len(data) < SQE:
            return
        entry = entry_of(data)
        data += led_to(reader, entry)
        reader.keep(RING_SUBMISSION, when, address, data)
        waiting = self._pending.setdefault(entry.user_data, deque(maxlen=self.cq_entries))
        waiting.append(data)
        if len(self._pending) > _MOST_PENDING:
            self._pending.pop(next(iter(self._pending)))

    def keep_completions(self, reader: Reader, when: When) -> None:
        """Keep the completions posted since the last look, and first what they may answer."""
        self._keep_polled(reader)
        tail = self._word(reader, self._cq_base, self._cq[1])
        if tail is None:  # not mapped yet, or no longer: nothing more can be learnt
            self._pending.clear()
            self._cq_base = 0
            return
        posted = (tail - self._seen) & 0xFFFFFFFF
        fresh = min(posted, self.cq_entries)
        if posted > fresh:  # the others were overwritten before we looked
            reader.missing(RING_COMPLETION, when, 0, Reason.NOT_CAPTURED)
        for position in range(tail - fresh, tail):
            slot = position & (self.cq_entries - 1)
            address = self._cq_base + self._cq[5] + slot * self._cqe_size
            entry = reader.peek(address, CQE)
            if len(entry) == CQE:
                reader.keep(RING_COMPLETION, when, address, entry + self._answered(reader, entry))
        self._seen = tail

    def _answered(self, reader: Reader, completion: bytes) -> bytes:
        """The submission a completion answers and what became of its memory; empty when it was not seen."""
        user_data, result, flags = COMPLETION.unpack(completion)
        waiting = self._pending.get(user_data)
        if not waiting:
            return b""
        submission = waiting[0] if flags & MORE else waiting.popleft()
        if not waiting:
            del self._pending[user_data]
        return submission + became(reader, entry_of(submission), result)

    def _word(self, reader: Reader, base: int, offset: int) -> int | None:
        data = reader.peek(base + offset, 4) if base else b""
        return int(_WORD.unpack(data)[0]) if len(data) == 4 else None


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

    def keep_completions(self, reader: Reader) -> bool:
        """At a call's exit: keep what was completed in any ring; whether more is to come."""
        for ring in self._rings.values():
            if ring.waiting:
                ring.keep_completions(reader, When.EXIT)
        return any(ring.waiting for ring in self._rings.values())
