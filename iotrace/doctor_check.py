"""What a check of `iotrace doctor` says: one line, and what to do when not all is well."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How well something works here."""

    OK = "ok"
    LIMITED = "limited"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor."""

    name: str
    state: State
    found: str
    """What is the case."""
    advice: str = ""
    """What to do about it, for limited and missing."""


def ok(name: str, found: str) -> Check:
    """All is well."""
    return Check(name, State.OK, found)


def limited(name: str, found: str, advice: str) -> Check:
    """It works in part."""
    return Check(name, State.LIMITED, found, advice)


def missing(name: str, found: str, advice: str) -> Check:
    """It does not work here."""
    return Check(name, State.MISSING, found, advice)
