"""blocking-in-loop: an event loop sleeps in a call that is not its wait; meanwhile nobody is served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Deed, Facts, ThreadFacts, by_call
from tracer.analyze.findings.severity import MEDIUM_DELAY_NS, by_delay, share_of, worse
from tracer.analyze.findings.telling import found, milliseconds, percent, total
from tracer.analyze.findings.traits import READY, Trait, trait_of
from tracer.analyze.results import Finding, Severity

RULE: Final = "blocking-in-loop"
FEWEST_WAKEUPS: Final = 5
"""A thread that was woken less often is no event loop."""
LOOKS_NS: Final = 10_000
"""Who sleeps no longer than this in a wait, on average, has not waited there."""
IN_VAIN: Final = 0.25
"""Of the looks of one whose loop is elsewhere. A loop that always has work finds some nearly every time."""
SHARE: Final = 0.05
"""Of the thread's time, for many short ones; one long one counts by itself."""

_BIRTHS: Final = frozenset({"vfork", "fork", "clone", "clone3", "execve", "execveat"})
"""Starting a child takes as long as it takes."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread and call that blocked its loop."""
    for deeds in by_call(facts.held):
        deeds.sort(key=lambda deed: -deed.blocked_ns)
        thread, first = deeds[0].thread, deeds[0]
        if not is_loop(facts, thread) or first.syscall in _BIRTHS:
            continue
        # Who starts one child after the other polls its output and then waits for it: that is no event loop.
        if trait_of(first.syscall) & Trait.CHILD and not any(trait_of(name) & Trait.EPOLL for name in thread.calls):
            continue
        count, _, asleep, _ = total(deeds)
        longest = max(deed.most for deed in deeds)
        share = share_of(asleep, thread)
        if longest < MEDIUM_DELAY_NS and share < SHARE:
            continue
        severity = worse(by_delay(longest), Severity.MEDIUM if share >= SHARE else None) or Severity.LOW
        on = f" on {first.on}" if first.fd is not None else ""
        yield found(
            RULE, severity, deeds,
            f"The event loop slept in {first.syscall}{on} {count:,} times, {milliseconds(longest)} at the longest "
            f"and {percent(share)} of its time: all its other descriptors waited meanwhile.",
            _instead(first),
            {"times": count, "blocked_ns": asleep, "longest_ns": longest, "share": round(share, 4)},
        )  # fmt: skip


def is_loop(facts: Facts, thread: ThreadFacts) -> bool:
    """Whether the thread waits for descriptors again and again, and is woken by them, or by its timers (epoll).

    Who never waits there but only looks, often in vain, has its loop elsewhere (the monitor of Go's runtime). Who
    polls one descriptor and then reads it serves one client at a time, as a blocking read would: none waits."""
    waits = thread.sum(name for name in thread.calls if trait_of(name) & READY)
    epoll = thread.sum(name for name in thread.calls if trait_of(name) & Trait.EPOLL)
    only_looks = waits.wasted > IN_VAIN * waits.calls and waits.blocked_ns < LOOKS_NS * waits.calls
    single = sum(deed.count for deed in facts.single if deed.thread.tid == thread.tid)
    return max(waits.wakeups - single, epoll.calls) >= FEWEST_WAKEUPS and not only_looks


def _instead(deed: Deed) -> str:
    trait = trait_of(deed.syscall)
    if trait & Trait.SLEEP:
        return (
            "Use the timer of the event loop (asyncio.sleep, timerfd, the timeout of the wait) instead of sleeping."
        )
    of_a_file = deed.what.startswith("/") and not deed.what.startswith("/dev/")  # where O_NONBLOCK means nothing
    if trait & Trait.SYNC or of_a_file or deed.syscall in ("flock", "open", "openat", "rename", "unlink"):
        return f"Hand {deed.syscall} to a thread (run_in_executor), or submit it to io_uring."
    if trait & Trait.CHILD:
        return "Watch the child with a pidfd (pidfd_open) or SIGCHLD and a signalfd, and reap it with WNOHANG."
    return f"Make the descriptor non-blocking (O_NONBLOCK), and call {deed.syscall} when the wait says it is ready."
