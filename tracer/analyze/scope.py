"""What of a run a recording does not tell, so that no figure pretends to be of all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from tracer.analyze.results import Finding, Model, Report, Scope
from tracer.recording.header import Header

_REST_ON_ABSENCE: Final = frozenset(
    "busy-wait level-unconsumed edge-undrained useless-wakeups thundering-herd blocking-in-loop loop-lag unbatched "
    "redundant-copy sleep-poll".split()
)
"""Rules that conclude from calls that were not made in between: of a recording of some calls only, nobody can."""
_MODELS_SEEN: Final = frozenset("select poll epoll-level epoll-edge signal-driven native-aio io-uring".split())
"""Models told from calls that are there; the others also from what else is not."""

SUMS_ONLY: Final = "recorded with --summary: sums only; record without it to see calls, descriptors and findings"
"""What is to be said wherever something is looked for that sums do not tell."""


def scope_of(header: Header) -> Scope:
    """What the header says is left out."""
    earlier, options = header.earlier, header.options
    trace = options.get("trace")
    return Scope(
        later_part=bool(earlier),
        calls_before=max(0, int(earlier.get("calls", 0))),
        ns_before=max(0, header.began_ns - int(earlier.get("began_ns", header.began_ns))),
        part=max(0, int(earlier.get("part", 0))),
        state_known=not earlier or bool(earlier.get("snapshot")),
        trace=trace if isinstance(trace, str) else None,
        follow=options.get("follow") is not False,
        summary=options.get("summary") is True,
        no_new_privs=options.get("no_new_privs") is True,
    )


def limited(report: Report) -> Report:
    """The report without what cannot be concluded when only some calls were traced."""
    if report.scope.summary:
        totals = replace(report.totals, useless_wakeups=None)
        return replace(report, totals=totals, fds=(), findings=None, models=())
    if report.scope.trace is None:
        return report
    return replace(
        report,
        totals=replace(report.totals, useless_wakeups=None),
        findings=_certain(report.findings),
        models=tuple(_told(report.models)),
    )


def _certain(findings: tuple[Finding, ...] | None) -> tuple[Finding, ...] | None:
    if findings is None:
        return None
    return tuple(finding for finding in findings if finding.rule not in _REST_ON_ABSENCE)


def _told(models: Iterable[Model]) -> Iterable[Model]:
    return (model for model in models if model.model in _MODELS_SEEN)


def document(scope: Scope) -> dict[str, Any]:
    """The same for programs; times in ns."""
    return {
        "part_of_longer_run": scope.later_part,
        "part": scope.part if scope.later_part else None,
        "calls_before": scope.calls_before,
        "before_ns": scope.ns_before,
        "state_known": scope.state_known,
        "trace": scope.trace,
        "user_includes_untraced_kernel": scope.trace is not None,
        "follow": scope.follow,
        "no_new_privs": scope.no_new_privs,
        "summary": scope.summary,
    }


def sentences(scope: Scope) -> tuple[str, ...]:
    """What to say of it, a line each; nothing of a recording of everything."""
    found = []
    if scope.later_part:
        before = f"{scope.calls_before:,} calls in {scope.ns_before / 1e9:.1f} s before it"
        if scope.part:
            found.append(f"file {scope.part:03d} of a longer run: {before} are not in it")
        else:
            found.append(f"the tail of a longer run: {before} were dropped")
        if not scope.state_known:
            found.append("descriptors, threads and phases from before it are not known")
    if scope.summary:
        found.append(SUMS_ONLY)
        found.append("percentiles (~) are known to a power of two; what /dev/null takes counts as copied")
    if scope.trace is not None:
        found.append(f"only {scope.trace} traced, and what opens descriptors or starts processes")
        found.append("user is user + untraced kernel; models and findings that need all calls are left out")
    if scope.no_new_privs:
        found.append("set-uid programs ran without their privileges: --trace needs PR_SET_NO_NEW_PRIVS")
    if not scope.follow:
        found.append("processes it started were not traced (--no-follow)")
    return tuple(found)


def short_words(scope: Scope) -> tuple[str, ...]:
    """The same in a word or two each, for one line."""
    words = []
    if scope.later_part:
        words.append(f"file {scope.part:03d}" if scope.part else "tail of a longer run")
    if scope.summary:
        words.append("sums only")
    if scope.trace is not None:
        words.append(f"only {scope.trace}")
    if not scope.follow:
        words.append("not followed")
    return tuple(words)
