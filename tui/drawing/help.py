"""The help text: keys by section, then the marks and the patterns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from rich.text import Text

from tui.drawing.call_row import MARKS, MEANINGS
from tui.drawing.palette import STATES, Palette, style_of
from tui.drawing.timeline_glyphs import UNICODE

_SHOWN = {
    "question_mark": "?",
    "escape": "esc",
    "ctrl+right_square_bracket": "ctrl+]",
    "ctrl+q": "ctrl+q",
    "pageup": "page up",
    "pagedown": "page down",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "comma": ",",
    "full_stop": ".",
    "colon": ":",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}

_TIMELINE: Final = (
    ("wakeup", "a wait ended with something ready"), ("signal", "a signal came"),
    ("mark", "the program marked a moment"),
    ("spawn", "the thread begins"), ("exec", "it runs another program from here"), ("exit", "it ends"),
    ("several", "several of these in one cell"), ("held", "the tracer held it all the time"),
    ("mixed", "on a CPU and off it, in a lane of one row"),
)  # fmt: skip

Sections = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""Title, and (keys as bound, what they do)."""


_KEYS: Final = 16
"""Cells of the column with the keys."""


def help_lines(sections: Sections, palette: Palette, width: int, *, legend: bool = True) -> list[Text]:
    """Each key, and (`legend`) mark and pattern, in at most `width` cells where its words allow it."""
    lines: list[Text] = []
    for title, keys in sections:
        lines += [Text(title, style=palette.accent), *_keys(keys, palette, width), Text("")]
    parts = (_marks(palette), _timeline(palette), _patterns(palette)) if legend else ()
    return [*lines, *(line for part in parts for line in (*part, Text("")))][:-1]


def keys_text(keys: str) -> str:
    """Keys as bound ("escape,question_mark") as people read them ("esc ?")."""
    return " ".join(_shown(key) for key in keys.split(","))


def _shown(key: str) -> str:
    *held, last = key.split("+")
    return _SHOWN.get(key) or "+".join((*held, _SHOWN.get(last, last)))


def _keys(keys: tuple[tuple[str, str], ...], palette: Palette, width: int) -> Iterator[Text]:
    for key, description in keys:
        names = keys_text(key)
        for words in textwrap.wrap(description, max(20, width - _KEYS - 3)):
            yield Text.assemble((f"  {names:<{_KEYS}} ", palette.strong), (words, palette.text))
            names = ""


def _marks(palette: Palette) -> Iterator[Text]:
    yield Text("Marks in the list", style=palette.accent)
    for kind, meaning in MEANINGS.items():
        yield Text.assemble((f"  {MARKS[kind]:<{_KEYS}} ", palette.strong), (meaning, palette.text))
    arrows = f"  {'↓ ↑':<{_KEYS}} "
    yield Text.assemble((arrows, palette.strong), ("bytes copied into / out of the kernel", palette.text))


def _timeline(palette: Palette) -> Iterator[Text]:
    yield Text("In the timeline", style=palette.accent)
    for name, meaning in _TIMELINE:
        yield Text.assemble((f"  {getattr(UNICODE, name):<{_KEYS}} ", palette.strong), (meaning, palette.text))


def _patterns(palette: Palette) -> Iterator[Text]:
    yield Text("The four times (shares are of the program's own time, without the tracer's)", style=palette.accent)
    for state in STATES:
        line = Text(f"  {state.pattern * 4:<5}", style=style_of(palette, state))
        line.append(f"{state.word:<11}", palette.strong)
        line.append(state.meaning, palette.text)
        yield line
