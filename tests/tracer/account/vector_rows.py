"""The measured cases of `copy_vectors.json` as rows: the call's text there, to the row capture would write."""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence

from tests.tracer.rows import ENTRY, EXIT, TestRow, completed, piece, row, submission, submitted
from tracer.syscalls.objects import Object
from tracer.wire import NO_ARG

BUF, IOV, NAME, CONTROL, HEADER, TIME, OTHER = (0x10000 * place for place in range(1, 8))
MSG_PEEK, MSG_TRUNC, MSG_ZEROCOPY = 2, 0x20, 0x4000000

Case = tuple[TestRow, Object]


def timespec(seconds: int, nanoseconds: int) -> bytes:
    """A timespec (or timeval)."""
    return struct.pack("<qq", seconds, nanoseconds)


def iovecs(*lengths: int) -> bytes:
    """An iovec array whose segments lie a page apart."""
    return b"".join(struct.pack("<QQ", BUF + 0x1000 * place, length) for place, length in enumerate(lengths))


def msghdr(name: int, namelen: int, iovlen: int, control: int = 0, controllen: int = 0) -> bytes:
    """A msghdr whose iovec array is at IOV."""
    return struct.pack("<QIxxxxQQQQIxxxx", name, namelen, IOV, iovlen, control, controllen, 0)


def _vector(name: str, result: int, lengths: Sequence[int], *rest: int) -> TestRow:
    memory = [piece(1, ENTRY, IOV, iovecs(*lengths))]
    return row(name, 3, IOV, len(lengths), *rest, result=result, memory=memory)


def _addressed(name: str, result: int, room: int, became: int, *before: int) -> TestRow:
    """A call whose last arguments are an address and the pointer to its length."""
    place = len(before)
    memory = [
        piece(place + 1, ENTRY, OTHER, struct.pack("<I", room)),
        piece(place + 1, EXIT, OTHER, struct.pack("<I", became)),
    ]
    return row(name, *before, NAME, OTHER, result=result, memory=memory)


def _messages(name: str, namelens: Sequence[int], lengths: Sequence[int], *rest: int, result: int) -> TestRow:
    count = len(namelens)
    one = b"".join(msghdr(NAME, namelen, 1) + bytes(8) for namelen in namelens)
    after = b"".join(msghdr(NAME, 16, 1) + struct.pack("<Ixxxx", length) for length in lengths)
    array = iovecs(100 if name == "recvmmsg" else 20)
    memory = [piece(1, ENTRY, HEADER, one), piece(1, ENTRY, IOV, array), piece(1, EXIT, HEADER, after)]
    if len(rest) > 1:
        memory.append(piece(4, EXIT, rest[1], timespec(0, 17)))
    return row(name, 3, HEADER, count, *rest, result=result, memory=memory)


def _select(name: str, sets: tuple[int, int, int], nfds: int, timeout: bytes, result: int, fdsize: int) -> TestRow:
    memory = [piece(4, ENTRY, TIME, timeout)]
    if nfds > 64:
        memory.insert(0, piece(NO_ARG, ENTRY, 0, struct.pack("<I", fdsize)))
    return row(name, nfds, *sets, TIME, result=result, memory=memory)


def _poll(name: str, number: int, result: int, *rest: int, timeout: bytes = b"") -> TestRow:
    memory = [piece(0, ENTRY, BUF, bytes(8 * number)), piece(0, EXIT, BUF, bytes(8 * number))]
    if timeout:
        memory.append(piece(2, ENTRY, TIME, timeout))
    return row(name, BUF, number, *rest, result=result, memory=memory)


def _iocb(opcode: int, length: int) -> bytes:
    return struct.pack("<QIIHHIQQqQII", 0, 0, 0, opcode, 0, 5, BUF, length, 0, 0, 0, 0)


def _submit(number: int, result: int) -> TestRow:
    pointers = struct.pack("<2Q", HEADER, HEADER + 64)[: 8 * number]
    memory = [piece(2, ENTRY, OTHER, pointers)]
    memory += [piece(2, ENTRY, HEADER + 64 * place, _iocb(0, 4096)) for place in range(number)]
    return row("io_submit", 0x7F0000, number, OTHER, result=result, memory=memory)


