"""Signals to whole groups, programs that outlive their first process, storms of births: nothing hangs or stays."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.captured import TIMEOUT, capture, compile_c
from tests.live.recorded import IOTRACE
from tests.live.test_violent_ends import BUSY, eventually, has_rows, is_gone
from tracer.capture.memory import Reader
from tracer.recording.reader import Recording
from tracer.wire import ITEM, NO_ARG, End, Kind, When

# Twelve processes that fork without waiting, and every other child executes: newborns stop while others exec.
STORM = """
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **words) {
    if (count == 2) _exit(0);
    for (int worker = 0; worker < 12; worker++)
        if (fork() == 0) {
            for (int i = 0; i < 97; i++) {
                pid_t child = fork();
                if (child == 0) { if (i % 2) execl(words[0], words[0], "again", (char *)0); _exit(0); }
                if (i % 3 == 0) waitpid(child, 0, 0);
            }
            while (wait(0) > 0);
            _exit(0);
        }
    while (wait(0) > 0);
    return 5;
}
"""

# Each child forks the next and its parent ends, so that there always is one being born.
RELAY = (
    "import os, time\nprint(os.getsid(0), flush=True)\nend = time.monotonic() + 100\n"
    "while time.monotonic() < end:\n    if os.fork(): os._exit(0)\n    time.sleep(0.001)"
)

EXEC_FROM_A_THREAD = """
#include <pthread.h>
#include <unistd.h>
static void *run(void *unused) { execl("/bin/true", "true", (char *)0); return unused; }
int main(void) { pthread_t it; pthread_create(&it, 0, run, 0); pthread_join(it, 0); return 1; }
"""


def recorded(path: Path, *command: str) -> subprocess.Popen[str]:
    """A recorder in a session, and so a process group, of its own."""
    return subprocess.Popen(
        [*IOTRACE, "record", "-o", path, "--", *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def in_session(session: int) -> list[int]:
    """The live processes of a session."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            fields = (each / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(each.name))
    return found


