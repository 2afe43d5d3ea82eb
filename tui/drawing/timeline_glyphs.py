"""The shapes of the timeline, and their ASCII stand-ins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.text import Text

from tui.drawing.ascii import in_ascii


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One cell each."""

    heights: str
    """Nothing, one eighth ... eight eighths: how much of a cell's time was running."""
    blocked: str
    some_blocked: str
    """Asleep for less than half of the row's share."""
    runnable: str
    mixed: str
    """Running and off the CPU, in a lane with no room for both."""
    border: str
    """The line between user space and kernel space."""
    held: str
    """The same where the tracer held the thread all the time."""
    copy_in: str
    copy_out: str
    copy_both: str
    signal: str
    wakeup: str
    spawn: str
    exec: str
    exit: str
    mark: str
    several: str
    """Events of different kinds in one cell."""
    tick: str
    shades: str
    """From few to many, for the heat map; the first is none."""
    bracket: str


UNICODE: Final = Glyphs(
    heights=" ▁▂▃▄▅▆▇█", blocked="░", some_blocked="·", runnable="╱", mixed="▒", border="─", held="┈",
    copy_in="↓", copy_out="↑", copy_both="↕", signal="↯", wakeup="◆", spawn="┌", exec="»", exit="┘", mark="▼",
    several="∗", tick="╷", shades=" ·░▒▓█", bracket="│",
)  # fmt: skip
ASCII: Final = Glyphs(
    heights=" _.,-=+*#", blocked=":", some_blocked=".", runnable="/", mixed="%", border="-", held=".",
    copy_in="v", copy_out="^", copy_both="X", signal="!", wakeup="w", spawn="+", exec=">", exit="x", mark="V",
    several="*", tick="'", shades=" .:+%#", bracket="|",
)  # fmt: skip


def spelled(text: str, glyphs: Glyphs) -> str:
    """`text` as it is, or in plain ASCII with as many characters when the shapes are."""
    return in_ascii(text) if glyphs is ASCII else text


def spelled_text(line: Text, glyphs: Glyphs) -> Text:
    """The same with its styles."""
    if glyphs is not ASCII:
        return line
    return Text(spelled(line.plain, glyphs), spans=line.spans, style=line.style, no_wrap=True, end="")
