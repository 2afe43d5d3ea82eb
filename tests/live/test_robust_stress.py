"""stress-ng's stressors run to their end under trace, and nothing is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.live.recorded import record

STRESSORS = {
    "epoll": 23, "poll": 101, "aio": 23, "aiol": 23, "sigio": 23, "pipe": 101, "sendfile": 23, "splice": 101,
    "fork": 47, "vfork": 47, "clone": 47, "futex": 101, "signal": 101, "io-uring": 23, "sockpair": 23,
    "eventfd": 101, "timerfd": 101, "mmap": 1,
}  # fmt: skip
"""With how much each is to do, in its own units."""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("stress-ng") is None, reason="stress-ng is not installed")
@pytest.mark.parametrize("stressor", STRESSORS)
def test_a_stressor_runs_to_its_end(stressor: str, tmp_path: Path) -> None:
    words = [
        f"--{stressor}",
        "1",
        f"--{stressor}-ops",
        str(STRESSORS[stressor]),
        "-t",
        "2",
        "--temp-path",
        str(tmp_path),
    ]
    recorded = record(["stress-ng", *words], tmp_path)
    assert recorded.status == 0, recorded.output.decode() + recorded.errors
    report = recorded.report()
    assert report["totals"]["lost"] == 0
    assert report["totals"]["calls"] > 100
    assert report["exit"] == {"code": 0, "signal": None, "complete": True}
