"""Which I/O model every thread uses, told from what it waits in and how, with the evidence for it.

A thread may use several; the model is what most of its waiting goes into, or, of a thread that never sleeps, most
of its CPU. Sleeping is not the only sign: an event loop under full load hardly sleeps, so the CPU time of its waits
counts as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.analyze.findings.facts import CallSum, Deed, Facts, ThreadFacts
from tracer.analyze.findings.telling import milliseconds, percent
from tracer.analyze.findings.traits import Trait, trait_of
from tracer.analyze.results import Model

_CALL_NS: Final = 10_000
"""What a call for a ring or a context weighs, though it may not sleep: it stands for many requests."""
_LEAST: Final = 0.02
"""Of the thread's time: what it waits for less says nothing about it."""
_COMPUTES: Final = 0.5
"""Of the time that is not spent waiting for a CPU: a thread that is in user space for more of it computes."""
_POOL: Final = 3
"""Waits on a futex of a thread that is handed one job after the other."""
_IDLE: Final = 0.9
"""Of its life asleep so: a worker that nobody needed."""
_SIGNALS: Final = frozenset({"rt_sigsuspend", "sigsuspend", "pause", "rt_sigtimedwait", "rt_sigtimedwait_time64"})
_NATIVE: Final = frozenset({"io_getevents", "io_pgetevents", "io_submit"})
_RING: Final = frozenset({"io_uring_enter"})
_JOINS: Final = frozenset({"wait4", "waitid", "waitpid"})


@dataclass(frozen=True, slots=True)
class _Guess:
    model: str
    weight: int
    evidence: str


def models_of(facts: Facts) -> tuple[Model, ...]:
    """The model of every thread that did anything."""
    spins = _by_tid((*facts.retries, *facts.looks))
    sleeps = _by_tid(facts.fruitless_sleeps)
    told, edges = _counts(facts.reports), _counts(facts.edges)
    helped = {thread.pid for thread in facts.threads if _is_helper(thread)}
    models = []
    for thread in facts.threads:
        if not thread.tid or not thread.calls:
            continue
        guesses = [
            *_spins(spins.get(thread.tid, []), sleeps.get(thread.tid, [])),
            *_waits(thread, told.get(thread.tid, 0), edges.get(thread.tid, 0)),
            *_asynchronous(thread, helped),
            *_blocks(thread),
        ]
        best = max(guesses, key=lambda guess: guess.weight, default=None)
        awake = thread.times.own_ns - thread.times.runnable_ns
        if best is None or best.weight < _LEAST * awake:
            best = _otherwise(thread, awake)
        models.append(Model(thread.pid, thread.tid, best.model, best.evidence))
    return tuple(models)


def _spins(retries: list[Deed], sleeps: list[Deed]) -> list[_Guess]:
    found = []
    if retries:
        first = max(retries, key=lambda deed: deed.count)
        count, cost = sum(deed.count for deed in retries), sum(deed.cpu_ns for deed in retries)
        found.append(
            _Guess(
                "nonblocking-spin",
                cost,
                f"{first.syscall} on {first.on} tried again {count:,} times with nothing there",
            )
        )
    if sleeps:
        first = max(sleeps, key=lambda deed: deed.count)
        count, asleep = sum(deed.count for deed in sleeps), sum(deed.blocked_ns for deed in sleeps)
        text = f"{count:,} sleeps of {milliseconds(asleep // count)}, each after {first.syscall} found nothing"
        found.append(_Guess("nonblocking-backoff", asleep, text))
    return found


def _waits(thread: ThreadFacts, told: int, edges: int) -> list[_Guess]:
    found = []
    for model, trait in (("select", Trait.SELECT), ("poll", Trait.POLL), ("epoll", Trait.EPOLL)):
        names = [name for name in thread.calls if trait_of(name) & trait]
        waits = thread.sum(names)
        if not waits.wakeups and model != "epoll":  # without descriptors, select and poll only sleep
            continue
        if not waits.calls:
            continue
        evidence = f"{waits.calls:,} calls of {_most(thread, names)}, {waits.wakeups:,} with something ready"
        if model == "epoll":
            edge = told > 0 and 2 * edges >= told
            model = "epoll-edge" if edge else "epoll-level"
            evidence += f", {edges:,} of {told:,} reports of edge-triggered descriptors" if edge else ""
        found.append(_Guess(model, waits.blocked_ns + waits.cpu_ns, evidence))
    return found


