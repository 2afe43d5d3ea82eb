"""Does capture by BPF keep up with a million calls a second, for half a minute, into a recording?

    python -m benchmarks.sustained [--rate 1000000] [--seconds 30] [--threads 2] [--capture-bytes 64] [-o FILE]

A C program whose threads make 1-byte reads at a steady pace, a thousand at a time, recorded as usual. Said are the
calls that it made, those in the recording, the lost ones, bytes a row, and CPU time a row of the capture process
and of the recorder (user + system, from /proc while they run), which says more than the clock on a busy machine.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from benchmarks.subject import compile_program, scratch
from tracer.recording.reader import Recording
from tracer.wire import Kind

_SOURCE: Final = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
enum { MOST = 64, BURST = 1000 };
static double seconds, rate;
static long counts[MOST];
static void *work(void *which) {
    int fd = open("/dev/zero", O_RDONLY);
    char byte;
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    long made = 0;
    do {
        for (int i = 0; i < BURST; i++) if (read(fd, &byte, 1) != 1) abort();
        made += BURST;
        double due = made / rate;
        struct timespec wake = begin;
        wake.tv_sec += (long)due;
        wake.tv_nsec += (due - (long)due) * 1e9;
        if (wake.tv_nsec >= 1000000000) { wake.tv_sec++; wake.tv_nsec -= 1000000000; }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, 0);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - begin.tv_sec + (now.tv_nsec - begin.tv_nsec) / 1e9 < seconds);
    counts[(long)which] = made;
    return 0;
}
int main(int argc, char **argv) {
    int threads = atoi(argv[3]);
    seconds = atof(argv[1]);
    rate = atof(argv[2]) / threads;
    pthread_t made[MOST];
    for (long i = 0; i < threads; i++) if (pthread_create(made + i, 0, work, (void *)i)) abort();
    long sum = 0;
    for (int i = 0; i < threads; i++) { pthread_join(made[i], 0); sum += counts[i]; }
    printf("%ld\n", sum);
    return 0;
}
"""
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
_EVERY_S: Final = 0.25


class Kept(NamedTuple):
    """What a recording has."""

    reads: int
    rows: int
    lost: int
    lost_memory: int
    bytes: int


def kept(path: Path) -> Kept:
    """Count in the recording at `path`: reads of one byte that returned it."""
    reads = lost = memory = 0
    with Recording.open(path) as recording:
        for batch in recording.batches:
            kind = batch.column("kind").to_numpy()
            nr, result = batch.column("nr").to_numpy(), batch.column("result").to_numpy()
            reads += int(np.count_nonzero((kind == Kind.CALL) & (nr == 0) & (result == 1)))
            args = batch.column("args").values.to_numpy().reshape(-1, 6)[kind == Kind.LOST]
            lost += int(args[:, 0].sum())
            memory += int(args[:, 1].sum())
        return Kept(reads, recording.rows, lost, memory, recording.bytes)


def watched(process: subprocess.Popen[str]) -> dict[str, float]:
    """CPU seconds of the recorder and of its child that captures, as far as they got before they ended."""
    spent: dict[str, float] = {}
    while process.poll() is None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            spent["recorder"] = _cpu(process.pid)
            spent["capture"] = _cpu(
                int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
            )
        time.sleep(_EVERY_S)
    return spent


def _cpu(pid: int) -> float:
    """User and system time of a process without its children (proc_pid_stat(5)), s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def main() -> None:
    """Record, count, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--capture-bytes", type=int, default=64)
    parser.add_argument("-o", dest="output", type=Path, help="keep the recording there")
    options = parser.parse_args()
    with scratch() as name:
        folder = Path(name)
        program = compile_program(_SOURCE, "paced", folder)
        path = options.output or folder / "sustained.iotrace"
        command = [
            sys.executable, "-m", "iotrace.main", "record", "--backend", "ebpf", "--force", "-o", str(path),
            "--capture-bytes", str(options.capture_bytes), "--", str(program), str(options.seconds),
            str(options.rate), str(options.threads),
        ]  # fmt: skip
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        spent = watched(process)
        took = time.monotonic() - began
        output, said = process.communicate()
        if process.returncode:
            raise SystemExit(said)
        made, found = int(output), kept(path)
        print(f"made      {made:,} calls, {made / options.seconds:,.0f} a second; all took {took:.1f} s")
        print(
            f"recorded  {found.reads:,} of them; lost {found.lost:,} events, {found.lost_memory:,} pieces of memory"
        )
        print(f"file      {found.bytes / 1e6:,.0f} MB, {found.bytes / found.rows:.1f} bytes a row")
        for what, seconds in spent.items():
            print(f"{what:10}{seconds / found.rows * 1e9:.0f} ns of CPU a row")


if __name__ == "__main__":
    main()
