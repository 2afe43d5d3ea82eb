"""Running the command as a user does, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 60
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Ran:
    """What came of it."""

    status: int
    out: str
    err: str


def iotrace(
    *words: str | Path, home: Path, stdin: str = "", environment: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> Ran:
    """Run `iotrace` with a state folder of its own below `home`, all standard streams piped."""
    done = subprocess.run(
        [sys.executable, "-m", "iotrace.main", *map(str, words)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env={**os.environ, "XDG_STATE_HOME": str(home), "PYTHONPATH": str(ROOT), **(environment or {})},
        cwd=cwd,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)
