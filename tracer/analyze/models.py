"""Which I/O model every thread uses, told from what it waits in and how, with the evidence for it.

A thread may use several; the model is what most of its waiting goes into, or, of a thread that never sleeps, most
of its CPU. Sleeping is not the only sign: an event loop under full load hardly sleeps, so the CPU time of its waits
counts as well, and where even that is little, that it is woken again and again. Waits for a lock are left to the
last: a mutex, or a futex with a timeout (Python's GIL: take_gil in Python/ceval_gil.c). They say how threads share,
not how they wait for data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.analyze.findings.facts import CallSum, Deed, Facts, ThreadFacts
from tracer.analyze.findings.telling import milliseconds, percent
from tracer.analyze.findings.traits import READY, Trait, trait_of
from tracer.analyze.results import Model

_CALL_NS: Final = 10_000
"""What a call for a ring or a context weighs at least, though it may not sleep: it stands for many requests."""
_LEAST: Final = 0.02
"""Of the thread's time: what it waits for less says nothing about it."""
_COMPUTES: Final = 0.5
"""Of the time that is not spent waiting for a CPU: a thread that is in user space for more of it computes."""
_MOVES: Final = 1_000
"""Reads, writes and accepts in a second of CPU time: beyond that it is no computation, but serves."""
_WOKEN: Final = 5
"""Wake-ups of an event loop that has so much to do that it hardly waits."""
_LAP: Final = 20
"""Transfers for one wake-up of a loop, at the most."""
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
    locks, parked = _by_tid(facts.lock_waits), _counts(facts.parked)
    told, edges = _counts(facts.reports), _counts(facts.edges)
    helped = {thread.pid for thread in facts.threads if _is_helper(thread)}
    models = []
    for thread in facts.threads:
        awake = thread.times.own_ns - thread.times.runnable_ns
        if not thread.tid or not thread.calls:
            if thread.tid and thread.times.user_ns > _COMPUTES * awake:  # amid its own code from first to last
                models.append(Model(thread.pid, thread.tid, "compute", "in user space: not one call was seen"))
            continue
        waits = _waits(thread, told.get(thread.tid, 0), edges.get(thread.tid, 0))
        guesses = [
            *_spins(spins.get(thread.tid, []), sleeps.get(thread.tid, [])),
            *waits,
            *_asynchronous(thread, helped),
            *_blocks(thread, sum(deed.blocked_ns for deed in locks.get(thread.tid, ())), parked.get(thread.tid, 0)),
        ]
        best = max(guesses, key=lambda guess: guess.weight, default=None)
        if best is None or best.weight < _LEAST * awake:
            best = _otherwise(thread, waits, awake)
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
        if not waits.calls and not waits.blocked_ns:
            continue
        evidence = f"{waits.calls:,} calls of {_most(thread, names)}, {waits.wakeups:,} with something ready"
        if not waits.calls:
            evidence = f"asleep in {_most(thread, names)} {_of(thread, waits)}, in one call that did not return"
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
            weight = calls.blocked_ns + max(calls.cpu_ns, _CALL_NS * calls.calls)
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


def _blocks(thread: ThreadFacts, locked: int, parked: int) -> list[_Guess]:
    """`locked`: ns that it waited for locks; `parked`: how often it waited on a futex for anything else."""
    found = []
    moving = [
        name for name, calls in thread.calls.items()
        if calls.blocked_ns and (trait_of(name) & (Trait.READ | Trait.WRITE | Trait.ACCEPT | Trait.SYNC)
                                 or name in ("connect", "sendfile", "splice", "copy_file_range", *_JOINS))
    ]  # fmt: skip
    if moving:
        calls, waits = thread.sum(moving), thread.sum(_waiting(thread))
        text = f"asleep in {_most(thread, moving)} {_of(thread, calls)}"
        # A loop that is woken for what it moves is one, even if some call in it sleeps: that is a finding.
        loop = waits.wakeups >= _WOKEN and _LAP * waits.wakeups >= calls.calls
        found.append(_Guess("blocking", min(calls.blocked_ns, waits.cpu_ns) if loop else calls.blocked_ns, text))
    futex = thread.sum(("futex",))
    asleep = max(0, futex.blocked_ns - locked)
    idle = asleep > _IDLE * thread.times.own_ns
    if thread.pid != thread.tid and (parked >= _POOL or idle):
        text = f"waited in futex {_of(thread, futex)} for another thread of its process to hand it work"
        found.append(_Guess("thread-pool", asleep, text))
    elif asleep:
        # Who starts threads and waits for them, or for the word to begin, is no worker: what it waits for besides,
        # or hands over to the kernel, is how it does I/O.
        ways = thread.sum(_waiting(thread)).wakeups, thread.sum(_NATIVE).calls, thread.sum(_RING).calls
        weight = min(asleep, 1) if max(ways) >= _WOKEN else asleep
        found.append(_Guess("blocking", weight, f"asleep in futex {_of(thread, futex)}"))
    return found


def _otherwise(thread: ThreadFacts, waits: list[_Guess], awake: int) -> _Guess:
    """A thread that hardly waits for anything, or only for locks."""
    if waits and thread.sum(_waiting(thread)).wakeups >= _WOKEN:
        busiest = max(waits, key=lambda guess: guess.weight)
        return _Guess(busiest.model, 0, f"{busiest.evidence}; busy, it hardly waits")
    moving = thread.sum(name for name in thread.calls if trait_of(name) & (Trait.READ | Trait.WRITE | Trait.ACCEPT))
    longest = max(thread.calls.items(), key=lambda each: each[1].blocked_ns)
    if longest[1].blocked_ns >= _LEAST * awake > 0:
        return _Guess("blocking", 0, f"asleep in {longest[0]} {_of(thread, longest[1])}")
    share = thread.times.user_ns / awake if awake else 0.0
    if share >= _COMPUTES and moving.calls * 1e9 < _MOVES * thread.cpu_ns:
        return _Guess("compute", 0, f"in user space for {percent(share)} of its time, hardly any waiting")
    return _Guess(
        "blocking", 0, f"{sum(calls.calls for calls in thread.calls.values()):,} calls, hardly any waiting"
    )


def _waiting(thread: ThreadFacts) -> list[str]:
    """Its calls that wait for descriptors."""
    return [name for name in thread.calls if trait_of(name) & READY]


def _is_helper(thread: ThreadFacts) -> bool:
    """See `tracer.analyze.operations.helpers`: such a thread moves data with positioned calls, and otherwise only
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
