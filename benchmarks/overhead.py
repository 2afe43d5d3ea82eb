"""What does watching cost? ns added per call of a tight loop of 1-byte reads, as ratios in one run.

    python -m benchmarks.overhead [CALLS [ROUNDS]]

The loop times itself. Tracers take turns, round after round, and medians are compared, because machines are
noisy. `strace` is run in its default form (-f -o FILE) and bound to one CPU together with the program.
"""

from __future__ import annotations

import os
import shlex
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.subject import loop_program, scratch

Runner = Callable[[list[str], Path], list[str]]


def _pinned(command: list[str]) -> list[str]:
    return ["taskset", "-c", str(max(os.sched_getaffinity(0))), *command]


def _iotrace(*options: str) -> Runner:
    base = [sys.executable, "-m", "iotrace.main", "record", "--force"]
    return lambda program, folder: [*base, *options, "-o", str(folder / "loop.iotrace"), "--", *program]


_COUNT = "tracepoint:raw_syscalls:sys_exit /pid == cpid/ { @[args->id] = count(); }"
_INSIDE = ("untraced", "iotrace, ebpf", "iotrace, ebpf, no payload", "bpftrace, counting")
"""Nothing stops here: many more calls are needed for a time."""

RUNNERS: dict[str, Runner] = {
    "untraced": lambda program, _: program,
    "iotrace": _iotrace(),
    "iotrace, no payload": _iotrace("--capture-bytes", "0"),
    "iotrace --pin off": _iotrace("--pin", "off"),
    "iotrace, ebpf": _iotrace("--backend", "ebpf"),
    "iotrace, ebpf, no payload": _iotrace("--backend", "ebpf", "--capture-bytes", "0"),
    "strace -f": lambda program, folder: ["strace", "-f", "-o", str(folder / "strace.txt"), *program],
    "strace -f, one CPU": lambda program, folder: _pinned(
        ["strace", "-f", "-o", str(folder / "strace.txt"), *program]
    ),
    "strace -f -T -ttt, one CPU": lambda program, folder: _pinned(
        ["strace", "-f", "-T", "-ttt", "-o", str(folder / "strace.txt"), *program]
    ),
    "strace --seccomp-bpf -e read": lambda program, folder: [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-e",
        "trace=read",
        "-o",
        str(folder / "strace.txt"),
        *program,
    ],
    "perf trace": lambda program, folder: ["perf", "trace", "-o", str(folder / "perf.txt"), *program],
    "perf trace -s": lambda program, folder: ["perf", "trace", "-s", "-o", str(folder / "perf.txt"), *program],
    "bpftrace, counting": lambda program, folder: [
        "bpftrace",
        "-q",
        "-o",
        str(folder / "bpftrace.txt"),
        "-e",
        _COUNT,
        "-c",
        shlex.join(program),
    ],
}


def measure(calls: int, rounds: int) -> dict[str, list[float]]:
    """ns per call as the loop itself sees it, by runner, one value a round; absent tools are left out."""
    results: dict[str, list[float]] = {}
    with scratch() as name:
        folder = Path(name)
        program = str(loop_program(folder))
        for _ in range(rounds):
            for label, runner in RUNNERS.items():
                count = calls * 20 if label in _INSIDE else calls
                command = runner([program, str(count)], folder)
                if shutil.which(command[0]) is None:
                    continue
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode == 0 and done.stdout.strip():
                    results.setdefault(label, []).append(float(done.stdout.split()[-1]))
    return results


def main() -> None:
    """Print the table."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 20_011
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    results = {label: statistics.median(values) for label, values in measure(calls, rounds).items()}
    base = results.pop("untraced")
    added = {label: value - base for label, value in results.items()}
    default, pinned = added.get("strace -f"), added.get("strace -f, one CPU")
    print(f"untraced: {base:,.0f} ns a call; {calls:,} calls, median of {rounds} rounds")
    print(f"{'':28}{'ns added':>12}{'x strace -f':>14}{'x one CPU':>12}")
    for label, value in added.items():
        ratios = [f"{value / other:.2f}" if other else "-" for other in (default, pinned)]
        print(f"{label:28}{value:12,.0f}{ratios[0]:>14}{ratios[1]:>12}")


if __name__ == "__main__":
    main()
