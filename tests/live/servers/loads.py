"""Loads: clients that keep a server busy, and what they count. Every one is a process of its own."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.servers.processes import TIMEOUT

HERE = Path(__file__).parent
PATH = "/file"


@dataclass(frozen=True)
class Count:
    """What a client says it did. `received` None: it does not say."""

    requests: int
    failed: int
    sent: int | None = None
    received: int | None = None
    error: str = ""


@dataclass
class Load:
    """A client that runs; its count is there when it has ended."""

    process: subprocess.Popen[str]
    count: Count | None = field(default=None)


@dataclass(frozen=True)
class Client:
    """How to start a client, how to stop it, and how to read what it prints."""

    command: Callable[[int], Sequence[str | Path]]
    """Of a port."""
    read: Callable[[str], Count]
    stop: signal.Signals | None = None
    """None: it stops when its standard input ends."""

    @contextlib.contextmanager
    def asking(self, port: int) -> Iterator[Load]:
        """The server is under load inside; the count is there afterwards."""
        process = subprocess.Popen(
            list(map(str, self.command(port))), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        load = Load(process)
        try:
            yield load
            assert process.poll() is None, f"the client gave up: {process.communicate()}"
            if self.stop is not None:
                process.send_signal(self.stop)
            out, errors = process.communicate(timeout=TIMEOUT)
            load.count = self.read(out + errors)
        finally:
            process.kill()
            process.communicate()

    def ask(self, port: int) -> Count:
        """All of a load that ends by itself."""
        done = subprocess.run(
            list(map(str, self.command(port))), capture_output=True, text=True, timeout=TIMEOUT, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return self.read(done.stdout + done.stderr)


def counting(protocol: str, connections: int, requests: int = 0) -> Client:
    """Our own (`client.py`), that counts every byte; `requests` 0 = until it is stopped."""

    def command(port: int) -> list[str | Path]:
        return [sys.executable, HERE / "client.py", protocol, str(port), str(connections), str(requests)]

    return Client(command, _json)


def wrk(connections: int) -> Client:
    """wrk, one thread; it stops at SIGINT."""

    def command(port: int) -> list[str | Path]:
        patience = f"--timeout={TIMEOUT:.0f}s"  # else an answer after 2 s counts as failed
        return ["wrk", "-t1", f"-c{connections}", "-d600", patience, "-s", HERE / "wrk.lua",
                f"http://127.0.0.1:{port}{PATH}"]  # fmt: skip

    return Client(command, _json, signal.SIGINT)


def redis_benchmark(connections: int, requests: int, endless: bool = False) -> Client:
    """SETs and then GETs of values of 100 bytes, again and again if `endless`. It ends with status 1 at the first
    error (redis-benchmark.c, readHandler), so that requests are all answered, or there is no count."""

    def command(port: int) -> list[str]:
        return ["redis-benchmark", "-p", str(port), "-c", str(connections), "-n", str(requests), "-d", "100",
                "-t", "set,get", "--csv", *(["-l"] if endless else [])]  # fmt: skip

    def read(text: str) -> Count:
        rounds = re.findall(r'^"(?:SET|GET)",', text, re.MULTILINE)
        return Count(len(rounds) * requests, text.count("rror"))

    return Client(command, read, signal.SIGTERM)


def pgbench(programs: Path, connections: int, transactions: int = 0) -> Client:
    """Its select-only script; `transactions` a connection, 0 = until SIGALRM, which pgbench sends itself when its
    time is up (pgbench.c, handle_sig_alarm), and then no more than a thousand a second: a backend whose next query
    is always there already never waits, and there would be no telling how it waits."""

    def command(port: int) -> list[str | Path]:
        amount = ["-t", str(transactions)] if transactions else ["-T", "600", "-R", "1000"]
        return [programs / "pgbench", "-n", "-S", "-h", "127.0.0.1", "-p", str(port), "-U", "test",
                "-c", str(connections), *amount, "test"]  # fmt: skip

    def read(text: str) -> Count:
        made = re.search(r"number of transactions actually processed: (\d+)", text)
        failed = re.search(r"number of failed transactions: (\d+)", text)
        assert made, text
        assert failed, text
        return Count(int(made[1]), int(failed[1]) + text.count("rror"))

    return Client(command, read, signal.SIGALRM)


def _json(text: str) -> Count:
    return Count(**json.loads(next(line for line in text.splitlines() if line.startswith("{"))))
