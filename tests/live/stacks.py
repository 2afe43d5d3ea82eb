"""Programs whose stacks are known, recorded with `--stacks`, and their flame graphs."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.live.captured import TIMEOUT
from tests.live.recorded import Recorded, iotrace, record

SPINS = 997
NAPS = 5

# Blocks five times in main > a_top > b_middle > c_read > read, and spins on EAGAIN in main > spin_loop > spin_read.
TWO_WAYS = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#define APART __attribute__((noinline))
static volatile int sink;
APART int c_read(int fd) { char byte; int got = read(fd, &byte, 1); sink += got; return got; }
APART int b_middle(int fd) { int got = c_read(fd); sink++; return got; }
APART int a_top(int fd) { int got = b_middle(fd); sink++; return got; }
APART int spin_read(int fd) { char byte; int got = read(fd, &byte, 1); sink += got; return got; }
APART int spin_loop(int fd, int times) { for (int i = 0; i < times; i++) sink += spin_read(fd); return 0; }
APART void nap(int slow) {
    for (int i = 0; i < 5; i++) {
        struct timespec some = {0, 20000000};
        nanosleep(&some, 0);
        write(slow, "x", 1);
    }
}
int main(void) {
    int slow[2], empty[2];
    pipe(slow);
    pipe2(empty, O_NONBLOCK);
    if (!fork()) { nap(slow[1]); _exit(0); }
    for (int i = 0; i < 5; i++) a_top(slow[0]);
    spin_loop(empty[0], 997);
    return 0;
}
"""


def build(source: str, folder: Path, *flags: str, name: str = "program") -> Path:
    """Compile with frame pointers, but for what `flags` say. Raises CalledProcessError."""
    made, text = folder / name, folder / f"{name}.c"
    text.write_text(source)
    subprocess.run(
        ["cc", "-O1", "-w", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-o", made, text, *flags],
        check=True, timeout=TIMEOUT, capture_output=True,
    )  # fmt: skip
    return made


def recorded(command: Sequence[str | Path], folder: Path, backend: str, *options: str) -> Recorded:
    """`iotrace record --stacks` by a backend."""
    run = record(command, folder, "--stacks", *options, "--backend", backend)
    assert run.path.exists(), run.errors
    return run


def folded(recording: Path, by: str) -> dict[tuple[str, ...], int]:
    """The export's stacks without process and thread, added up."""
    done = iotrace("export", recording, "--to", "folded", "--stacks", by)
    assert done.returncode == 0, done.stderr
    sums: dict[tuple[str, ...], int] = {}
    for line in done.stdout.splitlines():
        text, _, value = line.rpartition(" ")
        frames = tuple(text.split(";")[2:])
        sums[frames] = sums.get(frames, 0) + int(value)
    return sums


def below(sums: dict[tuple[str, ...], int], *frames: str) -> int:
    """What stacks have that contain these frames one behind the other."""
    size = len(frames)
    return sum(
        value for stack, value in sums.items()
        if any(stack[at : at + size] == frames for at in range(len(stack) - size + 1))
    )  # fmt: skip
