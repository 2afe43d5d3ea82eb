"""Rows as text: what strace would write, names instead of numbers, and never an exception."""

from __future__ import annotations

import errno
import struct

import pytest

from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, piece, row
from tracer.decode.call import CallText, call_text
from tracer.wire import Abi, End, Flag, Kind, Reason, Spawn

BUF, OTHER, THIRD = 0x7F0000001000, 0x7F0000002000, 0x7F0000003000


def text(made: TestRow) -> CallText:
    return call_text(batch([made]), 0)


def line(made: TestRow) -> str:
    return text(made).line


LINES = [
    (
        row("read", 3, BUF, 64, result=4, memory=[piece(1, EXIT, BUF, b"abc\n")]),
        r'read(3, "abc\n", 64) = 4',
    ),
    (
        row("read", 3, BUF, 4096, result=4001, memory=[piece(1, EXIT, BUF, b"x" * 7)]),
        'read(3, "xxxxxxx"..., 4096) = 4001',
    ),
    (row("read", 3, BUF, 4096, result=0), 'read(3, "", 4096) = 0'),
    (
        row("read", 3, BUF, 64, result=-errno.EAGAIN),
        "read(3, 0x7f0000001000, 64) = -1 EAGAIN (Resource temporarily unavailable)",
    ),
    (
        row("write", 1, BUF, 9, result=9, memory=[piece(1, ENTRY, BUF, b"\x1b[2J\x07\0" + b"12")]),
        r'write(1, "\33[2J\7\00012"..., 9) = 9',
    ),
    (
        row("write", 1, BUF, 9, result=9, memory=[piece(1, ENTRY, BUF, reason=Reason.REDACTED)]),
        "write(1, 0x7f0000001000 <redacted>, 9) = 9",
    ),
    (
        row("recvfrom", 3, BUF, 3, 0x20, 0, 0, result=11, memory=[piece(1, EXIT, BUF, b"hel")]),
        'recvfrom(3, "hel", 3, MSG_TRUNC, NULL, NULL) = 11',
    ),
    (
        row("mq_timedsend", 3, BUF, 100, 0, 0, memory=[piece(1, ENTRY, BUF, b"hello")]),
        'mq_timedsend(3, "hello"..., 100, 0, NULL) = 0',
    ),
    (row("msgget", 0, 0o1600, result=17), "msgget(IPC_PRIVATE, IPC_CREAT|0600) = 17"),
    (row("shmget", 0x11, 64, 0o2000, result=17), "shmget(0x11, 64, IPC_EXCL|000) = 17"),
    (
        row("msgsnd", 17, BUF, 9, 0o4000, memory=[
            piece(1, ENTRY, BUF, struct.pack("<q", 7)), piece(1, ENTRY, BUF + 8, b"hey"),
        ]),
        'msgsnd(17, {mtype=7, mtext="hey"...}, 9, IPC_NOWAIT) = 0',
    ),
    (
        row("msgrcv", 17, BUF, 64, 0, 0o10000, result=3, memory=[
            piece(1, EXIT, BUF, struct.pack("<q", 7)), piece(1, EXIT, BUF + 8, b"hey"),
        ]),
        'msgrcv(17, {mtype=7, mtext="hey"}, 64, 0, MSG_NOERROR) = 3',
    ),
    (
        row("semop", 17, BUF, 2, memory=[piece(1, ENTRY, BUF, struct.pack("<HhhHhh", 0, 1, 0, 1, -1, 0o14000))]),
        "semop(17, [{sem_num=0, sem_op=1, sem_flg=0}, {sem_num=1, sem_op=-1, sem_flg=IPC_NOWAIT|SEM_UNDO}], 2) = 0",
    ),
    (
        row("openat2", -100, BUF, OTHER, 24, result=3, memory=[
            piece(1, ENTRY, BUF, b"a\0"), piece(2, ENTRY, OTHER, struct.pack("<3Q", 0, 0, 0xC)),
        ]),
        'openat2(AT_FDCWD, "a", {flags=O_RDONLY, mode=000, resolve=RESOLVE_NO_SYMLINKS|RESOLVE_BENEATH}, 24) = 3',
    ),
    (row("fcntl", 3, 1033, 0xA), "fcntl(3, F_ADD_SEALS, F_SEAL_SHRINK|F_SEAL_WRITE) = 0"),
    (row("fcntl", 3, 1024, 1), "fcntl(3, F_SETLEASE, F_WRLCK) = 0"),
    (
        row("fcntl", 3, 15, BUF, memory=[piece(2, ENTRY, BUF, struct.pack("<2i", 1, 17))]),
        "fcntl(3, F_SETOWN_EX, {type=F_OWNER_PID, pid=17}) = 0",
    ),
    (
        row("write", 1, 8, 9, result=-errno.EFAULT, memory=[piece(1, ENTRY, 8, reason=errno.EFAULT)]),
        "write(1, 0x8 <unreadable: EFAULT>, 9) = -1 EFAULT (Bad address)",
    ),
    (
        row("openat", -100, BUF, 0o2000000, 0o777, result=3, memory=[piece(1, ENTRY, BUF, b"/etc/passwd\0")]),
        'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3',
    ),
    (
        row("openat", -100, BUF, 0o1101, 0o644, result=3, memory=[piece(1, ENTRY, BUF, "ü\n".encode() + b"\0")]),
        r'openat(AT_FDCWD, "\303\274\n", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3',
    ),
    (
        row("open", BUF, 0x80000000, 0, result=3, memory=[piece(0, ENTRY, BUF, "grün".encode() + b"\0")]),
        'open("grün", O_RDONLY|0x80000000) = 3',
    ),
    (
        row("mmap", 0, 8192, 3, 0x22, -1, 0, result=0x7F0000009000),
        "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000009000",
    ),
    (row("brk", 0, result=0x5555DEADB000), "brk(NULL) = 0x5555deadb000"),
    (
        row("readv", 3, BUF, 2, result=5, memory=[
            piece(1, ENTRY, BUF, struct.pack("<4Q", OTHER, 3, THIRD, 40)),
            piece(1, EXIT, OTHER, b"abc"), piece(1, EXIT, THIRD, b"de"),
        ]),
        'readv(3, [{iov_base="abc", iov_len=3}, {iov_base="de", iov_len=40}], 2) = 5',
    ),
    (
        row("poll", BUF, 2, 100, result=1, memory=[
            piece(0, ENTRY, BUF, struct.pack("<ihhihh", 3, 1, 0, 5, 5, 0)),
            piece(0, EXIT, BUF, struct.pack("<ihhihh", 3, 1, 1, 5, 5, 0)),
        ]),
        "poll([{fd=3, events=POLLIN, revents=POLLIN}, {fd=5, events=POLLIN|POLLOUT}], 2, 100) = 1",
    ),
    (
        row("select", 8, BUF, 0, 0, OTHER, result=1, memory=[
            piece(1, ENTRY, BUF, b"\x88" + bytes(7)), piece(1, EXIT, BUF, b"\x08" + bytes(7)),
            piece(4, ENTRY, OTHER, struct.pack("<qq", 2, 0)), piece(4, EXIT, OTHER, struct.pack("<qq", 1, 23)),
        ]),
        "select(8, [3 7] => [3], NULL, NULL, {tv_sec=2, tv_usec=0} => {tv_sec=1, tv_usec=23}) = 1",
    ),
    (
        row("epoll_wait", 4, BUF, 8, -1, result=1, memory=[piece(1, EXIT, BUF, struct.pack("<IQ", 0x80000001, 7))]),
        "epoll_wait(4, [{events=EPOLLIN|EPOLLET, data=0x7}], 8, -1) = 1",
    ),
    (row("epoll_wait", 4, BUF, 8, 10), "epoll_wait(4, [], 8, 10) = 0 (Timeout)"),
    (
        row("epoll_wait", 4, BUF, 8, -1, result=1, abi=Abi.X86_64, memory=[piece(1, EXIT, BUF, b"\1")]),
        "epoll_wait(4, [], 8, -1) = 1",
    ),
    (
        row("epoll_ctl", 4, 1, 7, BUF, memory=[piece(3, ENTRY, BUF, struct.pack("<IQ", 0x2001, 7))]),
        "epoll_ctl(4, EPOLL_CTL_ADD, 7, {events=EPOLLIN|EPOLLRDHUP, data=0x7}) = 0",
    ),
    (
        row("connect", 3, BUF, 16, result=-errno.EINPROGRESS, memory=[
            piece(1, ENTRY, BUF, struct.pack("<H", 2) + struct.pack(">H", 8080) + bytes([127, 0, 0, 1]) + bytes(8)),
        ]),
        'connect(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, 16)'
        " = -1 EINPROGRESS (Operation now in progress)",
    ),
    (
        row("accept4", 3, BUF, OTHER, 0o2004000, result=5, memory=[
            piece(1, EXIT, BUF, struct.pack("<H", 1)), piece(2, ENTRY, OTHER, b"\x6e\0\0\0"),
            piece(2, EXIT, OTHER, b"\2\0\0\0"),
        ]),
        "accept4(3, {sa_family=AF_UNIX}, [110 => 2], SOCK_NONBLOCK|SOCK_CLOEXEC) = 5",
    ),
    (
        row("rt_sigaction", 2, BUF, 0, 8, memory=[
            piece(1, ENTRY, BUF, struct.pack("<4Q", 0x401000, 0x14000000, 0x402000, 1 << 14)),
        ]),
        "rt_sigaction(SIGINT, {sa_handler=0x401000, sa_mask=[TERM], sa_flags=SA_RESTORER|SA_RESTART, "
        "sa_restorer=0x402000}, NULL, 8) = 0",
    ),
    (row("rt_sigreturn", result=202), "rt_sigreturn() = ?"),
    (
        row("futex", BUF, 0x80, 2, 0, result=-512),
        "futex(0x7f0000001000, FUTEX_WAIT_PRIVATE, 2, NULL) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)",
    ),
    (row("futex", BUF, 0x81, 1, 99, 98, 97, result=1), "futex(0x7f0000001000, FUTEX_WAKE_PRIVATE, 1) = 1"),
    (
        row("clone", 0x1200011, 0, 0, BUF, 0, result=4243),
        "clone(CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, NULL, NULL, 0x7f0000001000, NULL) = 4243",
    ),
    (
        row("wait4", -1, BUF, 1, 0, result=4243, memory=[piece(1, EXIT, BUF, struct.pack("<i", 0x1700))]),
        "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 23}], WNOHANG, NULL) = 4243",
    ),
    (row("fcntl", 3, 4, 0o4002), "fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0"),
    (row("fcntl", 3, 3, 99, result=0o4002), "fcntl(3, F_GETFL) = 0x802 (flags O_RDWR|O_NONBLOCK)"),
    (
        row("ioctl", 3, 0x541B, BUF, memory=[piece(2, EXIT, BUF, b"\x17\0\0\0")]),
        "ioctl(3, FIONREAD, [23]) = 0",
    ),
    (
        row("execve", BUF, OTHER, THIRD, memory=[
            piece(0, ENTRY, BUF, b"/bin/echo\0"), piece(1, ENTRY, OTHER, struct.pack("<3Q", 16, 32, 0)),
            piece(1, ENTRY, 16, b"echo\0"), piece(1, ENTRY, 32, b"a b\0"),
            piece(2, ENTRY, THIRD, struct.pack("<2Q", 64, 0)),
        ]),
        'execve("/bin/echo", ["echo", "a b"], 0x7f0000003000 /* 1 vars */) = 0',
    ),
    (
        row("nanosleep", BUF, OTHER, result=-516, memory=[
            piece(0, ENTRY, BUF, struct.pack("<qq", 5, 0)), piece(1, EXIT, OTHER, struct.pack("<qq", 3, 1)),
        ]),
        "nanosleep({tv_sec=5, tv_nsec=0}, {tv_sec=3, tv_nsec=1}) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)",
    ),
    (row("exit_group", 23, kind=Kind.ENTERED, flags=int(Flag.FINAL)), "exit_group(23) = ?"),
    (row("pause", kind=Kind.ENTERED), "pause() <unfinished ...>"),
    (row(499, 1, 0, BUF, result=-errno.ENOSYS), "syscall_0x1f3(0x1, 0, 0x7f0000001000, 0, 0, 0)"
     " = -1 ENOSYS (Function not implemented)"),
    (row("dup2", 3, -1, result=-errno.EBADF, abi=Abi.I386), "dup2(3, -1) = -1 EBADF (Bad file descriptor)"),
    (row("listen", 3, 1, result=-95), "listen(3, 1) = -1 EOPNOTSUPP (Operation not supported)"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "expected"), LINES, ids=lambda each: each[:40] if isinstance(each, str) else "")
