"""Programs that do what tracers are bad at behave as they do untraced: the same output, the same end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.captured import compile_c
from tests.live.recorded import IOTRACE, TIMEOUT, Recorded, record
from tracer.recording.reader import Recording
from tracer.wire import Kind

SOURCE = Path(__file__).with_name("robust_programs.c")
WHAT = (
    "seccomp_strict", "seccomp_errno", "seccomp_kill", "seccomp_trap", "seccomp_notify",
    "seccomp_trace_without_tracer", "self_exec", "self_exec_from_thread", "exit_amid_exec", "vforks", "spawns",
    "clones", "daemon_left", "change_user", "not_dumpable", "alternate_stack", "restarts", "stops_and_continues",
    "killed_while_stopped", "orphaned_group", "aborts", "faults", "kills_itself", "leader_leaves",
)  # fmt: skip


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_c(SOURCE.read_text(), tmp_path_factory.mktemp("robust"), "-pthread")


def untraced(program: Path, what: str) -> tuple[int, bytes]:
    """Its exit status, 128 + n when signal n ended it, and its output."""
    done = subprocess.run(
        [program, what], check=False, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=TIMEOUT
    )
    return done.returncode if done.returncode >= 0 else 128 - done.returncode, done.stdout


@pytest.mark.slow
def test_the_list_is_complete(program: Path) -> None:
    named = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT).stdout.split()
    assert set(named) == {*WHAT, "hello", "quiet", "traceme"}


@pytest.mark.slow
@pytest.mark.parametrize("what", WHAT)
def test_it_behaves_as_untraced(program: Path, tmp_path: Path, what: str) -> None:
    recorded = record([program, what], tmp_path)
    assert (recorded.status, recorded.output) == untraced(program, what)
    assert "incomplete" not in recorded.errors
    assert_whole(recorded)


@pytest.mark.slow
def test_a_debugger_in_the_program_works(program: Path, tmp_path: Path) -> None:
    """What it traces is let go, with a mark that says so; it is the debugger's from then on."""
    recorded = record([program, "traceme"], tmp_path)
    assert (recorded.status, recorded.output) == untraced(program, "traceme") == (5, b"exit 0\n")
    traced = record(["strace", "-f", "-o", tmp_path / "trace", "sh", "-c", "/bin/echo hello; exit 7"], tmp_path)
    assert (traced.status, traced.output) == (7, b"hello\n"), traced.errors
    assert "execve" in (tmp_path / "trace").read_text()
    with traced.open() as recording:
        pieces = [each for batch in recording.batches for each in batch.column("memory").to_pylist()]
    marks = [piece["bytes"] for row in pieces for piece in row if b"traces this thread" in (piece["bytes"] or b"")]
    assert len(marks) >= 2  # the command, and what strace tries out before it


def assert_whole(recorded: Recorded) -> None:
    """Whoever was born ended, or has been let go; nothing was lost."""
    with Recording.open(recorded.path) as recording:
        kinds = [kind for batch in recording.batches for kind in batch.column("kind").to_pylist()]
        assert recording.end is not None
    assert kinds.count(Kind.SPAWN) == kinds.count(Kind.EXIT)
    assert Kind.LOST not in kinds


MANY_THREADS = """
#include <pthread.h>
#include <stdio.h>
static pthread_barrier_t meet;
static void *run(void *unused) { pthread_barrier_wait(&meet); return unused; }
int main(void) {
    static pthread_t threads[1999];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&meet, 0, 2000);
    for (int i = 0; i < 1999; i++) if (pthread_create(&threads[i], &small, run, 0)) return 1;
    pthread_barrier_wait(&meet);
    for (int i = 0; i < 1999; i++) pthread_join(threads[i], 0);
    return puts("all met") < 0;
}
"""

MANY_CHILDREN = """
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 4999; i++) if (fork() == 0) _exit(0); else if (wait(0) < 0) return 1;
    return 23;
}
"""


@pytest.mark.slow
def test_two_thousand_threads(tmp_path: Path) -> None:
    recorded = record([compile_c(MANY_THREADS, tmp_path, "-pthread")], tmp_path)
    assert (recorded.status, recorded.output) == (0, b"all met\n"), recorded.errors
    assert_whole(recorded)
    assert len(recorded.report()["threads"]) == 2000


@pytest.mark.slow
def test_five_thousand_short_lived_children(tmp_path: Path) -> None:
    recorded = record([compile_c(MANY_CHILDREN, tmp_path)], tmp_path)
    assert recorded.status == 23, recorded.errors
    assert_whole(recorded)
    with Recording.open(recorded.path) as recording:
        kinds = [kind for batch in recording.batches for kind in batch.column("kind").to_pylist()]
    assert kinds.count(Kind.SPAWN) == 5000


def test_descriptors_from_outside_reach_the_program(tmp_path: Path) -> None:
    """A shell's `<(command)` and `9>file`, and the pipe at descriptor 9 ends when the program closes it."""
    script = (
        "import os, sys\nassert os.read(int(sys.argv[1]), 99) == b'hello'\nos.close(int(sys.argv[2]))\n"
        "assert os.read(0, 1) == b'x'\nprint(sorted(os.listdir('/proc/self/fd')))"
    )
    given, ours = os.pipe()
    seen, theirs = os.pipe()
    os.write(ours, b"hello")
    recorder = subprocess.Popen(
        [*IOTRACE, "record", "-o", tmp_path / "x.iotrace", "--", sys.executable, "-c", script, str(given),
         str(theirs)], pass_fds=[given, theirs], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    os.close(theirs)
    try:
        assert os.read(seen, 1) == b""  # end of file, while the program and all of us still run
        out, _ = recorder.communicate(b"x", timeout=TIMEOUT)
    finally:
        recorder.kill()
        recorder.communicate()
        for descriptor in (given, ours, seen):
            os.close(descriptor)
    assert out == f"{sorted(['0', '1', '2', '3', str(given)])}\n".encode()
