"""Waiting for a signal without missing one.

``pause`` has a gap: a signal between the last look and the call is not waited for any more. The way out is
sigsuspend(2): keep the signals blocked, and let the kernel unblock them and sleep in one step. They then
arrive inside that call and nowhere else. Python has pause and sigwait, but not this one.
"""

import ctypes
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_libc = ctypes.CDLL(None, use_errno=True)
_NOTHING_BLOCKED = ctypes.create_string_buffer(128)
"""An empty sigset_t: 1024 bits in glibc and musl, of which the kernel reads the first 64."""


@contextmanager
def only_while_suspended(signals: Iterable[int]) -> Iterator[None]:
    """Block these signals, and Ctrl-C with them: both come in through ``suspend`` only."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*signals, signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def suspend() -> None:
    """Sleep until a signal has been delivered; its Python handler has run when this returns."""
    _libc.sigsuspend(_NOTHING_BLOCKED)
