"""From the text of a filter to its tree.

filter   = group ("or" group)*
group    = sequence ("and" sequence)*
sequence = item+            names, classes and events of a sequence are alternatives of each other
item     = ("not" | "-" | "!") item | "(" filter ")" | term
"""

from __future__ import annotations

import re
from typing import NoReturn

from tracer.analyze.filter.errors import FilterError
from tracer.analyze.filter.terms import BadTerm, term
from tracer.analyze.filter.tokens import Token, tokens
from tracer.analyze.filter.tree import AllOf, AnyOf, Everything, Node, Not, TextLike

WORDS = ("and", "or", "not")


def parse(text: str) -> Node:
    """The tree of `text`; everything when there is nothing in it. Raises FilterError."""
    parser = _Parser(text)
    return parser.whole() if parser.tokens else Everything()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = list(tokens(text))
        self._at = 0
        self._end = len(text)

    def whole(self) -> Node:
        node = self._filter()
        if self._at < len(self.tokens):
            self._fail("this ) closes nothing")
        return node

    def _filter(self) -> Node:
        parts = [self._group()]
        while self._take("or"):
            parts.append(self._group())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _group(self) -> Node:
        parts = [self._sequence()]
        while self._take("and"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _sequence(self) -> Node:
        alternatives: list[Node] = []
        others: list[Node] = []
        while self._word() not in ("or", "and") and self._kind() not in ("", ")"):
            node, alternative = self._item()
            (alternatives if alternative else others).append(node)
        if alternatives:
            others.insert(0, alternatives[0] if len(alternatives) == 1 else AnyOf(tuple(alternatives)))
        if not others:
            self._fail("something is missing here")
        return others[0] if len(others) == 1 else AllOf(tuple(others))

    def _item(self) -> tuple[Node, bool]:
        if self._kind() == "not" or self._word() == "not":
            self._at += 1
            if self._kind() in ("", ")"):
                self._fail("what is to be excluded?")
            return Not(self._item()[0]), False
        if self._kind() == "(":
            opening = self.tokens[self._at]
            self._at += 1
            node = self._filter()
            if self._kind() != ")":
                raise FilterError("this ( is never closed", opening.start, opening.end)
            self._at += 1
            return node, False
        token = self.tokens[self._at]
        self._at += 1
        return (_regex(token), False) if token.kind == "regex" else _term(token)

    def _kind(self) -> str:
        return self.tokens[self._at].kind if self._at < len(self.tokens) else ""

    def _word(self) -> str:
        return self.tokens[self._at].text.lower() if self._kind() == "word" else ""

    def _take(self, word: str) -> bool:
        taken = self._word() == word
        self._at += taken
        return taken

    def _fail(self, message: str) -> NoReturn:
        here = self.tokens[self._at] if self._at < len(self.tokens) else None
        start, end = (here.start, here.end) if here else (self._end, self._end)
        raise FilterError(message, start, end)


def _term(token: Token) -> tuple[Node, bool]:
    try:
        return term(token.text)
    except BadTerm as error:
        raise FilterError(str(error), token.start, token.end) from None


def _regex(token: Token) -> Node:
    pattern, _, flags = token.text[1:].rpartition("/")
    if flags.strip("i"):
        raise FilterError(f"the only letter after the / is i (any case), not {flags}", token.start, token.end)
    try:
        re.compile(pattern)
    except re.error as error:
        raise FilterError(f"this is no regular expression: {error}", token.start, token.end) from None
    return TextLike(pattern, bool(flags))
