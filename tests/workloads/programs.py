"""Running workloads as their users do: as processes, in a directory of their own, bounded in time."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from workloads import catalog, channels, launch, options, rendezvous, stored
from workloads.message import Stamp
from workloads.terms import Terms

ROOT = Path(__file__).resolve().parents[2]
BOUND = 60
"""Seconds that no run may take: far more than any needs, also on a machine that is busy."""

Ran = subprocess.CompletedProcess[str]


class Programs:
    """Starts workloads; whatever still runs at the end of the test is killed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._started: list[subprocess.Popen[str]] = []
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(directory)}

    def start(self, argv: list[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            argv,
            cwd=self._directory,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def run(self, argv: list[str]) -> Ran:
        process = self.start(argv)
        out, err = process.communicate(timeout=BOUND)
        return subprocess.CompletedProcess(argv, process.returncode, out, err)

    def model(self, name: str, *words: str) -> Ran:
        """A model that starts its own feeder."""
        return self.run([sys.executable, "-m", f"workloads.{catalog.model(name).module}", *words])

    def fed(self, name: str, *words: str) -> dict[str, Any]:
        """A model with a feeder from outside, as iotrace runs it; the line it printed."""
        with launch.start_feeder() as feeder:
            parsed = options.parse(catalog.model(name), words)
            ran = self.run(launch.command(name, parsed, feeder.address))
        assert ran.stderr == ""
        assert ran.returncode == 0
        (line,) = ran.stdout.splitlines()
        fields = json.loads(line)
        assert isinstance(fields, dict)
        return fields

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()


class HandFeeder:
    """A feeder that does what the test says, when the test says it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._listener, self.address = rendezvous.listen()
        self._stack.enter_context(self._listener)
        self._listener.settimeout(BOUND)
        self._fds: list[int] = []

    def until_ready(self) -> Terms:
        """Serve the workload up to the start of its measured phase."""
        control = rendezvous.accept(self._listener)
        assert control is not None
        control.settimeout(BOUND)
        self._stack.enter_context(control)
        words, _ = rendezvous.receive(control)
        terms = Terms(**words)
        if terms.role == "drain":
            stored.give(control, terms, None)
        inward = terms.role == "drain"
        self._fds = channels.give(control, terms.transport, terms.clients, terms.size, inward=inward)
        rendezvous.receive(control)
        self._stamps = [Stamp(index, terms.size) for index in range(terms.clients)]
        return terms

    def send(self, sequence: int) -> None:
        for fd, stamp in zip(self._fds, self._stamps, strict=True):
            os.write(fd, stamp.message(sequence, 1))

    def raw(self, data: bytes) -> None:
        os.write(self._fds[0], data)

    def vanish(self) -> None:
        """What the kernel does when a process is killed: every descriptor is closed."""
        for fd in self._fds:
            os.close(fd)
        self._fds = []
        self._stack.close()


def children(parent: int) -> list[int]:
    """The processes whose parent is this one, by /proc (proc(5): the fourth field of stat)."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if _stat(entry)[1:2] == [str(parent)]]


def has_ended(pid: int) -> bool:
    """Gone, or a zombie that nobody has waited for yet."""
    return _stat(Path(f"/proc/{pid}"))[:1] in ([], ["Z"])


def _stat(entry: Path) -> list[str]:
    """The fields after the command's name: state, parent, ... empty when there is no such process."""
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
