"""What kind of thing a descriptor leads to: a few words, the same for all descriptors of a kind."""

from __future__ import annotations

from typing import Final

from tracer.analyze.descriptions import UNKNOWN, Description

_OPENS: Final = frozenset({"open", "openat", "openat2", "creat", "open_by_handle_at"})


def kind_of(description: Description) -> str:
    """file, device, pipe, inet stream socket, epoll, ...; empty when it is not known."""
    what = description.what
    if description.opened_by == "mq_open":
        return "message queue"
    if what.startswith("/dev/"):
        return "device"
    if what.startswith("/") or description.opened_by in _OPENS:
        return "file"
    if what.startswith(UNKNOWN):
        return ""
    words = what.split()
    if words and words[0] in ("socket", "socketpair"):
        return " ".join([*words[1:3], "socket"]) if len(words) > 2 else "socket"
    if words and words[0] == "memfd":
        return "memfd"
    return what.partition(" (")[0].partition(":[")[0]
