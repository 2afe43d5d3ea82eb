"""The command starts light: help needs none of the heavy libraries, and every subcommand has help."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from iotrace.main import COMMANDS
from tests.iotrace.running import iotrace

HEAVY = ("numpy", "pyarrow", "textual", "rich", "ptrace", "system_calls", "workloads")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["report", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom iotrace.main import run\n"
        f"status = run({words!r})\n"
        f"print(status, [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr == "0 []\n"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str, tmp_path: Path) -> None:
    ran = iotrace(command, "--help", home=tmp_path)
    assert ran.status == 0
    assert ran.out.startswith(f"Usage: iotrace {command} ")


def test_models_are_listed_and_explained(tmp_path: Path) -> None:
    listed = iotrace("models", home=tmp_path).out.splitlines()
    assert any(line.startswith("nonblocking ") for line in listed)
    explained = iotrace("models", "nonblocking", home=tmp_path)
    assert explained.status == 0
    assert "iotrace run nonblocking" in explained.out
    assert "--messages" in explained.out


def test_doctor_says_that_tracing_works(tmp_path: Path) -> None:
    ran = iotrace("doctor", home=tmp_path)
    assert ran.status == 0
    assert "ok       ptrace       traced a program: " in ran.out
    states = {line.split()[0] for line in ran.out.splitlines() if not line.startswith(" ")}
    assert states <= {"ok", "limited", "missing"}
