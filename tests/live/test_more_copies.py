"""Copies beyond the measured vectors: descriptors that were duplicated or changed, and operations of io_uring.

What is expected follows from `copy_vectors.json` and the kernel's sources; each case was also seen to hold here.
"""

from __future__ import annotations

import errno

import pytest

from tests.live.captured import skip_beyond_bpf
from tests.live.seen_calls import Expected, Seen, as_expected, calls_seen, sums
from tests.live.vector_calls import Call

_RING = "if (ring <= 0) { memset(&params, 0, sizeof params); ring = syscall(SYS_io_uring_setup, 8, &params); }"
_ENTER = "io_uring_enter, ring, 1, 1, 1, 0, 0"


def _reaped(setup: str) -> Call:
    """One ring operation; the completions of those before are taken out of the ring."""
    taken = "if (rings) *(unsigned *)(rings + params.cq_off.head) = *(unsigned *)(rings + params.cq_off.tail);"
    return f"{_RING} {taken} {setup}", _ENTER


_SQE = "&sqes[(*(unsigned *)(rings + params.sq_off.tail) - 1) & (params.sq_entries - 1)]"


def _in(size: int, kind: str = "payload") -> Expected:
    return "in", kind, size, False


def _out(size: int, kind: str = "payload", zeros: bool = False) -> Expected:
    return "out", kind, size, zeros


