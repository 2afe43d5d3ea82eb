"""Which style each meaning is drawn in, and which pattern each of the four times has.

Colours are from the Okabe-Ito set, which people with any of the common colour deficiencies can tell apart;
yet no meaning rests on colour alone: each time has its own pattern, each kind of row its own mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.style import Style


@dataclass(frozen=True, slots=True)
class Palette:
    """One style for each meaning. No style but the cursors sets a background."""

    text: Style
    faint: Style
    strong: Style
    accent: Style
    user: Style
    kernel: Style
    blocked: Style
    runnable: Style
    wasted: Style
    failed: Style
    event: Style
    running: Style
    copy_in: Style
    copy_out: Style
    cursor: Style
    cursor_blurred: Style


def _style(text: str) -> Style:
    return Style.parse(text)


DARK: Final = Palette(
    text=_style("#d4d8de"),
    faint=_style("#939ca7"),
    strong=_style("bold #f2f4f7"),
    accent=_style("bold #7fd4c1"),
    user=_style("#56b4e9"),
    kernel=_style("#e69f00"),
    blocked=_style("#9aa5b3"),
    runnable=_style("#cc79a7"),
    wasted=_style("#e69f00"),
    failed=_style("bold #ff7f50"),
    event=_style("#b7a4e0"),
    running=_style("bold #7fd4c1"),
    copy_in=_style("#b7c98a"),
    copy_out=_style("#7fd4c1"),
    cursor=_style("on #263d4c"),
    cursor_blurred=_style("on #262c34"),
)

LIGHT: Final = Palette(
    text=_style("#24292f"),
    faint=_style("#5b636c"),
    strong=_style("bold #0b0e12"),
    accent=_style("bold #00664f"),
    user=_style("#0072b2"),
    kernel=_style("#9f5100"),
    blocked=_style("#5c656f"),
    runnable=_style("#a0447c"),
    wasted=_style("#a35200"),
    failed=_style("bold #b3261e"),
    event=_style("#6547a8"),
    running=_style("bold #00664f"),
    copy_in=_style("#4d6a00"),
    copy_out=_style("#00664f"),
    cursor=_style("on #c6e0f0"),
    cursor_blurred=_style("on #e3e7eb"),
)

PLAIN: Final = Palette(
    text=Style.null(),
    faint=Style.null(),
    strong=_style("bold"),
    accent=_style("bold"),
    user=Style.null(),
    kernel=Style.null(),
    blocked=Style.null(),
    runnable=Style.null(),
    wasted=Style.null(),
    failed=_style("bold"),
    event=_style("italic"),
    running=_style("bold"),
    copy_in=Style.null(),
    copy_out=Style.null(),
    cursor=_style("reverse"),
    cursor_blurred=_style("underline"),
)
"""Without colour (NO_COLOR): weight, slant and reversal only."""


@dataclass(frozen=True, slots=True)
class State:
    """One of the four times: its word, its pattern (one cell), and what it means in a few words."""

    word: str
    pattern: str
    meaning: str


USER: Final = State("user", "█", "ran the program's own code")
KERNEL: Final = State("kernel", "▓", "ran inside calls")
BLOCKED: Final = State("blocked", "░", "slept inside calls")
RUNNABLE: Final = State("runnable", "╱", "ready, but waiting for a CPU")
STATES: Final = (USER, KERNEL, BLOCKED, RUNNABLE)


def style_of(palette: Palette, state: State) -> Style:
    """The style `state` is drawn in."""
    style: Style = getattr(palette, state.word)
    return style
