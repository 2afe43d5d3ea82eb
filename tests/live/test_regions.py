"""What lies at the addresses of real copies: a program that knows where its buffers are tells us."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from tests.live.captured import only_ptrace
from tests.live.recorded import record
from tracer.account.transfers import transfers
from tracer.analyze.region_table import What
from tracer.analyze.regions import Region, Regions

_PROGRAM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
static char data[61], zeroed[67];
static int null;
static void *thread(void *unused) { char local[71]; write(null, local, 71); return unused; }
int main(void) {
    char local[53], *heap = malloc(1001);
    pthread_t other;
    int file = open("/proc/self/exe", O_RDONLY);
    null = open("/dev/null", O_WRONLY);
    data[0] = 1;
    write(null, local, 53);
    write(null, heap, 59);
    write(null, zeroed, 67);
    pthread_create(&other, 0, thread, 0);
    pthread_join(other, 0);
    char *anonymous = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    write(null, anonymous, 73);
    char *moved = mremap(anonymous, 8192, 1 << 20, MREMAP_MAYMOVE);
    write(null, moved + 10000, 79);
    char *mapped = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
    write(null, mapped, 83);
    munmap(moved, 1 << 20);
    write(null, moved, 89);
    if (fork() == 0) { write(null, heap, 97); write(null, mapped, 101); _exit(0); }
    wait(0);
    return 0;
}
"""


@only_ptrace
@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_buffers_lie_where_the_program_put_them(tmp_path: Path) -> None:
    """Told apart by their sizes, which are prime; a child has what its parent had."""
    source, program = tmp_path / "places.c", tmp_path / "places"
    source.write_text(_PROGRAM)
    subprocess.run(["gcc", "-O0", "-w", "-o", program, source, "-pthread"], check=True, timeout=60)
    recorded = record([program], tmp_path)
    assert recorded.status == 0, recorded.errors
    found = _written(recorded.open().batches)
    assert {size: region.what for size, region in found.items()} == {
        53: What.STACK, 59: What.HEAP, 67: What.FILE, 71: What.THREAD_STACK, 73: What.ANONYMOUS,
        79: What.ANONYMOUS, 83: What.FILE, 89: What.UNMAPPED, 97: What.HEAP, 101: What.FILE,
    }  # fmt: skip
    assert found[67].path == str(program), "initialised and zeroed data belong to the program's file"
    assert found[71].tid > 0
    assert found[83].fd == found[101].fd >= 3
    assert found[83].shared


def _written(batches: Sequence[pa.RecordBatch]) -> dict[int, Region]:
    """By size: the place of everything that was written."""
    regions, found, first = Regions(), {}, 0
    for batch in batches:
        regions.add(batch)
    for batch in batches:
        pids = batch.column("pid").to_pylist()
        for index in range(batch.num_rows):
            for each in transfers(batch, index):
                if (each.direction, each.what) == ("in", "buf"):
                    found[each.bytes] = regions.at(first + index, pids[index], each.address)
        first += batch.num_rows
    return found
