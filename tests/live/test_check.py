"""`iotrace check` and `compare` on real recordings, as a build server runs them; and the page docs/check.md."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.iotrace.running import ROOT, Ran, iotrace
from tests.live.markdown import blocks, commands

PAGE = "check.md"
RECORDINGS = ROOT / "tests" / "recordings"
SPIN, EPOLL = RECORDINGS / "nonblocking.iotrace", RECORDINGS / "epoll.iotrace"


def check(home: Path, *words: str | Path) -> Ran:
    return iotrace("check", *words, home=home)


def totals(home: Path, path: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads(iotrace("report", path, "--json", home=home).out)["totals"]
    return found


def test_kept_budgets_are_a_success(tmp_path: Path) -> None:
    ran = check(tmp_path, EPOLL, "--max", "wasted=0", "--max", "exit.code=0", "--no-finding", "any")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "holds   wasted: 0, at most 0", "holds   exit.code: 0, at most 0", "holds   no finding any: none",
    ]  # fmt: skip


def test_broken_ones_say_how_much_and_where(tmp_path: Path) -> None:
    wasted = totals(tmp_path, SPIN)["wasted"]
    ran = check(tmp_path, SPIN, "--max", "wasted=0", "--min", "wakeups=1", "--no-finding", "busy-wait")
    assert ran.status == 1
    first, where, *rest = ran.out.splitlines()
    assert first == f"broken  wasted: {wasted:,}, at most 0"
    assert re.fullmatch(rf" +{wasted:,} in read of thread \d+ \(\S+\), rows [\d,]+, [\d,]+, [\d,]+", where)
    assert rest[0] == "broken  wakeups: 0, at least 1"
    report = json.loads(iotrace("report", SPIN, "--json", home=tmp_path).out)
    found = [each for each in report["findings"] if each["rule"] == "busy-wait"]
    if found:
        assert rest[1].startswith("broken  no finding busy-wait: ")
        assert all(f" {row:,}" in rest[2] for row in found[0]["rows"][:3])
    else:
        assert rest[1:] == ["holds   no finding busy-wait: none"]


def test_the_rows_are_the_calls_that_broke_it(tmp_path: Path) -> None:
    ran = check(tmp_path, SPIN, "--max", "read.errors.EAGAIN=0", "--max", "kernel=0", "--json")
    words = json.loads(ran.out)
    assert (ran.status, words["ok"], words["phase"]) == (1, False, "measure")
    again, kernel = words["budgets"]
    assert (again["measured"], again["limit"], again["value"], again["state"]) == (
        totals(tmp_path, SPIN)["wasted"], "max", 0, "broken",
    )  # fmt: skip
    events = [json.loads(line) for line in iotrace("export", SPIN, "--to", "jsonl", home=tmp_path).out.splitlines()]
    spinning = [event for event in events if event["kind"] == "call" and event["errno"] == "EAGAIN"]
    assert {event["name"] for event in spinning} == {"read"}
    assert sum(place["amount"] for place in again["where"]) == again["measured"] == len(spinning)
    assert sum(place["amount"] for place in kernel["where"]) <= kernel["measured"]


def test_a_phase_of_its_own(tmp_path: Path) -> None:
    measured, everything = (
        json.loads(check(tmp_path, SPIN, "--max", "calls=0", "--phase", phase, "--json").out)["budgets"][0]
        for phase in ("measure", "all")
    )
    assert measured["measured"] < everything["measured"]


def test_the_names_have_the_values_of_the_report(tmp_path: Path) -> None:
    names = json.loads(check(tmp_path, EPOLL, "--names", "--json").out)
    assert totals(tmp_path, EPOLL).items() <= names.items()
    assert "wasted" in check(tmp_path, EPOLL, "--names").out


def test_a_recording_that_is_cut_off_keeps_no_upper_limit(tmp_path: Path) -> None:
    cut = tmp_path / "cut.iotrace"
    cut.write_bytes(EPOLL.read_bytes()[:-300])
    ran = check(tmp_path, cut, "--max", "wasted=0", "--min", "calls=1", "--no-finding", "high")
    assert ran.status == 1
    assert [line.split()[0] for line in ran.out.splitlines()] == ["unknown", "holds", "unknown"]
    assert "it is a lower bound: the recording has no end" in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to check. Set a budget"),
        (("--max", "wasted"), "a name and a number, as in: --max wasted=0"),
        (("--max", "=3"), "a name and a number"),
        (("--max", "calls=1", "--max", "calls=2"), "--max calls is given twice: 1 and 2."),
        (("--min", "wastd=0"), "Did you mean wasted"),
        (("--max", "calls=5ms"), "calls: '5ms' is not a number: 100, 2.5 or 10k."),
        (("--max", "calls=-1"), "'-1' is not a number"),
        (("--no-finding", "busywait"), "Did you mean busy-wait"),
        (("--max", "calls=1", "--phase", "nope"), "the recording has no phase 'nope'"),
        (("--max", "calls=1", "--messages", "0"), "--messages"),
    ],
)
def test_bad_usage(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    ran = check(tmp_path, EPOLL, *words)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) <= 3


def test_no_recording(tmp_path: Path) -> None:
    assert check(tmp_path, "--max", "calls=1").status == 2
    ran = check(tmp_path, tmp_path / "missing.iotrace", "--max", "calls=1")
    assert (ran.status, "cannot read" in ran.err) == (2, True)


def copied(path: Path, *folders: Path) -> None:
    for number, folder in enumerate(folders):
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.iotrace").write_bytes(path.read_bytes())


def test_folders_of_recordings_are_two_sides(tmp_path: Path) -> None:
    for name in ("before", "after"):
        copied(SPIN, tmp_path / name)
        (tmp_path / name / "again.iotrace").write_bytes(SPIN.read_bytes())
    ran = iotrace("compare", tmp_path / "before", tmp_path / "after", home=tmp_path)
    assert ran.status == 0
    assert "before and after do not differ in any part." in ran.out
    words = json.loads(iotrace("compare", tmp_path / "before", tmp_path / "after", "--json", home=tmp_path).out)
    assert [run["repeats"] for run in words["runs"]] == [2, 2]
    assert words["differences"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((SPIN, "--"), "no program after --"),
        ((SPIN, "--", "--", "true"), "no program after --"),
        (("--", "true"), "there is only one run"),
        (("--", "true", "--", "no-such-program"), "no-such-program is not found in PATH"),
        ((SPIN, EPOLL, "--repeat", "3"), "there are recordings only"),
        ((SPIN, ROOT / "docs"), "docs has no recordings"),
    ],
)
def test_bad_usage_of_compare_with_programs(tmp_path: Path, words: tuple[str | Path, ...], said: str) -> None:
    ran = iotrace("compare", *words, home=tmp_path)
    assert (ran.status in (2, 127), ran.out) == (True, "")
    assert said in ran.err


@pytest.mark.slow
def test_a_program_and_its_change_are_told_apart(tmp_path: Path) -> None:
    """23 small writes against one large one; the exit status of a program may be 2 without being bad usage."""
    many = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23; do echo $i; done"
    ran = iotrace(
        "compare", "--repeat", "2", "--json", "--untraced", "--", "sh", "-c", many, "--", "sh", "-c", "echo all",
        home=tmp_path,
    )  # fmt: skip
    assert (ran.status, ran.err) == (0, "")
    words = json.loads(ran.out)
    assert [run["name"] for run in words["runs"]] == ["sh", "sh (2)"]
    assert all(run["repeats"] == 2 and run["untraced"]["wall_ns"] > 0 for run in words["runs"])
    (found,) = (each for each in words["differences"] if (each["name"], each["figure"]) == ("write", "calls"))
    assert (found["before"], found["after"], found["noise"], found["weight"]) == (23, 1, 0, "different")
    (to,) = (each for each in words["differences"] if (each["name"], each["figure"]) == ("/dev/null", "calls"))
    assert to["before"] - to["after"] == 22
    failing = iotrace("compare", EPOLL, "--", "sh", "-c", "exit 2", home=tmp_path)
    assert (failing.status, "sh failed: it ended with exit status 2" in failing.out) == (1, True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of our own for recordings, with `iotrace` on the path as an installed one would be."""
    made = tmp_path_factory.mktemp("docs")
    command = made / "iotrace"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iotrace.main "$@"\n')
    command.chmod(0o755)
    return made


@pytest.mark.slow
def test_the_commands_of_the_page_in_their_order(folder: Path) -> None:
    surroundings = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    lines = commands(PAGE)
    assert len(lines) == 9
    for line in lines:
        done = subprocess.run(
            ["sh", "-c", line], cwd=folder, env=surroundings, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    (block,) = blocks(PAGE, "python")
    (tmp_path / "test_page.py").write_text(block)
    surroundings = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    words = ["-q", "-p", "iotrace.pytest_plugin", "-W", "error", "--strict-markers"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, tmp_path],
        cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
