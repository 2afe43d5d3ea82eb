"""What stands beside and below the filter being typed: how many lines match, what is wrong, what it may become."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text

from tracer.analyze.filter.completion import Choice
from tracer.analyze.filter.errors import FilterError
from tracer.analyze.filter.listing import IN_TIME, Listed, Order
from tui.drawing.palette import Palette
from tui.drawing.text import clean, fit
from tui.drawing.units import count

_REVERSE = Style(reverse=True)


def status_text(listed: Listed, total: int, order: Order, palette: Palette, *, filtered: bool) -> Text:
    """How many of `total` lines are listed, how far the search is, and by what they are sorted."""
    parts = []
    if filtered:
        parts.append(f"{count(listed.matched)} of {count(total)} match")
    if filtered and not listed.done:
        parts.append(f"{100 * listed.searched // max(1, total)} % searched")
    if order != IN_TIME:
        parts.append(_order_words(listed, order))
    return Text(" · ".join(parts) + " ", style=palette.text, no_wrap=True, end="")


def _order_words(listed: Listed, order: Order) -> str:
    if order.field is None:
        return "latest first"
    first = f"first {count(listed.shown.count)} " if listed.shown.count < listed.matched else ""
    return f"{first}by {order.field.value}, {'smallest' if order.reverse else 'largest'} first"


def error_text(error: FilterError, width: int, palette: Palette) -> Text:
    """What is wrong, below the place where it is as far as there is room."""
    message = f"^ {clean(str(error))}"
    return Text(fit(" " * max(0, min(error.start, width - len(message))) + message, width), style=palette.failed)


def choices_text(choices: tuple[Choice, ...], selected: int, width: int, palette: Palette) -> Text:
    """The choices in one line with the selected one reversed, and its note at the end."""
    line = Text(no_wrap=True, end="")
    note = clean(choices[selected].note)
    room = width - min(len(note) + 2, width // 2)
    first = _first_shown(choices, selected, room)
    for number, choice in enumerate(choices[first:], first):
        word = clean(choice.word)
        if line.cell_len + len(word) + 2 > room:
            break
        line.append(f" {word} ", palette.strong + _REVERSE if number == selected else palette.text)
    line.append(f"  {fit(note, width - line.cell_len - 2)}", palette.faint)
    return line


def _first_shown(choices: tuple[Choice, ...], selected: int, room: int) -> int:
    """The first choice to show so that the selected one is in view."""
    first = selected
    used = len(choices[selected].word) + 2
    while first > 0 and used + len(choices[first - 1].word) + 2 <= room:
        first -= 1
        used += len(choices[first].word) + 2
    return first
