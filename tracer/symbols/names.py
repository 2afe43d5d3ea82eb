"""An address in a mapped file as a person would name it: `read`, else `libc.so.6+0x1234`."""

from __future__ import annotations

from typing import NamedTuple

from tracer.symbols.demangled import demangled
from tracer.symbols.files import Mapped, debug_image, find
from tracer.symbols.image import Image


class Frame(NamedTuple):
    """One place in a program."""

    name: str
    """A function, or what is known instead: `libc.so.6+0x1234`, `[unknown]`."""
    file: str = ""
    """The mapped file; empty where there is none."""
    offset: int = 0
    """In the file."""
    why_not: str = ""
    """Why the function has no name, when it has none."""


UNKNOWN = Frame("[unknown]")


def name_of(mapped: Mapped, offset: int) -> Frame:
    """What has code at `offset` of a mapped file."""
    image, why_not = find(mapped)
    if image is not None:
        found = function_at(mapped.path, image, offset)
        if found:
            return Frame(found, mapped.path, offset)
        why_not = "no symbol"
    # A file's name may have anything in it; an offset is what `addr2line` and `objdump` need.
    short = mapped.path.removesuffix(" (deleted)").rpartition("/")[2]
    return Frame(f"{short or mapped.path}+{offset:#x}", mapped.path, offset, why_not)


def function_at(path: str, image: Image, offset: int) -> str | None:
    """The function, by the file itself or by the one with its symbols."""
    address = image.address_of(offset)
    if address is None:
        return None
    separate = debug_image(path, image)
    found = separate.functions.at(address) if separate is not None else None
    found = found or image.functions.at(address)
    return demangled(found) if found else None
