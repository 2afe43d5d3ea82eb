"""What the word at the cursor of a filter may become."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tracer.analyze.filter.classes import CLASSES
from tracer.analyze.filter.terms import KEYS, KINDS, OUTCOMES
from tracer.analyze.filter.vocabulary import Vocabulary, Words

MOST: Final = 12
_TYPED: Final = re.compile(r'(?:^|[\s(])[-!]?((?:"[^"]*"?|[^\s()"])*)$')
_COMPARISONS: Final = (
    ("kernel>", "time in the kernel: kernel>10us"),
    ("blocked>", "time asleep: blocked>5ms"),
    ("runnable>", "time waiting for a CPU"),
    ("user>", "time in user space before the call"),
    ("bytes>", "bytes copied: bytes>4k"),
    ("in>", "bytes copied in"),
    ("out>", "bytes copied out"),
)
_UNITS: Final = ("us", "ms", "s", "ns")


@dataclass(frozen=True, slots=True)
class Choice:
    """A word that may stand there, and a note on it."""

    word: str
    note: str
    final: bool
    """The term is complete with it: a space may follow."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What may take the place of `text[start:end]`."""

    start: int
    end: int
    choices: tuple[Choice, ...]

    def applied(self, text: str, choice: Choice) -> tuple[str, int]:
        """`text` with the choice in it, and where the cursor is then."""
        space = " " if choice.final and not text[self.end :].startswith(" ") else ""
        before = text[: self.start] + choice.word + space
        return before + text[self.end :], len(before)


def complete(text: str, cursor: int, vocabulary: Vocabulary) -> Completion:
    """The choices for the word that ends at `cursor`, those that begin like it first. None for an empty word."""
    found = _TYPED.search(text[:cursor])
    typed = found[1] if found else ""
    if not typed or typed.startswith("/"):
        return Completion(cursor, cursor, ())
    key, colon, value = typed.partition(":")
    if colon and key.lower() in KEYS:
        part = value.rpartition(",")[2]
        return _completion(cursor, part, _values(key.lower(), part, vocabulary))
    amount = re.fullmatch(r"\w*[<>=]+(\d+)([a-z]*)", typed)
    if amount is not None and not typed.startswith(("bytes", "in", "out")):
        units = [Choice(unit, "", True) for unit in _UNITS if unit.startswith(amount[2])]
        return Completion(cursor - len(amount[2]), cursor, tuple(units if amount[2] not in _UNITS else ()))
    part = typed.rpartition(",")[2]
    return _completion(cursor, part, _words(vocabulary))


def _completion(cursor: int, part: str, words: Iterable[Choice]) -> Completion:
    typed = part.lower()
    fitting = [each for each in words if typed in each.word.lower() and typed != each.word.lower()]
    fitting.sort(key=lambda each: not each.word.lower().startswith(typed))  # stable: the commonest stay first
    return Completion(cursor - len(part), cursor, tuple(fitting[:MOST]))


def _words(vocabulary: Vocabulary) -> Iterable[Choice]:
    yield from _choices(vocabulary.calls)
    yield from (Choice(word, meaning, True) for word, (_, meaning) in OUTCOMES.items())
    yield from (Choice(f"{key}:", meaning, False) for key, meaning in KEYS.items())
    yield from (Choice(f"%{name}", meaning, True) for name, meaning in CLASSES.items())
    yield from (Choice(word, meaning, False) for word, meaning in _COMPARISONS)
    yield from (Choice(word, "event", True) for word in KINDS)


def _values(key: str, part: str, vocabulary: Vocabulary) -> Iterable[Choice]:
    if key == "fd":
        return _choices(vocabulary.descriptors(MOST, lambda number: number.startswith(part)))
    words: dict[str, Callable[[], Words]] = {
        "tid": lambda: vocabulary.threads,
        "pid": lambda: vocabulary.processes,
        "thread": lambda: vocabulary.thread_names,
        "err": lambda: vocabulary.errors,
        "phase": lambda: vocabulary.phases,
    }
    return _choices(words[key]()) if key in words else ()


def _choices(words: Words) -> list[Choice]:
    return [Choice(_quoted(word), note, True) for word, note in words]


def _quoted(word: str) -> str:
    return f'"{word}"' if re.search(r"[\s(),]", word) else word
