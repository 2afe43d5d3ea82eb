"""Python's own tests of its operating system interfaces have the same verdicts traced and untraced.

Every module runs untraced and under `iotrace record`, and the verdicts of all tests are compared. Many of these
tests depend on time, and a busy machine changes the verdict of some now and then: tests that differ run again by
themselves, both ways, up to `TRIES` times, and one with the same verdict both ways once is transparent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.live.recorded import IOTRACE

pytestmark = pytest.mark.slow
WHOLE = "IOTRACE_TRANSPARENCY"
"""Set: all of the modules, for half an hour. Else what takes a few seconds each."""
SECONDS = 1_500
TRIES = 3
VERDICTS_OF = Path(__file__).parent / "verdicts_of.py"
MODULES: Sequence[str] = (
    "test_select", "test_poll", "test_epoll", "test_selectors", "test_signal", "test_subprocess", "test_threading",
    "test_asyncio",
)  # fmt: skip
QUICK: Sequence[tuple[str, ...]] = (
    ("test_select",),
    ("test_epoll",),
    ("test_selectors.EpollSelectorTestCase",),
    ("test_signal.PosixTests", "test_signal.WakeupSignalTests", "test_signal.WakeupSocketSignalTests",
     "test_signal.PidfdSignalTest", "test_signal.StressTest"),
    ("test_subprocess.POSIXProcessTestCase",),
    ("test_threading.ThreadTests",),
    ("test_asyncio.test_subprocess", "test_asyncio.test_unix_events"),
)  # fmt: skip
DEPEND_ON_TIME: frozenset[str] = frozenset()
"""Tests whose verdict differs under `strace -f` as well."""
LEAST = 5
"""Tests of a module that passes untraced: a module that could not be imported is no test."""


def python() -> str | None:
    """An interpreter that has its own tests: ours, or Debian's (libpython3-testsuite)."""
    for path in (getattr(sys, "_base_executable", sys.executable), "/usr/bin/python3"):
        done = subprocess.run([path, "-c", "import test.test_select"], capture_output=True, check=False)
        if done.returncode == 0:
            return str(path)
    return None


class Runs:
    """Runs of tests by name, in a folder."""

    def __init__(self, interpreter: str, folder: Path) -> None:
        self._interpreter, self._folder, self._number = interpreter, folder, 0

    def start(self, names: Sequence[str], traced: bool) -> tuple[subprocess.Popen[bytes], Path]:
        """One run, and the file with its verdicts."""
        self._number += 1
        place = self._folder / str(self._number)
        place.mkdir()
        verdicts = place / "verdicts"
        prefix: list[str | Path] = [*IOTRACE, "record", "-o", place / "a.iotrace", "--"] if traced else []
        with open(place / "output", "wb") as output:
            process = subprocess.Popen(
                [*map(str, prefix), self._interpreter, str(VERDICTS_OF), str(verdicts), *names], cwd=place,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        return process, verdicts

    def both(self, names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        """What became of each test, untraced and traced. They run at the same time: most of them only sleep."""
        started = [self.start(names, traced) for traced in (False, True)]
        try:
            for process, _ in started:
                process.wait(SECONDS)
        finally:
            for process, _ in started:
                process.kill()
                process.wait()
        untraced, traced = (_read(path) for _, path in started)
        return untraced, traced


def _read(path: Path) -> dict[str, str]:
    assert path.exists(), (path.parent / "output").read_text(errors="replace")[-2000:]
    found: dict[str, str] = json.loads(path.read_text())
    return found


def differing(one: dict[str, str], other: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Tests with different verdicts, and those that only one of both has."""
    names = (one.keys() | other.keys()) - DEPEND_ON_TIME
    return {name: (one.get(name), other.get(name)) for name in sorted(names) if one.get(name) != other.get(name)}


CHOSEN = [(module,) for module in MODULES] if WHOLE in os.environ else list(QUICK)


@pytest.mark.parametrize("names", CHOSEN, ids=lambda names: names[0])
def test_the_same_verdicts(names: tuple[str, ...], tmp_path: Path) -> None:
    interpreter = python()
    if interpreter is None:
        pytest.skip("no Python here has its own tests (Debian: libpython3-testsuite)")
    runs = Runs(interpreter, tmp_path)
    untraced, traced = runs.both([f"test.{name}" for name in names])
    assert list(untraced.values()).count("ok") >= LEAST
    different = differing(untraced, traced)
    for _ in range(TRIES):
        if not different:
            break
        again = sorted(different)
        rerun = differing(*runs.both(again))
        different = {name: rerun[name] for name in different if name in rerun}
    assert different == {}
