"""Words and small pieces of the page. Whatever a traced program may have chosen passes through `shown`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from tracer.analyze.results import Times
from tui.drawing.palette import STATES
from tui.drawing.text import clean
from tui.drawing.units import duration

_LONGEST: Final = 240


def shown(text: str, longest: int = _LONGEST) -> str:
    """`text` for the page, within attributes too: cut, without control, format or direction characters, escaped."""
    cut = text if len(text) <= longest else f"{text[:longest]}…"
    return escape(clean(cut), quote=True)


def code(text: str, longest: int = _LONGEST) -> str:
    """A program's own words, kept apart from the direction of ours."""
    return f"<code>{shown(text, longest)}</code>"


def section(name: str, title: str, content: str, note: str = "") -> str:
    """A part of the page with a heading; nothing without content. `content` and `note` are HTML."""
    if not content:
        return ""
    about = f'<p class="faint">{note}</p>' if note else ""
    return f'<section id="{name}"><h2>{escape(title)}</h2>{about}{content}</section>'


def cell(text: str, value: float | None = None, style: str = "") -> str:
    """A cell of a table; `value` is what it sorts by."""
    attributes = f' class="{style}"' if style else ""
    attributes += f' data-v="{value:.6g}"' if value is not None else ""
    return f"<td{attributes}>{text}</td>"


def number(value: int, text: str, style: str = "") -> str:
    """A number, blank when it is 0: that is calmer."""
    return cell(text if value else "", value, style if value else "")


def time_cell(ns: int, style: str = "") -> str:
    """A time in ns."""
    return number(ns, duration(ns), style)


_LEFT: Final = frozenset({"name", "model", "what", "opened by", "threads", "time"})
"""Headings of columns that hold words, or bars."""


def table(label: str, heads: Sequence[tuple[str, str]], rows: Iterable[str], *, sortable: bool = True) -> str:
    """A table that scrolls sideways where it must: headings with what they mean, and rows as HTML."""
    titles = "".join(map(_heading, heads))
    kind = ' class="sortable"' if sortable else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table{kind}>'
        f"<thead><tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _heading(head: tuple[str, str]) -> str:
    title, meaning = head
    style = ' class="left"' if title in _LEFT else ""
    about = f' title="{escape(meaning, quote=True)}"' if meaning else ""
    return f'<th scope="col"{style}{about}>{escape(title)}</th>'


def stack(times: Times, share: float = 1.0, label: str = "") -> str:
    """The four times in one bar; it takes `share` of the room."""
    whole, left, parts = times.own_ns, 0.0, []
    if not whole:
        return ""
    for state in STATES:
        part = 100 * share * getattr(times, f"{state.word}_ns") / whole
        if part > 0:
            parts.append(f'<rect class="{state.word}" x="{left:.2f}%" width="{part:.2f}%" height="100%"/>')
        left += part
    spoken = ", ".join(f"{each.word} {duration(getattr(times, f'{each.word}_ns'))}" for each in STATES)
    name = escape(f"{label}: {spoken}" if label else spoken, quote=True)
    return f'<svg class="stack" role="img" aria-label="{name}">{"".join(parts)}</svg>'


def key() -> str:
    """What the patterns of the four times mean."""
    items = "".join(
        f'<li><svg class="swatch" aria-hidden="true"><rect class="{state.word}" width="100%" height="100%"/></svg>'
        f"<b>{state.word}</b> {escape(state.meaning)}</li>"
        for state in STATES
    )
    return f'<ul class="key faint">{items}</ul>'
