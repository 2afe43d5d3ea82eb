"""What may differ between a line strace's test programs expect and ours, each with its reason; all else is a fault.

Values are compared as `strace_suite_values.plain` writes them: a string as its bytes, a number whatever its base,
flags in any order. Beyond that there are the three tables below. A program's expected line is of the same run as
ours, so addresses, times and descriptors are compared as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tests.live.strace_suite_values import parts, plain

Words = tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """One line: name, arguments, result, and what strace adds to the result ("out [4]", "left {...}")."""

    name: str
    args: Words
    result: str
    extras: Words = ()
    raw: tuple[int, ...] = field(default=(), compare=False)
    """Registers, ours only."""

    def __str__(self) -> str:
        more = f" ({', '.join(self.extras)})" if self.extras else ""
        return f"{self.name}({', '.join(self.args)}) = {self.result}{more}"


class Rule(NamedTuple):
    """In calls of `names` (empty: all), `pattern` in a value becomes `becomes`, on both sides."""

    why: str
    names: frozenset[str]
    pattern: re.Pattern[str]
    becomes: str | Callable[[re.Match[str]], str]


def _rule(why: str, names: str, pattern: str, becomes: str | Callable[[re.Match[str]], str]) -> Rule:
    return Rule(why, frozenset(names.split()), re.compile(pattern), becomes)


def _unsigned(match: re.Match[str]) -> str:
    return f"{match[1]}{int(match[2]) % 2**64}"


RULES: Final = (
    _rule("descriptors are named by -yy, which few of the tests use", "",
          r'(?:^|(?<=[\[(=, ]))(-?\d+)<(?:->|[^<>"-]|-(?!>)|"(?:\\.|[^"\\])*"|<[^<>]*>)*>(?:\(deleted\))?', r"\1"),
    _rule("we say why nothing is shown behind an address", "", r"(?<=[0-9a-f]) <(unreadable: \w+|cut off)>", ""),
    _rule("strace remarks that a number has no name", "", r" /\* \w+\?\?\? \*/", ""),
    _rule("times are signed in the kernel; strace writes what is below a second unsigned", "",
          r"(tv_[nu]?sec=)(-?\d+)", _unsigned),
    _rule("an offset is signed; strace writes sendfile's unsigned", "sendfile",
          r"(\[|=> )(-?\d+)(?=[\] ])", _unsigned),
    _rule("before and after in one pair of brackets or in two", "sendfile",
          r"\[(\d+)\] => \[(\d+)\]", r"[\1 => \2]"),
    _rule("strace shows both halves of epoll_data", "epoll_ctl epoll_wait epoll_pwait epoll_pwait2",
          r"\{u32=(\d+), u64=(\d+)\}",
          lambda match: match[2] if int(match[2]) % 2**32 == int(match[1]) else match[0]),
    _rule("we show that the context was 0 before, as it must be", "io_setup", r"\[0x0 => ", "["),
    _rule("strace writes a null pointer it does not follow as 0", "io_submit", r"aio_buf=NULL", "aio_buf=0"),
    _rule("strace writes the address again where the kernel changed nothing", "io_uring_register",
          r"(?<=\]) => 0x[0-9a-f]+$", ""),
)  # fmt: skip
"""Other words for the same fact."""


class Unfollowed(NamedTuple):
    """Arguments of which strace shows the address alone where we show what it leads to, and `when`."""

    why: str
    name: str
    places: frozenset[int]
    when: Callable[[Call], bool]


def _failed(call: Call) -> bool:
    return call.result.startswith("-1")


UNFOLLOWED: Final = (
    Unfollowed("strace looks at it when the call has failed, and shows no memory then", "epoll_pwait2",
               frozenset({3, 4}), _failed),
    Unfollowed("the same", "recvmmsg", frozenset({1}), _failed),
    Unfollowed("strace reads as many bits as nfds says; the kernel, and we, those the descriptor table has",
               "select", frozenset({1, 2, 3}), lambda call: not _failed(call)),
    Unfollowed("strace waits for the kernel to fill in zeros, and shows no memory when it did not",
               "io_uring_register", frozenset({2}),
               lambda call: _failed(call) and call.args[1] == "IORING_REGISTER_PROBE"),
)  # fmt: skip
"""That address must be in our register."""

SETS: Final = ("in", "out", "except")


def expected(call: Call, most: int | None) -> Call:
    """strace's line in plain words."""
    result, _, more = call.result.partition(" (")
    extras: Words = ()
    if not result.startswith(("-1", "?")) and more and more != "Timeout)":
        extras = tuple(parts(more.removesuffix(")")))
        return _plain(Call(call.name, call.args, result, extras), most, {})
    return _plain(call, most, {})