def _path(name: str, argument: int, text: bytes, *args: int, result: int) -> TestRow:
    return row(name, *args, result=result, memory=[piece(argument, ENTRY, args[argument], text)])


def _ring(opcode: str, res: int, fd: int = 5, led_to: bytes = b"", **fields: int) -> TestRow:
    """One operation, submitted and complete in the same call."""
    entry = submission(opcode, fd, **fields)
    memory = [submitted(entry, led_to), completed(res, entry + led_to)]
    return row("io_uring_enter", 7, 1, 1, 1, 0, 0, result=1, memory=memory)


_EXT_ARG = struct.pack("<QIIQ", 0, 8, 0, TIME)

ROWS: dict[str, TestRow | Case] = {
    "read(regular file, buf, 4096)": row("read", 3, BUF, 4096, result=4096),
    "read(regular file of 10000 B, buf, 65536)": row("read", 3, BUF, 65536, result=10000),
    "read(O_NONBLOCK pipe, empty)": row("read", 3, BUF, 64, result=-errno.EAGAIN),
    "write(pipe, buf, 100)": row("write", 3, BUF, 100, result=100),
    "read(pipe holding 3 writes of 10 B, buf, 4096)": row("read", 3, BUF, 4096, result=30),
    "readv(pipe holding 100 B, iov {40,40,40}, 3)": _vector("readv", 100, (40, 40, 40)),
    "preadv2(file, iov {40,40,40}, 3, 0, 0)": _vector("preadv2", 120, (40, 40, 40), 0, 0, 0),
    "readv(file at EOF, iov[3], 3)": _vector("readv", 0, (40, 40, 40)),
    "write(/dev/null, buf, 4096)": (row("write", 3, BUF, 4096, result=4096), Object.NULL),
    "read(/dev/zero, buf, 8192)": (row("read", 3, BUF, 8192, result=8192), Object.ZERO),
    "write(bad fd, buf, 100)": row("write", 99, BUF, 100, result=-errno.EBADF),
    "sendto(unix stream, buf, 50000, 0, NULL, 0)": row("sendto", 3, BUF, 50000, 0, 0, 0, result=50000),
    "recvfrom(unix stream, ..., addr, &len)": row(
        "recvfrom", 3, BUF, 64, 0, NAME, OTHER, result=-errno.EAGAIN,
        memory=[piece(5, ENTRY, OTHER, b"\x6e\0\0\0")],
    ),
    "recvfrom(unix dgram of 100 B, buf, 10, MSG_TRUNC)": row("recvfrom", 3, BUF, 10, MSG_TRUNC, result=100),
    "recvfrom(TCP, buf, 500, MSG_TRUNC)": (
        row("recvfrom", 3, BUF, 500, MSG_TRUNC, result=500), Object.TCP,
    ),
    "recvfrom(TCP, buf, 500, MSG_PEEK)": (row("recvfrom", 3, BUF, 500, MSG_PEEK, result=500), Object.TCP),
    "sendto(UDP, buf, 100, 0, sockaddr_in, 16)": row("sendto", 3, BUF, 100, 0, NAME, 16, result=100),
    "recvfrom(UDP, buf, 4096, 0, addr, &len=16)": _addressed("recvfrom", 100, 16, 16, 3, BUF, 4096, 0),
    "recvfrom(UDP dgram of 100 B, buf, 10, MSG_TRUNC)": row("recvfrom", 3, BUF, 10, MSG_TRUNC, result=100),
    "sendmsg(unix stream, {iov {10,20}, control 24 B SCM_RIGHTS 1 fd})": row(
        "sendmsg", 3, HEADER, 0, result=30,
        memory=[
            piece(1, ENTRY, HEADER, msghdr(0, 0, 2, CONTROL, 24)), piece(1, ENTRY, IOV, iovecs(10, 20)),
        ],
    ),
    "recvmsg(unix, 2 iov)": row(
        "recvmsg", 3, HEADER, 0, result=-errno.EAGAIN,
        memory=[piece(1, ENTRY, HEADER, msghdr(0, 0, 2)), piece(1, ENTRY, IOV, iovecs(10, 20))],
    ),
    "recvmsg(TCP, {name 16, iov {10,20}})": row(
        "recvmsg", 3, HEADER, 0, result=30,
        memory=[
            piece(1, ENTRY, HEADER, msghdr(NAME, 16, 2)), piece(1, ENTRY, IOV, iovecs(10, 20)),
            piece(1, EXIT, HEADER, msghdr(NAME, 0, 2)),
        ],
    ),
    "sendmmsg(UDP, 3 x {name 16, iov {20}}, 3)": _messages(
        "sendmmsg", (16, 16, 16), (20, 20, 20), 0, result=3
    ),
    "recvmmsg(UDP, 3 x {name 16, iov {100}}, 3, 0, timeout)": _messages(
        "recvmmsg", (16, 16, 16), (20, 20, 20), 0, TIME, result=3
    ),
    "accept4(fd, addr, &len=128, 0)  AF_INET": _addressed("accept4", 7, 128, 16, 3),
    "accept4(fd, NULL, NULL, 0)": row("accept4", 3, 0, 0, 0, result=7),
    "getsockname(unnamed unix, addr, &len=110)": _addressed("getsockname", 0, 110, 2, 3),
    "getsockname(unix bound to /tmp/s2, addr, &len=4)": _addressed("getsockname", 0, 4, 10, 3),
    "connect(bad fd, sockaddr_in, 16)": row("connect", 99, NAME, 16, result=-errno.EBADF),
    "connect(regular file fd, sockaddr_in, 16)": row("connect", 3, NAME, 16, result=-errno.ENOTSOCK),
    "sendto(TCP without SO_ZEROCOPY, buf, 4096, MSG_ZEROCOPY)": (
        row("sendto", 3, BUF, 4096, MSG_ZEROCOPY, result=4096), Object.TCP,
    ),
    "setsockopt(SOL_SOCKET, SO_ZEROCOPY, &int, 4)": row("setsockopt", 3, 1, 60, OTHER, 4),
    "sendfile(tcp, ext4 fd, &off, 40000)": row("sendfile", 3, 4, OTHER, 40000, result=40000),
    "sendfile(tcp, ext4 fd, NULL, 4096)": row("sendfile", 3, 4, 0, 4096, result=4096),
    "splice(empty pipe, NULL, file, &off, 16384, SPLICE_F_NONBLOCK)": row(
        "splice", 3, 0, 4, OTHER, 16384, 2, result=-errno.EAGAIN
    ),
    "tee(pipe, pipe, 8192, 0)": row("tee", 3, 4, 8192, 0, result=8192),
    "vmsplice(pipe READ end, iov {4096,4096}, 2, 0)": (
        _vector("vmsplice", 8192, (4096, 4096), 0), Object.PIPE_READ,
    ),
    "copy_file_range(ext4, &a, ext4, &b, 16384, 0)": row(
        "copy_file_range", 3, OTHER, 4, OTHER + 8, 16384, 0, result=16384
    ),
    "process_vm_readv(no such pid, 1 local, 2 remote)": row(
        "process_vm_readv", 99999, IOV, 1, OTHER, 2, 0, result=-errno.ESRCH
    ),
    "select(64, r, NULL, NULL, {0,0})": _select("select", (BUF, 0, 0), 64, timespec(0, 0), 0, 256),
    "select(1024, NULL, w, NULL, {0,1000}) ready, FDSize=256": _select(
        "select", (0, BUF, 0), 1024, timespec(0, 1000), 1, 256
    ),
    "select(64, r with a closed fd, {100,0})": _select(
        "select", (BUF, 0, 0), 64, timespec(100, 0), -errno.EBADF, 256
    ),
    "pselect6(64, r, NULL, NULL, {0,1ms}, {&mask,8})": row(
        "pselect6", 64, BUF, 0, 0, TIME, OTHER,
        memory=[piece(4, ENTRY, TIME, timespec(0, 10**6)), piece(5, ENTRY, OTHER, struct.pack("<QQ", NAME, 8))],
    ),
    "poll(pfd[1], 1, 0)": _poll("poll", 1, 0, 0),
    "poll(pfd[600], 600, 0)": _poll("poll", 600, 0, 0),
    "ppoll(pfd[2], 2, {0,1ms}, &mask, 8)": _poll(
        "ppoll", 2, 1, TIME, OTHER, 8, timeout=timespec(0, 10**6)
    ),
    "epoll_ctl(ep, EPOLL_CTL_ADD, bad fd, ev)": row("epoll_ctl", 3, 1, 99, OTHER, result=-errno.EBADF),
    "epoll_ctl(ep, EPOLL_CTL_DEL, fd, ptr)": row("epoll_ctl", 3, 2, 5, 1),
    "epoll_wait(ep, ev, 2, 1000) with 3 ready": row("epoll_wait", 3, BUF, 2, 1000, result=2),
    "epoll_wait(ep, ev, 8, 1) timed out": row("epoll_wait", 3, BUF, 8, 1),
    "rt_sigaction(SIGUSR1, act, oact, 8)": row("rt_sigaction", 10, OTHER, OTHER + 64, 8),
    "rt_sigaction(SIGKILL, act, NULL, 8)": row("rt_sigaction", 9, OTHER, 0, 8, result=-errno.EINVAL),
    "rt_sigtimedwait(set, info, ts, 8)": row("rt_sigtimedwait", OTHER, BUF, TIME, 8, result=34),
    "rt_sigtimedwait(set, info, ts, 8) -EAGAIN": row(
        "rt_sigtimedwait", OTHER, BUF, TIME, 8, result=-errno.EAGAIN
    ),
    "read(signalfd, buf, 1024) with 2 pending signals": (
        row("read", 3, BUF, 1024, result=256), Object.SIGNALFD,
    ),
    "write(eventfd, &u64, 8)": (row("write", 3, BUF, 8, result=8), Object.EVENTFD),
    "read(eventfd, buf, 4096)": (row("read", 3, BUF, 4096, result=8), Object.EVENTFD),
    "timerfd_settime(fd, 0, new, old)": row("timerfd_settime", 3, 0, OTHER, OTHER + 32),
    "io_setup(8, &ctx=0)": row("io_setup", 8, OTHER),
    "io_submit(ctx, 2, [2 x PREAD 4096 buffered, cached])": (_submit(2, 2), Object.OTHER),
    "io_submit(ctx, 1, [bad fd])": _submit(1, -errno.EBADF),
    "io_getevents(ctx, 2, 8, ev, ts)": row("io_getevents", 0x7F0000, 2, 8, BUF, TIME, result=2),
    "io_uring_setup(8, params)": row("io_uring_setup", 8, OTHER, result=7),
    "io_uring_enter(fd, 1 NOP, 1, GETEVENTS, NULL, 0)": _ring("NOP", 0, -1),
    "io_uring_enter(fd, 1 READV {100,100})": _ring("READV", 200, led_to=iovecs(100, 100), len=2, addr=IOV),
    "io_uring_enter(fd, 1 READ_FIXED of 8192 cached ext4)": _ring("READ_FIXED", 8192, len=8192),
    "io_uring_register(fd, REGISTER_FILES, fds, 2)": row("io_uring_register", 7, 2, OTHER, 2),
    "io_uring_enter(fd, 0, 1, GETEVENTS|EXT_ARG, arg{ts}, 24)": row(
        "io_uring_enter", 7, 0, 1, 9, OTHER, 24, result=-errno.ETIME, memory=[piece(4, ENTRY, OTHER, _EXT_ARG)]
    ),
    "futex(WAIT, ts) timed out": row("futex", OTHER, 0, 0, TIME, result=-errno.ETIMEDOUT),
    "futex(WAKE)": row("futex", OTHER, 129, 1, TIME),
    "fstat(fd, st)": row("fstat", 3, BUF),
    'stat("/tmp", st)': _path("stat", 0, b"/tmp\0", NAME, BUF, result=0),
    'openat(AT_FDCWD, "/tmp", O_RDONLY)': _path("openat", 1, b"/tmp\0", -100, NAME, 0, result=3),
    "pipe2(fds, 0)": row("pipe2", OTHER, 0),
    "fcntl(fd, F_SETOWN, pid)": row("fcntl", 3, 8, 4242),
    "fcntl(fd, F_SETOWN_EX, &owner)": row("fcntl", 3, 15, OTHER),
    "getrandom(buf, 256, 0)": row("getrandom", BUF, 256, 0, result=256),
    "wait4(pid, &status, 0, rusage)": row("wait4", 4242, OTHER, 0, BUF, result=4242),
}  # fmt: skip
"""Every measured case."""
