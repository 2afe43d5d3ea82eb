"""What a descriptor can be, as far as it changes what a call copies."""

from __future__ import annotations

from enum import IntEnum


class Object(IntEnum):
    """The kernel object behind a descriptor. UNKNOWN = not followed: the ordinary rule of the call applies."""

    UNKNOWN = 0
    OTHER = 1
    """Known, and nothing special."""
    NULL = 2
    """/dev/null: write copies nothing (`write_null`, drivers/char/mem.c)."""
    ZERO = 3
    """/dev/zero: read fills with zeros, write copies nothing."""
    DIRECT = 4
    """A file opened with O_DIRECT: the device moves the data, no CPU copies it."""
    TCP = 5
    """MSG_TRUNC discards instead of copying (tcp(7))."""
    PIPE_READ = 6
    """The read end of a pipe; vmsplice then copies to the program."""
    PIPE_WRITE = 7
    EVENTFD = 8
    """Every read and write moves 8 bytes, also a write that then gives EAGAIN."""
    SIGNALFD = 9
    """One 128-byte structure a signal."""
    ZEROCOPY = 10
    """A socket with SO_ZEROCOPY: MSG_ZEROCOPY is honoured."""