def ours(call: Call, most: int | None, unknown: Mapping[str, int]) -> Call:
    """Our line in plain words: what strace tells with the result, we tell at the argument it is about."""
    change = MOVED.get(call.name)
    moved = change(call) if change else call
    return _plain(moved, most, unknown)


def _plain(call: Call, most: int | None, unknown: Mapping[str, int]) -> Call:
    def words(text: str) -> str:
        for rule in RULES:
            if not rule.names or call.name in rule.names:
                text = rule.pattern.sub(rule.becomes, text)
        return plain(text, most, unknown)

    args, extras = (tuple(map(words, each)) for each in (call.args, call.extras))
    return Call(call.name, args, words(call.result), extras, call.raw)


def _before_and_after(text: str) -> tuple[str, str]:
    before, _, after = text.partition(" => ")
    return before, after


def _succeeded(call: Call) -> bool:
    return call.result[:1].isdigit() and not call.result.startswith("0")


def _selected(call: Call) -> Call:
    """select tells what is left in each set that is not empty, and of the time; nothing when there is nothing."""
    split = [_before_and_after(each) for each in call.args]
    sets = [f"{name} {after}" for name, (_, after) in zip(SETS, split[1:4], strict=True) if after not in ("", "[]")]
    left = [f"left {after}" for _, after in split[4:5] if after]
    extras = tuple(sets + left) if _succeeded(call) else ()
    return Call(call.name, tuple(before for before, _ in split), call.result, extras, call.raw)


REVENTS: Final = re.compile(r"\{fd=(-?\d+[^,}]*)(?:, events=[^,}]*)?, revents=([^}]*)\}")


def _polled(call: Call) -> Call:
    """poll tells the descriptors with revents, and what is left of the time."""
    ready = [f"{{fd={fd}, revents={what}}}" for fd, what in REVENTS.findall(call.args[0])]
    first = re.sub(r", revents=[^}]*", "", call.args[0])
    split = [_before_and_after(each) for each in call.args[2:]]
    left = [f"left {after}" for _, after in split if after]
    extras = ([f"[{', '.join(ready)}]"] if ready else []) + left
    args = (first, call.args[1], *(before for before, _ in split))
    return Call(call.name, args, call.result, tuple(extras) if _succeeded(call) else (), call.raw)


def _received(call: Call) -> Call:
    """recvmmsg tells what is left of the time."""
    before, after = _before_and_after(call.args[4])
    return Call(call.name, (*call.args[:4], before), call.result, (f"left {after}",) if after else (), call.raw)


MOVED: Final[Mapping[str, Callable[[Call], Call]]] = {
    "select": _selected, "pselect6": _selected, "poll": _polled, "ppoll": _polled, "recvmmsg": _received,
}  # fmt: skip
"""Calls whose line tells with the result what ours tells at an argument."""


def unfollowed(wanted: Call, got: Call, place: int) -> bool:
    """Whether an argument differs only because strace did not look behind the address."""
    text = wanted.args[place]
    if not text.isdigit() or got.raw[place : place + 1] != (int(text),):
        return False
    return any(each.name == wanted.name and place in each.places and each.when(wanted) for each in UNFOLLOWED)
