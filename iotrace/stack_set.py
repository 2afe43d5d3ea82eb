"""`--stacks[=WHICH]`: at which calls user stacks are kept.

    WHICH = TERM,TERM,...    TERM = wasted, failed, all, blocked>TIME, or what --trace takes: a call, epoll_*, %net

Terms are added up.
"""

from __future__ import annotations

from typing import Final

from iotrace.amounts import span_ns
from iotrace.failures import USAGE, Failure
from iotrace.trace_set import parse as parse_calls
from tracer.capture.stack_choice import StackChoice

DEFAULT: Final = "wasted,blocked>1ms"
OPTION: Final = "--stacks"
_BLOCKED: Final = "blocked"


def parse(text: str) -> StackChoice:
    """What `text` means. Raises Failure."""
    terms = [term.strip().lower() for term in text.split(",")]
    limits = [_limit(text, term) for term in terms if term.startswith(_BLOCKED)]
    rest = [term for term in terms if not term.startswith(_BLOCKED) and term not in ("wasted", "failed", "all")]
    return StackChoice(
        wasted="wasted" in terms,
        failed="failed" in terms,
        every="all" in terms,
        blocked_ns=min(limits, default=None),
        names=_names(rest) if rest else frozenset(),
    )


def spelled_out(words: list[str]) -> list[str]:
    """Command line words, with the option's default put in where it stands alone: the word behind it is not its."""
    return [f"{OPTION}={DEFAULT}" if word == OPTION else word for word in words]


def _limit(text: str, term: str) -> int:
    ns = span_ns(term.removeprefix(_BLOCKED).removeprefix(">").strip()) if term != _BLOCKED else 1_000_000
    if ns is None or (term != _BLOCKED and term[len(_BLOCKED)] != ">"):
        raise Failure(
            f"{OPTION}={text}: {term} says no time.\nTry: {OPTION}='blocked>1ms'  (units: ns, us, ms, s)", USAGE
        )
    return ns


def _names(terms: list[str]) -> frozenset[str]:
    chosen = parse_calls(",".join(terms), f"{OPTION}=")
    if not chosen.inverted:
        return chosen.names
    from tracer.analyze.filter.terms import all_names

    return all_names() - chosen.names
