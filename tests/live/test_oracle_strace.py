"""Real commands under strace and under iotrace: the same calls per process in order, with the same arguments,
results and errors, once both are brought to the same words (`strace_differences`)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.live.oracle_commands import DEFAULT, ENVIRONMENT, SLOW, Case, prepare
from tests.live.recorded import TIMEOUT, record
from tests.live.strace_differences import same_words
from tests.live.strace_text import Line, processes
from tracer.export.strace import lines

FIXED_ADDRESSES = ("setarch", "-R")


def theirs(case: Case, work: Path, out: Path, env: Mapping[str, str]) -> tuple[int, str]:
    """Exit status, as a shell has it, and text of strace."""
    prepare(work)
    done = subprocess.run(
        [*FIXED_ADDRESSES, "strace", "-f", "-yy", "-s", "64", "-o", out, *case.command], cwd=work, env=env,
        check=False, capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    status = done.returncode
    return status if status >= 0 else 128 - status, out.read_text(errors="replace")


def compared(text: str, case: Case) -> dict[str, list[Line]]:
    """What must be the same on both sides."""
    return {
        place: [same_words(line) for line in found if line.name not in case.ignored]
        for place, found in processes(text).items()
    }


def differences(expected: dict[str, list[Line]], found: dict[str, list[Line]]) -> list[str]:
    """The lines that are not the same, process by process; ours with +."""
    changes = []
    for place in sorted(expected.keys() | found.keys()):
        wanted, got = ([str(line) for line in side.get(place, ())] for side in (expected, found))
        diff = list(unified_diff(wanted, got, lineterm="", n=0))[2:]
        changes += [f"process {place}: {each}" for each in diff if not each.startswith("@@")]
    return changes


def compared_once(case: Case, folder: Path) -> list[str]:
    """What differs between a run under strace and one under iotrace."""
    env = os.environ | ENVIRONMENT
    work = folder / "work"
    status, text = theirs(case, work, folder / "strace.txt", env)
    prepare(work)
    recorded = record(case.command, folder, cwd=work, env=env, wrapper=FIXED_ADDRESSES)
    assert recorded.status == status
    with recorded.open() as recording:
        ours = "".join(lines(recording))
    expected, found = compared(text, case), compared(ours, case)
    assert sum(map(len, expected.values())) > 20
    return differences(expected, found)


def check(case: Case, folder: Path) -> None:
    """The command under both, line by line."""
    for program in ("strace", "setarch", case.command[0]):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    # Processes are named by their place; a pid that is also another number of the text (8192) is taken for one.
    changes = compared_once(case, folder) and compared_once(case, folder)
    assert "\n".join(changes) == ""


@pytest.mark.parametrize("name", DEFAULT)
def test_the_same_trace_as_strace(name: str, tmp_path: Path) -> None:
    """Same calls, arguments, results, signals and ends in every process."""
    check(DEFAULT[name], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_more_of_the_same_trace_as_strace(name: str, tmp_path: Path) -> None:
    """The same for more commands."""
    check(SLOW[name], tmp_path)
