"""Every change of an interest list and every event handed out, with the descriptor each is about."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.descriptors.history import UNSEEN, Lives
from tracer.analyze.growing import Growing
from tracer.analyze.interests import UNKNOWN, Interests
from tracer.analyze.waiting_sets.controls import DEL, FOUND, joined

Ints = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]


class Registrations:
    """The columns, in the order of the lines."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self._registered = Interests()
        self.controls = Growing(
            row="<u4", line="<u4", waiter="<i4", code="<i4", fd="<i4", op="i1", events="<u4", data="<u8"
        )
        """Registrations that worked; `code` is the descriptor registered, -2 - fd when it is not known."""
        self.events = Growing(line="<u4", waiter="<i4", code="<i4")
        """Events handed out; `code` as in `controls`, -1 when the registration was not seen."""

    def add(self, controls: list[Columns], told: list[Columns]) -> None:
        """Take in a stretch of lines, in parts: what was registered (row, line, waiter, fd, op, events, data, pid)
        and what was handed out (row, line, waiter, data)."""
        made, given = joined(controls), joined(told)
        registered = self._made(made) if made else None
        if given and len(given["data"]):
            code = self._resolved(registered, given)
            self.events.append(line=given["line"], waiter=given["waiter"], code=np.where(code == UNKNOWN, -1, code))
        elif registered is not None:
            self._resolved(registered, {name: column[:0] for name, column in registered.items()})

    def _made(self, made: Columns) -> Columns:
        """Keep the registrations; returns those that say what a data stands for."""
        order = np.argsort(made["line"], kind="stable")
        made = {name: column[order] for name, column in made.items()}
        fd, found = made["fd"].astype(np.int64), made["op"] == FOUND
        # What was there when the trace began is in the table after that row only.
        code = self._lives.at(made.pop("pid") << 32 | (fd & 0xFFFFFFFF), made["row"] + found)
        made["code"] = np.where(code == UNSEEN, -2 - fd, code)
        self.controls.append(**made)
        kept = np.flatnonzero(made["op"] != DEL)
        return {name: made[name][kept] for name in ("waiter", "data", "row", "code")}

    def _resolved(self, made: Columns | None, given: Columns) -> Ints:
        """The descriptors of the events: of the last registration with the same data before each."""
        codes = made["code"] if made is not None else np.zeros(0, np.int64)
        parts = (made, given) if made is not None else (given,)
        waiter, data, row = (np.concatenate([part[name] for part in parts]) for name in ("waiter", "data", "row"))
        if not len(row):
            return np.zeros(0, np.int64)
        return self._registered.resolve(waiter, data, row - row.min() + 1, codes)
