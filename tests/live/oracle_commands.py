"""Real commands for the comparison with strace, and the small folder they work in."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """A command, and the calls that are not compared because of `why`."""

    command: Sequence[str]
    ignored: frozenset[str] = frozenset()
    why: str = ""


SIGCHLD = "when a parent learns of a child's end, and what that interrupts, is up to the scheduler"
CHILDREN = frozenset({"---", "rt_sigreturn", "wait4", "rt_sigprocmask", "rt_sigaction"})
PIPES = CHILDREN | {"read", "write"}
DRAWN = frozenset({"getrandom"})
TEMPORARY = "the C library draws a temporary name's random bits again when they are biased"
PYTHON = (sys.executable, "-S", "-B", "-c")
COMMIT = "git init -q .; git add a.txt; git -c user.name=a -c user.email=a@b commit -qm x; git log --oneline"
SOCKETS = """
import socket
a, b = socket.socketpair()
a.send(b'x'), b.recv(1), a.sendmsg([b'y', b'z']), b.recvmsg(9), a.setblocking(False)
try: a.recv(1)
except BlockingIOError: pass
"""
WAITS = """
import os, select
r, w = os.pipe()
e = select.epoll()
e.register(r), os.write(w, b'x'), e.poll(), e.modify(r, select.EPOLLIN | select.EPOLLET), e.unregister(r)
select.select([r], [w], [], 0), os.readv(r, [bytearray(1), bytearray(5)])
os.eventfd(3), select.select([r], [], [], 0)
"""


def words(*commands: str) -> dict[str, Case]:
    """Commands whose calls are the same every time."""
    return {command: Case(command.split()) for command in commands}


ENVIRONMENT = {
    "PYTHONHASHSEED": "0", "PERL_HASH_SEED": "0", "LC_ALL": "C", "GIT_AUTHOR_DATE": "@1000000000 +0000",
    "GIT_COMMITTER_DATE": "@1000000000 +0000",
}  # fmt: skip
"""What makes two runs alike."""

DEFAULT = words(
    "true", "cat a.txt", "ls -l /etc", "ls -lR .", "cp a.txt b.txt", "mv a.txt b.txt", "rm a.txt", "ln -s a.txt l",
    "mkdir -p x/y/z", "mkfifo pipe", "chmod 600 a.txt", "touch -d 2020-01-01 new", "stat a.txt", "du .", "df .",
    "id", "dd if=/dev/zero of=zeros bs=4k count=7 status=none", "head -c 10 a.txt", "sort a.txt", "md5sum a.txt",
    "date", "uname -a", "nproc",
    "sleep 0.01", "cat missing", "chmod 600 /proc/version", "tar cf x.tar a.txt hello.c",
    "find . -name a*", "grep -r foo .", "sed -n 1p a.txt", "diff a.txt hello.c",
    "openssl dgst -sha256 a.txt", "ssh-keygen -q -t ed25519 -N x -f key", "curl -s file:///etc/hostname",
) | {
    "bash pipeline": Case(["bash", "-c", "ls | wc -l"], PIPES, SIGCHLD),
    "killed by a signal": Case(["sh", "-c", "kill -USR1 $$"]),
    "python sockets": Case([*PYTHON, SOCKETS]),
    "python waits": Case([*PYTHON, WAITS]),
    "sqlite3": Case(["sqlite3", "x.db", "create table t(a); insert into t values (1); select * from t"]),
    "gcc": Case(["gcc", "-c", "hello.c"], CHILDREN | DRAWN, f"{SIGCHLD}; {TEMPORARY}"),
    "git init": Case(["git", "init", "-q", "."], DRAWN, TEMPORARY),
    "make": Case(["make", "-s"], CHILDREN, SIGCHLD),
}  # fmt: skip
"""Run every time."""

SLOW = words(
    "echo hello", "chown 0:0 a.txt", "tail -n 3 a.txt", "wc a.txt", "truncate -s 23 new", "env", "sync a.txt",
    "readlink -f a.txt", "gzip -k a.txt", "xargs -n1 echo", "awk {print} a.txt", "perl -e print(1)",
    "openssl rand -hex 8", "stty -a", "mount", "getconf PAGESIZE",
) | {
    "tar z": Case(["tar", "czf", "x.tgz", "a.txt"], PIPES, SIGCHLD),
    "trap": Case(["sh", "-c", "trap 'echo x' USR1; kill -USR1 $$"]),
    "background": Case(["sh", "-c", "sleep 0.01 & wait"], CHILDREN, SIGCHLD),
    "git commit": Case(["sh", "-c", COMMIT], CHILDREN | DRAWN, f"{SIGCHLD}; {TEMPORARY}"),
    "mktemp": Case(["mktemp", "-u"], DRAWN, TEMPORARY),
    "timeout": Case(["timeout", "9", "true"], CHILDREN, SIGCHLD),
}  # fmt: skip


def prepare(work: Path) -> None:
    """The same small folder before each run."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    (work / "a.txt").write_text("hello\nworld\nfoo\n" * 53)
    (work / "hello.c").write_text("int main(void) { return 0; }\n")
    (work / "Makefile").write_text("x: a.txt\n\tcp a.txt x\n")
    for path in work.iterdir():
        os.utime(path, (1e9, 1e9))
