"""Rows of a recording as a story looks at them: a batch, a stretch of one thread, a single row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.columns import Columns
from tracer.analyze.figure.roles import Role, Roles
from tracer.analyze.results import Times

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Accounted:
    """One batch as columns."""

    columns: Columns
    roles: Roles
    fd: Ints
    """`figure_roles.descriptors_of`."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive rows of one thread, oldest first, as columns."""

    number: Ints
    role: Ints
    fd: Ints
    times: Ints
    """(4, rows): user, kernel, blocked and runnable, ns."""

    def take(self, chosen: NDArray[np.bool_]) -> Stretch:
        """Some of the rows."""
        return Stretch(self.number[chosen], self.role[chosen], self.fd[chosen], self.times[:, chosen])

    def sum(self) -> Times:
        """The times of all rows together."""
        return Times(*self.times.sum(axis=1).tolist())

    def __len__(self) -> int:
        return len(self.number)


class Seen(NamedTuple):
    """One row, as far as a story needs it."""

    number: int
    role: Role
    kind: int
    name: str
    """The call's name, empty for other rows."""
    pid: int
    tid: int
    fd: int
    at_ns: int
    end_ns: int
    result: int
    times: Times


def joined(parts: Sequence[Stretch]) -> Stretch:
    """The rows of all parts, in their order."""
    if not parts:
        nothing = np.zeros(0, dtype=np.int64)
        return Stretch(nothing, nothing, nothing, np.zeros((4, 0), dtype=np.int64))
    return Stretch(
        np.concatenate([part.number for part in parts]),
        np.concatenate([part.role for part in parts]),
        np.concatenate([part.fd for part in parts]),
        np.concatenate([part.times for part in parts], axis=1),
    )
