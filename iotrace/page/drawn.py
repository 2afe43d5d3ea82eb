"""Pictures of the terminal (`tui.drawing`) on the page: the same glyphs, with the palette's names as classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from html import escape
from typing import Final

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tui.drawing.palette import Palette
from tui.drawing.text import clean

PALETTE: Final = Palette(**{each.name: Style(meta={each.name: True}) for each in fields(Palette)})
"""Styles that only know what they are called."""
_CONSOLE: Final = Console(width=400, color_system=None)


def drawn(lines: Iterable[Text | list[Segment]], label: str) -> str:
    """Lines drawn with PALETTE, one below the other."""
    text = "\n".join(_line(each) for each in lines)
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}"><pre>{text}</pre></div>'


def _line(line: Text | list[Segment]) -> str:
    segments = line if isinstance(line, list) else [each for each in line.render(_CONSOLE) if each.text != "\n"]
    return "".join(map(_segment, segments)).rstrip()


def _segment(segment: Segment) -> str:
    text = escape(clean(segment.text), quote=True)
    names = " ".join(sorted(segment.style.meta)) if segment.style is not None else ""
    return f'<span class="{names}">{text}</span>' if names and text.strip() else text
