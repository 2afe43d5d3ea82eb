"""What the start screen offers: models to run, recordings to open, processes to attach to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class OfferKind(Enum):
    """What choosing an offer does."""

    RUN = "run"
    VIEW = "view"
    ATTACH = "attach"


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the start screen."""

    kind: OfferKind
    key: str
    """What is chosen: a model's name, a recording's path, a pid."""
    name: str
    """How it is listed."""
    note: str
    """A short column beside the name: "3 min ago", "23 %"."""
    sentence: str
    """What it is: a model's sentence, the command of a recording or of a process."""
    weight: float = 0.0
    """For the order of processes: their share of a CPU."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `iotrace doctor` says, in a line."""

    works: bool
    text: str


class Offers(Protocol):
    """Where offers come from. All of it may take a while, so it is asked in worker threads."""

    def models(self) -> tuple[Offer, ...]:
        """The bundled workloads."""

    def recordings(self) -> tuple[Offer, ...]:
        """The recordings kept, newest first."""

    def processes(self) -> tuple[Offer, ...]:
        """The running processes, the busiest since the last question first."""

    def explanation(self, offer: Offer) -> str:
        """More about one of them, in some lines."""

    def verdict(self) -> Verdict:
        """Whether tracing works here. Tries it, which takes half a second."""
