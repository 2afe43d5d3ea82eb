"""`iotrace compare` as a user runs it: operands, refusals, exit statuses, the three outputs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iotrace.comparing.runs import complaint
from tests.iotrace.running import ROOT, TIMEOUT, Ran, iotrace

pytestmark = pytest.mark.slow

SMALL = ("--messages", "3", "--interval", "0.002")


def compare(tmp_path: Path, *words: str | Path, **settings: str) -> Ran:
    return iotrace("compare", *words, home=tmp_path, environment={"TMPDIR": str(tmp_path), **settings})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("epoll",), "there is only one run"),
        (("epoll", "pol"), "poll."),
        (("epoll", "ls"), "record each first: iotrace record -o ls.iotrace -- ls"),
        (("epoll", "./ls"), "cannot read ls: No such file"),
        (("epoll", "missing.iotrace"), "cannot read missing.iotrace"),
        (("epoll", "poll", "--clients", "3,x"), "'x' is not a whole number"),
        (("epoll", "poll", "--clients", "3,,5"), "name each number once"),
        (("epoll", "poll", "--clients", "3,3"), "name each number once"),
        (("epoll", "poll", "--transport", "file"), "invalid choice"),
        (("epoll", "poll", "--html", "/nowhere/page.html"), "/nowhere/page.html cannot be written"),
        (("epoll", "poll", "--bogus"), "No such option"),
        (("epoll", "poll", "--size", ""), "'' is not a whole number"),
        (("epoll", "poll", "--sqpoll"), "--sqpoll is for io-uring, which is not among the models compared."),
        (("io-uring", "poll", "--notify", "signal"), "--notify is for aio, which is not among"),
        (("--size", "64", "--", "true", "--", "true"), "--size is for models, and there is none"),
        ((), "nothing to compare. Name models, recordings, or programs after --."),
    ],
)
def test_bad_usage_runs_nothing(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    ran = compare(tmp_path, *words)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) <= 3


def test_models_side_by_side_as_json(tmp_path: Path) -> None:
    ran = compare(tmp_path, "blocking", "epoll", "--json", "--untraced", "--repeat", "2", *SMALL)
    assert (ran.status, ran.err) == (0, "")
    words = json.loads(ran.out)
    assert [(run["name"], run["messages"], run["ok"], run["calls"]) for run in words["runs"]] == [
        ("blocking", 3, True, 3),
        ("epoll", 3, True, 8),
    ]
    assert all(run["untraced"]["wall_ns"] > 0 and run["spread"]["calls"] == 0 for run in words["runs"])
    assert list(tmp_path.iterdir()) == []  # the recordings are gone


def test_one_that_cannot_run_does_not_stop_the_others(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ran = compare(tmp_path, "select", "poll", "--clients", "1100", "--html", page, *SMALL)
    assert ran.status == 2
    assert "select cannot run: select cannot watch descriptor 1" in ran.out
    assert "3,300 ok" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert ran.err == f"iotrace: the comparison as a page: {page}\n"
    assert "cannot run:</span> select cannot watch" in page.read_text()


def test_recordings_are_compared_without_running_anything(tmp_path: Path) -> None:
    files = []
    for name in ("poll", "epoll"):
        files.append(tmp_path / f"my {name}.iotrace")
        assert iotrace("record", "-o", files[-1], name, *SMALL, "--clients", "5", home=tmp_path).status == 0
    ran = compare(tmp_path, *files, "--json")
    first, second = json.loads(ran.out)["runs"]
    assert (ran.status, first["name"], second["name"]) == (0, "my poll", "my epoll")
    assert (first["messages"], first["payload_bytes"], first["payload_copied"]) == (15, 960, 960)
    assert (second["messages"], second["payload_copied"], second["useless_wakeups"]) == (15, 960, 0)


def test_a_recording_that_is_cut_off_failed(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.iotrace", tmp_path / "cut.iotrace"
    assert iotrace("record", "-o", whole, "blocking", *SMALL, home=tmp_path).status == 0
    cut.write_bytes(whole.read_bytes()[:-300])
    ran = compare(tmp_path, whole, cut)
    assert ran.status == 1
    assert "cut failed: its recording is cut off" in ran.out


def test_several_numbers_of_clients_show_the_growth(tmp_path: Path) -> None:
    ran = compare(tmp_path, "poll", "epoll", "--clients", "3,23", "--messages", "5", "--interval", "0.05")
    assert ran.status == 0
    assert "poll ×23" in ran.out
    assert "poll, control bytes per message" in ran.out
    assert "From 3 to 23 clients the control bytes per message grew" in ran.out


def test_a_wide_terminal_gets_one_table(tmp_path: Path) -> None:
    ran = compare(tmp_path, "blocking", "epoll", *SMALL, COLUMNS="300")
    assert ran.out.count("blocking  ") == 1


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_ended_by_a_signal_it_leaves_nothing_behind(tmp_path: Path, number: int, status: int) -> None:
    command = [sys.executable, "-m", "iotrace.main", "compare", "blocking", "epoll", "--interval", "9"]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, process_group=0, stderr=subprocess.DEVNULL
    ) as running:
        wait_for(lambda: any(file.stat().st_size for file in tmp_path.glob("*/*.iotrace")))
        os.kill(running.pid, number)
        assert running.wait(TIMEOUT) == status
    assert list(tmp_path.iterdir()) == []
    wait_for(lambda: not members(running.pid))


def members(group: int) -> list[str]:
    """The processes of a group that have not ended (proc_pid_stat(5): state, parent, group)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = entry.read_text().rpartition(")")[2].split()[:3]
            if its_group == str(group) and state != "Z":
                found.append(entry.parent.name)
    return found


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < until, "it does not happen"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select: no\niotrace: 3 calls written to x; see them\n", "no"),
        ("iotrace: tracing is forbidden\n         see doctor\n", "tracing is forbidden"),
        ("Traceback:\n  File\nValueError: x\n", "ValueError: x"),
        ("", ""),
    ],
)
def test_the_reason_is_the_workloads_own_line(text: str, said: str) -> None:
    assert complaint(text, "select") == said
