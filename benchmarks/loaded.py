"""A loaded server's CPU: what the report says of it, what the kernel says, and what it is when nobody watches.

    python -m benchmarks.loaded [--rounds N] [--requests N] [--servers redis,nginx] [--backends ebpf,ptrace]

A server, its load generator and iotrace share the machine. Each round: the load untraced, then the same load while
iotrace is attached. Per request: calls; CPU by the kernel's count (/proc/PID/task/*/schedstat, what tracing costs
the server included), by the report (user + kernel), and by the report with `tracer` where that was on the CPU
(BPF). A slower server finds other work waiting each time it wakes up, so calls per request differ for good reasons:
CPU per call tells those apart from a wrong correction.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.arguments import parser, positive
from benchmarks.subject import scratch
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording

_IOTRACE: Final = (sys.executable, "-m", "iotrace.main")
_PATIENCE_S: Final = 30.0
_SETTLED_S: Final = 0.3
"""Until all threads are attached, or all rows are written."""
_SLOWER: Final = {"untraced": 1, "ebpf": 1, "ptrace": 10}
"""By how many times fewer requests are made."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one load came to; times in ns."""

    requests: int
    seconds: float
    cpu: int
    """Of the server, by the kernel's count."""
    calls: int = 0
    said: int = 0
    """user + kernel of the report."""
    held: int = 0
    """tracer of the report."""
    lost: int = 0


def cpu_of(pid: int) -> int:
    """ns on a CPU of all threads of a process that live (proc_pid_schedstat)."""
    total = 0
    for path in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            total += int((path / "schedstat").read_text().split()[0])
    return total


def free_port() -> int:
    """A port of 127.0.0.1 that was free just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _await(ready: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not ready():
        if time.monotonic() > until:
            raise SystemExit(f"{what} did not get ready")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _begun(file: Path) -> bool:
    try:
        with Recording.open(file) as recording:
            return recording.rows > 0
    except RecordingError:
        return False


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[tuple[int, int]]:
    """A redis-server without persistence: its pid and port."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            _await(lambda: _answers(port), "redis-server")
            yield server.pid, port
        finally:
            server.terminate()


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[tuple[int, int]]:
    """An nginx with one worker that serves a small file: the worker's pid and the port."""
    port = free_port()
    (folder / "file").write_bytes(bytes(1000))
    folder.chmod(0o755)
    places = " ".join(
        f"{name}_temp_path {folder}/t;" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;"
        + ("user root;" if os.getuid() == 0 else "")
        + f"events {{}} http {{ access_log off; keepalive_requests 100000000; {places}"
        + f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}"
    )
    with subprocess.Popen(
        ["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL
    ) as server:
        try:
            _await(lambda: _answers(port), "nginx")
            worker = int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0])
            yield worker, port
        finally:
            server.terminate()


def by_redis_benchmark(port: int, requests: int) -> int:
    """GETs over 20 connections; how many were made."""
    command = ["redis-benchmark", "-p", str(port), "-n", str(requests), "-c", "20", "-t", "get", "-q"]
    subprocess.run(command, check=True, capture_output=True)
    return requests


