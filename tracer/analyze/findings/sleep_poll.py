"""sleep-poll: sleeping, looking whether there is something, and sleeping again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Deed, Facts, by_thread
from tracer.analyze.findings.severity import by_cpu, by_delay, share_of, worse
from tracer.analyze.findings.telling import burnt, found, milliseconds, total
from tracer.analyze.findings.traits import Trait, trait_of
from tracer.analyze.results import Finding, Severity

RULE: Final = "sleep-poll"
FEWEST: Final = 10
"""Sleeps after an empty look."""
SHARE: Final = 0.1
"""Of the thread's time spent so: a pause now and then is not how the program waits."""
_INSTEAD: Final = {
    "wait4": "waitpid without WNOHANG, or pidfd_open and poll",
    "waitid": "waitid without WNOHANG, or pidfd_open and poll",
    "flock": "flock without LOCK_NB",
    "fcntl": "F_SETLKW",
}


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread."""
    for deeds in by_thread(facts.fruitless_sleeps).values():
        deeds.sort(key=lambda deed: -deed.blocked_ns)
        thread, first = deeds[0].thread, deeds[0]
        sleeps, cost, asleep, _ = total(deeds)
        mean = asleep // sleeps if sleeps else 0
        if sleeps < FEWEST or share_of(asleep, thread) < SHARE or _waited_for(first, facts):
            continue
        # What arrives waits for half a sleep on average: the delay that it costs.
        delay = by_delay(mean // 2)
        if delay is Severity.HIGH:
            delay = Severity.MEDIUM
        severity = worse(by_cpu(cost, thread), delay) or delay
        on = f" on {first.on}" if first.fd is not None else ""
        yield found(
            RULE, severity, deeds,
            f"The thread slept {sleeps:,} times for {milliseconds(mean)}, only to find with {first.syscall}{on} "
            f"that there is still nothing: what comes waits for {milliseconds(mean // 2)} on average, and every "
            "look wakes a CPU.",
            "Wait for the thing itself: "
            + _INSTEAD.get(first.syscall, "poll or epoll_wait, inotify for files, a pidfd for processes")
            + ".",
            {"sleeps": sleeps, "mean_sleep_ns": mean, "longest_sleep_ns": first.most, "asleep_ns": asleep}
            | burnt(cost, thread),
        )  # fmt: skip


def _waited_for(look: Deed, facts: Facts) -> bool:
    """Whether another thread of the process waits with epoll: nothing that comes waits for the one that looks."""
    if not trait_of(look.syscall) & Trait.EPOLL:
        return False
    others = (each for each in facts.threads if each.pid == look.thread.pid and each.tid != look.thread.tid)
    return any(
        calls.blocked_ns for each in others for name, calls in each.calls.items() if trait_of(name) & Trait.EPOLL
    )