def test_a_call_reads_like_strace(made: TestRow, expected: str) -> None:
    assert line(made) == expected


def test_an_error_has_its_name() -> None:
    assert text(row("read", 3, BUF, 1, result=-errno.EAGAIN)).errno == "EAGAIN"


@pytest.mark.parametrize("code", [-512, -513, -514, -516])
def test_an_interruption_is_no_error(code: int) -> None:
    made = text(row("poll", BUF, 1, -1, result=code))
    assert (made.errno, made.interrupted) == (None, True)


@pytest.mark.parametrize("value", [-4, -512, 202])
def test_the_value_of_rt_sigreturn_is_never_a_result(value: int) -> None:
    made = text(row("rt_sigreturn", result=value))
    assert (made.result, made.errno, made.interrupted) == ("?", None, False)


def siginfo(number: int, code: int, *fields: int) -> bytes:
    return struct.pack("<iiii", number, 0, code, 0) + struct.pack("<iiii", *fields) + bytes(96)


@pytest.mark.parametrize(
    ("number", "data", "expected"),
    [
        (17, siginfo(17, 1, 4243, 7, 23, 0),
         "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=4243, si_uid=7, si_status=23} ---"),
        (15, siginfo(15, 0, 4243, 7, 0, 0),
         "--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=4243, si_uid=7} ---"),
        (36, siginfo(36, 1, 0x41, 0, 3, 0),
         "--- SIGRT_4 {si_signo=SIGRT_4, si_code=POLL_IN, si_band=POLLIN|POLLRDNORM, si_fd=3} ---"),
        (29, siginfo(29, 0x80, 0, 0, 0, 0), "--- SIGIO {si_signo=SIGIO, si_code=SI_KERNEL} ---"),
        (11, siginfo(11, 1, 0x10, 0, 0, 0),
         "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---"),
    ],
)  # fmt: skip
def test_a_signal_is_decoded_by_its_code(number: int, data: bytes, expected: str) -> None:
    made = row(number, kind=Kind.SIGNAL, memory=[piece(255, ENTRY, 0, data)])
    assert line(made) == expected


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (row(int(Spawn.CLONE), 4241, 4241, kind=Kind.SPAWN, memory=[piece(255, 0, 0, b"worker")]),
         "--- spawn worker, parent 4241 cloned ---"),
        (row(0, 4241, kind=Kind.EXEC, memory=[piece(255, 0, 0, b"ls"), piece(255, 0, 0, b"/bin/ls")]),
         "--- exec ls, /bin/ls called by 4241 ---"),
        (row(0, kind=Kind.EXIT, result=0x1700, memory=[piece(255, 0, 0, b"ls")]), "--- exit ls exited with 23 ---"),
        (row(0, kind=Kind.EXIT, result=9), "--- exit WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL ---"),
        (row(0, kind=Kind.MARK, memory=[piece(255, 0, 0, b"begin \x1b[31m")]), r"--- mark begin \33[31m ---"),
        (row(0, 23, kind=Kind.LOST), "--- lost 23 23 events were lost here ---"),
        (row(int(End.DETACHED), kind=Kind.END, memory=[piece(255, 1, 0, b"let go")]),
         "--- end detached let go ---"),
        (row(77, kind=Kind.SPAWN), "--- spawn 77 ---"),
    ],
)  # fmt: skip
def test_rows_that_are_no_calls(made: TestRow, expected: str) -> None:
    assert line(made) == expected
