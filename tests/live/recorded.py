"""Run `iotrace` itself on real programs, as a user would, and read what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.captured import BACKEND
from tracer.recording.reader import Recording

TIMEOUT = 120
IOTRACE = (sys.executable, "-m", "iotrace.main")


@dataclass(frozen=True)
class Recorded:
    """One `iotrace record`: how it ended, what it printed, and the file."""

    path: Path
    status: int
    output: bytes
    errors: str

    def open(self) -> Recording:
        return Recording.open(self.path)

    def report(self, *options: str) -> dict[str, Any]:
        """`iotrace report --json` of the file."""
        done = iotrace("report", str(self.path), "--json", *options)
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def counts(self) -> dict[str, int]:
        """Returned calls by name, over the whole run."""
        rows = self.report("--phase", "all")["syscalls"]
        return {row["name"]: row["calls"] for row in rows if row["calls"]}


def iotrace(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    settings: dict[str, Any] = {
        "capture_output": True,
        "text": True,
        "timeout": TIMEOUT,
        "stdin": subprocess.DEVNULL,
    }
    return subprocess.run([*IOTRACE, *map(str, arguments)], check=False, **(settings | options))


def record(
    command: Sequence[str | Path],
    folder: Path,
    *options: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    wrapper: Sequence[str] = (),
) -> Recorded:
    """`iotrace record -o FILE OPTIONS -- COMMAND`, all of it run by `wrapper`."""
    path = folder / "recording.iotrace"
    path.unlink(missing_ok=True)
    done = subprocess.run(
        [*wrapper, *IOTRACE, "record", "-o", path, "--backend", BACKEND, *options, "--", *map(str, command)],
        check=False, capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL, cwd=cwd,
        env={**os.environ, **(env or {})},
    )  # fmt: skip
    return Recorded(path, done.returncode, done.stdout, done.stderr.decode(errors="replace"))
