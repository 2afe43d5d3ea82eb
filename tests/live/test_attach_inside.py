"""Attach to threads that sleep in calls: shown at once, since when is not known, and they sleep on unaware."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.captured import compile_c
from tests.live.recorded import TIMEOUT, iotrace
from tests.live.test_attach import state
from tests.live.test_violent_ends import eventually
from tracer.recording.captured import captured
from tracer.recording.reader import Recording
from tracer.syscalls.names import name_of
from tracer.wire import Flag, Kind

# One thread a call; each tells when its call returns, which none of them does by itself.
SLEEPERS = """
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
static int word;
static void *asleep(void *which) {
    struct epoll_event event;
    struct timespec long_time = {1000, 0};
    sigset_t none;
    int pipes[2];
    sigemptyset(&none);
    switch ((long)which) {
    case 0: epoll_wait(epoll_create1(0), &event, 1, -1); break;
    case 1: nanosleep(&long_time, 0); break;
    case 2: syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0, 0, 0); break;
    case 3: poll(0, 0, 1000000); break;
    case 4: sigwaitinfo(&none, 0); break;
    case 5: if (pipe(pipes) == 0 && read(pipes[0], &word, 1) < 0) puts("read"); break;
    }
    printf("%ld returned\\n", (long)which);
    fflush(stdout);
    return 0;
}
int main(void) {
    pthread_t thread;
    for (long i = 0; i < 6; i++) pthread_create(&thread, 0, asleep, (void *)i);
    puts("ready");
    fflush(stdout);
    pause();
}
"""
CALLS = {"epoll_wait", "clock_nanosleep", "futex", "poll", "rt_sigtimedwait", "read", "pause"}

# The parent of a vfork waits in the kernel and cannot be interrupted until its child ends.
UNINTERRUPTIBLE = """
#include <unistd.h>
int main(void) { if (vfork() == 0) { write(1, "ready\\n", 6); pause(); _exit(0); } pause(); }
"""


@contextmanager
def running(program: Path) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen([program], stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert started.stdout is not None
        assert started.stdout.readline() == b"ready\n"
        yield started
    finally:
        os.killpg(started.pid, 9)
        started.communicate(timeout=TIMEOUT)


def asleep(pid: int) -> int:
    """How many of its threads are inside calls."""
    inside = [(each / "syscall").read_text() for each in Path(f"/proc/{pid}/task").iterdir()]
    return sum(not each.startswith("running") for each in inside)


def test_calls_that_threads_sleep_in(tmp_path: Path) -> None:
    path = tmp_path / "a.iotrace"
    with running(compile_c(SLEEPERS, tmp_path, "-pthread")) as program:
        assert eventually(lambda: asleep(program.pid) == len(CALLS))
        done = iotrace("attach", str(program.pid), "--no-tui", "-o", path, "--duration", "0.5")
        assert done.returncode == 0, done.stderr
        assert "7 calls entered before the attach" in done.stdout
        assert eventually(lambda: asleep(program.pid) == len(CALLS))
        assert state(program.pid) == ("S", 0)
        os.set_blocking(program.stdout.fileno(), False)  # type: ignore[union-attr]
        assert program.stdout.read() is None  # type: ignore[union-attr]  # none has returned
    with Recording.open(path) as recording:
        rows = [row for batch in recording.batches for row in map(captured(batch).row, range(batch.num_rows))]
    entered = [row for row in rows if row.kind == Kind.ENTERED]
    assert {name_of(row.abi, row.nr) for row in entered} == CALLS
    assert all(row.flags & Flag.NO_ENTRY for row in entered)
    lines = [json.loads(line) for line in iotrace("export", path, "--to", "jsonl").stdout.splitlines()]
    calls = [line for line in lines if line["kind"] in ("call", "entered")]
    assert {line["name"] for line in calls} == CALLS
    assert all(line["at_ns"] is line["wall_ns"] is None for line in calls)
    assert all(line["interrupted"] or line["kind"] == "entered" for line in calls)


def test_a_thread_that_cannot_be_stopped(tmp_path: Path) -> None:
    """Its call is shown, and a detach does not wait for it."""
    path = tmp_path / "a.iotrace"
    with running(compile_c(UNINTERRUPTIBLE, tmp_path)) as program:
        assert state(program.pid)[0] == "D"
        done = iotrace("attach", str(program.pid), "--no-tui", "-o", path, "--duration", "0.3")
        assert done.returncode == 0, done.stderr
        assert eventually(lambda: state(program.pid) == ("D", 0))
    lines = [json.loads(line) for line in iotrace("export", path, "--to", "jsonl").stdout.splitlines()]
    assert next(line["name"] for line in lines if line["kind"] == "entered").endswith("fork")


def test_a_process_in_a_pid_namespace(tmp_path: Path) -> None:
    """Seen from outside its threads have our numbers; its own number gets a hint."""
    script = "import time\nprint('ready', flush=True)\nwhile True: time.sleep(0.005)"
    outer = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, "-c",
         f"import os\nfor _ in range(23):\n    if os.fork() == 0: os._exit(0)\n    os.wait()\nif os.fork():\n    "
         f"os.wait()\n{script}"], stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert outer.stdout is not None
        if outer.stdout.readline() != b"ready\n":
            return  # not permitted here
        first = children(outer.pid)[0]
        inner = children(first)[0]
        numbers = next(
            line.split()[1:] for line in Path(f"/proc/{inner}/status").read_text().splitlines() if "NSpid" in line
        )
        done = iotrace("attach", str(inner), "--no-tui", "-o", tmp_path / "a.iotrace", "--duration", "0.3")
        assert done.returncode == 0, done.stderr
        report = json.loads(iotrace("report", tmp_path / "a.iotrace", "--json").stdout)
        assert [thread["tid"] for thread in report["threads"]] == [inner]
        if not Path(f"/proc/{numbers[-1]}").exists():
            refused = iotrace("attach", numbers[-1], "--no-tui")
            assert f"iotrace attach {inner}" in refused.stderr
    finally:
        outer.kill()
        outer.communicate(timeout=TIMEOUT)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_zombie_is_named_one(tmp_path: Path) -> None:
    zombie = subprocess.Popen(["true"])
    try:
        assert eventually(lambda: state(zombie.pid)[0] == "Z")
        refused = iotrace("attach", str(zombie.pid), "--no-tui")
        assert refused.returncode == 125
        assert "is a zombie" in refused.stderr
        assert f"iotrace attach {os.getpid()}" in refused.stderr
    finally:
        zombie.wait()