def by_wrk(port: int, requests: int) -> int:
    """GETs over 20 connections, for as long as `requests` take at 20,000 a second; how many were made."""
    seconds = max(1, round(requests / 20_000))
    command = ["wrk", "-t1", "-c20", f"-d{seconds}s", f"http://127.0.0.1:{port}/file"]
    found = re.search(
        r"(\d+) requests in", subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    assert found
    return int(found[1])


SERVERS: Final = {
    "redis": (redis, by_redis_benchmark, ("redis-server", "redis-benchmark")),
    "nginx": (nginx, by_wrk, ("nginx", "wrk")),
}


def loaded(pid: int, load: Callable[[], int]) -> Load:
    """One load of the server `pid`."""
    before, began = cpu_of(pid), time.monotonic()
    requests = load()
    return Load(requests, time.monotonic() - began, cpu_of(pid) - before)


def watched(pid: int, load: Callable[[], int], backend: str, file: Path) -> Load:
    """The same while iotrace is attached."""
    file.unlink(missing_ok=True)
    command = [*_IOTRACE, "attach", "--no-tui", "--backend", backend, "-o", str(file), str(pid)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as recorder:
        try:
            _await(lambda: _begun(file) or recorder.poll() is not None, "iotrace attach")
            time.sleep(_SETTLED_S)
            found = loaded(pid, load)
            time.sleep(_SETTLED_S)
        finally:
            recorder.send_signal(signal.SIGINT)
            _, said = recorder.communicate(timeout=_PATIENCE_S)
    if recorder.returncode:
        raise SystemExit(f"iotrace attach failed: {said}")
    done = subprocess.run([*_IOTRACE, "report", "--json", file], check=True, capture_output=True, text=True)
    totals = json.loads(done.stdout)["totals"]
    return Load(
        found.requests, found.seconds, found.cpu, totals["calls"], totals["user_ns"] + totals["kernel_ns"],
        totals["tracer_ns"], totals["lost"],
    )  # fmt: skip


def rounds_of(server: str, backends: list[str], requests: int, rounds: int) -> dict[str, list[Load]]:
    """Loads by who watches, `untraced` among them."""
    start, load, _ = SERVERS[server]
    found: dict[str, list[Load]] = {"untraced": [], **{backend: [] for backend in backends}}
    with scratch() as name:
        folder = Path(name)
        (folder / "server").mkdir()
        folder.chmod(0o755)
        with start(folder / "server") as (pid, port):
            load(port, requests // 10)
            for _ in range(rounds):
                for who, loads in found.items():

                    def make(count: int = requests // _SLOWER[who]) -> int:
                        return load(port, count)

                    once = loaded(pid, make) if who == "untraced" else watched(pid, make, who, folder / "x.iotrace")
                    loads.append(once)
    return found


def table(server: str, found: dict[str, list[Load]]) -> None:
    """Print medians."""

    def middle(loads: list[Load], value: Callable[[Load], float]) -> float:
        return statistics.median(value(each) for each in loads)

    base = middle(found["untraced"], lambda each: each.cpu / each.requests)
    print(f"\n{server:10}{'requests/s':>12}{'calls':>9}{'CPU, kernel':>13}{'CPU, report':>13}{'x untraced':>12}"
          f"{'with tracer':>13}{'report/call':>13}{'lost':>7}   (a request, ns)")  # fmt: skip
    for who, loads in found.items():
        line = f"{who:10}{middle(loads, lambda each: each.requests / each.seconds):12,.0f}"
        kernel = middle(loads, lambda each: each.cpu / each.requests)
        if who == "untraced":
            print(f"{line}{'-':>9}{kernel:13,.0f}{'-':>13}{1:12.2f}")
            continue
        said = middle(loads, lambda each: each.said / each.requests)
        held = middle(loads, lambda each: (each.said + each.held) / each.requests)
        print(
            f"{line}{middle(loads, lambda each: each.calls / each.requests):9.2f}{kernel:13,.0f}{said:13,.0f}"
            f"{said / base:12.2f}{f'{held:,.0f}' if who == 'ebpf' else '-':>13}"
            f"{middle(loads, lambda each: each.said / each.calls):13,.0f}{sum(each.lost for each in loads):7}"
        )


def main() -> None:
    """Print a table for each server."""
    words = parser(__doc__)
    words.add_argument("--rounds", type=positive, default=3)
    words.add_argument("--requests", type=positive, default=200_000, help="untraced; ptrace gets a tenth")
    words.add_argument("--servers", type=lambda text: text.split(","), default=list(SERVERS))
    words.add_argument("--backends", type=lambda text: text.split(","), default=["ebpf", "ptrace"])
    options = words.parse_args()
    for kind, given, known in (
        ("server", options.servers, SERVERS.keys()),
        ("backend", options.backends, {"ebpf", "ptrace"}),
    ):
        if unknown := set(given) - set(known):
            words.error(f"no {kind} is called {', '.join(sorted(unknown))}")
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} before; {options.rounds} rounds")
    for server in options.servers:
        if missing := [each for each in SERVERS[server][2] if shutil.which(each) is None]:
            print(f"\n{server}: {', '.join(missing)} is not installed")
            continue
        table(server, rounds_of(server, options.backends, options.requests, options.rounds))


if __name__ == "__main__":
    main()
