"""Structures of time: timespecs, timevals, timers."""

from __future__ import annotations

from typing import Final

from tracer.decode.look import ENTRY, EXIT, Look, Reader, laid_out, structure
from tracer.decode.text import Unread
from tracer.syscalls.layouts import Layout, layout

_FUTEX_VALUES: Final = frozenset({3, 4, 5, 12})
"""Futex operations whose fourth argument is a number: REQUEUE, CMP_REQUEUE, WAKE_OP, CMP_REQUEUE_PI."""
_FUTEX_TIMED: Final = frozenset({0, 6, 9, 11, 13})


def timespec_text(seconds: int, nanoseconds: int) -> str:
    """{tv_sec=1, tv_nsec=0}; the special values of utimensat by name."""
    special = {(1 << 30) - 1: "UTIME_NOW", (1 << 30) - 2: "UTIME_OMIT"}.get(nanoseconds)
    return special or f"{{tv_sec={seconds}, tv_nsec={nanoseconds}}}"


def timeval_text(seconds: int, microseconds: int) -> str:
    """{tv_sec=1, tv_usec=0}."""
    return f"{{tv_sec={seconds}, tv_usec={microseconds}}}"


def _timeout(name: str) -> Reader:
    """A timeout as given; what was left of it behind =>, when it was written back and differs."""
    fraction = "tv_usec" if name == "timeval" else "tv_nsec"

    def text(data: bytes | Unread, pair: Layout) -> str | None:
        if isinstance(data, Unread) or len(data) < pair.packed.size:
            return None
        seconds, part = pair.packed.unpack_from(data)
        return f"{{tv_sec={seconds}, {fraction}={part}}}"

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        pair = layout(name, look.model)
        before, after = text(look.piece(ENTRY), pair), text(look.piece(EXIT), pair)
        if before is None:
            why = look.piece(ENTRY)
            return after or look.missing(why if isinstance(why, Unread) else Unread("cut off"))
        return before if after is None or after == before else f"{before} => {after}"

    return decode


_TIMESPEC: Final = _timeout("timespec")


def _futex_timeout(look: Look) -> str:
    """A timeout for operations that wait, a number for those that requeue, nothing for the rest."""
    command = look.row.args[1] & 0x7F
    if command in _FUTEX_TIMED:
        return _TIMESPEC(look)
    return str(look.value & 0xFFFFFFFF) if command in _FUTEX_VALUES else ""


def _only_for(commands: frozenset[int]) -> Reader:
    """A decoder of a futex argument that means something to `commands` only."""

    def decode(look: Look) -> str:
        return (f"{look.value:#x}" if look.value else "NULL") if look.row.args[1] & 0x7F in commands else ""

    return decode


def _futex_val3(look: Look) -> str:
    """A value to compare with, or a set of bits to match."""
    command = look.row.args[1] & 0x7F
    if command in (9, 10) and look.value & 0xFFFFFFFF == 0xFFFFFFFF:
        return "FUTEX_BITSET_MATCH_ANY"
    return f"{look.value & 0xFFFFFFFF:#x}" if command in (4, 5, 9, 10, 12) else ""


TIMES: Final[dict[str, Reader]] = {
    "timespec": _TIMESPEC,
    "timespec64": _timeout("timespec64"),
    "timeval": _timeout("timeval"),
    "futex_timeout": _futex_timeout,
    "futex_uaddr2": _only_for(_FUTEX_VALUES | {11}),
    "futex_val3": _futex_val3,
    "timezone": structure("<ii", lambda west, dst: f"{{tz_minuteswest={west}, tz_dsttime={dst}}}"),
    "timespec[2]": laid_out("two_timespecs", lambda *t: f"[{timespec_text(*t[:2])}, {timespec_text(*t[2:])}]"),
    "timeval[2]": laid_out("two_timevals", lambda *t: f"[{timeval_text(*t[:2])}, {timeval_text(*t[2:])}]"),
    "utimbuf": laid_out("utimbuf", lambda access, change: f"{{actime={access}, modtime={change}}}"),
    "itimerspec": laid_out(
        "itimerspec", lambda *t: f"{{it_interval={timespec_text(*t[:2])}, it_value={timespec_text(*t[2:])}}}"
    ),
    "itimerval": laid_out(
        "itimerval", lambda *t: f"{{it_interval={timeval_text(*t[:2])}, it_value={timeval_text(*t[2:])}}}"
    ),
    "tms": laid_out(
        "tms", lambda user, kernel, cuser, ckernel: (
            f"{{tms_utime={user}, tms_stime={kernel}, tms_cutime={cuser}, tms_cstime={ckernel}}}"
        ),
    ),
}  # fmt: skip
