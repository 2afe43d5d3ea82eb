"""Waiting sets on the page: who waits and how it went, and one return of the busiest drawn as on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from rich.segment import Segment
from rich.text import Text

from iotrace.page.drawn import PALETTE, drawn
from iotrace.page.facts import PageFacts
from iotrace.page.text import cell, number, section, shown, table, time_cell
from tracer.analyze.waiting_sets.asked import Requests
from tracer.analyze.waiting_sets.waiting_sets import Array, Bits, Interests, Waiter, WaitReturn
from tui.drawing.units import count, percent, several, size
from tui.drawing.waiting_epoll import epoll_line, epoll_rows, epoll_titles
from tui.drawing.waiting_head import head_lines
from tui.drawing.waiting_list import who
from tui.drawing.waiting_poll import poll_line, poll_titles
from tui.drawing.waiting_requests import request_line, request_rows, request_titles
from tui.drawing.waiting_select import select_line, select_rows, select_titles

_WIDTH: Final = 136
_MOST: Final = 40
_HEADS: Final = (
    ("who", ""), ("process", ""), ("threads", ""), ("returns", ""), ("ready", "per wake-up"),
    ("useless", "wake-ups after which nothing was transferred"), ("timeouts", ""), ("failed", ""),
    ("bytes", "copied both ways, by one return"), ("blocked", "asleep in these calls"),
)  # fmt: skip


def waiting(facts: PageFacts) -> str:
    """Nothing when nobody waited for several descriptors."""
    if not facts.waiters:
        return ""
    pictures = "".join(f'<figure class="set">{_return(each, facts)}</figure>' for each in facts.returns)
    some = f" Of the first {count(facts.looked_at)} events only." if facts.cut else ""
    return section(
        "waiting", "Waiting sets", table("Who waits", _HEADS, map(_waiter, facts.waiters)) + pictures,
        f"What the kernel was asked to watch, in the whole run; below, one return of each from its middle.{some}",
    )  # fmt: skip


def _waiter(waiter: Waiter) -> str:
    mean, useless = waiter.mean_ready, waiter.useless
    threads = ", ".join(map(str, waiter.tids[:3])) + (
        f" and {len(waiter.tids) - 3} more" if len(waiter.tids) > 3 else ""
    )
    share = f" <small>{percent(useless, waiter.wakeups)}</small>"
    cells = [
        cell(str(waiter.pid), waiter.pid), cell(threads, style="left"), cell(count(waiter.returns), waiter.returns),
        cell("" if mean is None else f"{mean:.1f}", mean or 0),
        number(useless, count(useless) + share, "wasted"), number(waiter.timeouts, count(waiter.timeouts)),
        number(waiter.failed, count(waiter.failed)),
        number(round(waiter.bytes_per_return), size(round(waiter.bytes_per_return))), time_cell(waiter.blocked_ns),
    ]  # fmt: skip
    return f'<tr><th scope="row">{shown(who(waiter))}</th>{"".join(cells)}</tr>'


def _return(ret: WaitReturn, facts: PageFacts) -> str:
    lines = list(islice(_lines(ret, facts), _MOST + 1))
    head = head_lines(ret, facts.start_ns, PALETTE)
    total = sum(1 for _ in _lines(ret, facts)) if len(lines) > _MOST else 0
    more: list[Text | list[Segment]] = [Text(f" … {several(total - _MOST, 'more line')}")] if total > _MOST else []
    return drawn([*head, Text(), *lines[:_MOST], *more], f"one return of {who(ret.waiter)}")


def _lines(ret: WaitReturn, facts: PageFacts) -> Iterator[Text | list[Segment]]:
    watched = ret.watched
    if isinstance(watched, Bits):
        yield select_titles(PALETTE)
        yield from (select_line(row, ret, watched, PALETTE) for row in select_rows(ret, watched))
    elif isinstance(watched, Array):
        yield poll_titles(_WIDTH, PALETTE)
        yield from (poll_line(place, ret, watched, _WIDTH, PALETTE) for place in _ready_first(watched))
    elif isinstance(watched, Interests):
        yield epoll_titles(_WIDTH, PALETTE)
        yield from (epoll_line(row, ret, facts.start_ns, _WIDTH, PALETTE) for row in epoll_rows(watched))
    elif isinstance(watched, Requests):
        rows = request_rows(watched, only_answered=False)
        yield request_titles(_WIDTH, PALETTE)
        yield from (request_line(row, ret, facts.start_ns, _WIDTH, PALETTE) for row in rows)


def _ready_first(array: Array) -> list[int]:
    return sorted(range(len(array.entries)), key=lambda place: array.entries[place].revents <= 0)
