"""Answers about the items that columns refer to, looked up by place: calls, threads, descriptors."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase, translate
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallFacts
from tracer.analyze.descriptions import Descriptor
from tracer.analyze.filter import tree
from tracer.analyze.filter.classes import is_member
from tracer.analyze.filter.known import Known
from tracer.analyze.lines.lines import Chunk
from tracer.analyze.threads import Life

Mask = NDArray[np.bool_]
Item = TypeVar("Item")
_SETTLING: Final = 1024
"""So many of the newest items are asked about again when there are more: a socket becomes connected, a thread gets
its name."""
_NOT: Final = np.zeros(1, np.bool_)


class Lookup(Generic[Item]):
    """The answer for every item of a growing list, looked up by place; -1 is no item, and does not hold."""

    def __init__(self, items: Sequence[Item], test: Callable[[Item], bool]) -> None:
        self._items = items
        self._test = test
        self._table: Mask = np.zeros(1, np.bool_)

    def of(self, places: NDArray[np.int16] | NDArray[np.int32]) -> Mask:
        """The answers for these places."""
        if len(self._table) <= len(self._items):
            self._extend()
        return self._table[places]

    def _extend(self) -> None:
        items, known = self._items, max(0, len(self._table) - 1 - _SETTLING)
        new = items[known:]
        answers = np.fromiter(map(self._test, new), np.bool_, len(new))
        self._table = np.concatenate((self._table[:known], answers, _NOT))


def on_descriptor(node: tree.Descriptor, known: Known) -> Callable[[Chunk], Mask]:
    """Which lines used the number, or one generation of it."""
    table = np.zeros(1, np.bool_)

    def test(chunk: Chunk) -> Mask:
        nonlocal table
        if len(table) <= len(known.descriptors):
            known.numbers.extend()
            fits = known.numbers.number == node.number
            if node.generation is not None:
                fits &= known.numbers.generation == node.generation
            table = np.append(fits, False)
        return table[chunk.fd]

    return test


def call_test(node: tree.Named | tree.InClass) -> Callable[[CallFacts], bool]:
    """Whether a call has the name, or is in the class."""
    if isinstance(node, tree.InClass):
        return lambda fact: bool(fact.name) and is_member(fact.name, node.name)
    return lambda fact: bool(fact.name) and any(fnmatchcase(fact.name, pattern) for pattern in node.patterns)


def thread_test(node: tree.InThread | tree.InProcess | tree.ThreadLike) -> Callable[[Life], bool]:
    """Whether a thread is the one, or of the process, or has the name."""
    match node:
        case tree.InThread(tid):
            return lambda life: life.tid == tid
        case tree.InProcess(pid):
            return lambda life: life.pid == pid
    return lambda life: fnmatchcase(life.name.lower(), node.pattern)


def what_test(pattern: str) -> Callable[[Descriptor], bool]:
    """Found anywhere in what it is; the same text is looked at once."""
    search = re.compile(translate(f"*{pattern}*"), re.IGNORECASE).match
    answers: dict[str, bool] = {}

    def test(descriptor: Descriptor) -> bool:
        what = descriptor.description.what
        answer = answers.get(what)
        if answer is None:
            answer = answers[what] = search(what) is not None
        return answer

    return test
