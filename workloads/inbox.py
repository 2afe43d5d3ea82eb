"""What has arrived: cutting the bytes of a channel into messages and checking each of them."""

import math
from array import array
from dataclasses import dataclass
from time import monotonic_ns

from workloads.errors import FeederLost
from workloads.message import parse
from workloads.terms import Terms

MOST_LATENCIES = 1_000_000


@dataclass
class Tally:
    """What all channels together have received: whole messages, their bytes, and what was wrong with them."""

    received: int = 0
    payload_bytes: int = 0
    checksum_errors: int = 0
    sequence_errors: int = 0

    def ok(self, expected: int) -> bool:
        return self.received == expected and not self.checksum_errors and not self.sequence_errors


class Latencies:
    """Times in nanoseconds, of the last million messages if there are more.

    Sized beforehand, so that noting one needs no new memory.
    """

    def __init__(self, expected: int) -> None:
        self._times = array("q", bytes(8 * min(expected, MOST_LATENCIES)))
        self._count = 0

    def note(self, ns: int) -> None:
        self._times[self._count % len(self._times)] = ns
        self._count += 1

    def percentile(self, percent: float) -> int | None:
        """By nearest rank; None when nothing was noted."""
        ordered = sorted(self._times[: self._count])
        return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else None


class Inbox:
    """One channel, seen by its receiver.

    ``wanted`` is how many bytes the present message still lacks, so ``read(fd, wanted)`` never takes a byte
    of the next one. A stream may deliver a message in pieces; ``take`` puts them together.
    """

    def __init__(self, fd: int, index: int, terms: Terms, tally: Tally, latencies: Latencies) -> None:
        self.fd = fd
        self.index = index
        self.size = terms.size
        self.wanted = terms.size
        self.complete = False
        self._left = terms.messages
        self._sequence = 0
        self._pieces: list[bytes] = []
        self._tally = tally
        self._latencies = latencies

    def take(self, data: bytes) -> None:
        """Take what one read gave: at most ``wanted`` bytes. FeederLost for none, which is end of file."""
        if not data:
            raise FeederLost("the feeder went away")
        if len(data) == self.size:
            self._check(data)
            return
        self._pieces.append(data)
        self.wanted -= len(data)
        if not self.wanted:
            whole = b"".join(self._pieces)
            self._pieces.clear()
            self.wanted = self.size
            self._check(whole)

    def _check(self, data: bytes) -> None:
        now = monotonic_ns()
        message = parse(data)
        if not message.intact:
            self._tally.checksum_errors += 1
        elif (message.channel, message.sequence) != (self.index, self._sequence):
            self._tally.sequence_errors += 1
        if message.sent_ns:
            self._latencies.note(now - message.sent_ns)
        self._tally.received += 1
        self._tally.payload_bytes += len(data)
        self._sequence += 1
        self._left -= 1
        self.complete = not self._left
