"""A thread that computes and makes no call is seen while it runs: beside others that call, sleep, or do nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.live.captured import BACKEND, compile_c
from tests.live.recorded import IOTRACE, TIMEOUT
from tests.live.test_violent_ends import eventually
from tracer.analyze.results import ThreadRow
from tracer.analyze.tally import Tally
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording

# Computes until its input ends; the first word says what its other thread does.
COMPUTES = """
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
static volatile int over;
static volatile unsigned long sum;
static void *compute(void *unused) { while (!over) sum++; return unused; }
int main(int count, char **words) {
    pthread_t thread;
    char end;
    pthread_create(&thread, 0, compute, 0);
    struct pollfd input = {0, POLLIN, 0};
    if (count > 1 && !strcmp(words[1], "calls"))
        while (!poll(&input, 1, 1)) for (int i = 0; i < 10; i++) syscall(SYS_getppid);
    if (read(0, &end, 1)) over = 1;
    over = 1;
    pthread_join(thread, 0);
    return 0;
}
"""
LONG_NS = 600_000_000
"""More than the time between two rows of a thread that computes."""


def threads(path: Path) -> tuple[ThreadRow, ...]:
    """What is known of each thread while the file is being written; none while there is nothing to read."""
    try:
        with Recording.open(path) as recording:
            tally = Tally(recording.header)
            for batch in recording.batches:
                tally.add(batch)
    except (OSError, RecordingError):
        return ()
    return tally.report().threads


def watched(tmp_path: Path, what: str) -> tuple[tuple[ThreadRow, ...], tuple[ThreadRow, ...]]:
    """The threads as seen while both run, once the one that computes has done so for long; and in the end."""
    program, path = compile_c(COMPUTES, tmp_path, "-pthread"), tmp_path / "run.iotrace"
    command = [*IOTRACE, "record", "--backend", BACKEND, "-o", str(path), "--", str(program), what]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as recorder:
        assert recorder.stdin is not None
        live: tuple[ThreadRow, ...] = ()

        def seen() -> bool:
            nonlocal live
            live = threads(path)
            return len(live) == 2 and live[1].times.user_ns > LONG_NS

        try:
            assert eventually(seen), live
        finally:
            recorder.stdin.close()
        assert recorder.wait(TIMEOUT) == 0
    return live, threads(path)


def test_beside_a_thread_that_sleeps(tmp_path: Path) -> None:
    live, end = watched(tmp_path, "sleeps")
    assert live[0].times.blocked_ns > LONG_NS / 2
    assert live[1].times.blocked_ns <= end[1].times.blocked_ns, "what the clocks do not tell yet is no sleep"
    assert live[1].times.user_ns <= end[1].times.user_ns <= end[1].lifetime_ns


def test_beside_a_thread_that_makes_calls_all_the_time(tmp_path: Path) -> None:
    """By ptrace the capture is hardly at rest then."""
    live, end = watched(tmp_path, "calls")
    assert live[0].calls > 100
    assert live[1].times.user_ns <= end[1].times.user_ns <= end[1].lifetime_ns
