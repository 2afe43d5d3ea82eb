"""Capture by BPF beside capture by ptrace, and beside what the kernel says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.bpf import bpf_refused
from tests.live.captured import Captured, capture, compile_c
from tests.live.recorded import IOTRACE, TIMEOUT, iotrace
from tests.live.test_violent_ends import eventually, has_rows, is_gone
from tracer.recording.reader import Recording
from tracer.wire import End, Flag, Kind, Source

# Sleeps, spins, and calls a lot; prints what /proc says of itself at the end.
THREE_WAYS = r"""
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
int main(void) {
    char first[64], last[64], byte;
    int zero = open("/dev/zero", O_RDONLY), stat = open("/proc/thread-self/schedstat", O_RDONLY);
    long begun = pread(stat, first, sizeof first, 0);
    for (int i = 0; i < 100; i++) { struct timespec one = {0, 1000000}; nanosleep(&one, 0); }
    for (volatile long i = 0; i < 100000000; i++);
    for (int i = 0; i < 20000; i++) read(zero, &byte, 1);
    long ended = pread(stat, last, sizeof last, 0);
    write(1, first, begun);
    write(1, last, ended);
    return 0;
}
"""

THREADS = r"""
#include <pthread.h>
#include <unistd.h>
static void *work(void *fd) {
    char byte;
    for (int i = 0; i < 500; i++) { write(((int *)fd)[1], "x", 1); read(((int *)fd)[0], &byte, 1); getppid(); }
    return 0;
}
int main(void) {
    int there[2], back[2];
    pipe(there); pipe(back);
    int one[2] = {there[0], back[1]}, other[2] = {back[0], there[1]};
    pthread_t a, b;
    pthread_create(&a, 0, work, one); pthread_create(&b, 0, work, other);
    pthread_join(a, 0); pthread_join(b, 0);
    return 3;
}
"""

SLEEPER = "import time\nprint('here', flush=True)\nwhile True:\n    time.sleep(0.05)"


WHY_NOT = bpf_refused()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=f"no BPF here: {WHY_NOT}")


def by_thread(captured: Captured) -> list[list[tuple[str, bool]]]:
    """The calls of each thread, in the order of the threads' births."""
    born = [row.tid for row in captured.of_kind(Kind.SPAWN)]
    return [[(row.name, row.result < 0) for row in captured.of_kind(Kind.CALL) if row.tid == tid] for tid in born]


def test_the_same_calls_in_the_same_order_as_by_ptrace(tmp_path: Path) -> None:
    """Per thread, failed or not; every process and thread is there, and the program's status."""
    program = compile_c(THREADS, tmp_path, "-pthread")
    inside, stopped = capture([program], "--backend", "ebpf"), capture([program], "--backend", "ptrace")
    assert inside.hello["backend"] == "ebpf"
    assert inside.end == stopped.end == {"reason": "exited", "status": 3 << 8}

    def without_races(threads: list[list[tuple[str, bool]]]) -> list[list[tuple[str, bool]]]:
        # Who waits for whom is decided anew each time, and so is where memory for threads comes from.
        luck = ("futex", "madvise", "munmap", "mprotect", "mmap", "brk")
        return [[call for call in thread if call[0] not in luck] for thread in threads]

    assert without_races(by_thread(inside)) == without_races(by_thread(stopped))
    assert len(inside.of_kind(Kind.EXIT)) == 3
    assert not inside.of_kind(Kind.LOST)


