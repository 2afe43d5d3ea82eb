"""How time, memory and files grow with the number of calls, tenfold each time.

    python -m benchmarks.scale [--calls 1000000 --calls 10000000 ...] [--only STEP ...] [--recording FILE]

The recording that is read is generated (`benchmarks.generate`) in a temporary folder and removed. Each step is a
process of its own:

record          a program that makes so many 1-byte reads, recorded by BPF; memory is that of the largest process
view            the screen: first lines, all lines, a key, a filter over all lines (`benchmarks.scale_view`)
report          the tables; `report --json`; `check`
parquet         `export --to parquet --partition host,date`
duckdb          the totals of `report --json`, asked of these files; said is whether they are the same

CPU and wall seconds, the most memory it had, what of it was its own (the rest are mapped pages of the recording,
which the kernel takes back when others need room), and the bytes written. x is how much CPU time grew over the
tenth of the calls: 10 is proportional. The load of the machine stands beside: wall seconds mean something on a
quiet one only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.generate import generate
from benchmarks.subject import loop_program, scratch

_IOTRACE: Final = (sys.executable, "-m", "iotrace.main")
_EVERY_S: Final = 0.05
_HEADING: Final = (
    f"  {'':15}{'CPU s':>9}{'wall s':>9}{'most MB':>10}{'own MB':>10}{'written MB':>12}{'x':>8}{'load':>7}"
)
STEPS: Final = ("record", "view", "report", "report --json", "check", "parquet", "duckdb")


class Cost(NamedTuple):
    """What one step took."""

    cpu_s: float
    wall_s: float
    most_bytes: int
    own_bytes: int
    written: int
    said: str
    """Its output."""


class Files(NamedTuple):
    """What the steps read and write."""

    recording: Path
    folder: Path

    @property
    def recorded(self) -> Path:
        """Written by `record`."""
        return self.folder / "recorded.iotrace"

    @property
    def json(self) -> Path:
        """The output of `report --json`."""
        return self.folder / "report.json"

    @property
    def dataset(self) -> Path:
        """Written by `parquet`."""
        return self.folder / "traces"


def command_of(step: str, files: Files, calls: int) -> tuple[Sequence[str], Path | None]:
    """The command of a step, and what it writes."""
    words: tuple[str, ...]
    recording, recorded, dataset = str(files.recording), str(files.recorded), str(files.dataset)
    if step == "record":
        program = str(loop_program(files.folder))
        words = ("record", "--backend", "ebpf", "--force", "-o", recorded, "--", program, "read", str(calls))
        return (*_IOTRACE, *words), files.recorded
    if step == "view":
        return (sys.executable, "-m", "benchmarks.scale_view", recording), None
    if step == "parquet":
        words = ("export", recording, "--to", "parquet", "--partition", "host,date", "-o", dataset)
        return (*_IOTRACE, *words), files.dataset
    if step == "duckdb":
        return (sys.executable, "-m", "benchmarks.scale_duckdb", str(files.json), dataset), None
    if step == "check":
        return (*_IOTRACE, "check", recording, "--max", "lost=0"), None
    if step == "report --json":
        return (*_IOTRACE, "report", "--json", "--phase", "all", recording), None
    return (*_IOTRACE, step, recording), None


def cost_of(command: Sequence[str], made: Path | None, out: Path) -> Cost | str:
    """Run a command to its end; or what it said when it failed."""
    began, own = time.monotonic(), [0]
    with out.open("w") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.PIPE)
    watch = threading.Thread(target=_watch, args=(process.pid, own))
    watch.start()
    assert process.stderr is not None
    said = process.stderr.read()
    watch.join()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        return said.decode(errors="replace").strip() or f"exit status {os.waitstatus_to_exitcode(status)}"
    return Cost(
        used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss * 1024, own[0],
        _size(made) if made is not None else 0, out.read_text() if out.stat().st_size < 1 << 20 else "",
    )  # fmt: skip


def _watch(pid: int, most: list[int]) -> None:
    """The most memory of its own that a process has until it ends, `RssAnon` of proc_pid_status(5)."""
    while True:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        own = [int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:")]
        if not own:  # it ended, and waits to be waited for
            return
        most[0] = max(most[0], *own)
        time.sleep(_EVERY_S)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(each.stat().st_size for each in files if each.is_file())


def lines_of(step: str, cost: Cost, before: Cost | None) -> Iterator[str]:
    """What is printed of a step."""
    grown = f"{cost.cpu_s / before.cpu_s:.1f}" if before is not None else ""
    yield (
        f"  {step:15}{cost.cpu_s:9.1f}{cost.wall_s:9.1f}{cost.most_bytes / 1e6:10,.0f}{cost.own_bytes / 1e6:10,.0f}"
        f"{cost.written / 1e6:12,.1f}{grown:>8}{os.getloadavg()[0]:7.1f}"
    )
    if step == "view":
        seen = json.loads(cost.said)
        yield (
            f"    first lines {seen['first_s']:.1f} s, all {seen['loaded_s']:.1f} s; key {seen['end_ms']:.0f} ms; "
            f"filter: letters {seen['key_ms']:.0f} ms, all lines {seen['filtered_s']:.1f} s"
        )
    elif step == "duckdb":
        yield f"    {cost.said.strip()}"


def main() -> None:
    """Print a table for each number of calls."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, action="append")
    parser.add_argument("--only", choices=STEPS, action="append")
    parser.add_argument("--recording", type=Path, help="read this one instead of generating it")
    options = parser.parse_args()
    before: dict[str, Cost] = {}
    for calls in options.calls or [1_000_000, 10_000_000]:
        with scratch() as name:
            files = Files(options.recording or Path(name) / "long.iotrace", Path(name))
            if options.recording is None:
                generate(files.recording, calls, 23)
            size = files.recording.stat().st_size
            print(f"{calls:,} calls, {size / 1e6:,.0f} MB ({size / calls:.0f} bytes a call)")
            print(_HEADING)
            for step in options.only or STEPS:
                command, made = command_of(step, files, calls)
                cost = cost_of(command, made, files.json if step == "report --json" else Path(name) / "out")
                if isinstance(cost, str):
                    print(f"  {step}: {cost.splitlines()[0]}")
                    continue
                for line in lines_of(step, cost, before.get(step)):
                    print(line, flush=True)
                before[step] = cost
                files.recorded.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
