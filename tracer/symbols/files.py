"""The files that were mapped when a program was recorded, as they are found when it is looked at: the same, or not.

A name out of another version of a file would be a lie. So a file counts as the one that was mapped only when it has
not changed since: its status (ctime, stat(2): content, name, or the inode itself) is older than the mapping, and
its inode is the one that /proc/PID/maps told, where that is known. Where it is not, because a call mapped the file
later, the process must be known to have had our root: a container has other files at the same paths.
"""

from __future__ import annotations

import contextlib
import os
import time
import zlib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from tracer.symbols.image import Image, image_of, open_image

_DEBUG: Final = Path("/usr/lib/debug")
_DELETED: Final = " (deleted)"


class Mapped(NamedTuple):
    """A file, mapped at a moment."""

    path: str
    inode: int
    """0: not known."""
    at_ns: int
    """CLOCK_REALTIME."""
    pid: int
    ours: bool
    """Paths of the process are paths here."""


class Found(NamedTuple):
    """What became of it."""

    image: Image | None
    why_not: str = ""
    """Why nothing of it can be named: a word or two."""


@cache
def find(mapped: Mapped) -> Found:
    """The file as it was mapped."""
    if mapped.path.endswith(_DELETED):
        return Found(None, "deleted")
    if not mapped.path.startswith("/"):
        return Found(None, "not a path")
    reason = "not there"
    for path, ours in _places(mapped):
        try:
            state = os.stat(path)
            if state.st_ctime_ns > mapped.at_ns or mapped.inode not in (0, state.st_ino):
                reason = "changed since"
            elif not ours and not mapped.inode:
                reason = "of another root"
            else:
                return _opened(path, state)
        except OSError as error:
            reason = reason if isinstance(error, FileNotFoundError) else os.strerror(error.errno or 0)
    return Found(None, reason)


def same_file(path: str, inode: int, at_ns: int) -> bool:
    """Whether the file at `path` here is the one with this inode that a process had mapped at that moment."""
    try:
        state = os.stat(path)
    except OSError:
        return False
    return bool(inode) and state.st_ino == inode and state.st_ctime_ns <= at_ns


def _places(mapped: Mapped) -> list[tuple[str, bool]]:
    """Where to look, and whether the path means there what it meant to the process."""
    places = [(mapped.path, mapped.ours)]
    if not mapped.ours and lives_since(mapped.pid, mapped.at_ns):
        places.insert(0, (f"/proc/{mapped.pid}/root{mapped.path}", True))
    return places


def lives_since(pid: int, at_ns: int) -> bool:
    """Whether the process that has this number now is the one that had it then (starttime, proc_pid_stat(5))."""
    try:
        words = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return False
    began_s = int(words[19]) / os.sysconf("SC_CLK_TCK") - time.clock_gettime(time.CLOCK_BOOTTIME) + time.time()
    return began_s * 1e9 <= at_ns + 1e9


@cache
def _read(path: str, _inode: int, _mtime_ns: int) -> Found:
    image = open_image(path)
    return Found(image, "" if image else "no ELF file")


def _opened(path: str, state: os.stat_result) -> Found:
    """Raises OSError."""
    return _read(path, state.st_ino, state.st_mtime_ns)


@cache
def debug_image(path: str, image: Image) -> Image | None:
    """The separate file with the symbols of `image`, found as GDB finds it (gdb, Separate Debug Files)."""
    if not image.stripped:
        return None
    text = image.build_id.hex()
    if text and (found := _like(_DEBUG / ".build-id" / text[:2] / f"{text[2:]}.debug", image, None)):
        return found
    section = image.debug_link
    if not section:
        return None
    folder, (name, checksum) = Path(path).parent, section
    places = (folder / name, folder / ".debug" / name, _DEBUG / folder.relative_to("/") / name)
    return next((found for place in places if (found := _like(place, image, checksum))), None)


def _like(path: Path, image: Image, checksum: int | None) -> Image | None:
    """The file when it belongs to `image`: the same build id, or the checksum that its link names."""
    data = b""
    with contextlib.suppress(OSError):
        data = path.read_bytes()
    found = image_of(data)
    if found is None:
        return None
    if image.build_id and found.build_id:
        return found if image.build_id == found.build_id else None
    return found if checksum is not None and zlib.crc32(data) == checksum else None
