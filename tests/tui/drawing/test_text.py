"""Text of traced programs never reaches the terminal as anything but text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.drawing.text import clean, fit


@given(st.text())
def test_clean_leaves_nothing_that_steers_a_terminal(text: str) -> None:
    """No control, no format character (direction overrides), no surrogate survives."""
    assert all(unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in clean(text))


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_clean_leaves_printable_text_alone(text: str) -> None:
    """In any script."""
    assert clean(text) == text


def test_clean_shows_what_was_there() -> None:
    """An escape sequence is readable afterwards."""
    assert clean("\x1b[31mred\x7f\u202e") == "␛[31mred␡�"


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])), st.integers(0, 60), st.booleans())
def test_fit_gives_exactly_the_width_asked_for(text: str, width: int, right: bool) -> None:
    """Counted in cells, wide characters included."""
    assert cell_len(fit(text, width, right=right)) == width


@pytest.mark.parametrize(
    ("text", "width", "right", "shown"),
    [("ab", 4, False, "ab  "), ("ab", 4, True, "  ab"), ("abcdef", 4, False, "abc…"), ("漢字", 3, False, "漢…")],
)
def test_fit_pads_or_cuts_with_an_ellipsis(text: str, width: int, right: bool, shown: str) -> None:
    """On the side asked for."""
    assert fit(text, width, right=right) == shown
