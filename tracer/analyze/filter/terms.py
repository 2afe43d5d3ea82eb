"""One term of a filter, without its sign: a name, a class, an outcome, `key:value` or a comparison."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from tracer.analyze.filter import tree
from tracer.analyze.filter.classes import ALIASES, CLASSES
from tracer.analyze.filter.quantities import duration_ns, size_bytes
from tracer.analyze.filter.tree import SIZES, AnyOf, Compared, Field, Node
from tracer.analyze.lines.lines import FAILED, INTERRUPTED, UNKNOWN_COPIES, WAKEUP, WASTED
from tracer.syscalls.names import numbers
from tracer.wire import Abi, Kind

OUTCOMES: Final[dict[str, tuple[Node, str]]] = {
    "failed": (tree.Flagged(FAILED), "its result is an error"),
    "wasted": (tree.Flagged(WASTED), "EAGAIN, or a wait without timeout that found nothing"),
    "wakeup": (tree.Flagged(WAKEUP), "a wait that returned with something ready"),
    "interrupted": (tree.Flagged(INTERRUPTED), "a signal interrupted it"),
    "unknown": (tree.Flagged(UNKNOWN_COPIES), "not all its copies are known"),
    "event": (tree.Not(tree.OfKind((Kind.CALL, Kind.ENTERED))), "not a call: signal, spawn, exec, exit, mark"),
    "call": (tree.OfKind((Kind.CALL, Kind.ENTERED)), "not an event"),
    "unfinished": (tree.OfKind((Kind.ENTERED,)), "a call that never returned"),
}
"""Words that stand for themselves, with what they mean."""
KINDS: Final = {
    "signal": Kind.SIGNAL, "spawn": Kind.SPAWN, "exec": Kind.EXEC, "exit": Kind.EXIT, "mark": Kind.MARK,
    "lost": Kind.LOST, "end": Kind.END,
}  # fmt: skip
"""Events by name. A call of that name (exit) is meant as well."""
KEYS: Final = {
    "fd": "fd:3, fd:3.0 (generation) or fd:/etc/* (what it is)",
    "tid": "a thread by number",
    "pid": "a process by number",
    "thread": "threads by name: thread:worker*",
    "err": "failed with this errno: err:EAGAIN",
    "phase": "within a marked phase",
    "since": "from this time after the start on: since:1.5s",
    "before": "up to this time after the start: before:2s",
    "line": "by number: line:100..200",
}
"""Keys of `key:value`, with what they mean."""

_COMPARISON: Final = re.compile(r"([a-z]*)(>=|<=|=>|=<|==|>|<|=)(.*)", re.IGNORECASE)
_GLOB: Final = frozenset("*?[")


class BadTerm(Exception):
    """A term that means nothing; `str()` says why and what to write instead."""


def term(text: str) -> tuple[Node, bool]:
    """The term written as `text`, and whether it is an alternative of its neighbours (a name, class or event).

    Raises BadTerm."""
    if text.startswith("%"):
        return _class(text[1:].lower()), True
    key, colon, value = text.partition(":")
    if colon and key.lower() in KEYS:
        return _keyed(key.lower(), value), False
    compared = _COMPARISON.fullmatch(text)
    if compared is not None:
        return _compared(compared[1].lower(), compared[2], compared[3]), False
    if colon:
        raise BadTerm(f"{key}: is not known; there are {' '.join(f'{each}:' for each in KEYS)}")
    if text.lower() in OUTCOMES:
        return OUTCOMES[text.lower()][0], False
    return _named(text.lower()), True


def _class(name: str) -> Node:
    name = ALIASES.get(name, name)
    if name not in CLASSES:
        raise BadTerm(f"there is no class %{name}; there are {' '.join(f'%{each}' for each in CLASSES)}")
    return tree.InClass(name)


def _named(text: str) -> Node:
    parts: list[Node] = []
    names = tuple(filter(None, text.split(",")))
    if not names:
        raise BadTerm("a name is missing beside the comma")
    for name in names:
        if name in KINDS:
            parts.append(tree.OfKind((KINDS[name],)))
        elif not _fits_a_call(name):
            raise BadTerm(_unknown_name(name))
    calls = tuple(name for name in names if _fits_a_call(name))
    if calls:
        parts.append(tree.Named(calls))
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def _unknown_name(name: str) -> str:
    if name.isdigit():
        return f"what is {name}? write fd:{name}, tid:{name} or line:{name}"
    if _GLOB & set(name):
        return f"no system call's name fits {name}"
    return f"no system call is called {name}"


@cache
def _fits_a_call(pattern: str) -> bool:
    names = all_names()
    return pattern in names or (bool(_GLOB & set(pattern)) and any(fnmatchcase(name, pattern) for name in names))


@cache
def all_names() -> frozenset[str]:
    """The names of all system calls of every ABI there is a table of."""
    return frozenset(name for abi in Abi for name in numbers(abi))


def _keyed(key: str, value: str) -> Node:
    value = value.replace('"', "")
    if not value:
        raise BadTerm(f"after {key}: comes {KEYS[key]}")
    if key == "fd" and value.startswith("/"):  # a path may have a comma
        return tree.DescriptorLike(value.lower())
    parts = tuple(_VALUES[key](each) for each in value.split(",") if each)
    if not parts:
        raise BadTerm(f"after {key}: comes {KEYS[key]}")
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _descriptor(text: str) -> Node:
    number, dot, generation = text.partition(".")
    if number.isdigit() and not dot:
        return tree.Descriptor(int(number))
    if number.isdigit() and generation.isdigit():
        return tree.Descriptor(int(number), int(generation))
    return tree.DescriptorLike(text.lower())


def _errno(text: str) -> Node:
    if text.isdigit():
        return tree.FailedWith((int(text),))
    pattern = text.upper()
    numbers_of = {name: number for number, name in errno.errorcode.items()} | {"EWOULDBLOCK": errno.EAGAIN}
    found = {number for name, number in numbers_of.items() if fnmatchcase(name, pattern)}
    if not found:
        raise BadTerm(f"there is no errno {pattern} (errno -l lists them)")
    return tree.FailedWith(tuple(sorted(found)))


def _id(make: Callable[[int], Node], key: str) -> Callable[[str], Node]:
    def read(text: str) -> Node:
        if not text.isdigit():
            raise BadTerm(f"{key}: takes a number" + ("; for a name write thread:" + text if key == "tid" else ""))
        return make(int(text))

    return read


def _moment(text: str) -> int:
    ns = duration_ns(text)
    if ns is None:
        raise BadTerm(f"{text} is no time; write it with its unit: 1.5s, 20ms")
    return round(ns)


def _numbered(text: str) -> Node:
    first, dots, last = text.partition("..")
    if not (first or last) or not all(each.isdigit() or not each for each in (first, last)):
        raise BadTerm("lines are written line:100 or line:100..200")
    begin = max(0, int(first or 1) - 1)
    return tree.Numbered(begin, begin + 1 if not dots else int(last) if last else None)


_VALUES: Final[dict[str, Callable[[str], Node]]] = {
    "fd": _descriptor,
    "tid": _id(tree.InThread, "tid"),
    "pid": _id(tree.InProcess, "pid"),
    "thread": lambda text: tree.ThreadLike(text.lower()),
    "err": _errno,
    "phase": lambda text: tree.InPhase(text.lower()),
    "since": lambda text: tree.Between(_moment(text), None),
    "before": lambda text: tree.Between(None, _moment(text)),
    "line": _numbered,
}


def _compared(name: str, operator: str, value: str) -> Node:
    operator = {"=>": ">=", "=<": "<=", "==": "="}.get(operator, operator)
    try:
        field = Field(name or "wall")
    except ValueError:
        words = " ".join(each.value for each in Field)
        raise BadTerm(f"{name} cannot be compared; these can: {words}") from None
    number = size_bytes(value) if field in SIZES else duration_ns(value)
    if number is None:
        example = f"{name}{operator}4k" if field in SIZES else f"{name}{operator}1ms"
        if not name and size_bytes(value) is not None:
            raise BadTerm(
                f"is it a time or bytes? write {operator}{value.strip('kKmMgG') or 1}ms or bytes{operator}{value}"
            )
        raise BadTerm(f"a number with its unit must follow {name}{operator} at once: {example}")
    return Compared(field, operator, number)
