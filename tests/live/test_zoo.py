"""The bug zoo: every bug is found, with the right rule, thread, descriptor and call; its near-miss has no finding.

A busy test machine really does keep programs from the CPU, so `cpu-starved` is a true finding on any of them and is
left out where it is not what the test is about.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.live.recorded import Recorded, record
from tests.live.zoo.catalog import ANIMALS, Animal
from tracer.analyze.findings.rules import RULES
from tracer.recording.captured import captured
from tracer.syscalls.names import name_of
from workloads import catalog

QUICK = {"busy_wait", "level_unconsumed", "sleep_child", "tiny_io", "fd_setsize"}
EVERY = [pytest.param(each, id=each.name, marks=() if each.name in QUICK else pytest.mark.slow) for each in ANIMALS]
STARVED = "cpu-starved"
WORKLOADS = (
    "blocking", "threads", "select", "poll", "epoll", "epoll-edge", "sigio", "aio", "linux-aio", "io-uring",
    "asyncio",
)  # fmt: skip
MODELS = {
    "blocking": "blocking", "nonblocking": "nonblocking-spin", "nonblocking-backoff": "nonblocking-backoff",
    "select": "select", "poll": "poll", "epoll": "epoll-level", "epoll-edge": "epoll-edge",
    "sigio": "signal-driven", "aio": "posix-aio", "linux-aio": "native-aio", "io-uring": "io-uring",
    "asyncio": "epoll-level",
}  # fmt: skip
"""What the main thread of each bundled workload must be told to use."""


def run(animal: Animal, what: str, folder: Path) -> Recorded:
    command: list[str | Path] = [sys.executable, animal.source]
    if animal.source.suffix == ".c":
        program = folder / animal.name
        subprocess.run(["gcc", "-O1", "-pthread", "-o", program, animal.source], check=True)
        command = [program]
    recorded = record([*command, what], folder, cwd=folder)
    assert recorded.status == 0, recorded.errors
    return recorded


def findings(document: dict[str, Any], *without: str) -> list[dict[str, Any]]:
    return [finding for finding in document["findings"] if finding["rule"] not in without]


def test_every_rule_has_a_program() -> None:
    assert {animal.rule for animal in ANIMALS} == set(RULES)


TRIES = 3
"""On a busy machine a program may wait so long for a CPU or the disk that its bug costs no share worth telling."""


@pytest.mark.parametrize("animal", EVERY)
def test_the_bug_is_found(animal: Animal, tmp_path: Path) -> None:
    for _ in range(TRIES):
        recorded = run(animal, "bug", tmp_path)
        first, said = told(animal, recorded)
        if not said:
            break
    assert first is not None, said
    assert said == []
    assert first["text"].endswith(".")
    assert first["advice"].endswith(".")
    assert first["evidence"]
    rows_show(recorded, first)


def told(animal: Animal, recorded: Recorded) -> tuple[dict[str, Any] | None, list[object]]:
    """The finding, and what is not as it should be."""
    document = recorded.report("--phase", "all")
    first = next((finding for finding in document["findings"] if finding["rule"] == animal.rule), None)
    if first is None:
        return None, document["findings"] or ["nothing was found"]
    pid = recorded.open().header.pid
    model = {model["tid"]: model["model"] for model in document["models"]}[pid]
    holds = {
        "severity": first["severity"] in animal.severities,
        "syscall": first["syscall"] in animal.syscalls if animal.syscalls else first["syscall"] is None,
        "fd": animal.fd in (None, first["fd"]),
        "tid": first["tid"] == pid or not animal.main,
        "model": animal.model in (None, model),
    }
    return first, [(name, (first | {"model": model})[name]) for name, fits in holds.items() if not fits]


def rows_show(recorded: Recorded, finding: dict[str, Any]) -> None:
    """The rows that a finding names are calls of its thread."""
    if not finding["rows"]:
        assert finding["rule"] in (STARVED, "sync-aio", "useless-wakeups")
        return
    names = []
    wanted, start = set(finding["rows"]), 0
    for batch in recorded.open().batches:
        flat = captured(batch)
        for row in sorted(wanted & set(range(start, start + batch.num_rows))):
            call = flat.row(row - start)
            assert call.pid == finding["pid"] or finding["tid"] != call.pid
            names.append(name_of(call.abi, call.nr))
        start += batch.num_rows
    assert len(names) == len(wanted)
    assert finding["syscall"] in names


@pytest.mark.parametrize("animal", EVERY)
def test_its_near_miss_has_no_finding(animal: Animal, tmp_path: Path) -> None:
    document = run(animal, "fine", tmp_path).report("--phase", "all")
    assert findings(document, STARVED) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKLOADS)
def test_healthy_workloads_have_no_finding(name: str, tmp_path: Path) -> None:
    assert name in {model.name for model in catalog.MODELS}
    document = workload(name, tmp_path)
    assert findings(document, STARVED) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "model"), MODELS.items())
def test_the_model_of_the_main_thread(name: str, model: str, tmp_path: Path) -> None:
    document = workload(name, tmp_path)
    main = document["models"][0]
    assert (main["model"], bool(main["evidence"])) == (model, True)


def test_waiting_to_be_started_is_no_model(tmp_path: Path) -> None:
    """As with benchmarks that fork their workers: what they do once they are told to begin is how they do I/O."""
    program = tmp_path / "started_late"
    subprocess.run(["gcc", "-O1", "-o", program, Path(__file__).parent / "zoo" / "started_late.c"], check=True)
    recorded = record([program], tmp_path, cwd=tmp_path)
    assert recorded.status == 0, recorded.errors
    models = {model["tid"]: model["model"] for model in recorded.report()["models"]}
    del models[recorded.open().header.pid]
    assert list(models.values()) == ["native-aio"]


def workload(name: str, folder: Path) -> dict[str, Any]:
    from tests.live.recorded import iotrace

    path = folder / "run.iotrace"
    done = iotrace("record", "-o", path, name, "--interval", "0.02")
    if done.returncode == 125 and name in ("io-uring", "linux-aio"):
        pytest.skip(f"{name} cannot run here")
    assert done.returncode == 0, done.stderr
    return Recorded(path, 0, b"", "").report()


def test_the_spinning_workload_burns_a_cpu(tmp_path: Path) -> None:
    (finding,) = findings(workload("nonblocking", tmp_path), STARVED)
    assert (finding["rule"], finding["severity"], finding["syscall"]) == ("busy-wait", "high", "read")
    assert finding["evidence"]["cpu_share"] > 0.25
    assert finding["evidence"]["retries"] > 100


COMMANDS = {
    "ls": ["ls", "-l", "/usr/bin"],
    "git": ["git", "-C", str(Path(__file__).parents[2]), "--no-optional-locks", "status", "--short", "tracer"],
    "sqlite3": ["sqlite3", ":memory:", "with recursive n(i) as (select 1 union all select i + 1 from n limit 50000)"
                " select sum(i) from n"],
    "python": [sys.executable, "-c", "import json, asyncio; print(json.dumps({'a': 1}))"],
    "curl": ["curl", "-s", "file:///etc/passwd"],
    "sort": ["sort", "/etc/passwd", "-o", "/dev/null"],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_healthy_programs_have_no_finding(name: str, tmp_path: Path) -> None:
    if shutil.which(COMMANDS[name][0]) is None:
        pytest.skip(f"{name} is not installed")
    document = record(COMMANDS[name], tmp_path).report("--phase", "all")
    assert document["totals"]["calls"] > 10
    assert findings(document, STARVED) == []


def test_the_report_begins_with_what_is_wrong(tmp_path: Path) -> None:
    from tests.live.recorded import iotrace

    animal = next(each for each in ANIMALS if each.name == "tiny_io")
    done = iotrace("report", run(animal, "bug", tmp_path).path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    place = next(number for number, line in enumerate(lines) if "tiny-io" in line)
    assert place < 6 or STARVED in done.stdout  # which is worse, and true on a busy machine
    assert any(line.lstrip().startswith("→ Put a buffer") for line in lines[place:])
    assert place < next(number for number, line in enumerate(lines) if line.startswith(" user"))
