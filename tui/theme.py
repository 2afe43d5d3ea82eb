"""The dark and the light theme, and which palette goes with what is on screen."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme
from textual.widget import Widget

from tui.drawing.palette import DARK, LIGHT, PLAIN, Palette

DARK_THEME: Final = Theme(
    name="iotrace-dark",
    primary="#7fd4c1",
    secondary="#56b4e9",
    accent="#7fd4c1",
    warning="#e69f00",
    error="#ff7f50",
    foreground="#d4d8de",
    background="#14181d",
    surface="#14181d",
    panel="#1c2229",
    dark=True,
    variables={"footer-key-foreground": "#7fd4c1", "scrollbar": "#37414c", "scrollbar-background": "#1a1f25"},
)

LIGHT_THEME: Final = Theme(
    name="iotrace-light",
    primary="#00664f",
    secondary="#0072b2",
    accent="#00664f",
    warning="#a35200",
    error="#b3261e",
    foreground="#24292f",
    background="#fbfbfa",
    surface="#fbfbfa",
    panel="#eef0f2",
    dark=False,
    variables={"footer-key-foreground": "#00664f", "scrollbar": "#c3cad1", "scrollbar-background": "#eef0f2"},
)


def palette_of(widget: Widget) -> Palette:
    """The palette for the theme `widget` is drawn in; the colourless one when NO_COLOR is set."""
    if widget.app.no_color:
        return PLAIN
    return DARK if widget.app.current_theme.dark else LIGHT
