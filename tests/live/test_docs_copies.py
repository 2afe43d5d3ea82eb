"""docs/copies.md: its commands run, and say what the page says they say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.live.markdown import blocks, commands
from tests.live.recorded import IOTRACE, TIMEOUT, Recorded, iotrace

PAGE = "copies.md"
SENT = 23 * 40000


def recorded(line: str, folder: Path) -> Recorded:
    """The page's command with its recording kept; the report is the same as the one it prints."""
    path = folder / "recording.iotrace"
    words = line.split()
    assert words[:3] == ["iotrace", "run", "--no-tui"]
    done = subprocess.run(
        [*IOTRACE, "record", "-o", path, *words[3:]], check=False, capture_output=True, timeout=TIMEOUT,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Recorded(path, 0, done.stdout, "")


@pytest.mark.parametrize(
    ("index", "payload"), [(0, (SENT, SENT)), (1, (0, 0)), (2, None)], ids=["readwrite", "sendfile", "dd"]
)
def test_the_commands_copy_what_the_page_says(index: int, payload: tuple[int, int] | None, tmp_path: Path) -> None:
    report = recorded(commands(PAGE)[index], tmp_path).report()
    if payload is not None:
        assert (report["totals"]["payload_in"], report["totals"]["payload_out"]) == payload
    else:
        fds = {row["what"]: row for row in report["fds"] if row["calls"] >= 23}
        assert fds["/dev/zero"]["payload_out"] == 23 * 4096
        assert fds["/dev/null"]["payload_in"] == 0


def test_the_commands_run_as_they_stand(tmp_path: Path) -> None:
    words = commands(PAGE)[2].split()
    done = iotrace(*words[1:], env={"XDG_STATE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    assert "/dev/zero" not in done.stderr
    assert len(commands(PAGE)) == 3


def test_the_figure_fits_a_terminal() -> None:
    lines = [line for block in blocks(PAGE, "") for line in block.splitlines()]
    assert len(lines) > 15
    assert max(map(len, lines)) <= 80
