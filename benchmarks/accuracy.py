"""Is it true? Corrected kernel and user time, by either way in, beside the untraced program's own clock and strace.

    python -m benchmarks.accuracy [--calls N] [--rounds N] [--threads 1,2,4] [--backends ebpf,ptrace]

The program makes the same calls with one thread and with several, more than there are CPUs as well. The truth is
its own CPU clock around many calls, untraced; what iotrace says is the median over the same calls. Untraced runs
and traced ones take turns, and each figure is the median of its rounds, because machines are noisy: `noise` is how
far apart the untraced rounds were (half their range). What is off by more than the target, and by more than the
noise, is marked. `±` is what the report itself says a single call is uncertain by.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.arguments import numbers, parser, positive
from benchmarks.sections import Said, Values, by_strace, corrected
from benchmarks.subject import COLD, SECTIONS, accuracy_program, scratch, untraced

ALLOWED_NS: Final = {"ebpf": 100, "ptrace": 150}
"""Or 10 %, whichever is more (docs of the design: eBPF 100 ns, ptrace 150 ns)."""


def rounds_of(
    program: Path, calls: int, threads: int, backends: Sequence[str], rounds: int
) -> tuple[list[Values], dict[str, list[Said]]]:
    """Untraced rounds, one more than the traced ones, and the traced ones by backend."""
    arguments = (str(calls), str(threads))
    truth = [untraced(program, *arguments)]
    said: dict[str, list[Said]] = {backend: [] for backend in backends}
    recording = program.with_suffix(".iotrace")
    for _ in range(rounds):
        for backend, values in said.items():
            command = [sys.executable, "-m", "iotrace.main", "record", "--force", "--backend", backend]
            done = subprocess.run(
                [*command, "-o", recording, "--", program, *arguments], capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise SystemExit(f"the {backend} run failed: {done.stderr.strip()}")
            values.append(corrected(recording))
        truth.append(untraced(program, *arguments))
    return truth, said


def table(threads: int, truth: list[Values], said: dict[str, list[Said]], strace: Values) -> None:
    """Print what was found for so many threads."""
    print(f"\n{threads} thread{'s' * (threads > 1)} (ns)")
    print(
        f"{'':16}{'untraced':>10}{'noise':>8}"
        + "".join(f"{backend:>12}{'±':>8}{'off by':>9}{'':>9}" for backend in said)
        + f"{'strace -T':>12}"
    )
    for section in SECTIONS:
        rounds = [each[section] for each in truth]
        middle, noise = statistics.median(rounds), (max(rounds) - min(rounds)) / 2
        line = f"{section:16}{middle:10,.0f}{noise:8,.0f}"
        for backend, values in said.items():
            value = statistics.median(each.middle[section] for each in values)
            within = statistics.median(each.within[section] for each in values)
            off = value - middle
            outside = abs(off) > max(0.1 * middle, ALLOWED_NS[backend], noise)
            line += f"{value:12,.0f}{within:8,.0f}{off:+9,.0f}{off / middle:+8.1%}{'!' if outside else ' '}"
        line += f"{strace[section]:12,.0f}" if section in strace and section != "user work" else f"{'-':>12}"
        print(line, flush=True)


def main() -> None:
    """Print the tables."""
    words = parser(__doc__)
    words.add_argument("--calls", type=positive, default=400, help="of the short sections, in each of 21 chunks")
    words.add_argument("--rounds", type=positive, default=5)
    words.add_argument("--threads", type=numbers, default=(1, 2, 4))
    words.add_argument("--backends", type=lambda text: text.split(","), default=["ebpf", "ptrace"])
    options = words.parse_args()
    if unknown := set(options.backends) - ALLOWED_NS.keys():
        words.error(f"no backend is called {', '.join(sorted(unknown))}")
    if max(options.threads) > 16:
        words.error("the program has room for 16 threads")
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} before; {options.rounds} rounds")
    with scratch() as name:
        folder = Path(name)
        program = accuracy_program(folder)
        strace = by_strace(program, str(options.calls), folder) if shutil.which("strace") else {}
        for threads in options.threads:
            truth, said = rounds_of(program, options.calls, threads, options.backends, options.rounds)
            table(threads, truth, said, strace if threads == 1 else {})
        cold = statistics.median(each[COLD] for each in truth)
    print(
        f"\nload {os.getloadavg()[0]:.1f} after; ! outside of 10 % or "
        + ", ".join(f"{ALLOWED_NS[each]} ns ({each})" for each in options.backends)
        + f"\npreadv 1 MiB untraced, 256 KiB of other memory touched between two calls: {cold:,.0f} ns.\n"
        "A tracer's own work goes through the program's caches; what that costs a call is not corrected."
    )


if __name__ == "__main__":
    main()