def test_sigterm_for_the_whole_group(tmp_path: Path) -> None:
    """What timeout(1) does: the program ends of it, and its end is recorded."""
    path = tmp_path / "ended.iotrace"
    recorder = recorded(path, sys.executable, "-c", BUSY)
    try:
        assert eventually(lambda: has_rows(path))
        os.killpg(recorder.pid, signal.SIGTERM)
        _, errors = recorder.communicate(timeout=TIMEOUT)
    finally:
        recorder.kill()
    assert recorder.returncode == 128 + signal.SIGTERM, errors
    with Recording.open(path) as recording:
        assert recording.end is not None
        assert (recording.end.reason, recording.end.status) == (End.EXITED, signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_program_begins(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C while the capture process still starts: it ends us, quietly, and nothing runs or stays."""
    path = tmp_path / "early.iotrace"
    recorder = recorded(path, "sleep", "100")
    try:
        assert eventually(lambda: any(b"tracer.capture" in words_of(each) for each in in_session(recorder.pid)))
        os.killpg(recorder.pid, number)
        _, errors = recorder.communicate(timeout=TIMEOUT)
    finally:
        recorder.kill()
    assert recorder.returncode == 128 + number, errors
    assert "Traceback" not in errors
    assert not path.exists() or "calls written" in errors  # the latter where it had begun when the signal came
    assert eventually(lambda: not in_session(recorder.pid))


def words_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_sigterm_after_the_first_process_left(tmp_path: Path) -> None:
    """A signal for us goes to what the program left behind, and its first process's status stays ours."""
    path = tmp_path / "left.iotrace"
    recorder = recorded(path, "sh", "-c", "sleep 100 > /dev/null & echo $$ $!; exit 3")
    try:
        assert recorder.stdout is not None
        first, left = map(int, recorder.stdout.readline().split())
        assert eventually(lambda: not Path(f"/proc/{first}").exists())  # reaped: the capture knows
        recorder.send_signal(signal.SIGTERM)  # once: another might find a recorder that has ended its work
        assert eventually(lambda: is_gone(left))
        recorder.communicate(timeout=TIMEOUT)
    finally:
        recorder.kill()
    assert recorder.returncode == 3


def test_a_starter_that_blocks_signals(tmp_path: Path) -> None:
    """We hear what we must hear, and the program finds the signals blocked that were."""
    path = tmp_path / "blocked.iotrace"
    blocked = {signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGCHLD}
    command = "import os, signal\nprint(*sorted(map(int, signal.pthread_sigmask(0, ()))), flush=True)\n" + BUSY
    former = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    try:
        recorder = recorded(path, sys.executable, "-c", command)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
    try:
        assert recorder.stdout is not None
        assert recorder.stdout.readline().split() == [str(int(number)) for number in sorted(blocked)]
        assert eventually(lambda: has_rows(path))
        recorder.send_signal(signal.SIGTERM)
        recorder.communicate(timeout=TIMEOUT)
    finally:
        recorder.kill()
    assert recorder.returncode == 128 + signal.SIGTERM


def test_births_amid_execs(tmp_path: Path) -> None:
    """No first stop of a newborn is forgotten because somebody else's exec came in between."""
    captured = capture([compile_c(STORM, tmp_path)])
    assert captured.end == {"reason": "exited", "status": 5 << 8}
    assert len(captured.of_kind(Kind.EXIT)) == 1 + 12 + 12 * 97
    assert captured.counts()["execve"] == 1 + 12 * 48


def test_a_recorder_dies_amid_births(tmp_path: Path) -> None:
    """Processes born while the others are killed are killed too."""
    for turn in range(3):
        recorder = recorded(tmp_path / f"{turn}.iotrace", sys.executable, "-c", RELAY)
        assert recorder.stdout is not None
        session = int(recorder.stdout.readline())
        os.kill(recorder.pid, signal.SIGKILL)
        recorder.communicate(timeout=TIMEOUT)
        assert eventually(lambda session=session: not in_session(session))  # type: ignore[misc]


def test_an_attached_program_outlives_a_broken_pipe() -> None:
    """Capture notices at a flush, while it holds the program: that thread too is let go."""
    program = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE)
    reader, wire = os.pipe()
    control, ours = os.pipe()
    try:
        assert program.stdout is not None
        program.stdout.readline()
        tracer = subprocess.Popen(
            [sys.executable, "-P", "-m", "tracer.capture", "--wire", str(wire), "--control", str(control),
             "--attach", str(program.pid)], pass_fds=(wire, control),
        )  # fmt: skip
        os.close(wire)
        seen = 0
        while seen < 100_000:
            seen += len(os.read(reader, 65536))
        os.close(reader)
        tracer.wait(timeout=TIMEOUT)
        status = Path(f"/proc/{program.pid}/status").read_text()
        assert "TracerPid:\t0\n" in status
        assert program.poll() is None
    finally:
        tracer.kill()
        program.kill()
        program.communicate(timeout=TIMEOUT)
        tracer.wait()
        os.close(control)
        os.close(ours)


def test_the_time_of_an_exec_from_another_thread(tmp_path: Path) -> None:
    """Its wall time covers the whole call, also what came before the thread took over its leader's tid."""
    captured = capture([compile_c(EXEC_FROM_A_THREAD, tmp_path, "-pthread")])
    assert captured.end["status"] == 0
    [call] = [row for row in captured.of_kind(Kind.CALL) if row.name == "execve" and row.pid != 0][1:]
    wall, run, delay = call.clocks[:3]
    assert wall >= run + delay > 0


def test_more_threads_than_descriptors() -> None:
    """Our own limit is raised, the program's is not, and every path is read."""
    program = (
        "import resource, threading\nassert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 97\n"
        "meet = threading.Barrier(102)\ndef run():\n    meet.wait(); open('/dev/null').close(); meet.wait()\n"
        "threads = [threading.Thread(target=run) for _ in range(101)]\n"
        "for each in threads: each.start()\nmeet.wait()\nmeet.wait()\nfor each in threads: each.join()"
    )
    former = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (97, former[1]))
    try:
        captured = capture([sys.executable, "-c", program])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, former)
    assert captured.end["status"] == 0, captured.errors
    assert captured.reasons[errno.EMFILE] == captured.reasons[errno.EFAULT] == 0


def test_memory_that_cannot_be_opened() -> None:
    """Then nothing is known of the address, which is not the same as an address that is not readable."""
    reader = Reader(1 << 22)
    assert reader.take(NO_ARG, When.ENTRY, 23, 8) == b""
    [(_, _, reason, _, _)] = ITEM.iter_unpack(reader.items)
    assert reason == errno.ENOENT


def test_an_address_beyond_the_last() -> None:
    """A pointer near the end of the address space plus an offset wraps around, as in the kernel."""
    reader = Reader(os.getpid())
    assert reader.take(NO_ARG, When.ENTRY, (1 << 64) + 23, 8) == b""
    [(_, _, reason, length, address)] = ITEM.iter_unpack(reader.items)
    assert (reason, length, address) == (14, 0, 23)
