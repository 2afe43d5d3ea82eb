"""When tracing or running is not possible: what the user is told, and the exit status."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.live.captured import compile_c
from tests.live.recorded import IOTRACE, TIMEOUT, iotrace

# Runs a command in which ptrace(2) fails with EPERM, as in a container whose seccomp profile forbids it.
FORBID = """
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 99;
    execvp(argv[1], argv + 1);
    return 98;
}
"""


def short(errors: str) -> str:
    """The message: one to three lines, no traceback."""
    assert "Traceback" not in errors
    assert 1 <= len(errors.strip().splitlines()) <= 3, errors
    return errors


def test_ptrace_is_forbidden(tmp_path: Path) -> None:
    """What is forbidden, why it may be, and what to do; 125."""
    forbid = compile_c(FORBID, tmp_path)
    done = subprocess.run(
        [forbid, *IOTRACE, "record", "-o", tmp_path / "x.iotrace", "--", "true"],
        check=False, capture_output=True, text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 125
    message = short(done.stderr)
    assert "ptrace" in message
    assert "iotrace doctor" in message


def test_doctor_says_so_too(tmp_path: Path) -> None:
    """Where nothing can be traced, doctor fails and names it."""
    forbid = compile_c(FORBID, tmp_path)
    done = subprocess.run(
        [forbid, *IOTRACE, "doctor"], check=False, capture_output=True, text=True, timeout=TIMEOUT
    )
    assert done.returncode != 0
    assert "ptrace" in done.stdout


@pytest.mark.parametrize("subcommand", ["record", "run"])
def test_a_program_that_is_not_there(subcommand: str) -> None:
    """127, as shells have it."""
    done = iotrace(subcommand, "--", "no-such-program-anywhere")
    assert done.returncode == 127
    assert "no-such-program-anywhere" in short(done.stderr)


def test_a_file_that_may_not_be_run(tmp_path: Path) -> None:
    """126, and what would make it run."""
    path = tmp_path / "script"
    path.write_text("#!/bin/sh\n")
    done = iotrace("record", "-o", tmp_path / "x.iotrace", "--", path)
    assert done.returncode == 126
    assert "chmod +x" in short(done.stderr)


def test_a_script_without_interpreter_line(tmp_path: Path) -> None:
    """126: the kernel will not run it, though a shell would."""
    path = tmp_path / "script"
    path.write_text("echo hello\n")
    path.chmod(0o755)
    done = iotrace("record", "-o", tmp_path / "x.iotrace", "--", path)
    assert done.returncode == 126
    short(done.stderr)


def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    """127, and that it is the interpreter that is missing."""
    path = tmp_path / "script"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)
    done = iotrace("record", "-o", tmp_path / "x.iotrace", "--", path)
    assert done.returncode == 127
    assert "interpreter" in short(done.stderr)


@pytest.mark.parametrize("clock", ["process", "ticks", "none"])
def test_other_clocks_are_named_in_the_report(clock: str, tmp_path: Path) -> None:
    """Where schedstat is missing the report says what its times come from."""
    path = tmp_path / "x.iotrace"
    assert iotrace("record", "--clock", clock, "-o", path, "--", "true").returncode == 0
    shown = iotrace("report", path)
    assert shown.returncode == 0
    assert "schedstat" not in shown.stdout.splitlines()[1]
    assert clock in shown.stdout.splitlines()[1] + shown.stdout
