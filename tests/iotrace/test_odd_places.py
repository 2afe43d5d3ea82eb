"""Output into odd places, and little to live on: links, devices, stdout, no directory, few descriptors."""

from __future__ import annotations

import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.iotrace.running import ROOT, TIMEOUT, Ran, iotrace

pytestmark = pytest.mark.slow


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[Path, Path]:
    """Two of them, in a folder of their own."""
    one, other = tmp_path / "one.iotrace", tmp_path / "other.iotrace"
    for each in (one, other):
        assert iotrace("record", "-o", each, "--", "true", home=tmp_path).status == 0
    return one, other


def refused(ran: Ran, status: int, said: str) -> bool:
    return ran.status == status and said in ran.err and len(ran.err.splitlines()) <= 3


def test_no_recording_is_replaced_by_what_is_made_of_it(recordings: tuple[Path, Path], tmp_path: Path) -> None:
    one, other = recordings
    before = one.read_bytes()
    for words in (
        ("compare", one, other, "--html", one),
        ("export", one, "--to", "csv", "-o", one),
        ("export", other, "--to", "csv", "-o", one),
        ("export", other, "--to", "csv", "-o", one.as_uri()),
    ):
        assert refused(iotrace(*words, home=tmp_path), 2, "Name another")
    assert one.read_bytes() == before


@pytest.mark.parametrize("words", [("compare", "--html"), ("report", "--force", "--html")])
def test_a_page_goes_through_a_link_and_into_a_device(
    recordings: tuple[Path, Path], tmp_path: Path, words: tuple[str, ...]
) -> None:
    """/dev/stdout is a link, /dev/full a device: neither is replaced by a file of that name."""
    operands = recordings if words[0] == "compare" else recordings[:1]
    full, link, page = tmp_path / "full", tmp_path / "link", tmp_path / "page.html"
    full.symlink_to("/dev/full")
    link.symlink_to(page)
    page.write_text("an older page")
    assert refused(iotrace(*words, full, *operands, home=tmp_path), 125, "No space left on device")
    assert iotrace(*words, link, *operands, home=tmp_path).status == 0
    assert (os.readlink(full), os.readlink(link)) == ("/dev/full", str(page))
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_the_page_of_a_comparison_needs_a_file(recordings: tuple[Path, Path], tmp_path: Path) -> None:
    assert refused(iotrace("compare", *recordings, "--html", "-", home=tmp_path), 2, "stdout has the table already")


@pytest.mark.parametrize("kept", [(), ("--last", "30s")])
def test_a_recording_goes_to_where_a_link_leads(tmp_path: Path, kept: tuple[str, ...]) -> None:
    link, target = tmp_path / "link", tmp_path / "target.iotrace"
    link.symlink_to(target)
    assert iotrace("record", *kept, "-o", link, "--", "true", home=tmp_path).status == 0
    assert refused(iotrace("record", *kept, "-o", link, "--", "true", home=tmp_path), 2, "--force")
    assert iotrace("record", *kept, "--force", "-o", link, "--", "true", home=tmp_path).status == 0
    assert link.is_symlink()
    assert iotrace("report", target, home=tmp_path).status == 0


def test_a_recording_into_the_pipe_that_a_link_leads_to(tmp_path: Path) -> None:
    link = tmp_path / "stdout"
    link.symlink_to("/proc/self/fd/1")
    done = subprocess.run(
        [sys.executable, "-m", "iotrace.main", "record", "--force", "-o", link, "--", "true"],
        capture_output=True, cwd=ROOT, timeout=TIMEOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert link.is_symlink()
    (tmp_path / "piped.iotrace").write_bytes(done.stdout)
    assert iotrace("report", tmp_path / "piped.iotrace", home=tmp_path).status == 0


def test_an_export_to_stdout_by_its_usual_name(recordings: tuple[Path, Path], tmp_path: Path) -> None:
    ran = iotrace("export", recordings[0], "--to", "jsonl", "-o", "-", home=tmp_path, cwd=tmp_path)
    assert (ran.status, ran.err) == (0, "")
    assert "execve" in ran.out
    assert not (tmp_path / "-").exists()


def in_a_shell(before: str, *words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = shlex.join([sys.executable, "-P", "-m", "iotrace.main", *map(str, words)])
    return subprocess.run(
        ["sh", "-c", f"{before}; exec {command}"], cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(cwd.parent)},
    )  # fmt: skip


@pytest.mark.parametrize(
    "words", [("record", "--", "true"), ("record", "blocking", "--messages", "1", "--interval", "0")]
)
def test_a_working_directory_that_was_removed(tmp_path: Path, words: tuple[str, ...]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = in_a_shell('rmdir "$PWD"', *words, cwd=gone)
    assert (done.returncode, "calls written" in done.stderr) == (0, True), done.stderr


def test_a_program_looked_for_in_a_directory_that_was_removed(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = in_a_shell('rmdir "$PWD"', "record", "--", "./program", cwd=gone)
    assert (done.returncode, "has been removed" in done.stderr) == (127, True), done.stderr


@pytest.mark.parametrize("most", [5, 12])
def test_too_few_descriptors_are_named_and_not_called_a_fault(tmp_path: Path, most: int) -> None:
    """In the recorder itself, and in the capture process."""
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] > most
    done = in_a_shell(f"ulimit -n {most}", "record", "--", "true", cwd=tmp_path)
    assert done.returncode == 125
    assert "ulimit -n 1024" in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_a_folder_that_is_closed_to_us(recordings: tuple[Path, Path], tmp_path: Path) -> None:
    """Not even whether something is there can be asked; that is no fault of iotrace."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    as_anybody = []
    if os.geteuid() == 0:  # the superuser without the right to pass by permissions (capabilities(7))
        as_anybody = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    for words in (
        ("record", "-o", closed / "x", "--", "true"),
        ("record", "--last", "30s", "-o", closed / "x", "--", "true"),
        ("report", closed / "x"),
        ("report", recordings[0], "--html", closed / "x"),
        ("compare", *recordings, "--html", closed / "x"),
        ("export", recordings[0], "--to", "csv", "-o", closed / "x"),
    ):
        done = subprocess.run(
            [*as_anybody, sys.executable, "-m", "iotrace.main", *map(str, words)],
            capture_output=True, text=True, cwd=ROOT, timeout=TIMEOUT,
        )  # fmt: skip
        assert done.returncode in (2, 125), words
        assert "closed" in done.stderr
        assert "fault of iotrace" not in done.stderr
        assert 1 <= len(done.stderr.splitlines()) <= 3
