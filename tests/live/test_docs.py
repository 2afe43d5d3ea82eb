"""Every command in the documentation is run, as it stands there, and works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.markdown import DOCS, blocks, commands
from workloads import catalog

TIMEOUT = 120
ROOT = DOCS.parent
QUICK = ("iotrace models", "iotrace models epoll")
MODELS_PAGE, MARKS_PAGE = "io-models.md", "marks.md"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of our own for recordings, with `iotrace` on the path as an installed one would be."""
    folder = tmp_path_factory.mktemp("docs")
    command = folder / "iotrace"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iotrace.main "$@"\n')
    command.chmod(0o755)
    return folder


def run(line: str, state: Path) -> subprocess.CompletedProcess[str]:
    surroundings = {
        **os.environ, "PATH": f"{state}:{os.environ['PATH']}", "XDG_STATE_HOME": str(state / "home"),
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    return subprocess.run(
        ["sh", "-c", line], check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT,
        cwd=state, env=surroundings,
    )  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=() if line in QUICK else pytest.mark.slow)
        for line in dict.fromkeys(commands(MODELS_PAGE))
    ],
)
def test_a_command_of_the_page_about_models(line: str, state: Path) -> None:
    done = run(line, state)
    if done.returncode == 2 and ("io_uring" in done.stderr or "O_DIRECT" in done.stderr):
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert "No figure" not in done.stdout or "io-uring" in line or "linux-aio" in line


def test_the_commands_of_the_page_about_marks_in_their_order(state: Path) -> None:
    lines = commands(MARKS_PAGE)
    assert len(lines) == 3
    for line in lines:
        done = run(line, state)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert "measure" in done.stdout or "--phase all" in line


def test_every_model_has_its_section() -> None:
    shown = {line.split()[2] for line in commands(MODELS_PAGE) if re.fullmatch(r"iotrace models \S+", line)}
    assert shown == {model.name for model in catalog.MODELS}


def test_no_figure_in_the_page_is_wider_than_a_terminal() -> None:
    drawn = [line for block in blocks(MODELS_PAGE, "") for line in block.splitlines()]
    assert len(drawn) > 300
    assert max(len(line) for line in drawn) <= 80
