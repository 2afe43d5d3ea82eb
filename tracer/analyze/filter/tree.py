"""The tree a filter is parsed to. Times in ns, sizes in bytes, line numbers from 0; texts are in lower case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Field(Enum):
    """What a comparison compares; the values are the words of the language."""

    WALL = "wall"
    """kernel + blocked + runnable: what the call would have taken untraced."""
    USER = "user"
    KERNEL = "kernel"
    BLOCKED = "blocked"
    RUNNABLE = "runnable"
    BYTES = "bytes"
    IN = "in"
    OUT = "out"


SIZES = frozenset({Field.BYTES, Field.IN, Field.OUT})
"""Fields that count bytes; the others are times."""


@dataclass(frozen=True, slots=True)
class Everything:
    """Every line."""


@dataclass(frozen=True, slots=True)
class Named:
    """Calls whose name fits one of the patterns (`fnmatch`)."""

    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InClass:
    """Calls of a class (`classes.CLASSES`)."""

    name: str


@dataclass(frozen=True, slots=True)
class OfKind:
    """Lines of these kinds (`tracer.wire.Kind`)."""

    kinds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Flagged:
    """Lines with one of these bits in `flags` (`tracer.analyze.lines`)."""

    bits: int


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Calls on a descriptor number; `generation` None = whichever."""

    number: int
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class DescriptorLike:
    """Calls on a descriptor that is something in whose description the pattern is found."""

    pattern: str


@dataclass(frozen=True, slots=True)
class InThread:
    """Lines of a thread."""

    tid: int


@dataclass(frozen=True, slots=True)
class InProcess:
    """Lines of a process."""

    pid: int


@dataclass(frozen=True, slots=True)
class ThreadLike:
    """Lines of threads whose name fits the pattern."""

    pattern: str


@dataclass(frozen=True, slots=True)
class FailedWith:
    """Calls that failed with one of these errnos."""

    errnos: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Calls whose field is `operator` (>, >=, <, <= or =) `value`."""

    field: Field
    operator: str
    value: float


@dataclass(frozen=True, slots=True)
class InPhase:
    """Lines within a marked phase whose name fits the pattern."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Between:
    """Lines that began at least `since_ns` and less than `before_ns` after the start; None = no bound."""

    since_ns: int | None
    before_ns: int | None


@dataclass(frozen=True, slots=True)
class Numbered:
    """Lines `first` up to `last` - 1; None = to the end."""

    first: int
    last: int | None


@dataclass(frozen=True, slots=True)
class TextLike:
    """Lines in whose text the regular expression is found."""

    pattern: str
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Lines that are not."""

    part: Node


@dataclass(frozen=True, slots=True)
class AllOf:
    """Lines for which all parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Lines for which one of the parts holds."""

    parts: tuple[Node, ...]


Node = (
    Everything | Named | InClass | OfKind | Flagged | Descriptor | DescriptorLike | InThread | InProcess
    | ThreadLike | FailedWith | Compared | InPhase | Between | Numbered | TextLike | Not | AllOf | AnyOf
)  # fmt: skip


def reads_text(node: Node) -> bool:
    """Whether it looks at the text of lines, which must be decoded for it: thousands of times slower."""
    match node:
        case TextLike():
            return True
        case Not(part):
            return reads_text(part)
        case AllOf(parts) | AnyOf(parts):
            return any(map(reads_text, parts))
    return False


def fields_of(node: Node) -> frozenset[Field]:
    """What it compares."""
    match node:
        case Compared(field):
            return frozenset({field})
        case Not(part):
            return fields_of(part)
        case AllOf(parts) | AnyOf(parts):
            return frozenset().union(*map(fields_of, parts))
    return frozenset()
