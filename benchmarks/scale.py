"""How time, memory and files grow with the number of calls, tenfold each time.

    python -m benchmarks.scale [--calls 100000 --calls 1000000 --calls 10000000]

Recordings are generated (`benchmarks.generate`) in a temporary folder and removed. Each step is a process of its
own: CPU and wall seconds, the most memory it had (mapped pages of the recording included), and the bytes it wrote.
The last column is how much the CPU time grew over the step before: 10 is proportional to the number of calls.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.generate import generate
from benchmarks.subject import scratch

_IOTRACE: Final = (sys.executable, "-m", "iotrace.main")


class Cost(NamedTuple):
    """What one step took."""

    cpu_s: float
    wall_s: float
    most_bytes: int
    written: int


def steps(recording: Path, folder: Path) -> dict[str, tuple[list[str], Path | None]]:
    """The commands by what they do, and the file each writes."""
    table, stacks = folder / "table.parquet", folder / "stacks.folded"
    return {
        "report --json": (["report", str(recording), "--json"], None),
        "check": (["check", str(recording), "--max", "lost=0"], None),
        "export parquet": (["export", str(recording), "--to", "parquet", "-o", str(table)], table),
        "export folded": (["export", str(recording), "--to", "folded", "-o", str(stacks)], stacks),
    }


def cost_of(words: list[str], made: Path | None) -> Cost:
    """Run `iotrace` with these words to its end."""
    began = time.monotonic()
    process = subprocess.Popen([*_IOTRACE, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(words)}: {said.decode(errors='replace')}")
    return Cost(
        used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss * 1024,
        made.stat().st_size if made is not None else 0,
    )  # fmt: skip


def main() -> None:
    """Print a table for each number of calls."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, action="append")
    before: dict[str, Cost] = {}
    for calls in parser.parse_args().calls or [100_000, 1_000_000, 10_000_000]:
        with scratch() as name:
            folder = Path(name)
            recording = folder / "long.iotrace"
            generate(recording, calls, 23)
            size = recording.stat().st_size
            print(f"{calls:,} calls, {size / 1e6:,.0f} MB ({size / calls:.0f} bytes a call)")
            print(f"  {'':18}{'CPU s':>9}{'wall s':>9}{'memory MB':>11}{'written MB':>12}{'x before':>10}")
            for what, (words, made) in steps(recording, folder).items():
                cost = cost_of(words, made)
                grown = f"{cost.cpu_s / before[what].cpu_s:.1f}" if what in before else ""
                print(
                    f"  {what:18}{cost.cpu_s:9.1f}{cost.wall_s:9.1f}{cost.most_bytes / 1e6:11,.0f}"
                    f"{cost.written / 1e6:12,.1f}{grown:>10}"
                )
                before[what] = cost


if __name__ == "__main__":
    main()
