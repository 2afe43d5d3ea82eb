"""The shapes a figure is drawn with, and their ASCII stand-ins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The shapes of a figure."""

    user: str
    kernel: str
    blocked: str
    runnable: str
    empty: str
    line: str
    double: str
    right: str
    left: str
    top: str
    middle: str
    bottom: str
    alone: str
    dot: str


UNICODE: Final = Glyphs(
    user="██", kernel="▓▓", blocked="░░", runnable="╱╱", empty=" │", line="─", double="═", right="▶", left="◀",
    top="╮", middle="│", bottom="╯", alone="╴", dot="·",
)  # fmt: skip
ASCII: Final = Glyphs(
    user="##", kernel="%%", blocked="::", runnable="//", empty=" |", line="-", double="=", right=">", left="<",
    top="\\", middle="|", bottom="/", alone="-", dot="-",
)  # fmt: skip
