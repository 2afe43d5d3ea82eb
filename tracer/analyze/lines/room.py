"""Room for the columns of lines: in memory for the first ones, in a file for those of a very long recording.

68 bytes a line are 6.8 GB for 100 million lines, and a screen looks at few of them at a time. Pages of a mapped
file are the kernel's to put away when others need memory; memory of the process is not, where there is no swap.

The file has no name (O_TMPFILE, open(2)), is the user's own, and goes with the process. It lies in /var/tmp, which
unlike /tmp is on a disk as a rule (hier(7): what is to outlive a reboot). Room is taken before it is used
(posix_fallocate(3)): a full disk would otherwise kill the process at a write to a mapped page (SIGBUS, mmap(2)).
"""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_IN_MEMORY: Final = 256
"""Chunks, of 65,536 lines each: 1.1 GB."""
_FOLDER: Final = Path("/var/tmp")


class Room:
    """Makes chunk after chunk."""

    def __init__(self, in_memory: int = _IN_MEMORY, folder: Path = _FOLDER) -> None:
        """`in_memory`: so many chunks before there is a file in `folder`."""
        self._left = in_memory
        self._folder = folder
        self._fd: int | None = None
        self._size = 0

    def columns(self, kinds: Sequence[str], length: int) -> tuple[NDArray[Any], ...]:
        """Arrays of these types, all of this length. Columns of a chunk must end where a page does."""
        size = sum(np.dtype(kind).itemsize for kind in kinds) * length
        self._left -= 1
        mapped = self._mapped(size) if self._left < 0 and size % mmap.ALLOCATIONGRANULARITY == 0 else None
        if mapped is None:
            return tuple(np.empty(length, kind) for kind in kinds)
        made, at = [], 0
        for kind in kinds:
            made.append(np.frombuffer(mapped, kind, length, at))
            at += made[-1].nbytes
        return tuple(made)

    def _mapped(self, size: int) -> mmap.mmap | None:
        """That much of the file; None where there can be no (larger) file."""
        try:
            if self._fd is None:
                self._fd = os.open(self._folder, os.O_TMPFILE | os.O_RDWR | os.O_EXCL | os.O_CLOEXEC, 0o600)
                weakref.finalize(self, os.close, self._fd)
            os.posix_fallocate(self._fd, self._size, size)
            mapped = mmap.mmap(self._fd, size, offset=self._size)
        except OSError:
            self._left = _IN_MEMORY  # memory then, and another try later
            return None
        self._size += size
        return mapped
