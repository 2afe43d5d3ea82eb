"""The help text: keys by section, then the marks and the patterns."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from tui.drawing.call_row import MARKS, MEANINGS
from tui.drawing.palette import STATES, Palette, style_of

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

Sections = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""Title, and (keys as bound, what they do)."""


def help_lines(sections: Sections, palette: Palette) -> list[Text]:
    """One line per key, mark and pattern."""
    lines: list[Text] = []
    for title, keys in sections:
        lines += [Text(title, style=palette.accent), *_keys(keys, palette), Text("")]
    return [*lines, *_marks(palette), Text(""), *_patterns(palette)]


def keys_text(keys: str) -> str:
    """Keys as bound ("escape,question_mark") as people read them ("esc ?")."""
    return " ".join(_shown(key) for key in keys.split(","))


def _shown(key: str) -> str:
    *held, last = key.split("+")
    return _SHOWN.get(key) or "+".join((*held, _SHOWN.get(last, last)))


def _keys(keys: tuple[tuple[str, str], ...], palette: Palette) -> Iterator[Text]:
    for key, description in keys:
        yield Text.assemble((f"  {keys_text(key):<16}", palette.strong), (description, palette.text))


def _marks(palette: Palette) -> Iterator[Text]:
    yield Text("Marks in the list", style=palette.accent)
    for kind, meaning in MEANINGS.items():
        yield Text.assemble((f"  {MARKS[kind]:<16}", palette.strong), (meaning, palette.text))
    yield Text.assemble((f"  {'↓ ↑':<16}", palette.strong), ("bytes copied into / out of the kernel", palette.text))


def _patterns(palette: Palette) -> Iterator[Text]:
    yield Text("The four times (shares are of the program's own time, without the tracer's)", style=palette.accent)
    for state in STATES:
        line = Text(f"  {state.pattern * 4:<5}", style=style_of(palette, state))
        line.append(f"{state.word:<11}", palette.strong)
        line.append(state.meaning, palette.text)
        yield line
