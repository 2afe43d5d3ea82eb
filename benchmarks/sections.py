"""What tracers say of the accuracy program, section by section."""

from __future__ import annotations

import re
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.subject import CALL_OF, SECTIONS
from tracer.account.calibration import Calibration
from tracer.account.times import account_times, column
from tracer.recording.reader import Recording
from tracer.syscalls.names import name_of
from tracer.wire import Kind, Placement

Values = dict[str, float]
Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Said:
    """Medians by section, ns a call, and how sure of a single call the tracer says it is."""

    middle: Values
    within: Values
    """± as the report has it: the spread of the calibration that applied."""


def corrected(path: Path) -> Said:
    """From a recording of the accuracy program: of each thread the median, of these the mean."""
    with Recording.open(path) as recording:
        calibration = Calibration.from_json(recording.header.calibration)
        batches = list(recording.batches)
    said = _calls(batches)
    kernel, user = (
        np.concatenate([getattr(account_times(batch, calibration), name) for batch in batches])
        for name in ("kernel", "user")
    )
    middle, within = {}, {}
    for section, rows in said.items():
        times = user if section == "user work" else kernel
        middle[section] = statistics.mean(float(np.median(times[each])) for each in rows)
        shared = np.concatenate([column(batch, "placement") for batch in batches])[rows[0][0]] == Placement.SHARED
        constants = calibration.shared if shared else calibration.apart
        within[section] = constants.user_run_spread_ns if section == "user work" else constants.run_spread_ns
    return Said(middle, within)


def _calls(batches: list[pa.RecordBatch]) -> dict[str, list[Column]]:
    """The rows of each section's calls, thread by thread."""
    kind, number, abi, tid, at = (
        np.concatenate([column(batch, name) for batch in batches]) for name in ("kind", "nr", "abi", "tid", "at_ns")
    )
    texts = [
        (int(row), batch.column("memory")[int(place)].as_py()[0]["bytes"].decode())
        for batch, begin in zip(batches, np.cumsum([0, *(each.num_rows for each in batches)]), strict=False)
        for place in np.flatnonzero(column(batch, "kind") == Kind.MARK)
        for row in (begin + place,)
    ]
    begun: dict[tuple[int, str], int] = {}
    found: dict[str, list[Column]] = {section: [] for section in SECTIONS}
    for row, text in texts:
        word, _, section = text.partition(" ")
        if word == "begin":
            begun[int(tid[row]), section] = int(at[row])
        elif begin := begun.get((int(tid[row]), section)):
            inside = (tid == tid[row]) & (kind == Kind.CALL) & (at > begin) & (at < at[row])
            wanted = [value for value in np.unique(number[inside]) if name_of(abi[row], value) == CALL_OF[section]]
            found[section].append(np.flatnonzero(inside & np.isin(number, wanted))[1:])
    return found


def by_strace(program: Path, calls: str, folder: Path) -> Values:
    """Median of strace -T by section, one thread."""
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
