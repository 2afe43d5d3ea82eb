"""What does a loaded server still answer when it is watched? Requests a second, as ratios in one run.

    python -m benchmarks.throughput [--rounds N] [--requests N] [--servers redis,nginx] [--tracers LIST]

redis-server under redis-benchmark and nginx (one worker) under wrk, 20 connections each; server, client and
tracer share the machine. Tracers are attached to the running server, in turns, round after round, because
machines are noisy; medians are compared. iotrace records every call with 64 bytes of each payload, or, with
`--summary`, sums in the kernel. `rows` are those of its recording, a request; `lost` is what the recordings say
was lost, in all rounds. Tools that are not installed are left out.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.arguments import parser, positive
from benchmarks.loaded import SERVERS
from benchmarks.subject import scratch
from benchmarks.sustained import kept

_SETTLED_S: Final = 0.7
"""From the moment a tracer is seen to begin until it traces every call."""
_PATIENCE_S: Final = 60.0
_ATTACH: Final = (sys.executable, "-m", "iotrace.main", "attach", "--no-tui")


class Tracer(NamedTuple):
    """How to watch a process."""

    command: tuple[str, ...]
    """What comes before `-o FILE` and `-p PID`, or, of ours, PID."""
    slower: int = 1
    """By how many times fewer requests are made, so that a round takes about as long."""
    stops: bool = False
    """Whether it is the process's ptrace(2) tracer."""

    @property
    def ours(self) -> bool:
        """Whether it is iotrace."""
        return self.command[0] == sys.executable

    def words(self, pid: int, file: Path) -> list[str]:
        """Its command line."""
        return [*self.command, "-o", str(file), *([] if self.ours else ["-p"]), str(pid)]


TRACERS: Final = {
    "iotrace ebpf": Tracer((*_ATTACH, "--backend", "ebpf")),
    "iotrace --summary": Tracer((*_ATTACH, "--backend", "ebpf", "--summary")),
    "iotrace ptrace": Tracer((*_ATTACH, "--backend", "ptrace"), 10, stops=True),
    "strace -f": Tracer(("strace", "-f"), 10, stops=True),
    "perf trace": Tracer(("perf", "trace"), 5),
}
UNTRACED: Final = "untraced"


class Load(NamedTuple):
    """What one load came to."""

    requests: int
    seconds: float
    rows: int | None = None
    """In the recording; None where there is none of ours."""
    lost: int | None = None
    """Events and pieces of memory."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class Line(NamedTuple):
    """A line of the table."""

    rate: float
    ratio: float
    """To untraced."""
    rows: float | None
    """Of recordings, a request."""
    lost: int | None


def lines(found: Mapping[str, list[Load]]) -> dict[str, Line]:
    """Medians of the rounds of each tracer; the ratio is the median of the ratios within a round."""
    base = [load.rate for load in found[UNTRACED]]
    table = {}
    for who, loads in found.items():
        ratios = [load.rate / untraced for load, untraced in zip(loads, base, strict=True)]
        rate = statistics.median(load.rate for load in loads)
        rows = [load.rows / load.requests for load in loads if load.rows is not None]
        lost = [load.lost for load in loads if load.lost is not None]
        table[who] = Line(
            rate, statistics.median(ratios), statistics.median(rows) if rows else None, sum(lost) if lost else None
        )
    return table


@contextlib.contextmanager
def watching(tracer: Tracer, pid: int, file: Path) -> Iterator[None]:
    """The process is traced inside. Raises SystemExit when the tracer fails."""
    file.unlink(missing_ok=True)
    words = tracer.words(pid, file)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            _await_beginning(tracer, pid, file)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                _, said = process.communicate(timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    if process.returncode and tracer.ours:
        raise SystemExit(f"{' '.join(words)}: {said}")


def _await_beginning(tracer: Tracer, pid: int, file: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        status = Path(f"/proc/{pid}/status").read_text()
        begun = file.exists() and (file.stat().st_size > 0 or not tracer.ours)
        if "TracerPid:\t0\n" not in status if tracer.stops else begun:
            break
        time.sleep(0.02)
    else:
        raise SystemExit(f"{tracer.command[0]} did not begin to trace")
    time.sleep(_SETTLED_S)


def timed(load: Callable[[], int]) -> Load:
    """One load."""
    began = time.monotonic()
    requests = load()
    return Load(requests, time.monotonic() - began)


def rounds_of(server: str, tracers: Mapping[str, Tracer], requests: int, rounds: int) -> dict[str, list[Load]]:
    """Loads by who watches, `untraced` first."""
    start, load, _ = SERVERS[server]
    found: dict[str, list[Load]] = {UNTRACED: [], **{who: [] for who in tracers}}
    with scratch() as name:
        folder, file = Path(name), Path(name) / "watched"
        folder.chmod(0o755)
        (folder / "server").mkdir()
        with start(folder / "server") as (pid, port):
            load(port, requests // 10)
            for _ in range(rounds):
                found[UNTRACED].append(timed(lambda: load(port, requests)))
                for who, tracer in tracers.items():
                    count = requests // tracer.slower
                    with watching(tracer, pid, file):
                        once = timed(lambda count=count: load(port, count))  # type: ignore[misc]
                    if tracer.ours:
                        has = kept(file)
                        once = once._replace(rows=has.rows, lost=has.lost + has.lost_memory)
                    found[who].append(once)
    return found


def main() -> None:
    """Print a table for each server."""
    words = parser(__doc__)
    words.add_argument("--rounds", type=positive, default=3)
    words.add_argument("--requests", type=positive, default=300_000, help="untraced; slower tracers get fewer")
    words.add_argument("--servers", type=lambda text: text.split(","), default=list(SERVERS))
    words.add_argument("--tracers", type=lambda text: text.split(","), default=list(TRACERS))
    options = words.parse_args()
    for kind, given, known in (
        ("server", options.servers, SERVERS.keys()),
        ("tracer", options.tracers, TRACERS.keys()),
    ):
        if unknown := set(given) - set(known):
            words.error(f"no {kind} is called {', '.join(sorted(unknown))}")
    tracers = {who: TRACERS[who] for who in options.tracers if shutil.which(TRACERS[who].command[0])}
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} before; medians of {options.rounds} rounds")
    for server in options.servers:
        if missing := [each for each in SERVERS[server][2] if shutil.which(each) is None]:
            print(f"\n{server}: {', '.join(missing)} is not installed")
            continue
        print(f"\n{server:20}{'requests/s':>12}{'x untraced':>12}{'rows':>8}{'lost':>8}")
        for who, line in lines(rounds_of(server, tracers, options.requests, options.rounds)).items():
            rows = "-" if line.rows is None else f"{line.rows:.2f}"
            lost = "-" if line.lost is None else f"{line.lost:,}"
            print(f"{who:20}{line.rate:12,.0f}{line.ratio:12.2f}{rows:>8}{lost:>8}", flush=True)


if __name__ == "__main__":
    main()
