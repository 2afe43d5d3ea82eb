"""The report as one self-contained page: it needs no network, and no JavaScript to be read."""

from __future__ import annotations

from html import escape
from typing import Final

from iotrace.comparing.style import PATTERNS, SHEET
from iotrace.page.copies import copies
from iotrace.page.facts import PageFacts
from iotrace.page.figure import figure
from iotrace.page.findings import findings
from iotrace.page.head import head, times, title_of
from iotrace.page.script import SCRIPT, digest
from iotrace.page.spread import histograms
from iotrace.page.style import CONTROL, MORE
from iotrace.page.tables import descriptors, phases, syscalls, threads
from iotrace.page.timeline import timeline
from iotrace.page.waiting import waiting

_CHAPTERS: Final = {
    "findings": "Findings",
    "time": "Time",
    "timeline": "Timeline",
    "calls": "System calls",
    "histograms": "Histograms",
    "copies": "Copies",
    "waiting": "Waiting sets",
    "figure": "Figure",
    "threads": "Threads and models",
    "phases": "Phases",
    "descriptors": "Descriptors",
}


def page(facts: PageFacts) -> str:
    """The whole page."""
    chapters = {
        "findings": findings(facts),
        "time": times(facts),
        "timeline": timeline(facts),
        "calls": syscalls(facts),
        "histograms": histograms(facts),
        "copies": copies(facts),
        "waiting": waiting(facts),
        "figure": figure(facts),
        "threads": threads(facts),
        "phases": phases(facts.report),
        "descriptors": descriptors(facts),
    }
    links = "".join(f'<a href="#{name}">{escape(_CHAPTERS[name])}</a>' for name, text in chapters.items() if text)
    # Only the script below may run, and nothing may be fetched.
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src '{digest()}'; img-src data:"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{title_of(facts)} · iotrace</title><style>{SHEET}{MORE}</style></head>\n"
        f'<body>{PATTERNS}{CONTROL}<main>{head(facts)}<nav aria-label="chapters">{links}</nav>'
        f"{''.join(chapters.values())}{_footer()}</main><script>{SCRIPT}</script></body></html>\n"
    )


def _footer() -> str:
    return (
        "<footer><p><b>user</b>, <b>kernel</b>, <b>blocked</b> and <b>runnable</b> are what the program would "
        "take untraced; shares are of the program's own time. <b>wasted</b>: calls that failed with EAGAIN, and "
        "waits with timeout 0 that found nothing. <b>payload</b>: the program's data; <b>control</b>: structures: "
        "fd_sets, epoll_events, addresses and paths. What the kernel moves by itself (DMA, page cache to socket) "
        "is no copy across the boundary and is not counted.</p>"
        "<p>Made by iotrace from one recording. All figures as JSON: <code>iotrace report FILE --json</code>; "
        "every call: <code>iotrace view FILE</code>.</p></footer>"
    )
