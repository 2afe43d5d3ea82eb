"""What crossed the boundary: copies by direction, a message where their number is known, and by call."""

from __future__ import annotations

from typing import Final

from iotrace.page.facts import PageFacts
from iotrace.page.text import cell, number, section, shown, table
from tracer.analyze.phases import MEASURE
from tracer.analyze.results import Copies, SyscallRow
from tui.drawing.units import count, several, size

_MOST: Final = 40
_WAYS: Final = (("in", "program → kernel"), ("out", "kernel → program"))


def copies(facts: PageFacts) -> str:
    """Both directions, and the calls that copied most."""
    totals = facts.report.totals.copies
    # The messages came in the measured phase: what was copied outside of it was not for them.
    job = facts.job if facts.report.phase == MEASURE else None
    messages = job.received if job is not None else 0
    longest = max(_bytes(totals, "in"), _bytes(totals, "out"), 1)
    heads = [("direction", ""), ("", "payload solid, control striped"), ("copies", ""), ("payload", ""),
             ("control", "structures: fd_sets, epoll_events, addresses, paths"), ("bytes a copy", "")]  # fmt: skip
    if messages:
        heads += [("copies a message", ""), ("bytes a message", "")]
    rows = [_direction(totals, way, words, longest, messages) for way, words in _WAYS]
    note = "One copy is one contiguous range of the program's memory that the kernel read or wrote for one purpose."
    if messages:
        note += f" The program itself counted {several(messages, 'message')}."
    if totals.unknown:
        note += f" At least: what {several(totals.unknown, 'call')} copied is not known."
    return section(
        "copies", "Copies across the boundary",
        table("Copies by direction", heads, rows, sortable=False) + _by_call(facts.report.syscalls), note,
    )  # fmt: skip


def _bytes(copied: Copies, way: str) -> int:
    return int(getattr(copied, f"payload_{way}")) + int(getattr(copied, f"control_{way}"))


def _direction(totals: Copies, way: str, words: str, longest: int, messages: int) -> str:
    many = int(getattr(totals, f"copies_{way}"))
    payload, control = int(getattr(totals, f"payload_{way}")), int(getattr(totals, f"control_{way}"))
    whole = payload + control
    cells = [
        cell(_bar(payload, control, longest, way), style="bar"), cell(count(many)), cell(size(payload)),
        cell(size(control)), cell(size(whole // many) if many else ""),
    ]  # fmt: skip
    if messages:
        cells += [cell(f"{many / messages:.3g}"), cell(size(round(whole / messages)))]
    return f'<tr><th scope="row">{way} <small>{words}</small></th>{"".join(cells)}</tr>'


def _bar(payload: int, control: int, longest: int, way: str) -> str:
    solid, striped = 100 * payload / longest, 100 * control / longest
    return (
        f'<svg class="stack" role="img" aria-label="{way}: payload {size(payload)}, control {size(control)}">'
        f'<rect class="copied-{way}" width="{solid:.2f}%" height="100%"/>'
        f'<rect class="control" x="{solid:.2f}%" width="{striped:.2f}%" height="100%"/></svg>'
    )


def _by_call(rows: tuple[SyscallRow, ...]) -> str:
    """The calls that copied most."""
    some = [row for row in rows if _bytes(row.copies, "in") + _bytes(row.copies, "out")]
    some.sort(key=lambda row: -_bytes(row.copies, "in") - _bytes(row.copies, "out"))
    if not some:
        return ""
    heads = (
        ("call", ""), ("calls", ""), ("copies in", ""), ("payload in", ""), ("control in", ""), ("copies out", ""),
        ("payload out", ""), ("control out", ""), ("bytes a call", "both ways"),
    )  # fmt: skip
    return f"<h3>By call</h3>{table('Copies by call', heads, map(_call, some[:_MOST]))}"


def _call(row: SyscallRow) -> str:
    each, cells = row.copies, [cell(count(row.calls), row.calls)]
    for way, _ in _WAYS:
        cells.append(number(many := int(getattr(each, f"copies_{way}")), count(many)))
        cells += [
            number(n, size(n)) for n in (int(getattr(each, f"payload_{way}")), int(getattr(each, f"control_{way}")))
        ]
    mean = (_bytes(each, "in") + _bytes(each, "out")) // row.calls if row.calls else 0
    return f'<tr><th scope="row">{shown(row.name)}</th>{"".join(cells)}{number(mean, size(mean))}</tr>'
