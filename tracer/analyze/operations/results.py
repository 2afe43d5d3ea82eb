"""The frozen results about asynchronous operations: one operation, and what many of one kind came to.

Times are CLOCK_MONOTONIC or durations in ns, sizes in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["io_uring", "posix-aio", "native-aio", "sigio"]

WITHOUT_A_CALL: Final = "submitted without a call"
"""A kernel thread took it from the submission ring (IORING_SETUP_SQPOLL)."""
MULTISHOT: Final = "multishot"
UNSEEN: Final = "submission not seen"
NO_COMPLETION: Final = "no completion asked for"
OVERWRITTEN: Final = "others overwritten unseen"
"""Before this completion was seen others came and went: the program emptied the ring without a call."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a program asked for that was carried out while it was, or could have been, doing something else."""

    kind: Kind
    number: int
    """From 1, in the order in which operations of this kind ended, or were left pending."""
    name: str
    """READ, RECVMSG, ... of io_uring; aio_read, aio_write, aio_fsync; PREAD, ... of native AIO; POLL_IN, ... of a
    signal."""
    pid: int
    tid: int | None
    """The thread that submitted it; of a signal the one it was delivered to. None: it was not seen."""
    fd: int | None
    buffer: int | None
    """Address of the buffer, or of the iovec array or msghdr; the number of a provided buffer."""
    length: int | None
    submitted_ns: int | None
    """Entry of the call that handed it over; of a signal its delivery. None: not seen."""
    began_ns: int | None
    """When the thread in `worker` went to work; None where it is not known which thread did."""
    completed_ns: int | None
    """When it was done; of io_uring the stop at which its completion was first seen, an upper bound. None: pending
    when the recording ended."""
    result: int | None
    bytes: int
    inline: bool | None
    """Completed inside the io_uring_enter that submitted it. None where the question makes no sense."""
    worker: int | None
    notified: str
    """How the program was told: "completion ring", "signal SIGRT_3", "thread 4242", "aio_suspend"; empty: it was
    not."""
    notified_ns: int | None
    caller_ns: int
    """CPU time the submitting thread spent in the kernel in the call that handed it over; its share when that
    call submitted several. The rest of its time was its own."""
    handler_ns: int | None
    """Of a signal: the thread's own time from delivery to rt_sigreturn. None: no handler was seen to return."""
    flags: tuple[str, ...]
    inferred: tuple[str, ...]
    """Which of it is not recorded but concluded: "request", "submission", "notification", "fd"."""

    @property
    def latency_ns(self) -> int | None:
        """From submission to completion; None where one is not known, or where one submission is answered many
        times."""
        if self.submitted_ns is None or self.completed_ns is None or MULTISHOT in self.flags:
            return None
        return max(0, self.completed_ns - self.submitted_ns)


@dataclass(frozen=True, slots=True)
class OperationRow:
    """The operations of one kind and name on one descriptor of one process."""

    kind: Kind
    name: str
    pid: int
    fd: int | None
    count: int
    failed: int
    pending: int
    bytes: int
    p50_ns: int | None
    p99_ns: int | None
    """Percentiles from submission to completion; None when no latency is known."""
    inline: int
    """How many completed inside the io_uring_enter that submitted them."""
    workers: tuple[int, ...]
    """The threads that carried them out, as far as that can be seen."""
    notified: tuple[str, ...]
    caller_ns: int
    handler_ns: int
    flags: tuple[str, ...]
    inferred: tuple[str, ...]
