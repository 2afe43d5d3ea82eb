"""`iotrace top` beside programs that know what they did."""

from __future__ import annotations

import json
import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.live.captured import compile_c
from tests.live.recorded import IOTRACE, TIMEOUT, iotrace
from tests.live.test_ebpf import exists, programs_of
from tests.live.tmux import eventually, needs_tmux, terminal
from tracer.capture.ebpf.bpf import BpfRefused
from tracer.capture.ebpf.meanings import table
from tracer.capture.ebpf.top_layout import COUNT
from tracer.capture.ebpf.top_loading import load_top
from tracer.capture.ebpf.top_reading import Counted, TopReader

# Reads one byte at a time and says how many it has in a file.
SPINNER = r"""
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int argc, char **argv) {
    char byte;
    int zero = open("/dev/zero", O_RDONLY), file = open(argv[1], O_RDWR);
    volatile long *count = mmap(0, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    for (;;) *count += read(zero, &byte, 1);
}
"""

# Waits for a line, asks in vain in every way there is, some of which waste nothing, and waits again.
ASKS = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
int main(void) {
    char byte;
    int pair[2], epoll = epoll_create1(0);
    struct epoll_event event;
    struct timespec none = {0, 0};
    pipe2(pair, O_NONBLOCK);
    struct pollfd one = {pair[0], POLLIN, 0};
    write(1, "ready\n", 6);
    read(0, &byte, 1);
    for (int i = 0; i < 10007; i++) read(pair[0], &byte, 1);
    for (int i = 0; i < 503; i++) poll(&one, 1, 0);
    for (int i = 0; i < 211; i++) ppoll(&one, 1, &none, 0);
    for (int i = 0; i < 101; i++) { struct timeval now = {0, 0}; select(0, 0, 0, 0, &now); }
    for (int i = 0; i < 53; i++) epoll_wait(epoll, &event, 1, 0);
    for (int i = 0; i < 7; i++) poll(&one, 1, 1);
    for (int i = 0; i < 23; i++) close(-1);
    for (int i = 0; i < 13; i++) { write(pair[1], "abc", 3); read(pair[0], &byte, 1); }
    write(1, "done\n", 5);
    read(0, &byte, 1);
    return 0;
}
"""
WASTED = 10007 + 503 + 211 + 101 + 53
CALLS = WASTED + 1 + 7 + 23 + 2 * 13 + 1

# The same by the calls of 32-bit programs, whose numbers mean something else in 64-bit ones.
ASKS_IN_32_BITS = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
static int call(int nr, unsigned a, unsigned b, unsigned c, unsigned d, unsigned e) {
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
    return result;
}
int main(void) {
    char byte;
    unsigned *low = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    unsigned at = (unsigned long)low;
    int null = open("/dev/null", O_WRONLY), pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (call(20, 0, 0, 0, 0, 0) != getpid()) return 77;
    write(1, "ready\n", 6);
    read(0, &byte, 1);
    for (int i = 0; i < 17; i++) call(4, null, at, 5, 0, 0);
    for (int i = 0; i < 11; i++) {
        low[0] = pair[0]; low[1] = at + 64; low[2] = 3; low[3] = 0;
        call(102, 9, at, 0, 0, 0);
        low[0] = pair[1];
        call(102, 10, at, 0, 0, 0);
    }
    low[8] = low[9] = 0;
    low[10] = 1;
    for (int i = 0; i < 101; i++) call(142, 0, 0, 0, 0, at + 32);
    write(1, "done\n", 5);
    read(0, &byte, 1);
    return 0;
}
"""

