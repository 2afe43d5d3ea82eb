"""Reads strace's text, theirs and ours, as calls per process that can be compared."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LINE = re.compile(r"(\d+)\s+(?:\d+\.\d+\s+)?(.*)")
CALL = re.compile(r"(\w+)\((.*)\)\s+= (.*)")
UNFINISHED = re.compile(r"(\w+)\((.*) <unfinished \.\.\.>")
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
TOOK = re.compile(r" <\d+\.\d+>$")
BIRTHS = frozenset({"clone", "clone3", "fork", "vfork"})
ABOUT_PROCESSES = BIRTHS | set(
    "wait4 waitid kill tgkill getpid gettid getpgrp setpgid getpgid set_tid_address prlimit64 ioctl "
    "setsid --- +++".split()
)
"""Lines in which a number can be a process's."""


class Line(NamedTuple):
    """A call of one process, or a signal or an end (no result)."""

    name: str
    args: str
    result: str

    def __str__(self) -> str:
        return f"{self.name}({self.args}) = {self.result}" if self.result else self.args


def processes(text: str) -> dict[str, list[Line]]:
    """The lines of every process, by its place in the family: "0" the first, "0.1" its second child."""
    calls: dict[int, list[Line]] = defaultdict(list)
    pending: dict[int, str] = {}
    for pid, body in _bodies(text.splitlines()):
        if match := UNFINISHED.fullmatch(body):
            pending[pid] = f"{match[1]}({match[2]}"
            continue
        if match := RESUMED.fullmatch(body):
            body = pending.pop(pid, f"{match[1]}(") + match[2]
        calls[pid].append(line_of(body))
    family = _family(calls)
    return {family.get(pid, f"?{pid}"): [_placed(line, family) for line in lines] for pid, lines in calls.items()}


def _bodies(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for line in lines:
        if match := LINE.fullmatch(line):
            yield int(match[1]), TOOK.sub("", match[2])


def line_of(body: str) -> Line:
    """One whole line without process and time."""
    if match := CALL.fullmatch(body):
        return Line(match[1], match[2], match[3])
    return Line(body[:3], body, "")


def _family(calls: dict[int, list[Line]]) -> dict[int, str]:
    places: dict[int, str] = {}

    def place(pid: int, where: str) -> None:
        places[pid] = where
        children = [line.result for line in calls.get(pid, ()) if line.name in BIRTHS and line.result.isdigit()]
        for number, child in enumerate(children):
            if int(child) not in places:
                place(int(child), f"{where}.{number}")

    if calls:
        place(next(iter(calls)), "0")
    return places


def _placed(line: Line, family: dict[int, str]) -> Line:
    """Process numbers in arguments and results become places in the family."""

    def named(number: re.Match[str]) -> str:
        place = family.get(int(number[0]))
        return number[0] if place is None else f"process {place}"

    if line.name not in ABOUT_PROCESSES:
        return line
    args, result = (re.sub(r"\b\d+\b", named, text) for text in (line.args, line.result))
    return Line(line.name, args, result)
