"""`--trace SET`: exactly the calls asked for, the others at full speed, and a program that notices nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.live.captured import BACKEND, capture, compile_c, only_ptrace
from tests.live.recorded import IOTRACE, iotrace, record
from tracer.capture.seccomp_filter import always
from tracer.wire import Abi, Kind

# 1,009 reads, 503 getppids, 211 writes, 1 mark, a thread and a child that do some too.
MANY = r"""
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>
static void *some(void *fd) { char c; for (int i = 0; i < 101; i++) pread(*(int *)fd, &c, 1, 0); return 0; }
int main(void) {
    int fd = open("/dev/zero", O_RDWR); char c; pthread_t t;
    (void)!write(-1, "iotrace:here", 12);
    for (int i = 0; i < 1009; i++) (void)!read(fd, &c, 1);
    for (int i = 0; i < 503; i++) getppid();
    for (int i = 0; i < 211; i++) (void)!write(fd, &c, 1);
    pthread_create(&t, 0, some, &fd); pthread_join(t, 0);
    if (!fork()) { some(&fd); _exit(7); }
    int status; wait(&status);
    return WEXITSTATUS(status) == 7 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == EXPECTED ? 3 : 1;
}
"""

# The program's own filter (getppid fails with ENOTBLK), and strict checks that calls traced by us still work.
OWN_FILTER = r"""
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    struct sock_filter ops[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTBLK),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof ops / sizeof *ops, ops};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 11;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 13;
    if (syscall(SYS_getppid) != -1 || errno != ENOTBLK) return 17;
    for (int i = 0; i < 101; i++) if (getuid() == (uid_t)-1) return 19;
    return 23;
}
"""


def test_wanted_calls_are_counted_exactly_and_no_others(tmp_path: Path) -> None:
    program = compile_c(MANY.replace("EXPECTED", "0"), tmp_path, "-pthread")
    recorded = record([program], tmp_path, "--trace", "read,pread64")
    assert recorded.status == 3, recorded.errors
    counts = recorded.counts()
    assert counts["read"] == 1009 + 1  # and the loader's
    assert counts["pread64"] >= 202
    # write: the mark only, whose descriptor says what it is.
    assert counts["write"] == 1
    assert not set(counts) - {"read", "pread64", "write", "prctl"} - always(Abi.X86_64)
    report = recorded.report("--phase", "all")
    assert report["scope"]["trace"] == "read,pread64"
    assert report["scope"]["user_includes_untraced_kernel"] is True
    assert report["totals"]["useless_wakeups"] is None
    assert report["totals"]["lost"] == 0


@pytest.mark.slow
def test_an_exclusion_traces_everything_else(tmp_path: Path) -> None:
    program = compile_c(MANY.replace("EXPECTED", "0"), tmp_path, "-pthread")
    everything = record([program], tmp_path, "--trace", "!read").counts()
    assert (everything["getppid"], everything["write"]) == (503, 212)
    assert "read" not in everything
    assert everything["mmap"] > 5


def test_descriptors_and_threads_are_known_all_the_same(tmp_path: Path) -> None:
    program = compile_c(MANY.replace("EXPECTED", "0"), tmp_path, "-pthread")
    report = record([program], tmp_path, "--trace", "read,pread64").report("--phase", "all")
    assert sum(row["calls"] for row in report["fds"] if row["what"] == "/dev/zero") >= 1009 + 202
    assert len(report["threads"]) == 3
    for thread in report["threads"]:
        own = sum(thread[f"{word}_ns"] for word in ("user", "kernel", "blocked", "runnable", "tracer"))
        assert abs(own - thread["lifetime_ns"]) <= 0.02 * thread["lifetime_ns"]


@pytest.mark.slow
def test_the_report_says_what_user_is(tmp_path: Path) -> None:
    recorded = record(["true"], tmp_path, "--trace", "%net")
    text = iotrace("report", str(recorded.path)).stdout
    assert "only %net traced" in text
    assert "user + untraced kernel" in text


@only_ptrace
@pytest.mark.slow
def test_who_is_not_privileged_is_told_about_set_uid_programs(tmp_path: Path) -> None:
    """PR_SET_NO_NEW_PRIVS is needed without CAP_SYS_ADMIN, and the program can see it."""
    if os.getuid() != 0:
        pytest.skip("gives up a capability")
    program = compile_c(MANY.replace("EXPECTED", "1"), tmp_path, "-pthread")
    wrapper = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
    recorded = record([program], tmp_path, "--trace", "read", wrapper=wrapper)
    assert recorded.status == 3, recorded.errors
    assert recorded.counts()["read"] == 1009 + 1
    assert recorded.report()["scope"]["no_new_privs"] is True
    assert "set-uid programs ran without their privileges" in iotrace("report", str(recorded.path)).stdout


@pytest.mark.slow
@pytest.mark.parametrize("chosen", ["getppid,getuid", "!getuid"])
def test_the_programs_own_filter_works_as_without_us(tmp_path: Path, chosen: str) -> None:
    program = compile_c(OWN_FILTER, tmp_path)
    assert subprocess.run([program], check=False).returncode == 23
    recorded = record([program], tmp_path, "--trace", chosen)
    assert recorded.status == 23, recorded.errors
    assert recorded.counts().get("getuid", 0) == (101 if chosen != "!getuid" else 0)


@pytest.mark.slow
def test_signals_and_job_control_go_through(tmp_path: Path) -> None:
    script = "trap 'exit 41' USR1; kill -USR1 $$; sleep 9"
    assert record(["sh", "-c", script], tmp_path, "--trace", "openat").status == 41
    assert record(["sh", "-c", "kill -KILL $$"], tmp_path, "--trace", "openat").status == 128 + signal.SIGKILL
    stopped = "sh -c 'kill -STOP $$; exit 5' & sleep 0.2; kill -CONT $!; wait $!"
    assert record(["sh", "-c", stopped], tmp_path, "--trace", "wait4").status == 5


@pytest.mark.slow
def test_interrupted_calls_are_one_call(tmp_path: Path) -> None:
    """nanosleep that is stopped and continued goes on as restart_syscall, which stops for us too."""
    script = "sleep 0.4 & sleep 0.1; kill -STOP $!; sleep 0.1; kill -CONT $!; wait $!"
    recorded = record(["sh", "-c", script], tmp_path, "--trace", "clock_nanosleep,nanosleep")
    assert recorded.status == 0
    assert sum(recorded.counts().get(name, 0) for name in ("clock_nanosleep", "nanosleep")) >= 3


@pytest.mark.slow
def test_who_lets_it_run_on_does_not_break_it(tmp_path: Path) -> None:
    """A filter cannot be taken off, and without a tracer what it traces fails with ENOSYS: we stay, silently."""
    program = compile_c(MANY.replace("EXPECTED", "0"), tmp_path, "-pthread")
    path, (theirs, ours) = tmp_path / "a.iotrace", os.pipe()
    script = f"sleep 0.5; exec {program}"
    recorder = subprocess.Popen(
        [*IOTRACE, "record", "--backend", BACKEND, "-o", path, "--commands", str(theirs),
         "--trace", "read,pread64", "--", "sh", "-c",
         script],
        pass_fds=[theirs], stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        while not path.exists() or not path.stat().st_size:
            assert recorder.poll() is None
        os.write(ours, b"detach wait\n")
        _, errors = recorder.communicate(timeout=60)
    finally:
        recorder.kill()
        os.close(ours)
    assert recorder.returncode == 3, errors
    document = json.loads(iotrace("report", str(path), "--json", "--phase", "all").stdout)
    assert document["exit"]["complete"]
    assert {row["name"]: row["calls"] for row in document["syscalls"]}.get("read", 0) < 1009


@pytest.mark.slow
def test_a_32_bit_program_is_filtered_too(tmp_path: Path) -> None:
    try:
        program = compile_c(MANY.replace("EXPECTED", "0"), tmp_path, "-pthread", "-m32", "-static")
    except subprocess.CalledProcessError:
        pytest.skip("no 32-bit C library here")
    recorded = record([program], tmp_path, "--trace", "read")
    assert recorded.status == 3, recorded.errors
    assert recorded.counts()["read"] == 1009


@pytest.mark.slow
def test_without_following_children_are_let_go_and_threads_are_not(tmp_path: Path) -> None:
    program = compile_c(MANY.replace("EXPECTED", "0"), tmp_path, "-pthread")
    for pin in ("auto", "all", "off"):
        captured = capture([program], "--no-follow", "--pin", pin)
        assert captured.end == {"reason": "exited", "status": 3 << 8}, pin
        assert captured.counts()["pread64"] >= 101
        assert len({row.pid for row in captured.of_kind(Kind.CALL)}) == 1
        assert len({row.tid for row in captured.of_kind(Kind.CALL)}) == 2


@pytest.mark.slow
def test_a_child_that_is_not_followed_has_the_true_cpu_mask(tmp_path: Path) -> None:
    script = "sh -c 'taskset -p $$' | sed 's/.*: //'"
    expected = subprocess.run(["sh", "-c", script], check=True, capture_output=True).stdout
    for pin in ("auto", "all"):
        assert capture(["sh", "-c", script], "--no-follow", "--pin", pin).output == expected, pin


def test_the_report_says_that_nothing_was_followed(tmp_path: Path) -> None:
    recorded = record(["sh", "-c", "true & wait"], tmp_path, "--no-follow")
    assert recorded.report()["scope"]["follow"] is False
    assert "--no-follow" in iotrace("report", str(recorded.path)).stdout
