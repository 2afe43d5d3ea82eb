"""Servers as processes: started on a free port, found, ended, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

TIMEOUT = 60.0
_TICK = 0.02


def eventually(holds: Callable[[], bool], seconds: float = TIMEOUT) -> bool:
    """Whether it comes to hold within that time."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(_TICK)
    return True


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody accepts connections there. Not found out by connecting: some servers answer even that."""
    wanted = f"0100007F:{port:04X} 00000000:0000 0A"  # as in proc_pid_net(5); 0A = TCP_LISTEN
    return wanted in Path("/proc/net/tcp").read_text()


@contextlib.contextmanager
def running(command: Sequence[str | Path], port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command, from the moment it listens on its port. It and all it started are gone at the end."""
    with open(folder / "output", "ab") as output:
        process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
            start_new_session=True,
        )  # fmt: skip
    family: set[int] = set()
    try:
        listening = eventually(lambda: listens(port) or process.poll() is not None)
        assert listening, "it does not listen"
        assert process.poll() is None, (folder / "output").read_text()
        yield process
        family = set(descendants(process.pid))
    finally:
        family |= set(descendants(process.pid))
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        for pid in (*family, process.pid):
            if process.poll() is None or pid != process.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        process.wait(TIMEOUT)


def descendants(pid: int) -> list[int]:
    """The processes that come from this one, itself first."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                parents.setdefault(_stat(int(name))[1], []).append(int(name))
    found = [pid]
    for each in found:
        found += parents.get(each, ())
    return found


BUSY_NS = 5_000_000
"""Of CPU within a look: beside others, a server may get none for a while."""


def busiest(pid: int, seconds: float = 0.2) -> int:
    """Of this process and those that come from it: who uses most CPU just now, as soon as one uses some."""

    def used() -> dict[int, int]:
        times = {}
        for each in descendants(pid):
            with contextlib.suppress(OSError):
                times[each] = _on_cpu(each)
        return times

    grown: dict[int, int] = {}
    until = time.monotonic() + TIMEOUT
    while max(grown.values(), default=0) < BUSY_NS and time.monotonic() < until:
        before = used()
        time.sleep(seconds)
        grown = {each: now - before.get(each, 0) for each, now in used().items()}
    return max(grown, key=lambda each: grown[each])


def state(pid: int) -> tuple[str, int]:
    """The letter of its state, and its tracer."""
    lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return fields["State"].split()[0], int(fields["TracerPid"])


def _stat(pid: int) -> tuple[str, int]:
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return fields[0].decode(), int(fields[1])


def _on_cpu(pid: int) -> int:
    """ns of all its threads."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            total += int((thread / "schedstat").read_text().split()[0])
    return total
