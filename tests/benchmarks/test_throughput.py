"""The pure parts of the benchmark of watched servers."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.throughput import TRACERS, UNTRACED, Line, Load, lines


def test_ratios_are_of_loads_in_the_same_round() -> None:
    """So that a machine that is slow for a while does not look like a dear tracer."""
    found = {
        UNTRACED: [Load(100, 1.0), Load(100, 10.0), Load(100, 1.0)],
        "quick": [Load(80, 1.0, 240, 0), Load(90, 10.0, 180, 3), Load(70, 1.0, 140, 4)],
        "other": [Load(50, 1.0), Load(50, 10.0), Load(50, 2.0)],
    }
    assert lines(found) == {
        UNTRACED: Line(100.0, 1.0, None, None),
        "quick": Line(70.0, 0.8, 2.0, 7),
        "other": Line(25.0, 0.5, None, None),
    }


def test_command_lines_name_the_file_and_the_process() -> None:
    """Ours takes the process as it is; others behind -p."""
    file = Path("/tmp/x")
    assert TRACERS["strace -f"].words(4242, file) == ["strace", "-f", "-o", "/tmp/x", "-p", "4242"]
    ours = TRACERS["iotrace ebpf"].words(4242, file)
    assert (ours[0], ours[-3:]) == (sys.executable, ["-o", "/tmp/x", "4242"])
