"""One POSIX AIO request while it is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from tracer.analyze.operations.helpers import Helper
from tracer.analyze.operations.results import Operation
from tracer.analyze.operations.rows import Event


@dataclass(slots=True, eq=False)
class Request:
    """A request and the helper that works on it. Times in ns."""

    pid: int
    helper: Helper
    name: str
    fd: int
    buffer: int
    length: int
    began_ns: int
    completed_ns: int | None
    result: int | None
    first: bool
    """It is its helper's first."""
    submitter: int | None = None
    submitted_ns: int | None = None
    caller_ns: int = 0
    notified: str = ""
    notified_ns: int | None = None
    child: tuple[int, int] | None = None
    """(tid, when) of a thread the helper started after it, which may be there to tell."""
    wakes: list[tuple[int, int]] = field(default_factory=list)
    """(futex word, when) of the wakes the helper made after it."""

    @classmethod
    def of(cls, helper: Helper, event: Event, name: str, began_ns: int, *, over: bool) -> Self:
        """The request that the call `event` of a helper carries out; `over`: the call returned."""
        moves = name != "aio_fsync"
        return cls(
            helper.pid, helper, name, event.fd, event.args[1] if moves else 0, event.args[2] if moves else 0,
            began_ns, event.end_ns if over else None, event.result if over else None,
            not helper.begun,
        )  # fmt: skip

    @property
    def over(self) -> bool:
        """Whether the transfer is done."""
        return self.completed_ns is not None

    def told(self, how: str, at_ns: int) -> None:
        """The program was told; the first time counts."""
        if self.over and not self.notified:
            self.notified, self.notified_ns = how, at_ns

    def handed_over(self, tid: int | None, at_ns: int, caller_ns: int) -> None:
        """The call that made a helper take it."""
        self.submitter, self.submitted_ns, self.caller_ns = tid, at_ns, caller_ns

    def operation(self) -> Operation:
        """The request as a result. The one its helper was started for was handed over by the clone."""
        born = self.helper.born
        if self.first and not self.helper.by_helper and self.submitted_ns is None and self.helper.parent:
            parent = self.helper.parent
            self.handed_over(
                *((born.tid, born.at_ns, born.caller_ns) if born else (parent, self.helper.born_ns, 0))
            )
        moved = self.name != "aio_fsync"
        inferred = ["request"]
        inferred += ["submission"] if self.submitted_ns is not None else []
        inferred += ["notification"] if self.notified and not self.notified.startswith("signal") else []
        return Operation(
            kind="posix-aio", number=0, name=self.name, pid=self.pid, tid=self.submitter, fd=self.fd,
            buffer=self.buffer if moved else None, length=self.length if moved else None,
            submitted_ns=self.submitted_ns, began_ns=self.began_ns, completed_ns=self.completed_ns,
            result=self.result, bytes=max(self.result or 0, 0) if moved else 0, inline=None, worker=self.helper.tid,
            notified=self.notified, notified_ns=self.notified_ns, caller_ns=self.caller_ns, handler_ns=None,
            flags=(), inferred=tuple(inferred),
        )  # fmt: skip
