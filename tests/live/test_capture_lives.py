"""Births, deaths, execs and signals of real programs, as the capture process reports them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.live.captured import capture, compile_c
from tracer.wire import Kind, Spawn

EXEC_FROM_THREAD = """
#include <pthread.h>
#include <unistd.h>
static void *run(void *which) {
    char *argv[] = {"/bin/echo", "from a thread", 0};
    if ((long)which == 2) { usleep(20000); execv(argv[0], argv); }
    for (;;) pause();
}
int main(void) {
    pthread_t thread;
    for (long i = 0; i < 3; i++) pthread_create(&thread, 0, run, (void *)i);
    for (;;) pause();
}
"""

OLD_ENTRANCE = """
#include <unistd.h>
int main(void) {
    long result = 0;
    for (int i = 0; i < 5; i++)  /* 20 is getpid in the 32-bit table */
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    return result == getpid() ? 0 : 1;
}
"""


def test_every_thread_is_born_and_exits_once() -> None:
    """Three threads beside the main one: four births, four exits, no row after a thread's exit."""
    captured = capture(
        [sys.executable, "-c",
         "import threading as t\nthreads=[t.Thread(target=lambda: None) for _ in range(3)]\n"
         "[x.start() for x in threads]; [x.join() for x in threads]"]
    )  # fmt: skip
    assert captured.end == {"reason": "exited", "status": 0}
    assert sorted(row.nr for row in captured.of_kind(Kind.SPAWN)) == [Spawn.START, *[Spawn.CLONE] * 3]
    last = {row.tid: row.kind for row in captured.rows if row.kind is not Kind.CALIBRATION}
    assert set(last.values()) == {Kind.EXIT}


def test_the_first_row_is_the_birth_and_the_first_call_is_execve() -> None:
    """What the child does before its exec is ours and is not recorded."""
    captured = capture(["true"])
    assert captured.rows[0].kind is Kind.SPAWN
    assert captured.of_kind(Kind.CALL)[0].name == "execve"
    assert captured.of_kind(Kind.EXEC)[0].texts[1].endswith(b"/true")


def test_exec_from_a_thread_goes_on_as_the_leader(tmp_path: Path) -> None:
    """The thread that calls execve takes over the process id; the others vanish; the time goes on."""
    captured = capture([compile_c(EXEC_FROM_THREAD, tmp_path, "-pthread")])
    assert captured.output == b"from a thread\n"
    assert captured.end == {"reason": "exited", "status": 0}
    pid = captured.hello["program"]
    renamed = [row for row in captured.of_kind(Kind.SPAWN) if row.nr == Spawn.RENAMED]
    assert [row.tid for row in renamed] == [pid]
    former = renamed[0].args[0]
    assert former != pid
    assert [row for row in captured.rows if row.tid == former][-1].kind is Kind.EXIT
    execs = [row for row in captured.of_kind(Kind.CALL) if row.name == "execve"]
    assert [row.tid for row in execs] == [pid, pid]
    assert len(captured.of_kind(Kind.EXIT)) == len(captured.of_kind(Kind.SPAWN))


def test_a_signal_is_passed_on_with_its_siginfo() -> None:
    """The program's handler runs, and the row holds si_code and the sender."""
    script = (
        "import os, signal\nsignal.signal(signal.SIGUSR1, lambda *a: print('got it'))\n"
        "os.kill(os.getpid(), signal.SIGUSR1)"
    )
    captured = capture([sys.executable, "-c", script])
    assert captured.output == b"got it\n"
    (row,) = [row for row in captured.of_kind(Kind.SIGNAL) if row.nr == signal.SIGUSR1]
    siginfo = row.texts[0]
    assert int.from_bytes(siginfo[8:12], "little") == 0  # SI_USER
    assert int.from_bytes(siginfo[16:20], "little") == captured.hello["program"]


def test_death_by_signal_is_the_status() -> None:
    """SIGKILL leaves the call it was in unfinished, and the wait status says so."""
    captured = capture(["sh", "-c", "kill -9 $$; sleep 60"])
    assert os.WIFSIGNALED(captured.end["status"])
    assert os.WTERMSIG(captured.end["status"]) == signal.SIGKILL
    assert captured.of_kind(Kind.EXIT)


def test_job_control_works_under_trace() -> None:
    """A child that stops itself is seen stopped by its parent, and goes on when continued."""
    script = (
        "import os, signal\npid = os.fork()\n"
        "if pid == 0:\n    os.kill(os.getpid(), signal.SIGSTOP); os._exit(23)\n"
        "_, status = os.waitpid(pid, os.WUNTRACED); assert os.WIFSTOPPED(status)\n"
        "os.kill(pid, signal.SIGCONT); _, status = os.waitpid(pid, 0); print(os.waitstatus_to_exitcode(status))"
    )
    assert capture([sys.executable, "-c", script]).output == b"23\n"


def test_vfork_and_its_exec_are_seen() -> None:
    """A shell that vforks (dash) gives each child its birth and its execve."""
    captured = capture(["sh", "-c", "true; /bin/true; /bin/true; exit 7"])
    assert os.waitstatus_to_exitcode(captured.end["status"]) == 7
    births = [row for row in captured.of_kind(Kind.SPAWN) if row.nr in (Spawn.VFORK, Spawn.FORK)]
    assert len(births) == 2
    assert captured.counts()["execve"] == 3


def test_calls_through_the_32_bit_entrance_are_named_by_their_own_table(tmp_path: Path) -> None:
    """int 0x80 in a 64-bit program: number 20 is getpid there, writev in the native table."""
    captured = capture([compile_c(OLD_ENTRANCE, tmp_path)])
    assert captured.end["status"] == 0
    assert captured.counts()["getpid"] == 6
    assert captured.counts()["writev"] == 0


def test_exec_that_fails_tells_its_errno(tmp_path: Path) -> None:
    """A file that is executable but no program: ENOEXEC, and no end."""
    script = tmp_path / "nonsense"
    script.write_bytes(b"\0nothing")
    script.chmod(0o755)
    captured = capture([script])
    assert captured.documents[-1] == {
        "failed": {"stage": "exec", "errno": "ENOEXEC", "pid": captured.hello["program"]}
    }
    assert captured.returncode == 125
