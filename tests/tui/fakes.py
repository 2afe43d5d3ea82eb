"""A source and a live run whose every number is known, for tests of the screen without recordings.

The fake program is a nonblocking reader: a few start-up calls, then reads of descriptor 3 of which every
hundredth brings a message of 64 bytes and all others fail with EAGAIN.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from tracer.analyze.filter.known import Known
from tracer.analyze.holds import Hold
from tracer.analyze.lines.sums import LineSums, Sums
from tracer.analyze.results import Copies, Ending, Report, SyscallRow, ThreadRow, Times, Totals
from tracer.analyze.spread import Spread
from tracer.decode.tree_node import Node
from tracer.recording.captured import Row
from tracer.wire import Kind
from tui.figures import Drawn
from tui.held_call import HeldCall, held_call
from tui.snapshot import Copied, Details, Piece, RowKind, RowText, Snapshot

PID = 4242
START = 1_000_000_000_000
PERIOD = 29_000
"""ns of own time of one read with the user time before it."""
MESSAGE_EVERY = 101
OPENING = (
    ("execve", ('"/usr/bin/python3"', '["python3", "-m", "workloads", "nonblocking"]', "0x7ffd1c40"), "0"),
    ("openat", ("AT_FDCWD", '"/etc/ld.so.preload"', "O_RDONLY|O_CLOEXEC"), "ENOENT"),
    ("pipe2", ("[3, 4]", "O_CLOEXEC"), "0"),
    ("fcntl", ("3", "F_SETFL", "O_RDONLY|O_NONBLOCK"), "0"),
)


def totals(calls: int) -> Totals:
    """The totals after `calls` reads."""
    messages = calls // MESSAGE_EVERY
    return Totals(
        calls=calls + len(OPENING),
        failed=calls - messages + 1,
        wasted=calls - messages,
        times=Times(
            user_ns=8_131 * calls,
            kernel_ns=18_671 * calls,
            blocked_ns=0,
            runnable_ns=1_723 * calls,
            tracer_ns=31_013 * calls,
        ),
        failed_kernel_ns=18_300 * calls,
        copies=Copies(copies_in=2, copies_out=messages, payload_out=64 * messages, control_in=137, control_out=0),
    )


def syscalls(calls: int) -> tuple[SyscallRow, ...]:
    """The lines of the summary after `calls` reads."""
    whole = totals(calls)
    rows = [
        SyscallRow(
            "read",
            calls,
            whole.wasted,
            whole.wasted,
            {"EAGAIN": whole.wasted},
            whole.times,
            1_201,
            2_903,
            1_307,
            3_109,
            Copies(copies_out=whole.copies.copies_out, payload_out=whole.copies.payload_out),
        )
    ]
    for number, (name, _, result) in enumerate(OPENING, 1):
        failed = int(result == "ENOENT")
        times = Times(7_000 * number, 53_000 * number, 11_000 * (number % 2), 0, 40_000)
        copies = Copies(copies_in=1, control_in=31 * number, unknown=int(name == "execve"))
        errors = {"ENOENT": 1} if failed else {}
        kernel = 53_000 * number
        rows.append(SyscallRow(name, 1, failed, 0, errors, times, kernel, kernel, kernel, kernel, copies))
    return tuple(rows)


def report(calls: int, ending: Ending) -> Report:
    """The report after `calls` reads."""
    whole = totals(calls)
    return Report(
        command=("/usr/bin/nonblocking", "--clients", "1"),
        backend="ptrace",
        source="schedstat",
        phase=None,
        duration_ns=PERIOD * calls,
        ending=ending,
        totals=whole,
        syscalls=syscalls(calls),
        fds=(),
        threads=(ThreadRow(PID, PID, "nonblocking", PERIOD * calls, whole.calls, whole.times, True),),
        phases=(),
        uncertainty_ns=101 * calls,
    )


class FakeSource:
    """Grows by `step` reads a poll up to `calls`; then live (with one call still inside) or ended."""

    def __init__(self, calls: int = 20_011, *, live: bool = False, step: int | None = None) -> None:
        self.calls = calls
        self.live = live
        self.step = step
        self.now = 0 if step else calls
        self.whole_run = False
        self.polls = 0
        self.holds: tuple[Hold, ...] = ()
        """Threads that are held, at a read each."""
        self.decoded = 0
        """Lines decoded so far: shows that only visible ones are."""

    def poll(self) -> Snapshot:
        """One step further."""
        self.polls += 1
        self.now = min(self.calls, self.now + (self.step or 0))
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        """How things stand."""
        live = self.live or self.now < self.calls
        settled = len(OPENING) + self.now
        return Snapshot(
            report=report(self.now, Ending() if live else Ending(code=0, complete=True)),
            pid=PID,
            alive=1,
            corrected=True,
            live=live,
            settled=settled,
            inside=(settled,) if live else (),
            holds=self.holds if live else (),
            start_ns=START,
            now_ns=START + 60_000 * self.now + 1_234_000_000,
        )

    def rows(self, snapshot: Snapshot, start: int, stop: int) -> list[RowText]:
        """The lines, made from their numbers."""
        stop = min(stop, snapshot.rows)
        self.decoded += max(0, stop - start)
        return [row(index, snapshot) for index in range(start, stop)]

    def details(self, snapshot: Snapshot, index: int) -> Details:
        """Everything about line `index`."""
        line = row(index, snapshot)
        copied = (Copied("out", "payload", 64, "buf", 0x7FFE_1230, "stack"),) if line.bytes_out else ()
        pieces = (Piece(1, "exit", 0x7FFE_1230, b"hello \x1b[31m" * 6, None, "buf", "stack"),) if copied else ()
        return Details(
            row=line,
            result="-1 EAGAIN (Resource temporarily unavailable)" if line.result == "EAGAIN" else line.result,
            sentence=f"makes the call {line.name}" if line.kind is not RowKind.EVENT else "",
            tree=arguments(line),
            start_ns=START,
            raw=(("wall_ns", 31_013), ("run_ns", 21_577), ("delay_ns", 0)),
            switches=1,
            copied=copied,
            pieces=pieces,
        )

    def held_call(self, snapshot: Snapshot, hold: Hold) -> HeldCall:
        """A read of descriptor 3 into nowhere; after it returned, of 64 bytes."""
        row = Row(int(Kind.CALL), 0, 0, 0, hold.pid, hold.tid, (3, 0x7FFE_1230, 64, 0, 0, 0), 64, ())
        return held_call(hold, row, snapshot.settled, lambda _fd: "pipe")

    def descriptors(self) -> None:
        """There is no recording behind these lines."""
        return

    def known(self) -> Known | None:
        """There are no columns behind these lines: nothing to filter."""
        return None

    def line_sums(self, snapshot: Snapshot, stop: Callable[[], bool]) -> LineSums | None:
        """Made at once."""
        return None if stop() else sums(snapshot)

    def figure(self, number: int | None, stop: Callable[[], bool], tell: Callable[[float], object]) -> Drawn | None:
        """None of whatever is asked for: there is no message here."""
        tell(0.5)
        return None if stop() else Drawn(None, 0)

    def line_of(self, row: int) -> int | None:
        """Every row is the line of its number."""
        return row if row < self.now else None


def sums(snapshot: Snapshot) -> LineSums:
    """What the calls of `snapshot` come to: reads of 20 µs or so, of which nearly all fail with EAGAIN."""
    whole = snapshot.report.totals
    spread = Spread(whole.calls, 18_600, 19_200, 23_100, 53_000, (0,) * 14 + (whole.calls - 3, 3))
    failed = {"EAGAIN": whole.wasted, "ENOENT": 1}
    every = Sums(whole.calls, whole.failed, whole.wasted, failed, whole.times, 137, 640, 1, spread, spread)
    reads = replace(every, breakdown={"read": whole.wasted})
    return LineSums(
        lines=snapshot.settled,
        syscalls={"read": every},
        threads={(PID, PID): every},
        errors={"EAGAIN": reads, "ENOENT": Sums(1, 1, 0, {"openat": 1}, Times(1, 2, 3, 4, 5))},
    )


def arguments(line: RowText) -> tuple[Node, ...]:
    """The arguments of a line as a tree; the descriptors of pipe2 have children."""
    names = ("fd", "buf", "count") if line.name == "read" else ("arg 1", "arg 2", "arg 3")
    below = (Node("[0]", "int32", "3", (), 0, 4), Node("[1]", "int32", "4", (), 4, 4))
    return tuple(
        Node(name, "", text, below if text == "[3, 4]" else ())
        for name, text in zip(names, line.args, strict=False)
    )


def row(index: int, snapshot: Snapshot) -> RowText:
    """Line `index`."""
    if index >= snapshot.settled:
        return _inside(index, snapshot)
    since = 60_000 * index
    if index < len(OPENING):
        name, args, result = OPENING[index]
        kind = RowKind.FAILED if result == "ENOENT" else RowKind.CALL
        times = Times(7_000, 53_000, 11_000 * (index % 2), 0, 40_000)
        unknown = name == "execve"
        return RowText(index, kind, since, PID, PID, name, args, result, times, 0, 0, unknown)
    read = index - len(OPENING) + 1
    if read == 53:
        info = ("{si_code=CLD_EXITED, si_pid=4241}",)
        return RowText(index, RowKind.EVENT, since, PID, PID, "SIGCHLD", info, "", Times())
    times = Times(8_131, 18_671, 0, 0, 31_013)
    if read % MESSAGE_EVERY == 0:
        args = ("3", '"hello \\33[31m"...', "64")
        return RowText(index, RowKind.CALL, since, PID, PID, "read", args, "64", times, bytes_out=64)
    args = ("3", "0x7ffe1230", "64")
    return RowText(index, RowKind.WASTED, since, PID, PID, "read", args, "EAGAIN", times)


def _inside(index: int, snapshot: Snapshot) -> RowText:
    since = 60_000 * index
    inside = snapshot.now_ns - snapshot.start_ns - since
    times = Times(user_ns=8_131)
    kind = RowKind.RUNNING
    return RowText(index, kind, since, PID, PID, "read", ("3",), "", times, inside_ns=inside)


class FakeRun:
    """A live run on a pty whose slave the test holds; notes what it was asked to do."""

    def __init__(self) -> None:
        self.master: int | None
        self.terminal, self.slave = os.openpty()
        self.master = self.terminal
        self.attached = False
        self.stepping = False
        self.pid: int | None = PID
        self.asked: list[str] = []
        self.status: int | None = None
        self.size: tuple[int, int] | None = None

    def order(self, line: str) -> None:
        """Noted."""
        self.asked.append(line)

    def end_program(self) -> None:
        """As if the program ended at once."""
        self.asked.append("end")
        self.status = 143

    def let_run(self) -> None:
        """Noted."""
        self.asked.append("let-run")

    def poll(self) -> int | None:
        """What the test, or `end_program`, set."""
        return self.status

    def resize(self, rows: int, cols: int) -> None:
        """Noted."""
        self.size = (rows, cols)

    def close(self) -> None:
        """Close the pty."""
        os.close(self.terminal)
        os.close(self.slave)


def with_phase(snapshot: Snapshot, phase: str) -> Snapshot:
    """`snapshot` with its report said to be of `phase`."""
    return replace(snapshot, report=replace(snapshot.report, phase=phase))
