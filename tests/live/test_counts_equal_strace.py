"""The same real programs under `strace -c -f` and under `iotrace record`: same counts, same behaviour.

Calls that depend on scheduling may differ between any two runs of a program with threads or children; each such
name is listed with its program, and why.
"""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.live.recorded import TIMEOUT, record

MAKEFILE = """
all: a b c d
a b c d: %: %.c
\t$(CC) -o $@ $<
"""


@dataclass(frozen=True)
class Case:
    """A command, how its folder is prepared, and which calls may differ."""

    command: Sequence[str]
    prepare: Callable[[Path], None] = lambda _folder: None
    before: Callable[[Path], None] = lambda _folder: None
    """What to do before each of the runs, so that they do the same."""
    may_differ: frozenset[str] = field(default_factory=frozenset)
    """Names whose counts depend on scheduling."""
    stderr_differs: bool = False


def small_repository(folder: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-C", str(folder)]
    (folder / "file").write_text("text\n")
    for arguments in (["init", "-q"], ["add", "file"], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *arguments], check=True, timeout=TIMEOUT)
    (folder / "other").write_text("text\n")


def four_programs(folder: Path) -> None:
    (folder / "Makefile").write_text(MAKEFILE)
    for name in "abcd":
        (folder / f"{name}.c").write_text("int main(void) { return 0; }\n")


def without_products(folder: Path) -> None:
    for name in "abcd":
        (folder / name).unlink(missing_ok=True)


def without_database(folder: Path) -> None:
    for path in folder.glob("base*"):
        path.unlink()


# A parent learns of its children by SIGCHLD, which interrupts or restarts whatever it is in, at a time that
# depends on scheduling: handlers return (rt_sigreturn), waits are made again, masks are set around them.
CHILDREN = frozenset(
    {"wait4", "waitid", "rt_sigreturn", "rt_sigprocmask", "restart_syscall", "vfork", "clone", "clone3"}
)
# Threads meet at futexes only when they happen to contend; a thread that finds work does not sleep. The
# allocator gives a contending thread an arena of its own (mmap, munmap, mprotect), and brk grows otherwise.
THREADS = frozenset({"futex", "mprotect", "mmap", "munmap", "madvise", "brk", "sched_yield", "rseq"})

# make reads its job server's pipe and rereads folders when children end; compilers retry names of temporary files.
MAKE = frozenset({"read", "pselect6", "newfstatat", "getpid", "openat", "access", "unlink", "lseek", "getrandom"})

CASES = {
    "dd": Case(["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=20011"], stderr_differs=True),
    "ls": Case(["ls", "-lR", "/usr/share/doc"]),
    "python": Case([sys.executable, "-c", "import asyncio"]),
    "bash pipeline": Case(["bash", "-c", "seq 1000 | sort -r | head -n 3; exit 7"], may_differ=CHILDREN),
    # xz's main thread writes blocks as its workers finish them, and polls while it has none to write.
    "xz": Case(["xz", "-T2", "-0", "-k", "-c", "/bin/bash"], may_differ=THREADS | {"poll", "read", "write"}),
    "git": Case(["git", "status", "--short"], prepare=small_repository, may_differ=THREADS),
    "make": Case(
        ["make", "-s", "-j4"], prepare=four_programs, before=without_products, may_differ=CHILDREN | THREADS | MAKE
    ),
    "sqlite3": Case(
        ["sqlite3", "base.db", "create table t(a); insert into t values (1),(2),(3); select sum(a) from t;"],
        before=without_database,
    ),
}  # fmt: skip


def strace_counts(command: Sequence[str], folder: Path, work: Path) -> dict[str, int]:
    """Calls by name as `strace -c -f` counts them."""
    table = folder / "strace.txt"
    subprocess.run(
        ["strace", "-c", "-f", "-o", table, *command], check=False, capture_output=True, timeout=TIMEOUT,
        stdin=subprocess.DEVNULL, cwd=work,
    )  # fmt: skip
    counts = {}
    for line in table.read_text().splitlines():
        if match := re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line):
            counts[match[2]] = int(match[1])
    counts.pop("total")
    return counts


@pytest.mark.parametrize("name", CASES)
def test_counts_status_and_output(name: str, tmp_path: Path) -> None:
    """Every call is seen, none is invented, and the program does not notice.

    A program with threads or children may differ from itself from run to run even in other calls (a compiler that
    retries a name, a shell that polls once more), so such a program has three tries to be traced alike twice.
    """
    case = CASES[name]
    if shutil.which(case.command[0]) is None or shutil.which("strace") is None:
        pytest.skip(f"{case.command[0]} or strace is not installed")
    work = tmp_path / "work"
    work.mkdir()
    case.prepare(work)
    for _ in range(3 if case.may_differ else 1):
        ours, theirs = both_counts(case, tmp_path, work)
        if ours == theirs:
            break
    assert ours == theirs
    assert len(ours) > 10


def both_counts(case: Case, folder: Path, work: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Counts by iotrace and by strace, less the calls that may differ; all else is compared here."""
    case.before(work)
    plain = subprocess.run(
        case.command, check=False, capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL, cwd=work
    )
    case.before(work)
    theirs = strace_counts(case.command, folder, work)
    case.before(work)
    recorded = record(case.command, folder, cwd=work)
    assert recorded.status == plain.returncode
    assert recorded.output == plain.stdout
    if not case.stderr_differs:
        assert recorded.errors.startswith(plain.stderr.decode())
    the_five_times_add_up(recorded.report("--phase", "all"))
    ours = recorded.counts()
    return less(ours, case.may_differ), less(theirs, case.may_differ)


def less(counts: dict[str, int], names: frozenset[str]) -> dict[str, int]:
    """The counts without some names."""
    return {name: count for name, count in counts.items() if name not in names}


def the_five_times_add_up(report: dict[str, list[dict[str, int]]]) -> None:
    """For every thread the five times are its lifetime, within 2 %."""
    assert report["threads"]
    for thread in report["threads"]:
        total = sum(thread[f"{each}_ns"] for each in ("user", "kernel", "blocked", "runnable", "tracer"))
        assert total == pytest.approx(thread["lifetime_ns"], rel=0.02, abs=1000)
        assert all(thread[f"{each}_ns"] >= 0 for each in ("user", "kernel", "blocked", "runnable", "tracer"))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the working folder without a log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_from_a_local_server(tmp_path: Path) -> None:
    """curl fetches a file from a server that nobody traces; same counts but for the polling of its sockets."""
    payload = os.urandom(100_003)
    (tmp_path / "file").write_bytes(payload)
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            command = ["curl", "-s", f"http://127.0.0.1:{server.server_port}/file"]
            theirs = strace_counts(command, tmp_path, tmp_path)
            recorded = record(command, tmp_path)
        finally:
            server.shutdown()
            thread.join()
    assert recorded.status == 0
    assert recorded.output == payload
    ours = recorded.counts()
    # How many pieces the data comes in, and how often curl polls for it, is up to the network and the scheduler.
    for each in THREADS | {"poll", "recvfrom", "write", "ioctl", "rt_sigaction", "rt_sigprocmask"}:
        ours.pop(each, None)
        theirs.pop(each, None)
    assert ours == theirs
    the_five_times_add_up(recorded.report("--phase", "all"))
