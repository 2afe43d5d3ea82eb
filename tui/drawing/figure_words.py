"""What a figure's arrows say: a call in as few words as make sense, and what it came back with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tracer.analyze.figure.figure import Step, StepKind
from tui.drawing.text import clean
from tui.drawing.units import count, several

Arguments = Sequence[str]


def call_words(step: Step) -> str:
    """The call with the arguments that matter here: `read(4, 64)`, `epoll_ctl(6, ADD, 4)`."""
    short = _SHORT.get(step.name)
    try:
        inside = _first(step) if short is None else short(step.args)
    except (IndexError, ValueError):  # a call of which the recording holds no arguments
        inside = ""
    return clean(f"{step.name}({inside})")


def result_words(step: Step) -> str:
    """What the call came back with."""
    if step.interrupted:
        return "interrupted by a signal"
    if step.errno is not None:
        return step.errno
    if step.ready:
        return f"{count(step.result)} {_READY.get(step.name, 'ready')}"
    answer = _ANSWERS.get(step.name)
    return answer(step.result) if answer is not None else ""


def request_words(step: Step) -> str:
    """A request or result in shared memory: `READ(4, 64)`, `READ: 64 bytes`."""
    asks = step.kind is StepKind.REQUEST
    return clean(
        f"{step.name}({step.fd}, {step.result})" if asks else f"{step.name}: {several(step.result, 'byte')}"
    )


def _first(step: Step) -> str:
    return "" if step.fd is None else str(step.fd)


def _sized(args: Arguments) -> str:
    return f"{args[0]}, {args[2]}"


def _all(args: Arguments) -> str:
    return ", ".join(args)


def _moved(result: int) -> str:
    return several(result, "byte")


_PLAIN: Final = (
    "read", "write", "pread64", "pwrite64", "recvfrom", "sendto", "recv", "send",
)  # fmt: skip
SIZED: Final = frozenset(_PLAIN)
"""Calls whose words say already how much payload they move."""
_SHORT: Final[dict[str, Callable[[Arguments], str]]] = {
    **dict.fromkeys(_PLAIN, _sized),
    "epoll_ctl": lambda args: f"{args[0]}, {args[1].removeprefix('EPOLL_CTL_')}, {args[2]}",
    "poll": lambda args: several(int(args[1]), "descriptor"),
    "ppoll": lambda args: several(int(args[1]), "descriptor"),
    "select": lambda args: f"{args[0]}, {args[1].split(' => ')[0]}",
    "pselect6": lambda args: f"{args[0]}, {args[1].split(' => ')[0]}",
    "io_submit": lambda args: several(int(args[1]), "request"),
    "io_getevents": lambda args: f"at least {args[1]}",
    "io_uring_enter": lambda args: f"{args[1].split()[0]} in, wait {args[2]}",
    "io_uring_setup": lambda args: f"room for {args[0]}",
    "sendfile": lambda args: f"{args[0]} from {args[1]}, {args[3]}",
    "splice": lambda args: f"{args[0]} to {args[2]}, {args[4]}",
    "futex": lambda args: "WAKE" if "WAKE" in args[1] else "WAIT",
    "fcntl": _all,
    "ioctl": _all,
    "mmap": lambda args: f"fd {args[4]}, {args[1]}",
    "rt_sigqueueinfo": lambda args: args[1],
}
_READY: Final = {"io_getevents": "complete", "io_pgetevents": "complete", "io_uring_enter": "taken"}
_ANSWERS: Final[dict[str, Callable[[int], str]]] = {
    **dict.fromkeys((*_PLAIN, "readv", "writev", "recvmsg", "sendmsg", "sendfile", "splice"), _moved),
    "io_submit": lambda result: f"{count(result)} taken",
    "io_uring_enter": lambda result: f"{count(result)} taken",
    "io_uring_setup": lambda result: f"ring {result}",
    "clone3": lambda result: f"thread {result}",
    "clone": lambda result: f"thread {result}",
}
