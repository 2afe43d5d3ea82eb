"""What does watching cost? ns added per call of a tight loop of 1-byte reads, as ratios in one run.

    python -m benchmarks.overhead [--calls N] [--rounds N] [--only WORD]

The loop times itself. Watchers take turns, round after round, and medians are compared, because machines are noisy.
Those that stop the program are measured by the wall clock; those inside the kernel (marked *) by the thread's CPU
clock, which is the same on a quiet machine and does not count what others do on a busy one. `strace` is run in its
default form (-f -o FILE) and bound to one CPU together with the program. `another call` is a filter by seccomp that
the loop's calls do not match.

Then what keeping memory costs: the same loop with other calls, by BPF. The record alone costs what getppid does,
which has no memory; what a call costs beyond that is its memory.
"""

from __future__ import annotations

import os
import shlex
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from benchmarks.arguments import parser, positive
from benchmarks.subject import LOOPS, loop_program, scratch

Runner = Callable[[list[str], Path], list[str]]
Results = dict[str, list[float]]


def _pinned(runner: Runner) -> Runner:
    cpu = str(max(os.sched_getaffinity(0)))
    return lambda program, folder: ["taskset", "-c", cpu, *runner(program, folder)]


def _iotrace(*options: str) -> Runner:
    base = [sys.executable, "-m", "iotrace.main", "record", "--force"]
    return lambda program, folder: [*base, *options, "-o", str(folder / "loop.iotrace"), "--", *program]


def _into(file: str, *words: str) -> Runner:
    return lambda program, folder: [*words, "-o", str(folder / file), *program]


_COUNT: Final = "tracepoint:raw_syscalls:sys_exit /pid == cpid/ { @[args->id] = count(); }"
_STRACE: Final = _into("strace.txt", "strace", "-f")
_DEFAULT, _ONE_CPU = "strace -f", "strace -f, one CPU"
INSIDE: Final[dict[str, Runner]] = {
    "untraced": lambda program, _: program,
    "iotrace, ebpf": _iotrace("--backend", "ebpf"),
    "iotrace, ebpf, no payload": _iotrace("--backend", "ebpf", "--capture-bytes", "0"),
    "iotrace, ebpf, --summary": _iotrace("--backend", "ebpf", "--summary"),
    "bpftrace, counting": lambda program, folder: [
        "bpftrace", "-q", "-o", str(folder / "bpftrace.txt"), "-e", _COUNT, "-c", shlex.join(program),
    ],
    "strace --seccomp-bpf, another call": _into(
        "strace.txt", "strace", "-f", "--seccomp-bpf", "-e", "trace=openat"
    ),
}  # fmt: skip
"""Nothing stops here: many more calls are needed for a time."""
STOPPING: Final[dict[str, Runner]] = {
    "iotrace, ptrace": _iotrace("--backend", "ptrace"),
    "iotrace, ptrace, no payload": _iotrace("--backend", "ptrace", "--capture-bytes", "0"),
    "iotrace, ptrace, --pin off": _iotrace("--backend", "ptrace", "--pin", "off"),
    _DEFAULT: _STRACE,
    _ONE_CPU: _pinned(_STRACE),
    "strace -f -T -ttt, one CPU": _pinned(_into("strace.txt", "strace", "-f", "-T", "-ttt")),
    "strace --seccomp-bpf -e read": _into("strace.txt", "strace", "-f", "--seccomp-bpf", "-e", "trace=read"),
    "perf trace": _into("perf.txt", "perf", "trace"),
    "perf trace -s": _into("perf.txt", "perf", "trace", "-s"),
}
MEMORY: Final = {"poll": "poll, 8 fds", "epoll_wait": "epoll_wait, 4 events", "writev": "writev, 4 x 64 B",
                 "read": "read, 1 B"}  # fmt: skip


def once(command: list[str], *, cpu: bool) -> float | None:
    """ns per call as the loop itself sees it; None when there is no such tool, or it failed."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    words = done.stdout.split()
    return float(words[-2 if cpu else -1]) if done.returncode == 0 and len(words) >= 2 else None


def measure(program: Path, calls: int, rounds: int, only: str) -> tuple[Results, list[str]]:
    """ns per call by watcher, one value a round, and who gave none."""
    results: Results = {}
    watchers = {**INSIDE, **STOPPING}
    wanted = {name: runner for name, runner in watchers.items() if only in name or name in ("untraced", _DEFAULT)}
    for _ in range(rounds):
        for name, runner in wanted.items():
            count = calls * 20 if name in INSIDE else calls
            took = once(runner([str(program), "read", str(count)], program.parent), cpu=name in INSIDE)
            if took is not None:
                results.setdefault(name, []).append(took)
    return results, [name for name in wanted if name not in results]


def measure_memory(program: Path, calls: int, rounds: int) -> Mapping[str, float]:
    """ns that BPF adds to each call of `LOOPS`: the median of the rounds' differences."""
    added: Results = {call: [] for call in LOOPS}
    for _ in range(rounds):
        for call, values in added.items():
            command = [str(program), call, str(calls * 20)]
            before = once(command, cpu=True)
            watched = once(INSIDE["iotrace, ebpf"](command, program.parent), cpu=True)
            if before is not None and watched is not None:
                values.append(watched - before)
    return {call: statistics.median(values) for call, values in added.items() if values}


def table(results: Results, missing: list[str]) -> None:
    """Print what each adds, and against strace."""
    middles = {name: statistics.median(values) for name, values in results.items()}
    base = middles.pop("untraced")
    added = {name: value - base for name, value in middles.items()}
    print(f"\nuntraced: {base:,.0f} ns a call")
    print(f"{'':38}{'ns added':>12}{'least':>12}{'x strace -f':>14}{'x one CPU':>12}")
    for name, value in added.items():
        least = min(results[name]) - min(results["untraced"])
        ratios = [f"{value / other:.3f}" if other else "-" for other in (added.get(_DEFAULT), added.get(_ONE_CPU))]
        shown = f"{name}{' *' if name in INSIDE else ''}"
        print(f"{shown:38}{value:12,.0f}{least:12,.0f}{ratios[0]:>14}{ratios[1]:>12}")
    if missing:
        print(f"no figure: {', '.join(missing)}")


def main() -> None:
    """Print the tables."""
    words = parser(__doc__)
    words.add_argument("--calls", type=positive, default=20_011, help="20 times as many where nothing stops")
    words.add_argument("--rounds", type=positive, default=5)
    words.add_argument("--only", default="", metavar="WORD", help="watchers whose name has it, and strace -f")
    options = words.parse_args()
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; {options.rounds} rounds, {options.calls:,} calls")
    with scratch() as name:
        program = loop_program(Path(name))
        table(*measure(program, options.calls, options.rounds, options.only))
        if memory := measure_memory(program, options.calls, options.rounds):
            print(f"\nmemory, by BPF; the record alone adds {memory['getppid']:,.0f} ns")
            for call, shown in MEMORY.items():
                print(f"{shown:28}{memory[call] - memory['getppid']:+12,.0f} ns for memory")
    print(f"\nload {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