CASES: dict[str, tuple[Call, int, list[Expected]]] = {
    "write to a duplicate of /dev/null": (
        ('int fd = dup(open("/dev/null", O_WRONLY));', "write, fd, buf, 4099"), 4099, []
    ),
    "write to a number that was /dev/null": (
        ('int fd = open("/dev/null", O_WRONLY); pipes(0, 0); dup2(fds[1], fd);', "write, fd, buf, 23"), 23,
        [_in(23)],
    ),
    "writev to /dev/null": (
        ('int fd = open("/dev/null", O_WRONLY);', "writev, fd, iovs(3, 40), 3"), 120, [_in(48, "control")]
    ),
    "readv from /dev/zero": (
        ('int fd = open("/dev/zero", O_RDONLY);', "readv, fd, iovs(2, 61), 2"), 122,
        [_in(32, "control"), _out(61, zeros=True), _out(61, zeros=True)],
    ),
    "write to a full eventfd": (
        ("int fd = eventfd(0, EFD_NONBLOCK); uint64_t one = -2; if (write(fd, &one, 8) != 8) exit(3); one = 1;",
         "write, fd, &one, 8"),
        -errno.EAGAIN, [_in(8)],
    ),
    "vmsplice into a pipe": (
        ("pipes(0, 0);", "vmsplice, fds[1], iovs(2, 4096), 2, 0"), 8192, [_in(32, "control")]
    ),
    "recvmsg with MSG_TRUNC on TCP": (
        ("tcps(300); struct msghdr message = {0, 0, iovs(1, 300), 1, 0, 0, 0};",
         "recvmsg, tcp[1], &message, MSG_TRUNC | MSG_WAITALL"),
        300, [_in(56, "control"), _in(16, "control"), _out(4, "control"), _out(8, "control")],
    ),
    "send with MSG_ZEROCOPY after SO_ZEROCOPY": (
        ("tcps(0); int one = 1; setsockopt(tcp[0], SOL_SOCKET, SO_ZEROCOPY, &one, 4);",
         "sendto, tcp[0], buf, 4096, MSG_ZEROCOPY, 0, 0"),
        4096, [],
    ),
    "recvmsg of two descriptors": (
        (
            """pair(SOCK_STREAM, 0); struct iovec one = {buf, 1};
            union { char bytes[24]; struct cmsghdr head; } sent = {.head = {24, SOL_SOCKET, SCM_RIGHTS}};
            memcpy(sent.bytes + 16, fds, 8); struct msghdr out = {0, 0, &one, 1, sent.bytes, 24, 0};
            if (sendmsg(fds[0], &out, 0) != 1) exit(3);
            static char room[64]; struct msghdr message = {0, 0, &one, 1, room, sizeof room, 0};""",
            "recvmsg, fds[1], &message, 0",
        ),
        1,
        [_in(56, "control"), _in(16, "control"), _out(1), _out(24, "control"), _out(4, "control"),
         _out(8, "control")],
    ),
    "io_uring READ": (_reaped("request(IORING_OP_READ, file(4096), buf, 61);"), 1, [_out(61)]),
    "io_uring READ from /dev/zero": (
        _reaped('request(IORING_OP_READ, open("/dev/zero", O_RDONLY), buf, 61);'), 1, [_out(61, zeros=True)]
    ),
    "io_uring WRITE": (_reaped("pipes(0, 0); request(IORING_OP_WRITE, fds[1], buf, 23);"), 1, [_in(23)]),
    "io_uring WRITE to /dev/null": (
        _reaped('request(IORING_OP_WRITE, open("/dev/null", O_WRONLY), buf, 23);'), 1, []
    ),
    "io_uring WRITEV": (
        _reaped("pipes(0, 0); request(IORING_OP_WRITEV, fds[1], iovs(3, 7), 3);"), 1,
        [_in(48, "control"), _in(7), _in(7), _in(7)],
    ),
    "io_uring SEND": (_reaped("tcps(0); request(IORING_OP_SEND, tcp[0], buf, 61);"), 1, [_in(61)]),
    "io_uring SENDMSG": (
        _reaped("""pair(SOCK_STREAM, 0); static struct msghdr message; message.msg_iov = iovs(2, 17);
                message.msg_iovlen = 2; request(IORING_OP_SENDMSG, fds[0], &message, 1);"""), 1,
        [_in(44, "control"), _in(32, "control"), _in(17), _in(17)],
    ),
    "io_uring RECVMSG": (
        _reaped("""udps(1, 23); static struct msghdr message; message.msg_name = &peer; message.msg_namelen = 128;
                message.msg_iov = iovs(1, 100); message.msg_iovlen = 1;
                request(IORING_OP_RECVMSG, udp[1], &message, 1);"""), 1,
        [_in(44, "control"), _in(16, "control"), _out(23), _in(4, "control"), _out(16, "control"),
         _out(4, "control"), _out(4, "control"), _out(8, "control")],
    ),
    "io_uring TIMEOUT": (
        _reaped("""static struct __kernel_timespec time = {0, 1000000};
                request(IORING_OP_TIMEOUT, -1, &time, 1);"""), 1,
        [_in(16, "control")],
    ),
    "io_uring OPENAT": (
        _reaped('request(IORING_OP_OPENAT, AT_FDCWD, "/tmp", 0);'), 1, [_in(5, "control")]
    ),
    "io_uring STATX": (
        _reaped(f'request(IORING_OP_STATX, AT_FDCWD, "/tmp", 0xfff); ({_SQE})->off = (uint64_t)buf;'), 1,
        [_in(5, "control"), _out(256, "control")],
    ),
    "io_uring POLL_ADD": (
        _reaped(f"pipes(0, 1); request(IORING_OP_POLL_ADD, fds[0], 0, 0); ({_SQE})->poll32_events = POLLIN;"), 1, []
    ),
    "io_uring ACCEPT": (
        _reaped(f"""int fd = listening(); connected(); len = 128; request(IORING_OP_ACCEPT, fd, &peer, 0);
                ({_SQE})->addr2 = (uint64_t)&len;"""), 1,
        [_in(4, "control"), _out(16, "control"), _out(4, "control")],
    ),
    "splice of no bytes": (
        ("pipes(0, 0); int fd = file(100); loff_t from = 7;", "splice, fd, &from, fds[1], 0, 0, 0"), 0, []
    ),
    "preadv from before the start": (
        ("int fd = file(100);", "preadv, fd, iovs(2, 40), 2, -5L, 0"), -errno.EINVAL, []
    ),
    "preadv2 at the file's own position": (
        ("int fd = file(100); lseek(fd, 0, SEEK_SET);", "preadv2, fd, iovs(2, 40), 2, -1L, 0, 0"), 80,
        [_in(32, "control"), _out(40), _out(40)],
    ),
    "preadv2 with an array that is refused": (
        ("int fd = file(100); iovs(2, 40)[1].iov_len = -1;", "preadv2, fd, iovs(1, 40), 2, -1L, 0, 0"),
        -errno.EINVAL, [_in(32, "control")],
    ),
    "recvmmsg with an invalid timeout": (
        ("udps(1, 23); struct timespec time = {0, 2000000000};", "recvmmsg, udp[1], messages(64), 3, 0, &time"),
        -errno.EINVAL, [_in(16, "control")],
    ),
    "ppoll with an invalid timeout": (
        ("struct pollfd one = {0, POLLIN, 0}; struct timespec time = {0, -1};", "ppoll, &one, 1, &time, &mask, 8"),
        -errno.EINVAL, [_in(16, "control")],
    ),
    "ppoll with a mask of the wrong size": (
        ("struct pollfd one = {0, POLLIN, 0}; struct timespec time = {1, 0};", "ppoll, &one, 1, &time, &mask, 4"),
        -errno.EINVAL, [_in(16, "control")],
    ),
    "ppoll of too many descriptors": (
        ("struct pollfd one = {0, POLLIN, 0}; struct timespec time = {1, 0};",
         "ppoll, &one, 1 << 30, &time, &mask, 8"),
        -errno.EINVAL, [_in(16, "control"), _in(8, "control"), _out(16, "control")],
    ),
    "io_uring READ of a bad descriptor": (_reaped("request(IORING_OP_READ, 999, buf, 61);"), 1, []),
}  # fmt: skip