def test_times_are_the_schedulers(tmp_path: Path) -> None:
    """On CPU and waiting for one, against what schedstat grew by, within 3 %."""
    captured = capture([compile_c(THREE_WAYS, tmp_path)], "--backend", "ebpf")
    run_before, queued_before, _, run_after, queued_after, _ = map(int, captured.output.split())
    on_cpu, queued = run_after - run_before, queued_after - queued_before
    calls = captured.of_kind(Kind.CALL)
    begin, end = (i for i, row in enumerate(calls) if row.name == "pread64" and row.args[2] == 64)
    between = calls[begin + 1 : end + 1]
    wall, run, delay, _, user_run, user_delay = (sum(row.clocks[i] for row in between) for i in range(6))
    assert wall > 100_000_000
    slack = (
        10_000_000  # what a hypervisor took meanwhile, what being counted costs 20,000 reads, some 2 us a switch
    )
    assert on_cpu * 0.97 - slack <= run + user_run <= on_cpu * 1.03 + slack
    assert queued * 0.97 - slack <= delay + user_delay <= queued * 1.03 + slack
    sleeps = [row for row in calls if row.name in ("nanosleep", "clock_nanosleep")]
    assert all(row.clocks[0] - row.clocks[1] - row.clocks[2] >= 900_000 for row in sleeps)
    reads = [row for row in calls if row.name == "read" and row.switches[0] == 1]
    assert all(row.clocks[0] == row.clocks[1] for row in reads)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[str]]:
    """A process that wakes up now and then."""
    with subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_attaching_does_not_touch_the_process(sleeper: subprocess.Popen[str], tmp_path: Path) -> None:
    """It has no tracer meanwhile, and goes on; the call it was in has no known beginning."""
    path = tmp_path / "attached.iotrace"
    with subprocess.Popen(
        [*IOTRACE, "attach", "--no-tui", "--backend", "ebpf", "-o", path, str(sleeper.pid)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as recorder:  # fmt: skip
        assert eventually(lambda: has_calls(path, 5))
        status = Path(f"/proc/{sleeper.pid}/status").read_text()
        assert "TracerPid:\t0\n" in status
        recorder.send_signal(signal.SIGINT)
        _, errors = recorder.communicate(timeout=TIMEOUT)
    assert recorder.returncode == 0, errors
    assert sleeper.poll() is None
    with Recording.open(path) as recording:
        assert recording.end is not None
        assert recording.end.reason is End.DETACHED
        rows = [row for batch in recording.batches for row in batch.to_pylist()]
    first = next(row for row in rows if row["kind"] == Kind.CALL)
    assert first["flags"] & Flag.NO_ENTRY
    assert {row["source"] for row in rows if row["kind"] == Kind.CALL} == {Source.SWITCHES}


def test_sleep_that_began_before_attaching_is_no_time_on_a_cpu(tmp_path: Path) -> None:
    """From when we came on it is blocked, though nobody has seen the thread leave its CPU."""
    path = tmp_path / "asleep.iotrace"
    script = "import time\nprint('here', flush=True)\nwhile True: time.sleep(3)"  # whenever we come, it is in one
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        recorder = subprocess.Popen(
            [*IOTRACE, "attach", "--no-tui", "--backend", "ebpf", "-o", path, str(process.pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            assert eventually(lambda: has_calls(path, 2))  # born, asleep, and back from it
        finally:
            recorder.send_signal(signal.SIGINT)
            recorder.wait(timeout=TIMEOUT)
            process.kill()
    with Recording.open(path) as recording:
        rows = [row for batch in recording.batches for row in batch.to_pylist()]
    first = next(row for row in rows if row["kind"] == Kind.CALL)
    assert first["flags"] & Flag.NO_ENTRY
    assert first["switches"] == 2
    assert first["run_ns"] < 0.1 * first["wall_ns"]
    waiting = [row for row in rows if row["kind"] == Kind.ENTERED][-1]  # the next sleep, which did not end
    assert waiting["run_ns"] < 0.5 * waiting["wall_ns"] or waiting["wall_ns"] < 1_000_000
    assert waiting["switches"] > waiting["stops"]


def has_calls(path: Path, count: int) -> bool:
    """Whether a recording has that many rows already, and the thread's first."""
    try:
        with Recording.open(path) as recording:
            return recording.rows > count
    except Exception:
        return False


def programs_of(pid: int) -> set[int]:
    """The BPF programs a process holds (proc_pid_fdinfo(5), `prog_id`)."""
    found = set()
    for entry in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            lines = entry.read_text().splitlines()
        except OSError:
            continue
        found |= {int(line.split()[1]) for line in lines if line.startswith("prog_id:")}
    return found


def exists(program: int) -> bool:
    """Whether the kernel has a BPF program of that number."""
    done = subprocess.run(["bpftool", "prog", "show", "id", str(program)], capture_output=True, timeout=TIMEOUT)
    return done.returncode == 0


def test_killing_it_leaves_nothing_in_the_kernel(tmp_path: Path) -> None:
    """Neither programs nor the traced program."""
    if not any(Path(folder, "bpftool").exists() for folder in ("/usr/sbin", "/usr/bin", "/sbin")):
        pytest.skip("bpftool is not installed")
    path = tmp_path / "killed.iotrace"
    recorder = subprocess.Popen(
        [*IOTRACE, "record", "--backend", "ebpf", "-o", path, "--", sys.executable, "-c", SLEEPER],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert recorder.stdout is not None
        assert recorder.stdout.readline() == "here\n"
        capture_pid = int(Path(f"/proc/{recorder.pid}/task/{recorder.pid}/children").read_text().split()[0])
        program_pid = int(Path(f"/proc/{capture_pid}/task/{capture_pid}/children").read_text().split()[0])
        programs = programs_of(capture_pid)
        assert len(programs) >= 8
        assert all(map(exists, programs))
        os.kill(capture_pid, signal.SIGKILL)
        recorder.wait(timeout=TIMEOUT)
        assert eventually(lambda: not any(map(exists, programs)))
        os.kill(program_pid, signal.SIGKILL)
        assert eventually(lambda: is_gone(program_pid))
    finally:
        recorder.kill()
        recorder.communicate()
    assert recorder.returncode == 125


def test_a_killed_recorder_takes_the_program_with_it(tmp_path: Path) -> None:
    """As with ptrace."""
    path = tmp_path / "killed.iotrace"
    spin = "import os\nprint(os.getpid(), flush=True)\nwhile True: os.getppid()"
    recorder = subprocess.Popen(
        [*IOTRACE, "record", "--backend", "ebpf", "-o", path, "--", sys.executable, "-c", spin],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert recorder.stdout is not None
    program = int(recorder.stdout.readline())
    assert eventually(lambda: has_rows(path))
    recorder.kill()
    recorder.communicate()
    assert eventually(lambda: is_gone(program))


def test_births_and_deaths_are_all_seen() -> None:
    """Two hundred children, some of which execute."""
    storm = (
        "import os, subprocess\nfor i in range(200):\n    pid = os.fork()\n    if not pid: os._exit(i % 7)\n"
        "    os.waitpid(pid, 0)\nsubprocess.run(['true'])"
    )
    captured = capture([sys.executable, "-c", storm], "--backend", "ebpf")
    exits = captured.of_kind(Kind.EXIT)
    assert len(exits) == 1 + 200 + 1
    assert [row.result for row in exits[:200]] == [i % 7 << 8 for i in range(200)]
    assert len(captured.of_kind(Kind.SPAWN)) == len(exits)


def test_without_rights_it_says_how_to_get_them(tmp_path: Path) -> None:
    """And `auto` traces by ptrace."""
    bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    words = [*bare, *IOTRACE, "record", "--force", "-o", str(tmp_path / "x.iotrace"), "--backend"]
    tmp_path.chmod(0o777)
    done = subprocess.run([*words, "ebpf", "--", "true"], capture_output=True, text=True, timeout=TIMEOUT)
    if "Permission denied" in done.stderr:
        pytest.skip("root without capabilities cannot write here")
    assert done.returncode == 125
    assert "CAP_BPF" in done.stderr
    assert "sudo" in done.stderr
    assert "Traceback" not in done.stderr
    done = subprocess.run([*words, "auto", "--", "true"], capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    with Recording.open(tmp_path / "x.iotrace") as recording:
        assert recording.header.backend == "ptrace"


def test_the_busy_wait_is_found_as_well(tmp_path: Path) -> None:
    """The bundled workload: its marks, its copies, its finding and its model."""
    path = tmp_path / "busy.iotrace"
    done = iotrace(
        "record", "-o", path, "--backend", "ebpf", "nonblocking", "--messages", "5", "--interval", "0.05"
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(iotrace("report", path, "--json").stdout)
    assert report["phase"] == "measure"
    assert report["totals"]["payload_out"] == 5 * 64
    assert report["models"][0]["model"] == "nonblocking-spin"
    assert report["totals"]["wasted"] > 100
    assert report["totals"]["lost"] == 0


def test_the_program_runs_as_who_called_sudo(tmp_path: Path) -> None:
    """And the file is theirs."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    path = tmp_path / "theirs.iotrace"
    done = iotrace(
        "record", "-o", path, "--backend", "ebpf", "--", "id", "-u",
        env={**os.environ, "SUDO_UID": "65534", "SUDO_GID": "65534"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "65534\n")
    assert path.stat().st_uid == 65534


def test_a_call_that_lasts_is_shown_before_it_returns(tmp_path: Path) -> None:
    """From the kernel's own memory of it."""
    path = tmp_path / "lasting.iotrace"
    recorder = subprocess.Popen(
        [*IOTRACE, "record", "--backend", "ebpf", "-o", path, "--", "sleep", "30"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert eventually(lambda: _entered(path))
        assert recorder.poll() is None, "the program has ended, and with it the call"
    finally:
        recorder.terminate()
        recorder.wait(timeout=TIMEOUT)


def _entered(path: Path) -> bool:
    try:
        with Recording.open(path) as recording:
            rows = [row for batch in recording.batches for row in batch.to_pylist()]
    except Exception:
        return False
    return any(row["kind"] == Kind.ENTERED and row["nr"] in (35, 230) for row in rows)
