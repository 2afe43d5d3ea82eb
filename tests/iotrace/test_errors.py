"""Every bad input: its exit status, and one to three lines on stderr that say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.iotrace.running import iotrace
from tracer.recording.header import Header
from tracer.recording.schema import METADATA_KEY, schema


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with one file of every wrong kind."""
    (tmp_path / "text").write_text("hello\n")
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "newer").write_bytes(schema({METADATA_KEY: Header(format=99).to_json()}).serialize())
    (tmp_path / "script").write_text("echo hello\n")
    (tmp_path / "orphan").write_text("#!/nonexistent/interpreter\n")
    for name in ("script", "orphan"):
        (tmp_path / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("record", "--", "no-such-program"), 127, "not found in PATH"),
        (("record", "--", "./no-such"), 127, "not found"),
        (("record", "--", "./text"), 126, "chmod +x"),
        (("record", "--", "./folder"), 126, "is a directory"),
        (("record", "--", "./script"), 126, "iotrace run -- sh ./script"),
        (("record", "--", "./orphan"), 127, "interpreter"),
        (("record", "-o", "text", "--", "true"), 2, "--force"),
        (("record", "-o", "folder/none/x", "--", "true"), 125, "-o FILE"),
        (("record", "-o", "/dev/full", "--force", "--", "true"), 125, "No space left"),
        (("run", "--step", "--no-tui", "--", "true"), 2, "--step needs the live view"),
        (("run", "--step", "--", "true"), 2, "is not a terminal"),
        (("run", "nonblokking"), 2, "the nearest is nonblocking"),
        (("run", "ls", "-l"), 2, "iotrace run -- ls -l"),
        (("run",), 2, "iotrace run MODEL"),
        (("run", "--"), 2, "iotrace run -- PROGRAM"),
        (("run", "--bogus"), 2, "--bogus"),
        (("run", "--clients", "3", "epoll"), 2, "behind its name: iotrace run MODEL --clients …"),
        (("record", "--size=9", "epoll"), 2, "behind its name: iotrace record MODEL --size=9"),
        (("nonblocking",), 2, "Run it: iotrace run nonblocking"),
        (("run", "blocking", "--", "ls"), 2, "before --"),
        (("run", "blocking", "--clients", "0"), 2, "--clients"),
        (("run", "--pin", "sometimes", "blocking"), 2, "sometimes"),
        (("report",), 2, "iotrace run nonblocking"),
        (("report", "none"), 2, "iotrace record"),
        (("report", "text"), 2, "not an iotrace recording"),
        (("report", "empty"), 2, "is empty"),
        (("report", "folder"), 2, "is a directory"),
        (("report", "newer"), 2, "Upgrade"),
        (("view", "text"), 2, "not an iotrace recording"),
        (("models", "epol"), 2, "epoll"),
        (("bogus",), 2, "bogus"),
        (("reprot",), 2, "The nearest is report."),
        (("attach", "four"), 2, "'four' is not a whole number"),
        (("attach", "4242", "--duration", "nan"), 2, "not a number of seconds"),
        (("attach", "4242", "--duration", "inf"), 2, "not in the range"),
        (("top", "--interval", "nan"), 2, "not a number of seconds"),
        (("record", "--trace", "reed", "--", "true"), 2, "Try: read or"),
        (("record", "--stacks=", "--", "true"), 2, "Try: --stacks=read,write"),
        (("record", "-o", "-", "--", "true"), 2, "stdout is the program's"),
        (("record", "--", "/nowhere/program"), 127, "Is it spelled right?\n"),
    ],
)
def test_bad_input_is_told_in_a_few_lines(files: Path, words: tuple[str, ...], status: int, said: str) -> None:
    ran = iotrace(*words, home=files / "state", cwd=files)
    assert (ran.status, ran.out) == (status, "")
    assert said in ran.err
    assert 1 <= len(ran.err.splitlines()) <= 3
    assert ran.err.startswith("iotrace: ")


def test_a_failed_recording_leaves_no_file(files: Path) -> None:
    iotrace("record", "-o", "made", "--", "./script", home=files, cwd=files)
    assert not (files / "made").exists()


def test_files_of_the_same_names_as_ours_do_not_get_in_the_way(tmp_path: Path) -> None:
    for name in ("tracer.py", "select.py", "json.py", "workloads.py"):
        (tmp_path / name).write_text("raise SystemExit('a file of the user was imported')\n")
    ran = iotrace("record", "--", "true", home=tmp_path, environment={"PYTHONSAFEPATH": "1"}, cwd=tmp_path)
    assert ran.status == 0, ran.err
