"""Words about waiting sets that several pictures share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.style import Style

from tracer.analyze.waiting_sets.waiting_sets import Brought, WaitReturn
from tracer.decode.constants_network import FLAGS
from tracer.decode.flags import flags_text
from tui.drawing.palette import Palette
from tui.drawing.units import several, size

_EPOLLET: Final = 1 << 31
_ONESHOT: Final = 1 << 30
_WAKEUP: Final = 1 << 29
_EXCLUSIVE: Final = 1 << 28
_MODES: Final = _EPOLLET | _ONESHOT | _WAKEUP | _EXCLUSIVE


def poll_events(events: int) -> str:
    """POLLIN|POLLOUT as IN OUT."""
    return flags_text(events, FLAGS["poll"]).replace("POLL", "").replace("|", " ") if events else "–"


def epoll_events(events: int) -> str:
    """EPOLLIN|EPOLLET as IN; how it is reported is told apart (`epoll_mode`)."""
    shown = events & ~_MODES
    return flags_text(shown, FLAGS["epoll"]).replace("EPOLL", "").replace("|", " ") if shown else "–"


def epoll_mode(events: int) -> str:
    """LT or ET, with ONESHOT and EXCLUSIVE."""
    words = ["ET" if events & _EPOLLET else "LT"]
    words += [
        word for bit, word in ((_ONESHOT, "ONESHOT"), (_EXCLUSIVE, "EXCL"), (_WAKEUP, "WAKEUP")) if events & bit
    ]
    return " ".join(words)


def brought_text(brought: Brought | None, ret: WaitReturn) -> str:
    """What the thread then did on a ready descriptor, in a few words."""
    if brought is None:
        return ""
    words = _done(brought)
    if brought.again:
        words.append("then EAGAIN" if words else f"{brought.again} × EAGAIN")
    if brought.failed:
        words.append(several(brought.failed, "error"))
    if words:
        return ", ".join(words)
    return "nothing" if ret.settled else "nothing so far"


def brought_style(brought: Brought | None, palette: Palette) -> Style:
    """Nothing stands out: it is a wake-up in vain."""
    if brought is None:
        return palette.faint
    return palette.copy_out if brought.transfers else palette.wasted


def brought_of(ret: WaitReturn) -> dict[int, Brought]:
    """By descriptor."""
    return {each.fd: each for each in ret.brought}


def fds_text(fds: Iterable[int]) -> str:
    """3 5–9 12."""
    runs: list[list[int]] = []
    for fd in sorted(fds):
        if runs and fd == runs[-1][1] + 1:
            runs[-1][1] = fd
        else:
            runs.append([fd, fd])
    return " ".join(str(a) if a == b else f"{a}{' ' if b == a + 1 else '–'}{b}" for a, b in runs)


def _done(brought: Brought) -> list[str]:
    words = []
    if brought.received:
        words.append(f"read {size(brought.received)}")
    if brought.ended:
        words.append("end of file")
    if brought.sent:
        words.append(f"wrote {size(brought.sent)}")
    if brought.accepted:
        words.append(f"accepted {brought.accepted}")
    if brought.transfers and not words:
        words.append(several(brought.transfers, "transfer"))
    return words
