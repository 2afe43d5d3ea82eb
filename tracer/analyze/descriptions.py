"""What descriptors lead to, and the list of every descriptor there ever was.

A descriptor (a number in a process) leads to an open file description, which others lead to as well after
dup, fork, or being sent over a socket; O_NONBLOCK, O_DIRECT and the like belong to the description (open(2)).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, overload

from tracer.syscalls.objects import Object

CLOSED: Final = -1
UNKNOWN: Final = ("?", "copy of ", "received over a socket", "descriptor of another process")
"""How a description begins that says only how its descriptor came."""
Key = int
"""pid << 32 | fd."""


@dataclass(slots=True, eq=False)
class Description:
    """What descriptors that were duplicated, inherited or passed on have in common."""

    what: str
    opened_by: str
    nonblocking: bool | None = None
    thing: Object = Object.UNKNOWN
    other_end: Description | None = None
    """Of a socketpair, or of two unix sockets that were seen to connect."""
    number: int = -1
    """Which of all descriptions it is, in the order they were seen (`Seen`); -1 = not seen yet."""
    _holder: Key | None = None
    _others: set[Key] | None = None
    """Nearly every description has one holder at most, and a set for each would be most of the memory."""

    @property
    def holders(self) -> tuple[Key, ...]:
        """The descriptors that lead here now."""
        return () if self._holder is None else (self._holder, *(self._others or ()))

    def taken_by(self, key: Key) -> None:
        """A descriptor leads here from now on."""
        if self._holder is None:
            self._holder = key
        elif self._holder != key:
            if self._others is None:
                self._others = set()
            self._others.add(key)

    def left_by(self, key: Key) -> None:
        """A descriptor leads here no more."""
        if self._holder == key:
            self._holder = self._others.pop() if self._others else None
        elif self._others:
            self._others.discard(key)


class Descriptor(NamedTuple):
    """One generation of one number in one process."""

    pid: int
    fd: int
    generation: int
    description: Description

    @property
    def key(self) -> Key:
        """Its process and number in one."""
        return self.pid << 32 | self.fd


class Seen(Sequence[Descriptor]):
    """Every descriptor there ever was, by its code. Kept as columns: there may be millions. Only ever grows."""

    def __init__(self) -> None:
        self.keys = array("q")
        self.generations = array("i")
        """How many descriptors of the same number and process came before each."""
        self.descriptions: list[Description] = []
        self._counts: dict[Key, int] = {}
        self._numbered = 0

    def __len__(self) -> int:
        return len(self.descriptions)

    @overload
    def __getitem__(self, code: int) -> Descriptor: ...
    @overload
    def __getitem__(self, code: slice) -> list[Descriptor]: ...
    def __getitem__(self, code: int | slice) -> Descriptor | list[Descriptor]:
        codes = range(len(self))[code]
        return self._one(codes) if isinstance(codes, int) else [self._one(each) for each in codes]

    def _one(self, code: int) -> Descriptor:
        key = self.keys[code]
        return Descriptor(key >> 32, key & 0xFFFFFFFF, self.generations[code], self.descriptions[code])

    def add(self, key: Key, description: Description) -> int:
        """Take in a new one; returns its code."""
        generation = self._counts.get(key, 0)
        self._counts[key] = generation + 1
        self.keys.append(key)
        self.generations.append(generation)
        self._number(description)
        self.descriptions.append(description)
        return len(self.descriptions) - 1

    def extend(self, keys: Sequence[Key], descriptions: Sequence[Description]) -> range:
        """Take in many, none of whose descriptions was seen before; returns their codes."""
        first, counts, generations = len(self.descriptions), self._counts, self.generations
        for number, (key, description) in enumerate(zip(keys, descriptions, strict=True), self._numbered):
            generation = counts.get(key, 0)
            counts[key] = generation + 1
            generations.append(generation)
            description.number = number
        self._numbered += len(keys)
        self.keys.extend(keys)
        self.descriptions.extend(descriptions)
        return range(first, len(self.descriptions))

    def redescribe(self, code: int, description: Description) -> None:
        """It turned out what descriptor `code` really leads to."""
        self._number(description)
        self.descriptions[code] = description

    def _number(self, description: Description) -> None:
        if description.number < 0:
            description.number = self._numbered
            self._numbered += 1


class State(NamedTuple):
    """A descriptor as it is from row `row` on: its code (CLOSED: none), and what its description is then."""

    row: int
    key: Key
    code: int
    thing: int
    nonblocking: int
    """1, 0, or -1 when it is not known."""
