"""Damaged recordings: every way to look at one gives an error or a part of it, never a crash or a hang.

How many there are is in the environment variable IOTRACE_FUZZ.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.live.fuzz_recordings import SECONDS

COUNT = int(os.environ.get("IOTRACE_FUZZ", "40"))
_AT_ONCE = 20


@pytest.mark.slow
@settings(max_examples=max(1, COUNT // _AT_ONCE), deadline=None, derandomize="IOTRACE_FUZZ" not in os.environ)
@given(seed=st.integers(0, 1 << 40))
def test_damaged_recordings(seed: int) -> None:
    """Some at a time in a process of their own, with a limit of its memory: Arrow is C++ code, and could crash."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.live.fuzz_recordings", str(seed), str(_AT_ONCE)], check=False,
        capture_output=True, text=True, timeout=SECONDS * _AT_ONCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    last = done.stdout.split()[-1:]
    assert done.returncode == 0, f"seed {last}:\n{done.stderr}"
    assert "Warning" not in done.stderr, f"up to seed {last}:\n{done.stderr}"
