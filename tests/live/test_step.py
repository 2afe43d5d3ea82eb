"""Holding real programs at their calls: order, times, several threads, and every way in which a hold can end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.live.captured import TIMEOUT, Row, compile_c
from tests.live.stepping import Stepped, stepped
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording
from tracer.syscalls.names import number_of
from tracer.wire import Abi, Flag, Held, Kind

CALLS = """
#include <unistd.h>
#include <sys/syscall.h>
int main(void) {
    char byte = 'x';
    int ends[2];
    pipe(ends);
    for (int i = 0; i < 3; i++) { write(ends[1], &byte, 1); getppid(); }
    for (int i = 0; i < 3; i++) read(ends[0], &byte, 1);
    return 23;
}
"""

LOCKED = """
#include <pthread.h>
#include <unistd.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *work(void *unused) {
    for (int i = 0; i < 5; i++) {
        pthread_mutex_lock(&lock);
        getppid();
        pthread_mutex_unlock(&lock);
    }
    return 0;
}
int main(void) {
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, work, 0);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
    return 0;
}
"""


def nr(name: str) -> int:
    number = number_of(Abi.X86_64, name)
    assert number is not None
    return number


def go_to(program: Stepped, name: str) -> tuple[Row, Row]:
    """Run on to the entry of the next call `name`."""
    program.tell(f"until call {int(Abi.X86_64)} {nr(name)}")
    return program.held()


def total(row: Row) -> int:
    """Both parts' wall time."""
    return row.clocks[0] + row.clocks[3]


def test_a_program_is_held_at_entry_and_exit_of_its_first_call_and_so_on() -> None:
    with stepped(["true"], "--hold") as program:
        seen = []
        for _ in range(6):
            held, call = program.held()
            seen.append((held.nr, call.kind, call.name))
            assert held.args[:3] == (call.at_ns, call.nr, call.abi)
            program.tell(f"step {held.tid}")
        program.held()
        program.tell("release")
        captured = program.finish()
    entry, exit_ = (Held.ENTRY, Kind.ENTERED), (Held.EXIT, Kind.CALL)
    assert seen[:2] == [(*entry, "execve"), (*exit_, "execve")]
    assert [each[:2] for each in seen] == [entry, exit_] * 3
    assert [each[2] for each in seen[::2]] == [each[2] for each in seen[1::2]]
    assert captured.end == {"reason": "exited", "status": 0}


def test_time_held_is_in_the_span_and_in_no_part(tmp_path: Path) -> None:
    """Two seconds before a getppid and two after it: no thread of the program was blocked or ran then."""
    program_path = compile_c(CALLS, tmp_path)
    with stepped([program_path], "--hold") as program:
        program.held()
        held, _ = go_to(program, "getppid")
        time.sleep(2)
        program.tell("step")
        _, call = program.held()
        assert call.name == "getppid"
        time.sleep(2)
        program.tell("release")
        captured = program.finish()
    assert captured.end["status"] == 23 << 8
    rows = [row for row in captured.of_kind(Kind.CALL) if row.tid == held.tid]
    place = rows.index(call)
    for row in (rows[place], rows[place + 1]):
        assert row.span_ns > 2_000_000_000
        assert total(row) < 1_000_000_000
        assert row.clocks[2] + row.clocks[5] < 1_000_000_000, "nor did it wait for a CPU"
    # Spans leave no gap: together they are the thread's life.
    birth, death = captured.of_kind(Kind.SPAWN)[0], captured.of_kind(Kind.EXIT)[0]
    timed = [row for row in captured.rows if row.kind in (Kind.CALL, Kind.EXIT) or row.flags & Flag.FINAL]
    assert sum(row.span_ns for row in timed) == death.at_ns - birth.at_ns


