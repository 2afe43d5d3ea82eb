"""Terminals that know ASCII only: every shape gets a stand-in of the same width, on its way to the screen."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.drawing.ascii import in_ascii


class AsciiOnly(LineFilter):
    """Textual passes every line through it; nothing else has to know."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 (Textual's)
        """The same line in ASCII."""
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]
