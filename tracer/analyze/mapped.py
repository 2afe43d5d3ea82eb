"""What `tracer.capture.maps` kept of a process's mappings, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_FILE: Final = re.compile(r"([0-9a-f]{8,16}) [0-9a-f]{2,}:[0-9a-f]{2,} (\d+)(?: (.*))?", re.DOTALL)
"""Offset, device, inode and path; recordings made before these were kept have the path alone, which never begins
like that."""


class Mapping(NamedTuple):
    """One mapping."""

    start: int
    end: int
    permissions: str
    path: str
    offset: int | None
    """In the file; None when it was not kept."""
    inode: int
    """0: none, or not kept."""


def mapped(text: bytes) -> Iterator[Mapping]:
    """Every line; damaged ones are left out."""
    for line in text.decode(errors="backslashreplace").splitlines():
        addresses, _, rest = line.partition(" ")
        permissions, _, path = rest.partition(" ")
        start, _, end = addresses.partition("-")
        found = _FILE.fullmatch(path)
        offset, inode = (int(found[1], 16), int(found[2])) if found else (None, 0)
        try:
            path = found[3] or "" if found else path
            yield Mapping(int(start, 16), int(end, 16), permissions, path, offset, inode)
        except ValueError:
            continue
