"""Is it true? Corrected kernel and user time beside the program's own untraced clock and beside strace -T.

    python -m benchmarks.accuracy [CALLS]

One run, one program. The truth is the program's own clock around many calls, untraced; the corrected value is
the median over the same calls of what iotrace says; strace's is the median of its -T.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.subject import CALL_OF, COLD, SECTIONS, accuracy_program, scratch, untraced
from tracer.account.calibration import Calibration
from tracer.account.times import account_times, column
from tracer.recording.reader import Recording
from tracer.syscalls.names import name_of
from tracer.wire import Kind

Values = dict[str, float]


def corrected(path: Path) -> tuple[Values, Values]:
    """Median and half interquartile range by section, from a recording of the accuracy program."""
    recording = Recording.open(path)
    calibration = Calibration.from_json(recording.header.calibration)
    gathered: dict[str, list[int]] = {section: [] for section in SECTIONS}
    section = None
    for batch in recording.batches:
        times = account_times(batch, calibration)
        kinds, numbers, abis = column(batch, "kind"), column(batch, "nr"), column(batch, "abi")
        memory = batch.column("memory")
        for row in range(batch.num_rows):
            if kinds[row] == Kind.MARK:
                word, _, name = memory[row].as_py()[0]["bytes"].decode().partition(" ")
                section = name if word == "begin" else None
            elif section and kinds[row] == Kind.CALL and name_of(abis[row], numbers[row]) == CALL_OF[section]:
                values = times.user if section == "user work" else times.kernel
                gathered[section].append(int(values[row]))
    middle = {name: float(np.median(values)) for name, values in gathered.items()}
    spread = {name: float(np.subtract(*np.percentile(v, [75, 25])) / 2) for name, v in gathered.items()}
    return middle, spread


def by_strace(program: Path, calls: str, folder: Path) -> Values:
    """Median of strace -T by section."""
    output = folder / "strace.txt"
    subprocess.run(["strace", "-T", "-o", output, program, calls], check=True, capture_output=True)
    gathered: dict[str, list[float]] = {name: [] for name in SECTIONS}
    section = None
    for line in output.read_text(errors="replace").splitlines():
        if mark := re.match(r'write\(-1, "iotrace:(begin|end) ([^"]*)"', line):
            section = mark[2] if mark[1] == "begin" else None
        elif section and line.startswith(CALL_OF[section] + "(") and (took := re.search(r"<([\d.]+)>$", line)):
            gathered[section].append(float(took[1]) * 1e9)
    return {name: statistics.median(values) for name, values in gathered.items() if values}


def main() -> None:
    """Print the table."""
    calls = sys.argv[1] if len(sys.argv) > 1 else "100"
    with scratch() as name:
        folder = Path(name)
        program = accuracy_program(folder)
        before = untraced(program, calls)
        recording = folder / "subject.iotrace"
        subprocess.run(
            [sys.executable, "-m", "iotrace.main", "record", "-o", recording, "--", program, calls],
            check=True, capture_output=True,
        )  # fmt: skip
        middle, spread = corrected(recording)
        strace = by_strace(program, calls, folder) if shutil.which("strace") else {}
        after = untraced(program, calls)
    print(f"{'':16}{'untraced':>11}{'iotrace':>11}{'±':>8}{'off by':>10}{'':>8}{'strace -T':>12}   (ns)")
    for section in SECTIONS:
        truth = (before[section] + after[section]) / 2
        off = middle[section] - truth
        verdict = "" if abs(off) <= max(0.1 * truth, 150) else "  outside 10 % or 150 ns"
        shown = f"{strace[section]:12,.0f}" if section in strace and section != "user work" else f"{'-':>12}"
        print(
            f"{section:16}{truth:11,.0f}{middle[section]:11,.0f}{spread[section]:8,.0f}{off:+10,.0f}"
            f"{off / truth:+8.1%}{shown}{verdict}"
        )
    print(
        f"\npreadv 1 MiB untraced, 256 KiB of other memory touched between two calls: {before[COLD]:,.0f} ns.\n"
        "A tracer's own work goes through the program's caches; what that costs a call is not corrected."
    )


if __name__ == "__main__":
    main()
