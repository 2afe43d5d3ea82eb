"""What lies at an address, in a few words."""

from __future__ import annotations

from os.path import basename
from typing import Final

from tracer.analyze.region_table import What
from tracer.analyze.regions import Region
from tui.drawing.text import clean

_WORDS: Final = {
    What.UNMAPPED: "not mapped",
    What.HEAP: "heap",
    What.STACK: "stack",
    What.ANONYMOUS: "anonymous memory",
}


def place_words(region: Region, file: str = "") -> str:
    """`region` in words; `file` = what its descriptor was. Empty for what is not known."""
    shared = ", shared" if region.shared else ""
    if region.what is What.FILE:
        name = basename(region.path or file) or (f"fd {region.fd}" if region.fd >= 0 else "")
        return clean(f"file {name}{shared}")
    if region.what is What.KERNEL:
        return clean(region.path)
    if region.what is What.THREAD_STACK:
        return f"stack of thread {region.tid}" if region.tid else "a thread's stack"
    if region.what is What.ANONYMOUS and region.path[:1] == "/":
        return clean(f"zeroed data of {basename(region.path)}")
    words = _WORDS.get(region.what, "")
    return words + shared if words else ""
