"""The textbook's claims about the I/O models, as relations between the figures of real runs.

No times are compared, except that a model which spins keeps its CPU busy and one which sleeps does not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from iotrace.comparing.runs import traced
from iotrace.target import model_target
from tests.live.recorded import iotrace
from tracer.account.copies import account_copies
from tracer.analyze.compare.comparison import Run
from tracer.analyze.memory import Memory
from tracer.recording.reader import Recording
from tracer.syscalls.names import name_of
from tracer.wire import NO_ARG, Kind

RECEIVING = [
    "blocking", "threads", "nonblocking", "nonblocking-backoff", "select", "poll", "epoll", "epoll-edge", "sigio",
    "aio", "linux-aio", "io-uring", "asyncio",
]  # fmt: skip
CHANNELS = ["pipe", pytest.param("unix", marks=pytest.mark.slow), pytest.param("tcp", marks=pytest.mark.slow)]
ONLINE = Path("/sys/devices/system/cpu/online")
PACED = ("--clients", "3", "--messages", "7", "--size", "67", "--interval", "0.03")


@dataclass(frozen=True)
class Call:
    """One returned call, or a signal, of the measured phase; not the writes that make its marks."""

    kind: int
    name: str
    tid: int
    args: list[int]
    result: int
    control_in: int
    control_out: int
    fdsize: int
    si_fd: int


@dataclass(frozen=True)
class Traced:
    """A run, and the rows of its measured phase."""

    run: Run
    main: int
    rows: list[Call]

    def named(self, name: str) -> list[Call]:
        return [row for row in self.rows if row.name == name]

    def counts(self) -> Counter[str]:
        return Counter(row.name for row in self.rows if row.kind == Kind.CALL)


Trace = Callable[..., Traced]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    def run(model: str, *words: str) -> Traced:
        path = tmp_path / f"{model}.iotrace"
        path.unlink(missing_ok=True)
        made = traced(model, model_target([model, *words], "test"), path, "auto")
        assert made.figures.ok, made.reason
        with Recording.open(path) as recording:
            return Traced(made, recording.header.pid, list(_measured(recording)))

    return run


def _measured(recording: Recording) -> Iterator[Call]:
    inside = False
    for batch in recording.batches:
        memory, copies = Memory(batch), account_copies(batch)
        kinds, abis, numbers = (batch.column(name).to_pylist() for name in ("kind", "abi", "nr"))
        tids, args, results = (batch.column(name).to_pylist() for name in ("tid", "args", "result"))
        for row, kind in enumerate(kinds):
            if kind == Kind.MARK:
                inside = {"begin measure": True, "end measure": False}.get(memory.text(row), inside)
            elif inside and kind in (Kind.CALL, Kind.SIGNAL) and args[row][0] & 0xFFFFFFFF != 0xFFFFFFFF:
                pieces = list(memory.of(row))
                known = [piece.content for piece in pieces if piece.arg == NO_ARG]
                info = pieces[0].content if kind == Kind.SIGNAL and pieces else b""
                yield Call(
                    kind, name_of(abis[row], numbers[row]) if kind == Kind.CALL else "signal", tids[row], args[row],
                    results[row], int(copies.control_in[row]), int(copies.control_out[row]),
                    int.from_bytes(known[0][:4], "little") if known else 0,
                    int.from_bytes(info[24:28], "little") if len(info) >= 28 else -1,
                )  # fmt: skip


def share_of_cpu(run: Run) -> float:
    """On a CPU, of the time it could have been: waiting for a CPU that others have is not its doing."""
    figures = run.figures
    busy = (figures.user_ns or 0) + (figures.kernel_ns or 0)
    return busy / (busy + (figures.blocked_ns or 0))


@pytest.mark.parametrize("transport", CHANNELS)
def test_spinning_wastes_calls_and_a_cpu_where_sleeping_does_not(trace: Trace, transport: str) -> None:
    words = (*PACED, "--transport", transport)
    spin = trace("nonblocking", *words).run
    assert (spin.figures.wasted or 0) > 100 * 21
    assert share_of_cpu(spin) > 0.5
    for model in ("blocking", "epoll"):
        calm = trace(model, *words).run
        assert calm.figures.wasted == 0
        assert share_of_cpu(calm) < 0.2


@pytest.mark.parametrize("transport", CHANNELS)
@pytest.mark.parametrize("clients", [3, 71])
def test_select_copies_three_whole_sets_both_ways(trace: Trace, transport: str, clients: int) -> None:
    words = ("--clients", str(clients), "--messages", "7", "--interval", "0.01", "--transport", transport)
    done = trace("select", *words)
    waits = done.named("pselect6")
    assert len(waits) >= 7
    for wait in waits:
        nfds = wait.args[0]
        assert nfds > clients
        # The kernel copies no more bits than the process has room for descriptors (FDSize, `core_sys_select`).
        bits = min(nfds, wait.fdsize) if nfds > 64 else nfds
        size = (bits + 63) // 64 * 8
        assert (wait.control_in, wait.control_out) == (3 * size, 3 * size)
    assert done.counts() == {"pselect6": len(waits), "read": 7 * clients}


@pytest.mark.parametrize("transport", CHANNELS)
def test_poll_copies_eight_bytes_in_and_two_out_for_each_client(trace: Trace, transport: str) -> None:
    done = trace("poll", "--clients", "23", "--messages", "7", "--interval", "0.01", "--transport", transport)
    waits = done.named("poll")
    assert max(wait.args[1] for wait in waits) == 23
    assert [(wait.control_in, wait.control_out) for wait in waits] == [
        (8 * wait.args[1], 2 * wait.args[1]) for wait in waits
    ]


@pytest.mark.parametrize("transport", CHANNELS)
def test_epoll_copies_twelve_bytes_per_registration_and_per_ready_descriptor(trace: Trace, transport: str) -> None:
    done = trace("epoll", "--clients", "23", "--messages", "7", "--interval", "0.01", "--transport", transport)
    waits, controls = done.named("epoll_wait"), done.named("epoll_ctl")
    assert len(controls) == 23
    assert {(each.control_in, each.control_out) for each in controls} == {(12, 0)}
    assert [(wait.control_in, wait.control_out) for wait in waits] == [(0, 12 * wait.result) for wait in waits]
    assert sum(wait.result for wait in waits) == done.run.ready == 7 * 23
    assert done.run.figures.control_copied == 12 * (23 + 7 * 23)
    assert (done.run.figures.useless_wakeups, done.run.figures.payload_copied) == (0, 7 * 23 * 64)


@pytest.mark.parametrize("transport", CHANNELS)
def test_an_edge_is_drained_until_eagain_once(trace: Trace, transport: str) -> None:
    done = trace("epoll-edge", *PACED, "--transport", transport)
    assert done.run.figures.wasted == done.run.ready == sum(row.result == -11 for row in done.named("read"))
    assert 7 <= done.run.ready <= 21


@pytest.mark.parametrize("transport", CHANNELS)
def test_sigio_sends_a_signal_per_readiness_and_a_read_follows(trace: Trace, transport: str) -> None:
    done = trace("sigio", *PACED, "--transport", transport)
    told = [(place, row.si_fd) for place, row in enumerate(done.rows) if row.kind == Kind.SIGNAL]
    fds = {row.args[0] for row in done.named("read")}
    assert len(fds) == 3
    # A message of a client may be read before its signal came, at the very start and at the very end.
    assert 21 - 3 <= len(told) <= 21 + 3
    assert {fd for _, fd in told} == fds
    last = {
        fd: max(place for place, row in enumerate(done.rows) if row.name == "read" and row.args[0] == fd)
        for fd in fds
    }
    assert sum(place < last[fd] for place, fd in told) >= 21 - 3
    assert sum(row.result == 67 for row in done.named("read")) == 21


@pytest.mark.parametrize("transport", CHANNELS)
@pytest.mark.parametrize("notify", ["signal", "thread"])
def test_aio_reads_in_helper_threads(trace: Trace, transport: str, notify: str) -> None:
    done = trace("aio", *PACED, "--notify", notify, "--transport", transport)
    reads = [row for row in done.rows if row.name in ("read", "pread64")]
    assert all(row.tid != done.main for row in reads)
    assert sum(row.result == 67 for row in reads if row.name == "read") == 21
    assert sum(row.result < 0 for row in reads if row.name == "pread64") == 21  # ESPIPE: the channel has no offsets
    if notify == "signal":
        assert len(done.named("rt_sigqueueinfo")) == 21
    assert done.run.threads > 3
    assert done.run.figures.payload_copied == 21 * 67


@pytest.mark.parametrize("transport", CHANNELS)
def test_io_uring_needs_fewer_calls_than_messages(trace: Trace, transport: str) -> None:
    done = trace("io-uring", "--clients", "23", "--messages", "11", "--interval", "0.02", "--transport", transport)
    assert (done.run.figures.calls or 0) < 23 * 11
    assert done.named("read") == []
    assert done.run.figures.payload_copied == done.run.figures.payload_bytes == 23 * 11 * 64


@pytest.mark.parametrize("transport", ["tcp", "unix", pytest.param("pipe", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("model", "copies"), [("copy-readwrite", 2), ("copy-mmap", 1), ("copy-sendfile", 0), ("copy-splice", 0)]
)
def test_how_often_the_copying_models_copy(trace: Trace, model: str, copies: int, transport: str) -> None:
    figures = trace(model, "--messages", "23", "--size", "4099", "--transport", transport).run.figures
    assert figures.payload_bytes == 23 * 4099
    assert figures.payload_copied == copies * 23 * 4099


@pytest.mark.slow
def test_clients_that_send_in_turns_make_sets_expensive(trace: Trace) -> None:
    """Control bytes per message with 5 and with 53 clients, of which one is ready at a time."""
    words = ("--messages", "3", "--interval", "0.2", "--stagger")
    cost = {
        (model, clients): (figures.control_copied or 0) / (figures.messages or 1)
        for model in ("select", "poll", "epoll")
        for clients in (5, 53)
        for figures in [trace(model, "--clients", str(clients), *words).run.figures]
    }
    assert cost["poll", 53] > 3 * cost["poll", 5]
    assert cost["epoll", 53] == cost["epoll", 5] == 12 + 12 / 3
    assert cost["poll", 53] > 10 * cost["epoll", 53]


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["pipe", "unix", "tcp"])
def test_thirteen_models_do_the_same_job(tmp_path: Path, transport: str) -> None:
    words = (
        "--clients",
        "23",
        "--messages",
        "101",
        "--size",
        "512",
        "--interval",
        "0.001",
        "--transport",
        transport,
    )
    done = iotrace("compare", "--json", *RECEIVING, *words, timeout=120)
    assert done.returncode == 0, done.stderr
    runs: list[dict[str, Any]] = json.loads(done.stdout)["runs"]
    assert [run["name"] for run in runs] == RECEIVING
    assert {(run["ok"], run["messages"], run["payload_bytes"]) for run in runs} == {(True, 2323, 2323 * 512)}
    more = {run["name"]: run["payload_copied"] - 2323 * 512 for run in runs}
    # With its ninth thread malloc asks how many CPUs there are, which reads this file (arena_get2, get_nprocs(3)).
    # No lock is held, so a few threads that come at the same moment all ask.
    online = len(ONLINE.read_bytes())
    asked = {online * times for times in range(1, 5)}
    assert {name: n for name, n in more.items() if n and (name not in ("threads", "aio") or n not in asked)} == {}
