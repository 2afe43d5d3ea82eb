"""The measured program: a C file with known calls, compiled on the spot, that times itself untraced.

Sections are marked (a write to fd -1), so that every tracer's output can be cut at the same places.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Final

SECTIONS: Final = ("getppid", "read 1 B", "pread 64 KiB", "preadv 1 MiB", "poll 1000 fds", "user work")
CALL_OF: Final = {
    "getppid": "getppid",
    "read 1 B": "read",
    "pread 64 KiB": "pread64",
    "preadv 1 MiB": "preadv",
    "poll 1000 fds": "poll",
    "user work": "getppid",
}
"""The call each section makes over and over; "user work" is what runs between two of them."""

_SOURCE: Final = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { CHUNKS = 31 };
static char buffer[1 << 20];
static volatile char other[1 << 18];
static struct pollfd fds[1000];
static struct iovec vector[2] = {{buffer, 1 << 19}, {buffer + (1 << 19), 1 << 19}};
static volatile unsigned sink;
static int zero, file;

static void spin(void) { for (int i = 0; i < 4000; i++) sink += i; }
static void do_getppid(void) { syscall(SYS_getppid); }
static void do_read(void) { if (read(zero, buffer, 1) != 1) abort(); }
static void do_pread(void) { if (pread(file, buffer, 65536, 0) != 65536) abort(); }
static void do_preadv(void) { if (preadv(file, vector, 2, 0) != 1 << 20) abort(); }
static void do_poll(void) { poll(fds, 1000, 0); }
static void do_work(void) { spin(); do_getppid(); }

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}
static int compare(const void *a, const void *b) {
    double x = *(double *)a, y = *(double *)b;
    return (x > y) - (x < y);
}
static double median(void (*body)(void), int chunk) {
    double times[CHUNKS];
    for (int c = 0; c < CHUNKS; c++) {
        double begin = now();
        for (int i = 0; i < chunk; i++) body();
        times[c] = (now() - begin) / chunk;
    }
    qsort(times, CHUNKS, sizeof *times, compare);
    return times[CHUNKS / 2];
}
/* The same call, timed one by one, after other memory went through the caches: what a tracer leaves behind. */
static double after_touching(void (*body)(void), size_t bytes) {
    double times[CHUNKS];
    for (int c = 0; c < CHUNKS; c++) {
        for (size_t i = 0; i < bytes; i += 64) other[i]++;
        double begin = now();
        body();
        times[c] = now() - begin;
    }
    qsort(times, CHUNKS, sizeof *times, compare);
    return times[CHUNKS / 2];
}
static void mark(const char *word, const char *name) {
    char text[64];
    int length = snprintf(text, sizeof text, "iotrace:%s %s", word, name);
    if (write(-1, text, length) >= 0) abort();
}
static void section(const char *name, void (*body)(void), int chunk, const char *end) {
    for (int i = 0; i < 3; i++) body();
    mark("begin", name);
    double each = median(body, chunk);
    mark("end", name);
    if (body == do_work) each = median(spin, chunk);
    printf("\"%s\": %.1f%s", name, each, end);
}
int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : 100;
    char name[] = "/tmp/iotrace-subject-XXXXXX";
    zero = open("/dev/zero", O_RDONLY);
    file = mkstemp(name);
    unlink(name);
    if (write(file, buffer, sizeof buffer) != sizeof buffer) abort();
    int ends[2];
    if (pipe(ends)) abort();
    for (int i = 0; i < 1000; i++) fds[i] = (struct pollfd){.fd = ends[0], .events = POLLIN};
    printf("{");
    section("getppid", do_getppid, n, ", ");
    section("read 1 B", do_read, n, ", ");
    section("pread 64 KiB", do_pread, n / 4 + 1, ", ");
    section("preadv 1 MiB", do_preadv, n / 20 + 1, ", ");
    section("poll 1000 fds", do_poll, n / 10 + 1, ", ");
    section("user work", do_work, n, ", ");
    printf("\"%s\": %.1f}\n", "preadv 1 MiB, cold", after_touching(do_preadv, sizeof other));
    return 0;
}
"""

COLD: Final = "preadv 1 MiB, cold"
"""The preadv after 256 KiB of other memory were touched: not traced, for comparison."""

_LOOP: Final = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
    int n = atoi(argv[1]), fd = open("/dev/zero", O_RDONLY);
    char byte;
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < n; i++) if (read(fd, &byte, 1) != 1) abort();
    clock_gettime(CLOCK_MONOTONIC, &b);
    printf("%.1f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / n);
    return 0;
}
"""


def compile_program(source: str, name: str, folder: Path) -> Path:
    """Compile C source with the system's compiler; raises CalledProcessError when that fails."""
    path = folder / name
    subprocess.run(["cc", "-O1", "-x", "c", "-o", path, "-"], input=source.encode(), check=True)
    return path


def accuracy_program(folder: Path) -> Path:
    """The program with all sections; prints its own ns per call as JSON."""
    return compile_program(_SOURCE, "subject", folder)


def loop_program(folder: Path) -> Path:
    """The tight loop of 1-byte reads; prints its own ns per call."""
    return compile_program(_LOOP, "loop", folder)


def untraced(program: Path, *arguments: str) -> dict[str, float]:
    """What the accuracy program says of itself when nobody watches, ns per call by section."""
    output = subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout
    truth: dict[str, float] = json.loads(output)
    return truth


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes away."""
    return tempfile.TemporaryDirectory(prefix="iotrace-benchmark-")
