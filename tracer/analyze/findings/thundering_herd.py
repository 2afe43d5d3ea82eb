"""thundering-herd: several threads or processes are woken for the same thing, and all but one find it gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Deed, Facts
from tracer.analyze.findings.severity import by_cpu
from tracer.analyze.findings.telling import burnt, found, total
from tracer.analyze.findings.traits import READY, trait_of
from tracer.analyze.results import Finding, Severity

RULE: Final = "thundering-herd"
FEWEST: Final = 30
"""Races lost, of all threads together."""
SHARE: Final = 0.3
"""Of all reports of the file: two threads that share a socket lose a race now and then."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every file that a herd is woken for."""
    for deeds in herds(facts):
        first = deeds[0]
        lost, *_ = total(deeds)
        told = _told(facts, first)
        threads = {deed.thread.tid: deed.thread for deed in deeds}
        cost = 0
        for thread in threads.values():
            waits = thread.sum(name for name in thread.calls if trait_of(name) & READY)
            mine = sum(deed.count for deed in deeds if deed.thread is thread)
            cost += sum(deed.cpu_ns for deed in deeds if deed.thread is thread)
            cost += waits.cpu_ns * mine // max(waits.calls, 1)
        severity = by_cpu(cost // len(threads), first.thread) or Severity.LOW
        yield found(
            RULE, severity, deeds,
            f"{len(threads)} threads or processes are woken together for {first.on}: {lost:,} of {told:,} reports "
            f"ended with {first.syscall} finding nothing, because another was quicker.",
            "Register the descriptor with EPOLLEXCLUSIVE in every epoll, or give each worker its own listening "
            "socket (SO_REUSEPORT), or let one thread accept and hand over.",
            {"lost_races": lost, "reports": told, "threads": len(threads)} | burnt(cost, first.thread),
        )  # fmt: skip


def herds(facts: Facts) -> list[list[Deed]]:
    """For every file with a herd, the races lost; the thread that lost most first."""
    groups: dict[int, list[Deed]] = {}
    for deed in facts.lost_races:
        if deed.file >= 0:
            groups.setdefault(deed.file, []).append(deed)
    found_herds = []
    for deeds in groups.values():
        deeds.sort(key=lambda deed: -deed.count)
        lost = total(deeds)[0]
        several = len({deed.thread.tid for deed in deeds}) > 1
        if several and lost >= FEWEST and lost >= SHARE * _told(facts, deeds[0]):
            found_herds.append(deeds)
    return found_herds


def _told(facts: Facts, deed: Deed) -> int:
    """How often the file was reported, to whomever."""
    return sum(each.count for each in facts.reports if each.file == deed.file)
