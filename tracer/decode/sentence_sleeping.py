"""Sentences of the calls that sleep and wake, and of both kinds of asynchronous I/O."""

from __future__ import annotations

import errno
from typing import Final

from tracer.decode.sentence_data import Saying
from tracer.decode.sentence_waits import struct_timeout_ns
from tracer.decode.told import Told, counted, duration_text


def _futex(told: Told) -> tuple[str, str]:
    operation, word = told.value("futex_op") & 0x7F, told.text("uaddr")
    if operation in (0, 9):
        timeout = struct_timeout_ns(told, "timeout", 1)
        limit = f", at most {duration_text(timeout)}" if timeout and operation == 0 else ""
        does = (
            f"sleeps until another thread wakes it at {word}{limit}, provided the word there is {told.text('val')}"
        )
        return does, "it is woken"
    if operation in (1, 10):
        number = told.number("val")
        whom = "every thread" if number >= 0x7FFFFFFF else f"up to {counted(number, 'thread')}"
        return f"wakes {whom} that sleeps at {word}", f"{told.result or 'none'} slept there"
    return f"does {told.text('futex_op')} on the word at {word}", f"returns {told.result}"


_TIMER_ABSTIME: Final = 1


def _sleep(told: Told) -> tuple[str, str]:
    wanted = struct_timeout_ns(told, "req", 1)
    if wanted is None or wanted < 0:
        return "sleeps", "the time is over"
    if told.result == -errno.EINVAL:
        return f"sleeps for {told.text('req')}", ""
    if told.number("flags") & _TIMER_ABSTIME:
        return f"sleeps until {told.text('clockid')} shows {duration_text(wanted)}", "it does"
    return f"sleeps for {duration_text(wanted)}", "the time is over"


def _aio_submit(told: Told) -> tuple[str, str]:
    return (
        f"submits {counted(told.number('nr'), 'I/O request')} to be worked on meanwhile",
        f"{told.result or 'none'} {'is' if told.result < 2 else 'are'} begun",
    )


def _aio_events(told: Told) -> tuple[str, str]:
    least = told.number("min_nr")
    does = (
        f"asks for finished I/O requests, and waits for at least {least}" if least else "asks for finished requests"
    )
    return does, f"{told.result or 'none'} finished: {told.text('events')}"


def _uring_enter(told: Told) -> tuple[str, str]:
    submits, least = told.number("to_submit"), told.number("min_complete")
    parts = [f"submits {counted(submits, 'operation')} from its ring"] if submits else []
    parts += [f"waits until {counted(least, 'operation')} completed"] if least else []
    return " and ".join(
        parts
    ) or "lets the kernel look at its rings", f"{told.result} were taken" if submits else ""


SLEEPING: Final[dict[str, Saying]] = {
    "futex": _futex,
    "nanosleep": _sleep,
    "clock_nanosleep": _sleep,
    "sched_yield": lambda _told: ("lets other threads run first", ""),
    "io_setup": lambda told: (
        f"prepares for up to {counted(told.number('nr_events'), 'I/O request')} at a time",
        "",
    ),
    "io_submit": _aio_submit,
    "io_getevents": _aio_events,
    "io_pgetevents": _aio_events,
    "io_uring_setup": lambda told: (
        f"makes an io_uring with room for {counted(told.number('entries'), 'operation')}",
        f"it is descriptor {told.result}",
    ),
    "io_uring_enter": _uring_enter,
    "eventfd2": lambda told: (
        "makes a counter that can be waited for (eventfd)",
        f"it is descriptor {told.result}",
    ),
    "timerfd_create": lambda told: ("makes a timer that is read like a file", f"it is descriptor {told.result}"),
    "timerfd_settime": lambda told: (f"sets the timer {told.descriptor()} to {told.text('new_value')}", ""),
}
