"""What can be asked for in a recording: the calls, errnos, descriptors, threads and phases there are."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from tracer.analyze.filter.known import Known
from tracer.analyze.threads import Life

Words = tuple[tuple[str, str], ...]
"""Words, each with a note on it."""


@dataclass(frozen=True)
class Vocabulary:
    """The words of one recording at one moment, the commonest first. Numbers are of all lines, like a filter's."""

    known: Known

    @cached_property
    def calls(self) -> Words:
        """Names of the calls seen."""
        facts, counts = self.known.facts[1:], Counter[str]()
        for fact, number in zip(facts, self.known.lines.counts.calls[1:].tolist(), strict=False):
            counts[fact.name] += number  # two ABIs may have it
        names = {fact.name for fact in facts}
        ordered = sorted(names, key=lambda name: (-counts[name], name))
        return tuple((name, _calls(counts[name])) for name in ordered)

    @cached_property
    def errors(self) -> Words:
        """Names of the errnos seen."""
        numbers = self.known.lines.counts.errors
        counts = {name: int(numbers[number]) for number, name in errno.errorcode.items() if number < len(numbers)}
        found = sorted(counts.items(), key=lambda item: -item[1])
        return tuple((name, f"{count:,}") for name, count in found if count)

    @cached_property
    def threads(self) -> Words:
        """Thread ids."""
        return tuple((str(life.tid), life.name) for life in self._lives)

    @cached_property
    def processes(self) -> Words:
        """Process ids, each with the name of its first thread."""
        names: dict[str, str] = {}
        for life in self._lives:
            names.setdefault(str(life.pid), life.name)
        return tuple(names.items())

    @cached_property
    def thread_names(self) -> Words:
        """Names of threads, with how many have it."""
        counts = Counter(life.name for life in self._lives if life.name)
        return tuple((name, f"{count:,} threads" if count > 1 else "") for name, count in counts.most_common())

    @cached_property
    def phases(self) -> Words:
        """Marked phases."""
        return tuple(
            (name, "") for name in dict.fromkeys(name for names in self.known.phases for name in sorted(names))
        )

    def descriptors(self, most: int, fits: Callable[[str], bool]) -> Words:
        """Up to `most` numbers that fit, lowest first, each with what it was last."""
        found: list[tuple[str, str]] = []
        for number, last, times in self._numbers:
            if len(found) < most and fits(str(number)):
                what = self.known.descriptors[last].description.what
                found.append((str(number), f"{what}, …" if times > 1 else what))
        return tuple(found)

    @cached_property
    def _numbers(self) -> list[tuple[int, int, int]]:
        """Every number, the last descriptor that had it, and how many had."""
        numbers, last, times = self.known.numbers.last_of_each()
        return list(zip(numbers.tolist(), last.tolist(), times.tolist(), strict=True))

    @property
    def _lives(self) -> list[Life]:
        return [life for life in self.known.threads if life.tid]


def _calls(count: int) -> str:
    return f"{count:,}" if count else ""