# Copies zeros, which is all kernel, and says what /proc has of it; then sleeps inside a call.
COPIES = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) {
    char text[64], *room = malloc(1 << 20), byte;
    int zero = open("/dev/zero", O_RDONLY), stat = open("/proc/self/schedstat", O_RDONLY);
    for (int i = 0; i < 2000; i++) read(zero, room, 1 << 20);
    write(1, text, pread(stat, text, sizeof text, 0));
    read(0, &byte, 1);
    return 0;
}
"""


def refused() -> str:
    """Why the calls of this machine cannot be counted here; empty when they can."""
    try:
        load_top(table(), 64).close()
    except (BpfRefused, OSError, ValueError) as error:
        return str(error)
    return ""


WHY_NOT = refused()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=f"no BPF here: {WHY_NOT}")
Counts = dict[str, int]


@pytest.fixture
def reader() -> Iterator[TopReader]:
    """It counts from now on."""
    with closing(TopReader(load_top(table()))) as made:
        yield made


def of(counted: Counted, pid: int) -> Counts:
    """What a process did."""
    return dict(zip(COUNT.names or (), counted.processes.get(pid, (0,) * 6), strict=True))


def sleeps(pid: int) -> Callable[[], bool]:
    """Whether a process is asleep: it cannot be on its way out of a call."""
    return lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def between_two_waits(reader: TopReader, program: Path) -> Counts:
    """What a program did from one read of its stdin to the next."""
    with subprocess.Popen(
        [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            pytest.skip("this kernel has no 32-bit calls")
        assert eventually(sleeps(process.pid))
        reader.look()
        process.stdin.write("g")
        assert process.stdout.readline() == "done\n"
        assert eventually(sleeps(process.pid))
        found = of(reader.look(), process.pid)
        process.stdin.close()
    return found


@pytest.fixture
def spinner(tmp_path: Path) -> Iterator[tuple[int, Callable[[], int]]]:
    """A program that reads without end, and its own count."""
    path = tmp_path / "count"
    path.write_bytes(bytes(mmap.PAGESIZE))
    with (
        path.open("r+b") as file,
        mmap.mmap(file.fileno(), mmap.PAGESIZE) as shared,
        subprocess.Popen([compile_c(SPINNER, tmp_path), path]) as process,
    ):
        own = memoryview(shared).cast("q")
        try:
            assert eventually(lambda: own[0] > 0)
            yield process.pid, lambda: own[0]
        finally:
            process.kill()
            own.release()


def test_the_count_of_a_reader_is_its_own(reader: TopReader, spinner: tuple[int, Callable[[], int]]) -> None:
    """Between two looks it made as many calls as it says, give or take what it did while we looked."""
    pid, own = spinner
    before_first = own()
    reader.look()
    after_first = own()
    time.sleep(0.5)
    before_second = own()
    counted = reader.look()
    after_second = own()
    found = of(counted, pid)
    assert before_second - after_first - 1 <= found["calls"] <= after_second - before_first + 1
    assert found["bytes_read"] == found["calls"] > 10_000
    assert found["failed"] == found["wasted"] == found["bytes_written"] == 0
    assert 0 < found["kernel_ns"] < counted.span_ns * 1.05
    assert counted.lost == 0
    assert os.getpid() not in counted.processes


def test_a_reader_is_on_top(spinner: tuple[int, Callable[[], int]]) -> None:
    """Whoever else is busy here now may be beside it."""
    pid, _ = spinner
    done = iotrace("top", "--count", "2", "--interval", "0.3", "--json")
    assert done.returncode == 0, done.stderr
    looks = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(looks) == 2
    for look in looks:
        row = next(each for each in look["processes"][:3] if each["pid"] == pid)
        assert row["calls_per_second"] == pytest.approx(row["calls"] * 1e9 / look["interval_ns"], abs=0.001)
        assert look["totals"]["calls"] >= row["calls"]
        assert look["lost"] == 0


def test_looks_are_printed(spinner: tuple[int, Callable[[], int]]) -> None:
    """Totals, titles, and the processes in the order that was asked for."""
    pid, _ = spinner
    printed = iotrace("top", "--count", "1", "--interval", "0.3", "--sort", "read").stdout.splitlines()
    assert "calls/s" in printed[0]
    assert "read/s▾" in printed[1]
    assert any(line.split()[:1] == [str(pid)] for line in printed[2:])


def test_what_was_wasted_is_told_exactly(reader: TopReader, tmp_path: Path) -> None:
    """EAGAIN and waits that only ask; not a wait that waited, not another error."""
    found = between_two_waits(reader, compile_c(ASKS, tmp_path))
    assert found["calls"] == CALLS
    assert found["wasted"] == WASTED
    assert found["failed"] == 10007 + 23
    assert found["bytes_read"] == 1 + 13
    assert found["bytes_written"] == 5 + 3 * 13


def test_the_calls_of_32_bit_programs_are_what_they_are(reader: TopReader, tmp_path: Path) -> None:
    """Also those that come through socketcall, and times in narrow words."""
    found = between_two_waits(reader, compile_c(ASKS_IN_32_BITS, tmp_path))
    assert found["calls"] == 1 + 17 + 2 * 11 + 101 + 1
    assert found["wasted"] == 101
    assert found["failed"] == 0
    assert found["bytes_read"] == 1 + 3 * 11
    assert found["bytes_written"] == 5 + 5 * 17 + 3 * 11


def test_time_in_the_kernel_is_the_schedulers(reader: TopReader, tmp_path: Path) -> None:
    """Of a program that does nothing but copy in the kernel; what it sleeps there is not counted."""
    with subprocess.Popen(
        [compile_c(COPIES, tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        on_cpu = int(process.stdout.readline().split()[0])
        time.sleep(0.2)
        found = of(reader.look(), process.pid)
        process.stdin.close()
    assert found["bytes_read"] >= 2000 << 20
    # Starting it is not inside calls, and the scheduler leaves out what interrupts and other machines took.
    assert on_cpu * 0.75 - 10_000_000 <= found["kernel_ns"] <= on_cpu * 1.2 + 10_000_000


def test_processes_that_are_gone_have_their_names(reader: TopReader) -> None:
    """However short they lived; and are told once."""
    for _ in range(23):
        subprocess.run(["true"], check=True)
    counted = reader.look()
    gone = [pid for pid, name in counted.names.items() if name == "true"]
    assert len(gone) >= 23
    assert all(of(counted, pid)["calls"] > 5 for pid in gone)
    assert counted.lost == 0
    assert not set(gone) & reader.look().processes.keys()


def test_what_does_not_fit_is_told_as_lost() -> None:
    """There is room for four processes."""
    with closing(TopReader(load_top(table(), 4))) as narrow:
        for _ in range(11):
            subprocess.run(["true"], check=True)
        counted = narrow.look()
    assert len(counted.processes) <= 4
    assert counted.lost > 0


@pytest.mark.usefixtures("spinner")
def test_in_a_pid_namespace_numbers_are_its_own() -> None:
    """What has no number there is one line, and somebody there must call: on a quiet machine nobody else does."""
    apart = ["unshare", "--fork", "--pid", "--mount-proc"]
    done = subprocess.run(
        [*apart, *IOTRACE, "top", "--count", "1", "--interval", "0.3", "--json"],
        capture_output=True, text=True, timeout=TIMEOUT, check=False,
    )  # fmt: skip
    if "unshare" in done.stderr:
        pytest.skip(f"no namespaces here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    processes = json.loads(done.stdout)["processes"]
    assert [each["name"] for each in processes if each["pid"] is None] == ["processes of other pid namespaces"]
    assert all(each["pid"] < 20 for each in processes if each["pid"] is not None)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_it_leaves_nothing_in_the_kernel(end: signal.Signals) -> None:
    """Ctrl-C ends an endless one as it should be ended."""
    if not any(Path(folder, "bpftool").exists() for folder in ("/usr/sbin", "/usr/bin", "/sbin")):
        pytest.skip("bpftool is not installed")
    with subprocess.Popen(
        [*IOTRACE, "top", "--interval", "0.2"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as top:
        assert top.stdout is not None
        assert top.stdout.readline()
        programs = programs_of(top.pid)
        assert len(programs) == 3
        assert all(map(exists, programs))
        top.send_signal(end)
        top.communicate(timeout=TIMEOUT)
    assert top.returncode == (0 if end is signal.SIGINT else -signal.SIGKILL)
    assert eventually(lambda: not any(map(exists, programs)))


def test_nobody_reads_on() -> None:
    """`iotrace top | head` ends with head."""
    done = subprocess.run(
        ["sh", "-c", '"$@" | head -1', "sh", *IOTRACE, "top", "--interval", "0.2"],
        capture_output=True, text=True, timeout=TIMEOUT, check=False,
    )  # fmt: skip
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_without_rights_it_says_how_to_get_them() -> None:
    """In two lines."""
    bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    done = subprocess.run([*bare, *IOTRACE, "top"], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode == 126 or "setpriv" in done.stderr:
        pytest.skip(f"capabilities cannot be dropped here: {done.stderr}")
    assert done.returncode == 125
    assert done.stdout == ""
    assert "CAP_BPF" in done.stderr
    assert "sudo iotrace top" in done.stderr
    assert len(done.stderr.splitlines()) == 2


@needs_tmux
@pytest.mark.slow
def test_choosing_a_process_attaches_to_it(tmp_path: Path) -> None:
    """Filtered by what is typed, sorted by another column; afterwards it runs on."""
    code = "import os, time\nwhile True:\n    os.getppid()\n    time.sleep(0.001)"
    with subprocess.Popen([sys.executable, "-c", code, "unmistakable"]) as process, terminal(tmp_path) as screen:
        try:
            screen.start("top", "--interval", "0.3", size=(110, 30))
            screen.shows("calls/s▾", "live")
            screen.press("Right")
            screen.shows("wasted/s▾")
            screen.press("/")
            screen.type("unmistakable")
            screen.shows("1 of", str(process.pid))
            screen.press("Enter")
            screen.shows("unmistakable", "? Help")
            screen.press("Enter")
            screen.shows("ebpf", "getppid")
            screen.press("q")
            assert screen.status() == 0
            assert process.poll() is None
        finally:
            process.kill()
