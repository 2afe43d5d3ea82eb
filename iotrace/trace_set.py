"""`--trace SET`: which calls are wanted, in the names and classes of the filter language.

    SET   = TERM,TERM,...    TERM = a call, a pattern (epoll_*), a class (%net), each with ! before it = not these

Terms are added up, those with ! taken away; a SET of only those means all other calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final

from iotrace.failures import USAGE, Failure

_GLOB: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class TraceSet:
    """The calls wanted, by the names of every ABI."""

    text: str
    """As it was written."""
    names: frozenset[str]
    inverted: bool = False
    """All but these."""

    def as_argument(self) -> str:
        """For the capture process (`tracer.capture.__main__`)."""
        return "!" * self.inverted + ",".join(sorted(self.names))


def parse(text: str, option: str = "--trace ") -> TraceSet:
    """The set that `text` means. Raises Failure, which names the `option` it was given to, spelled as it goes
    before a value."""
    wanted: set[str] = set()
    unwanted: set[str] = set()
    terms = [term.strip().lower() for term in text.split(",")]
    if not all(term.lstrip("!-") for term in terms):
        raise _bad(option, text, "a name is missing", f"{option}read,write  or  {option}'!futex'")
    inverted = all(term[0] in "!-" for term in terms)
    if terms[0][0] in "!-" and not inverted:
        last = next(term for term in terms if term[0] not in "!-")
        raise _bad(
            option,
            text,
            f"is {last} wanted or not?",
            f"{option}{last},{terms[0]}  or  {option}'{terms[0]},!{last}'",
        )
    for term in terms:
        (unwanted if term[0] in "!-" else wanted).update(_names(option, text, term.lstrip("!-")))
    names = frozenset(unwanted if inverted else wanted - unwanted)
    if not names:
        raise _bad(option, text, "nothing is left of it", "leave out what takes everything away")
    return TraceSet(text, names, inverted)


def _names(option: str, text: str, term: str) -> set[str]:
    from tracer.analyze.filter.classes import ALIASES, CLASSES, is_member, plain
    from tracer.analyze.filter.terms import all_names

    if term.startswith("%"):
        name = ALIASES.get(term[1:], term[1:])
        if name not in CLASSES:
            raise _bad(option, text, f"there is no class {term}", " ".join(f"%{each}" for each in CLASSES))
        return {call for call in all_names() if is_member(call, name)}
    if _GLOB & set(term):
        found = {call for call in all_names() if fnmatchcase(call, term)}
    else:
        found = {call for call in all_names() if call == term or plain(call) == term}
    if not found:
        near = get_close_matches(term, sorted(all_names()), n=3)
        raise _bad(
            option,
            text,
            f"no system call is called {term}",
            " or ".join(near) if near else "iotrace report shows the names of those a program makes",
        )
    return found


def _bad(option: str, text: str, why: str, instead: str) -> Failure:
    return Failure(f"{option}{text}: {why}.\nTry: {instead}", USAGE)
