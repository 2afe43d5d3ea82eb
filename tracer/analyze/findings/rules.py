"""All rules, and what they find together: the worst first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from tracer.analyze.findings import (
    accept_emfile,
    blocking_in_loop,
    busy_wait,
    cpu_starved,
    edge_undrained,
    eintr_storm,
    epoll_ctl_churn,
    failed_lookups,
    fd_leak,
    fd_setsize,
    fsync_bound,
    futex_contention,
    large_wait_set,
    level_unconsumed,
    loop_lag,
    redundant_copy,
    signal_overflow,
    sleep_poll,
    sync_aio,
    thundering_herd,
    tiny_io,
    unbatched,
    useless_wakeups,
    zero_timeout_spin,
)
from tracer.analyze.findings.facts import Facts
from tracer.analyze.results import Finding, Severity

_MODULES: Final = (
    busy_wait, zero_timeout_spin, level_unconsumed, accept_emfile, sleep_poll, useless_wakeups, thundering_herd,
    blocking_in_loop, loop_lag, edge_undrained, tiny_io, large_wait_set, fd_setsize, redundant_copy, unbatched,
    epoll_ctl_churn, fsync_bound, failed_lookups, fd_leak, eintr_storm, signal_overflow, cpu_starved,
    futex_contention, sync_aio,
)  # fmt: skip
RULES: Final[dict[str, Callable[[Facts], Iterable[Finding]]]] = {module.RULE: module.find for module in _MODULES}
"""Every rule by its name."""
_ORDER: Final = list(Severity)


def findings_of(facts: Facts) -> tuple[Finding, ...]:
    """What all rules find, the worst first; of one severity in the order of the rules."""
    found = [finding for rule in RULES.values() for finding in rule(facts)]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))
