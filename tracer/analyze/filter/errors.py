"""What is wrong with a filter, in one line, and where."""

from __future__ import annotations


class FilterError(Exception):
    """`str()` says what is wrong and what to write instead; `start` and `end` are the place in the text."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