def test_a_report_counts_two_seconds_of_hold_as_the_tracer_s(tmp_path: Path) -> None:
    """The whole way: recorder, recording, report. Nothing is blocked, and the five times still add up."""
    theirs, ours = os.pipe()
    file = tmp_path / "held.iotrace"
    base = [sys.executable, "-m", "iotrace.main"]
    record = [*base, "record", "-o", str(file), "--hold", "--commands", str(theirs), "--"]
    recorder = subprocess.Popen(
        [*record, str(compile_c(CALLS, tmp_path))],
        pass_fds=[theirs],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    try:
        os.write(ours, f"until call {int(Abi.X86_64)} {nr('getppid')}\n".encode())
        while not file.exists() or not _held_rows(file):
            assert recorder.poll() is None
            time.sleep(0.02)
        time.sleep(2)
        os.write(ours, b"release\n")
        _, complaints = recorder.communicate(timeout=TIMEOUT)
        assert recorder.returncode == 23, complaints
    finally:
        recorder.kill()
        recorder.communicate()
        os.close(ours)
    told = subprocess.run([*base, "report", file, "--json"], check=True, capture_output=True, timeout=TIMEOUT)
    (thread,) = json.loads(told.stdout)["threads"]
    parts = ("user_ns", "kernel_ns", "blocked_ns", "runnable_ns", "tracer_ns")
    assert sum(thread[part] for part in parts) == pytest.approx(thread["lifetime_ns"], rel=0.02)
    assert thread["tracer_ns"] > 2_000_000_000
    assert sum(thread[part] for part in parts[:4]) < 1_000_000_000


def _held_rows(file: Path) -> bytes:
    """What is in the recording of a thread held at a getppid; empty when nothing is."""
    try:
        with Recording.open(file) as recording:
            kinds = [batch.column("kind").to_numpy() for batch in recording.batches]
            numbers = [batch.column("args").flatten().to_numpy()[1::6] for batch in recording.batches]
    except RecordingError:
        return b""
    found = zip(kinds, numbers, strict=True)
    return b"".join(number[(kind == Kind.HELD) & (number == nr("getppid"))].tobytes() for kind, number in found)


def test_until_a_kind_of_call_and_until_a_descriptor(tmp_path: Path) -> None:
    with stepped([compile_c(CALLS, tmp_path)], "--hold") as program:
        program.held()
        _, call = go_to(program, "write")
        pid, fd = call.pid, call.args[0]
        program.tell(f"until fd {pid} {fd}")
        _, second = program.held()
        assert (second.name, second.args[0]) == ("write", fd)
        assert second.at_ns > call.at_ns
        program.tell(f"until fd {pid} {fd - 1}")
        _, read = program.held()
        assert (read.name, read.kind) == ("read", Kind.ENTERED)
        program.tell("release")
        captured = program.finish()
    assert captured.end["status"] == 23 << 8
    assert captured.counts()["getppid"] == 3


def test_until_a_mark(tmp_path: Path) -> None:
    """A write to descriptor -1 that marks nothing is none."""
    marking = CALLS.replace("return 23", 'write(-1, "plain", 5); write(-1, "iotrace:begin work", 18); return 23')
    with stepped([compile_c(marking, tmp_path)], "--hold") as program:
        program.held()
        program.tell("until mark")
        held, call = program.held()
        assert held.nr == Held.ENTRY
        assert (call.name, call.args[0] & 0xFFFF_FFFF, call.args[2]) == ("write", 0xFFFF_FFFF, 18)
        program.tell("release")
        captured = program.finish()
    assert captured.end["status"] == 23 << 8
    assert captured.counts()["write"] == 5


def test_stepping_threads_that_wait_for_each_other_always_goes_on(tmp_path: Path) -> None:
    """Three threads and a lock: whoever is held last is stepped, to the end; nothing is ever stuck."""
    with stepped([compile_c(LOCKED, tmp_path, "-pthread")], "--hold") as program:
        tids, steps = set(), 0
        while steps < 2000:
            try:
                held, _ = program.held()
            except AssertionError:  # the capture has ended
                break
            tids.add(held.tid)
            steps += 1
            program.tell("step")
        captured = program.finish()
    assert captured.end == {"reason": "exited", "status": 0}
    assert len(tids) == 4
    assert captured.counts()["getppid"] == 15


def test_a_program_that_runs_is_held_at_what_it_sleeps_in_when_that_returns() -> None:
    script = "import sys\nprint(len(sys.stdin.readline()), flush=True)"
    with _child(script) as child, stepped([], attach=child.pid) as program:
        program.until(lambda row: row.kind is Kind.SPAWN)
        program.tell("hold")
        assert child.stdin is not None
        time.sleep(1)
        child.stdin.write(b"1234\n")
        child.stdin.flush()
        held, call = program.held()
        while call.result != 5:  # our coming may have interrupted it, and it begins once more
            assert call.name in ("read", "restart_syscall")
            program.tell("step")
            held, call = program.held()
        assert (held.nr, call.name) == (Held.EXIT, "read")
        program.tell("detach")
        captured = program.finish()
        assert captured.end == {"reason": "detached", "status": None}
        assert child.stdout is not None
        assert child.stdout.readline() == b"5\n"
        assert child.wait(TIMEOUT) == 0


@pytest.mark.parametrize("where", ["entry", "exit"])
def test_detaching_while_held_lets_the_program_run_on(where: str) -> None:
    script = (
        "import os, select, sys\nsys.stdin.readline()\n"
        "while not select.select([0], [], [], 0.01)[0]: os.getppid()\nprint('done')"
    )
    with _child(script) as child, stepped([], attach=child.pid) as program:
        program.until(lambda row: row.kind is Kind.SPAWN)
        program.tell(f"until call {int(Abi.X86_64)} {nr('getppid')}")
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
        program.held()
        if where == "exit":
            program.tell("step")
            program.held()
        program.tell("detach")
        assert program.finish().end["reason"] == "detached"
        child.stdin.write(b"\n")
        child.stdin.flush()
        assert child.stdout is not None
        assert child.stdout.read() == b"done\n"
        assert child.wait(TIMEOUT) == 0


def test_killing_while_held_ends_the_program() -> None:
    with stepped(["sleep", "100"], "--hold") as program:
        program.held()
        go_to(program, "clock_nanosleep")
        time.sleep(0.2)
        program.tell("kill")
        captured = program.finish()
    assert captured.end == {"reason": "exited", "status": signal.SIGKILL}
    last = captured.of_kind(Kind.EXIT)[-1]
    assert sum(total(row) for row in captured.rows if row.tid == last.tid) < 10_000_000_000
    final = [row for row in captured.of_kind(Kind.ENTERED) if row.name == "clock_nanosleep"][-1]
    assert final.clocks[0] < 100_000_000, "held before it slept, so it never was blocked"


def test_the_program_dies_with_its_recorder_while_it_is_held() -> None:
    with stepped(["sleep", "100"], "--hold") as program:
        held, _ = program.held()
        assert _alive(held.pid)
    deadline = time.monotonic() + TIMEOUT
    while _alive(held.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _alive(held.pid)


def test_signals_and_execs_pass_through_a_hold() -> None:
    """Stepping through a shell that is signalled and then execs: both arrive, and the hold goes on."""
    with stepped(["sh", "-c", "trap 'echo caught' USR1; kill -USR1 $$; exec /bin/echo gone"], "--hold") as program:
        names = []
        while True:
            try:
                held, call = program.held()
            except AssertionError:
                break
            if held.nr == Held.ENTRY:
                names.append(call.name)
            program.tell(f"step {held.tid}")
        captured = program.finish()
    assert captured.output == b"caught\ngone\n"
    assert names.count("execve") == 2
    assert [row.nr for row in captured.of_kind(Kind.SIGNAL)] == [signal.SIGUSR1]
    assert names == [row.name for row in captured.rows if _last_of_call(row)]


def _last_of_call(row: Row) -> bool:
    return row.kind is Kind.CALL or (
        row.kind is Kind.ENTERED and row.name == "exit_group" and bool(row.flags & Flag.FINAL)
    )


def test_threads_held_when_their_process_exits_or_execs_are_forgotten(tmp_path: Path) -> None:
    """Main steps on to exit_group while the others stay held at their calls."""
    source = """
    #include <pthread.h>
    #include <unistd.h>
    static void *work(void *unused) { for (;;) getppid(); return 0; }
    int main(void) {
        pthread_t thread;
        pthread_create(&thread, 0, work, 0);
        pthread_create(&thread, 0, work, 0);
        char *argv[] = {"/bin/echo", "over", 0};
        execv(argv[0], argv);
        return 1;
    }
    """
    with stepped([compile_c(source, tmp_path, "-pthread")], "--hold") as program:
        leader = None
        while True:
            try:
                held, _ = program.held()
            except AssertionError:
                break
            leader = leader or held.tid
            if held.tid == leader:
                program.tell(f"step {held.tid}")
        captured = program.finish()
    assert captured.output == b"over\n"
    assert captured.end == {"reason": "exited", "status": 0}


def test_orders_that_say_nothing_change_nothing() -> None:
    with stepped(["true"], "--hold") as program:
        held, _ = program.held()
        for line in ("step 1", "until", "until call", "until fd 1", "until fd x y", "hold"):
            program.tell(line)
        assert program.quiet(0.3)
        program.tell(f"step {held.tid}")
        program.held()
        program.tell("release")
        assert program.finish().end["status"] == 0


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


@contextmanager
def _child(script: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program of ours that runs already, once it has started to wait for a line."""
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=os.sep
    )
    try:
        until = time.monotonic() + TIMEOUT
        while "pipe" not in _sleeps_in(child.pid) and time.monotonic() < until:
            time.sleep(0.01)
        yield child
    finally:
        with suppress(OSError):
            child.kill()
        child.communicate()


def _sleeps_in(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/wchan").read_text()
    return ""