PARTLY_KNOWN: dict[str, tuple[Call, int, list[Expected]]] = {
    "io_submit to a file and to /dev/zero": (
        ("""if (!context && syscall(SYS_io_setup, 8, &context)) exit(3); iocbs(file(8192));
            requests[1].aio_fildes = open("/dev/zero", O_RDONLY);""",
         "io_submit, context, 2, pointers"),
        2,
        [_in(4, "control"), *2 * [_in(8, "control"), _in(64, "control"), _out(4, "control")]],
    ),
    "io_submit of a request that does not exist": (
        ("iocbs(file(8192)); requests[0].aio_lio_opcode = 99;", "io_submit, context, 1, pointers"),
        -errno.EINVAL, [_in(4, "control")],
    ),
    "vmsplice to what is no pipe": (
        ("int fd = file(100);", "vmsplice, fd, iovs(2, 40), 2, 0"), -errno.EBADF, []
    ),
    "recvmmsg of a socket in error": (
        ("""udps(0, 0); close(udp[1]); connect(udp[0], (void *)&in, sizeof in); write(udp[0], buf, 1);
            usleep(2000);""",
         "recvmmsg, udp[0], messages(64), 3, 0, 0"),
        -errno.ECONNREFUSED, [],
    ),
}  # fmt: skip
"""Here it is not known what else was copied."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """All cases in one program."""
    cases = CASES | PARTLY_KNOWN
    return calls_seen({name: call for name, (call, *_) in cases.items()}, tmp_path_factory.mktemp("more"))


@pytest.mark.parametrize("case", PARTLY_KNOWN)
def test_what_is_known_of_a_call_is_listed_and_the_rest_is_unknown(case: str, seen: dict[str, Seen]) -> None:
    skip_beyond_bpf(case)
    _, result, expected = PARTLY_KNOWN[case]
    if case.startswith("io_") and -seen[case].result in (errno.ENOSYS, errno.EPERM):
        pytest.skip("native AIO is switched off here")
    assert seen[case].result == result
    assert sorted(map(as_expected, seen[case].moved.transfers)) == sorted(expected)
    assert seen[case].columns == sums(expected)
    assert seen[case].moved.unknown


@pytest.mark.parametrize("case", CASES)
def test_a_real_call_copies_what_is_expected(case: str, seen: dict[str, Seen]) -> None:
    skip_beyond_bpf(case)
    _, result, expected = CASES[case]
    if case.startswith("io_uring") and -seen[case].result in (errno.EBADF, errno.ENOSYS, errno.EPERM):
        pytest.skip("io_uring is switched off here")
    assert seen[case].result == result
    assert sorted(map(as_expected, seen[case].moved.transfers)) == sorted(expected)
    assert seen[case].columns == sums(expected)
    assert not seen[case].moved.unknown
