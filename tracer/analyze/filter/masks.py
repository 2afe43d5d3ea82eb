"""Filters as functions of columns: which lines of a chunk hold.

Whatever is asked of calls, descriptors, threads or phases is answered once for each of them and looked up for the
lines by their codes. A test is given the lines it is asked about and answers for them only, so that an expensive
one (the text of lines) looks at those alone that the cheap ones have let through.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.columns import MAX_ERRNO
from tracer.analyze.filter import tree
from tracer.analyze.filter.known import Known
from tracer.analyze.filter.lookups import Lookup, call_test, on_descriptor, thread_test, what_test
from tracer.analyze.filter.tree import Field, Node
from tracer.analyze.lines.lines import Chunk

Mask = NDArray[np.bool_]
Test = Callable[[Chunk, Mask], Mask]
"""Of the lines given (a mask over the chunk), those that hold."""


class Stopped(Exception):
    """The answer is not wanted any more."""


def compiled(node: Node, known: Known, stopped: Callable[[], bool] = lambda: False) -> Test:
    """The test for `node`. It raises Stopped when `stopped` says so while it reads texts."""
    match node:
        case tree.AllOf(parts):
            return _all([compiled(part, known, stopped) for part in sorted(parts, key=tree.reads_text)])
        case tree.AnyOf(parts):
            return _any([compiled(part, known, stopped) for part in sorted(parts, key=tree.reads_text)])
        case tree.Not(part):
            return _not(compiled(part, known, stopped))
        case tree.TextLike(pattern, ignore_case):
            return _text(re.compile(pattern, re.IGNORECASE if ignore_case else 0), known, stopped)
    plain = _plain(node, known)
    return lambda chunk, among: plain(chunk) & among


def _all(tests: list[Test]) -> Test:
    def test(chunk: Chunk, among: Mask) -> Mask:
        for each in tests:
            among = each(chunk, among)
        return among

    return test


def _any(tests: list[Test]) -> Test:
    def test(chunk: Chunk, among: Mask) -> Mask:
        found = np.zeros(len(among), np.bool_)
        for each in tests:
            found |= each(chunk, among & ~found)
        return found

    return test


def _not(part: Test) -> Test:
    return lambda chunk, among: among & ~part(chunk, among)


def _text(pattern: re.Pattern[str], known: Known, stopped: Callable[[], bool]) -> Test:
    def test(chunk: Chunk, among: Mask) -> Mask:
        found = np.zeros(len(among), np.bool_)
        for place in np.flatnonzero(among).tolist():
            if stopped():
                raise Stopped
            found[place] = pattern.search(known.text(chunk.first + place)) is not None
        return found

    return test


def _plain(node: Node, known: Known) -> Callable[[Chunk], Mask]:
    """The test of a term that needs the columns alone."""
    match node:
        case tree.Named() | tree.InClass():
            calls = Lookup(known.facts, call_test(node))
            return lambda chunk: calls.of(chunk.code)
        case tree.InThread() | tree.InProcess() | tree.ThreadLike():
            threads = Lookup(known.threads, thread_test(node))
            return lambda chunk: threads.of(chunk.thread)
        case tree.InPhase(pattern):
            sets = Lookup(known.phases, lambda names: any(fnmatchcase(name.lower(), pattern) for name in names))
            return lambda chunk: sets.of(chunk.phases)
        case tree.DescriptorLike(pattern):
            descriptors = Lookup(known.descriptors, what_test(pattern))
            return lambda chunk: descriptors.of(chunk.fd)
        case tree.Descriptor():
            return on_descriptor(node, known)
    return _column(node, known)


def _column(node: Node, known: Known) -> Callable[[Chunk], Mask]:
    match node:
        case tree.Everything():
            return lambda chunk: np.ones(len(chunk.row), np.bool_)
        case tree.OfKind(kinds):
            wanted = _one_of(kinds, 256)
            return lambda chunk: wanted[chunk.kind]
        case tree.Flagged(bits):
            return lambda chunk: (chunk.flags & bits) != 0
        case tree.FailedWith(errnos):
            failures = _one_of(errnos, MAX_ERRNO + 1)
            return lambda chunk: failures[chunk.errno]
        case tree.Compared(field, symbol, value):
            compare = _OPERATORS[symbol]
            of = _FIELDS[field]
            return lambda chunk: compare(of(chunk), np.float32(value)) & (chunk.code > 0)
        case tree.Between(since, before):
            first = known.start_ns + since if since is not None else np.iinfo(np.int64).min
            last = known.start_ns + before if before is not None else np.iinfo(np.int64).max
            return lambda chunk: (chunk.at_ns >= first) & (chunk.at_ns < last)
        case tree.Numbered(first_line, last_line):
            return lambda chunk: _stretch(chunk, first_line, last_line)
    raise TypeError(f"no test for {node}")


_OPERATORS: Final[dict[str, Callable[[NDArray[np.float32], np.float32], Mask]]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq,
}  # fmt: skip
_FIELDS: Final[dict[Field, Callable[[Chunk], NDArray[np.float32]]]] = {
    Field.WALL: lambda chunk: chunk.kernel_ns + chunk.blocked_ns + chunk.runnable_ns,
    Field.USER: lambda chunk: chunk.user_ns,
    Field.KERNEL: lambda chunk: chunk.kernel_ns,
    Field.BLOCKED: lambda chunk: chunk.blocked_ns,
    Field.RUNNABLE: lambda chunk: chunk.runnable_ns,
    Field.BYTES: lambda chunk: chunk.bytes_in + chunk.bytes_out,
    Field.IN: lambda chunk: chunk.bytes_in,
    Field.OUT: lambda chunk: chunk.bytes_out,
}


def values_of(field: Field, chunk: Chunk) -> NDArray[np.float32]:
    """The field of every line, ns or bytes."""
    return _FIELDS[field](chunk)


def _one_of(values: Sequence[int], size: int) -> Mask:
    """A table that holds at the values below `size`."""
    table = np.zeros(size, np.bool_)
    table[[value for value in values if value < size]] = True
    return table


def _stretch(chunk: Chunk, first: int, last: int | None) -> Mask:
    mask = np.zeros(len(chunk.row), np.bool_)
    begin = max(0, first - chunk.first)
    end = len(mask) if last is None else max(begin, last - chunk.first)
    mask[begin:end] = True
    return mask
