"""Every style can be read on its theme's background."""

from __future__ import annotations

from dataclasses import fields

import pytest
from rich.color import Color
from rich.style import Style

from tui.drawing.palette import DARK, LIGHT, PLAIN, Palette
from tui.theme import DARK_THEME, LIGHT_THEME


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [part / 255 for part in colour.get_truecolor()]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2.1, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def styles(palette: Palette) -> dict[str, Style]:
    """All styles by name."""
    return {field.name: getattr(palette, field.name) for field in fields(palette)}


@pytest.mark.parametrize(("palette", "theme"), [(DARK, DARK_THEME), (LIGHT, LIGHT_THEME)])
@pytest.mark.parametrize("below", ["background", "panel", "cursor", "cursor_blurred"])
def test_text_is_readable_on_every_background(palette: Palette, theme: object, below: str) -> None:
    """At least 4.5 to 1 on background and panel (WCAG 2.1 AA), 3 to 1 below the cursor."""
    cursor = below.startswith("cursor")
    ground = getattr(palette, below).bgcolor if cursor else Color.parse(getattr(theme, below))
    for name, style in styles(palette).items():
        if style.color is not None:
            assert contrast(style.color, ground) >= (3 if cursor else 4.5), (name, below)


def test_the_colourless_palette_has_no_colour() -> None:
    """NO_COLOR."""
    assert all(style.color is None and style.bgcolor is None for style in styles(PLAIN).values())


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_only_cursors_have_a_background(palette: Palette) -> None:
    """Else a cell would keep its own background below the cursor."""
    grounded = {name for name, style in styles(palette).items() if style.bgcolor is not None}
    assert grounded == {"cursor", "cursor_blurred"}
