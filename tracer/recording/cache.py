"""Keeps a recording that grows fast from filling the page cache.

At a million calls a second a recording grows by 185 MB a second. Left to itself, the kernel keeps all of it, drops
what other programs had there, and holds up the writer once much of the memory is dirty (vm.dirty_ratio,
proc_sys_vm(5)). And a page that was not in use before costs more than what is written to it: on a virtual machine,
which has to get it from its host first, ten times as much. So what is behind is sent to the disk early and its
pages are used again. A recording that grows slowly is left where it is, for who reads it next.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Final

_PORTION: Final = 16 << 20
"""Bytes after which something is done."""
_FAST_S: Final = 0.5
"""A portion that came in less time came fast."""
_KEPT: Final = 64 << 20
"""Bytes at the end of the file that stay: whoever follows it reads them."""


class Passing:
    """The part of a file that is still in the page cache for our sake."""

    def __init__(self, fd: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds."""
        self._fd, self._clock = fd, clock
        self._since = clock()
        self._sent = 0
        """Up to here the kernel was told to write."""
        self._left = 0
        """Up to here the pages were given back."""

    def grown(self, size: int) -> None:
        """The file has `size` bytes now, or fewer than before."""
        if size < self._sent:
            self._sent, self._left = size, min(self._left, size)
        if size - self._sent < _PORTION:
            return
        since, self._since = self._since, self._clock()
        if self._since - since > _FAST_S * (size - self._sent) / _PORTION:
            self._sent = self._left = size
            return
        with contextlib.suppress(OSError):  # a pipe or a device has no such pages
            # Dirty pages are written, without waiting for it; clean ones are dropped, but not those that somebody
            # has mapped (generic_fadvise, mm/fadvise.c).
            os.posix_fadvise(self._fd, self._sent, size - self._sent, os.POSIX_FADV_DONTNEED)
            keep_from = size - _KEPT
            if keep_from > self._left:
                os.posix_fadvise(self._fd, self._left, keep_from - self._left, os.POSIX_FADV_DONTNEED)
                self._left = keep_from
        self._sent = size
