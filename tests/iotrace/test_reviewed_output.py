"""Odd standard streams and places: the output that cannot be written, and the places that are none."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from tests.iotrace.running import ROOT, TIMEOUT, iotrace
from tracer.recording import store
from tracer.recording.errors import OutputFailed
from tracer.recording.writer import create

IOTRACE = [sys.executable, "-m", "iotrace.main"]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reviewed")
    path = folder / "true.iotrace"
    assert iotrace("record", "-o", path, "--", "true", home=folder).status == 0
    return path


def test_a_terminal_without_the_signs(recording: Path, tmp_path: Path) -> None:
    ran = iotrace("report", recording, home=tmp_path, environment={"PYTHONIOENCODING": "ascii"})
    assert (ran.status, ran.err) == (0, "")
    assert "exit status 0 ? " in ran.out


def test_output_that_is_full(recording: Path, tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*IOTRACE, "report", recording],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT,
            cwd=ROOT,
        )
    assert done.returncode == 125
    assert done.stderr == (
        "iotrace: cannot write the output: No space left on device.\n         Send it to where there is room.\n"
    )


def test_output_that_nobody_reads(recording: Path) -> None:
    """As a program that does not handle SIGPIPE: 141 in a shell, and silence."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*IOTRACE, "report", recording], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT, cwd=ROOT
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_output_that_is_closed() -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *IOTRACE, "models"],
        stderr=subprocess.PIPE,
        text=True,
        timeout=TIMEOUT,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_words_at_all(tmp_path: Path) -> None:
    ran = iotrace(home=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("Usage: iotrace ")
    assert ran.err == iotrace("--help", home=tmp_path).out


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    for overwrite in (False, True):
        with pytest.raises(OutputFailed, match="is a directory, not a file"):
            create(tmp_path, overwrite=overwrite)


def test_without_a_home_the_password_database_knows() -> None:
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert store.directory({"HOME": ""}) == home / ".local" / "state" / "iotrace"
