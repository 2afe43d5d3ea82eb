"""The capture process is quick to start and small: what it has loaded before it knows which backend it is for."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "pyarrow", "textual", "rich", "click", "tracer.capture.ebpf", "tracer.recording")


@pytest.mark.parametrize("module", ["tracer.capture.__main__", "tracer.capture.session"])
def test_capture_by_ptrace_loads_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
