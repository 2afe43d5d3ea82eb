"""The words of a filter with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from tracer.analyze.filter.errors import FilterError

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<bracket>[()])
      | (?P<sign>[-!](?=[^\s)]))
      | (?P<regex>/(?:[^/\\]|\\.)*/[a-zA-Z]*(?=[\s()]|$))
      | (?P<word>(?:"[^"]*"|[^\s()"])+)
    )""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """`kind`: "(", ")", "not" (a sign before a term), "regex" or "word"."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text`. Raises FilterError for a quotation or a regex without an end."""
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise FilterError('a quotation ends with another "', start, len(text))
        kind, start, at = found.lastgroup, found.start(found.lastgroup), found.end()
        word = found[kind]
        if kind == "word" and word.startswith("/"):
            raise FilterError(_unfinished(word), start, at)
        yield Token({"bracket": word, "sign": "not"}.get(kind, kind), word, start, at)


def _unfinished(word: str) -> str:
    return "a search in the text ends with /; for a path write fd:" + word