def _asynchronous(thread: ThreadFacts, helped: set[int]) -> list[_Guess]:
    found = []
    for model, names in (("io-uring", _RING), ("native-aio", _NATIVE), ("signal-driven", _SIGNALS)):
        calls = thread.sum(names)
        if calls.calls > 1:
            evidence = f"{calls.calls:,} calls of {_most(thread, names)}, asleep in them {_of(thread, calls)}"
            weight = calls.blocked_ns + _CALL_NS * calls.calls
            found.append(_Guess(model, weight, evidence))
    if thread.pid in helped:
        if _is_helper(thread):
            text = (
                "a helper of the C library's POSIX AIO: pread64 or pwrite64 for each request, all signals blocked"
            )
            found.append(_Guess("posix-aio", thread.times.own_ns, text))
        elif thread.pid == thread.tid:
            waits = thread.sum((*_SIGNALS, "futex"))
            text = "its requests are carried out by helper threads of the C library"
            found.append(_Guess("posix-aio", waits.blocked_ns + 1, text))
    return found


def _blocks(thread: ThreadFacts) -> list[_Guess]:
    found = []
    moving = [
        name for name, calls in thread.calls.items()
        if calls.blocked_ns and (trait_of(name) & (Trait.READ | Trait.WRITE | Trait.ACCEPT | Trait.SYNC)
                                 or name in ("connect", "sendfile", "splice", "copy_file_range", *_JOINS))
    ]  # fmt: skip
    if moving:
        calls = thread.sum(moving)
        text = f"asleep in {_most(thread, moving)} {_of(thread, calls)}"
        found.append(_Guess("blocking", calls.blocked_ns, text))
    futex = thread.sum(("futex",))
    idle = futex.blocked_ns > _IDLE * thread.times.own_ns
    if thread.pid != thread.tid and (futex.calls >= _POOL or idle):
        text = f"waited in futex {_of(thread, futex)} for another thread of its process to hand it work"
        found.append(_Guess("thread-pool", futex.blocked_ns, text))
    elif futex.blocked_ns:
        found.append(_Guess("blocking", futex.blocked_ns, f"asleep in futex {_of(thread, futex)}"))
    return found


def _otherwise(thread: ThreadFacts, awake: int) -> _Guess:
    """A thread that hardly waits for anything."""
    share = thread.times.user_ns / awake if awake else 0.0
    if share >= _COMPUTES:
        return _Guess("compute", 0, f"in user space for {percent(share)} of its time, hardly any waiting")
    return _Guess(
        "blocking", 0, f"{sum(calls.calls for calls in thread.calls.values()):,} calls, hardly any waiting"
    )


def _is_helper(thread: ThreadFacts) -> bool:
    """See `tracer.analyze.operations_helpers`: such a thread moves data with positioned calls, and otherwise only
    waits and changes its mask."""
    positioned = thread.sum(("pread64", "pwrite64"))
    masked = thread.sum(("rt_sigprocmask",)).calls
    others = set(thread.calls) - {
        "pread64", "pwrite64", "read", "write", "fsync", "fdatasync", "futex", "rt_sigprocmask", "exit", "rseq",
        "set_robust_list", "clone3", "clone", "mmap", "mprotect", "munmap", "madvise", "gettid", "getpid", "tgkill",
        "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    }  # fmt: skip
    return thread.pid != thread.tid and bool(positioned.calls) and bool(masked) and not others


def _most(thread: ThreadFacts, names: frozenset[str] | list[str]) -> str:
    """The one of these calls that it slept in longest, or made most often."""
    made = [name for name in names if name in thread.calls]
    return max(made, key=lambda name: (thread.calls[name].blocked_ns, thread.calls[name].calls))


def _of(thread: ThreadFacts, calls: CallSum) -> str:
    share = calls.blocked_ns / thread.times.own_ns if thread.times.own_ns else 0.0
    return f"for {percent(share)} of its time"


def _by_tid(deeds: tuple[Deed, ...]) -> dict[int, list[Deed]]:
    groups: dict[int, list[Deed]] = {}
    for deed in deeds:
        groups.setdefault(deed.thread.tid, []).append(deed)
    return groups


def _counts(deeds: tuple[Deed, ...]) -> dict[int, int]:
    return {tid: sum(deed.count for deed in each) for tid, each in _by_tid(deeds).items()}
