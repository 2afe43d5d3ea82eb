"""The measured cases of `copy_vectors.json` as C: what has to be there before, and the call itself."""

from __future__ import annotations

PRELUDE = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char buf[1 << 17] __attribute__((aligned(4096)));
static struct sockaddr_in in;
static struct sockaddr_storage peer;
static socklen_t len;
static int fds[2], tcp[2], udp[2];
static uint64_t mask;

static void mark(int number) {
    char text[32];
    long size = snprintf(text, sizeof text, "iotrace:vector %d", number);
    syscall(SYS_write, -1, text, size);
}
static int file(long size) {
    char name[] = "fileXXXXXX";
    int fd = mkstemp(name);
    if (ftruncate(fd, size) || pwrite(fd, buf, size < (long)sizeof buf ? size : (long)sizeof buf, 0) < 0) exit(3);
    return fd;
}
static struct iovec *iovs(int number, int size) {
    static struct iovec iov[1024];
    for (int i = 0; i < number; i++) iov[i] = (struct iovec){buf + i * 4096, size};
    return iov;
}
static void pipes(int flags, int bytes) {
    if (pipe2(fds, flags) || (bytes && write(fds[1], buf, bytes) != bytes)) exit(3);
}
static void pair(int type, int flags) { if (socketpair(AF_UNIX, type | flags, 0, fds)) exit(3); }
static int listening(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    len = sizeof in;
    memset(&in, 0, sizeof in);
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (void *)&in, sizeof in) || listen(fd, 5) || getsockname(fd, (void *)&in, &len)) exit(3);
    return fd;
}
static int connected(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (void *)&in, sizeof in)) exit(3);
    return fd;
}
static void tcps(int bytes) {
    int fd = listening();
    tcp[0] = connected();
    tcp[1] = accept(fd, 0, 0);
    if (bytes && send(tcp[0], buf, bytes, 0) != bytes) exit(3);
}
static void udps(int number, int bytes) {
    for (int i = 0; i < 2; i++) {
        udp[i] = socket(AF_INET, SOCK_DGRAM, 0);
        len = sizeof in;
        memset(&in, 0, sizeof in);
        in.sin_family = AF_INET;
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (bind(udp[i], (void *)&in, sizeof in) || getsockname(udp[i], (void *)&in, &len)) exit(3);
    }
    for (int i = 0; i < number; i++)
        if (sendto(udp[0], buf, bytes, 0, (void *)&in, sizeof in) != bytes) exit(3);
}
static struct mmsghdr *messages(int size) {
    static struct mmsghdr array[3];
    static struct iovec iov[3];
    static struct sockaddr_in names[3];
    for (int i = 0; i < 3; i++) {
        names[i] = in;
        iov[i] = (struct iovec){buf + 4096 * i, size};
        array[i] = (struct mmsghdr){{&names[i], 16, &iov[i], 1, 0, 0, 0}, 0};
    }
    return array;
}
static aio_context_t context;
static struct iocb requests[2], *pointers[2] = {&requests[0], &requests[1]};
static void iocbs(int fd) {
    for (int i = 0; i < 2; i++) {
        memset(&requests[i], 0, sizeof requests[i]);
        requests[i].aio_lio_opcode = IOCB_CMD_PREAD;
        requests[i].aio_fildes = fd;
        requests[i].aio_buf = (uint64_t)(buf + 4096 * i);
        requests[i].aio_nbytes = 4096;
    }
}
static struct io_uring_params params;
static int ring;
static char *rings;
static struct io_uring_sqe *sqes;
static void map(void) {
    if (rings || ring < 0) return;
    rings = mmap(0, params.sq_off.array + 4 * params.sq_entries + params.cq_off.cqes + 16 * params.cq_entries,
                 PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    sqes = mmap(0, 64 * params.sq_entries, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
}
static void request(int opcode, int fd, void *address, int length) {
    map();
    if (ring < 0) return;
    unsigned *tail = (unsigned *)(rings + params.sq_off.tail);
    unsigned slot = *tail & (params.sq_entries - 1);
    memset(&sqes[slot], 0, 64);
    sqes[slot].opcode = opcode;
    sqes[slot].fd = fd;
    sqes[slot].addr = (uint64_t)address;
    sqes[slot].len = length;
    sqes[slot].user_data = 17;
    ((unsigned *)(rings + params.sq_off.array))[slot] = slot;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
}
"""

_READV_ARGS = "iovs(3, 40), 3"

Call = tuple[str, str]
"""What has to be there before, and the call with its arguments."""

CALLS: dict[str, Call] = {
    "read(regular file, buf, 4096)": ("int fd = file(65536);", "read, fd, buf, 4096"),
    "read(regular file of 10000 B, buf, 65536)": ("int fd = file(10000);", "read, fd, buf, 65536"),
    "read(O_NONBLOCK pipe, empty)": ("pipes(O_NONBLOCK, 0);", "read, fds[0], buf, 64"),
    "write(pipe, buf, 100)": ("pipes(0, 0);", "write, fds[1], buf, 100"),
    "read(pipe holding 3 writes of 10 B, buf, 4096)": (
        "pipes(0, 10); for (int i = 0; i < 2; i++) if (write(fds[1], buf, 10) != 10) exit(3);",
        "read, fds[0], buf, 4096",
    ),
    "readv(pipe holding 100 B, iov {40,40,40}, 3)": ("pipes(0, 100);", f"readv, fds[0], {_READV_ARGS}"),
    "preadv2(file, iov {40,40,40}, 3, 0, 0)": ("int fd = file(4096);", f"preadv2, fd, {_READV_ARGS}, 0, 0, 0"),
    "readv(file at EOF, iov[3], 3)": ("int fd = file(0);", f"readv, fd, {_READV_ARGS}"),
    "write(/dev/null, buf, 4096)": ('int fd = open("/dev/null", O_WRONLY);', "write, fd, buf, 4096"),
    "read(/dev/zero, buf, 8192)": ('int fd = open("/dev/zero", O_RDONLY);', "read, fd, buf, 8192"),
    "write(bad fd, buf, 100)": ("", "write, 999, buf, 100"),
    "sendto(unix stream, buf, 50000, 0, NULL, 0)": ("pair(SOCK_STREAM, 0);", "sendto, fds[0], buf, 50000, 0, 0, 0"),
    "recvfrom(unix stream, ..., addr, &len)": (
        "pair(SOCK_STREAM, SOCK_NONBLOCK); len = 110;", "recvfrom, fds[0], buf, 64, 0, &peer, &len",
    ),
    "recvfrom(unix dgram of 100 B, buf, 10, MSG_TRUNC)": (
        "pair(SOCK_DGRAM, 0); if (send(fds[1], buf, 100, 0) != 100) exit(3);",
        "recvfrom, fds[0], buf, 10, MSG_TRUNC, 0, 0",
    ),
    "recvfrom(TCP, buf, 500, MSG_TRUNC)": (
        "tcps(500);", "recvfrom, tcp[1], buf, 500, MSG_TRUNC | MSG_WAITALL, 0, 0",
    ),
    "recvfrom(TCP, buf, 500, MSG_PEEK)": (
        "tcps(500);", "recvfrom, tcp[1], buf, 500, MSG_PEEK | MSG_WAITALL, 0, 0",
    ),
    "sendto(UDP, buf, 100, 0, sockaddr_in, 16)": ("udps(0, 0);", "sendto, udp[0], buf, 100, 0, &in, 16"),
    "recvfrom(UDP, buf, 4096, 0, addr, &len=16)": (
        "udps(1, 100); len = 16;", "recvfrom, udp[1], buf, 4096, 0, &peer, &len",
    ),
    "recvfrom(UDP dgram of 100 B, buf, 10, MSG_TRUNC)": (
        "udps(1, 100);", "recvfrom, udp[1], buf, 10, MSG_TRUNC, 0, 0",
    ),
    "sendmsg(unix stream, {iov {10,20}, control 24 B SCM_RIGHTS 1 fd})": (
        """pair(SOCK_STREAM, 0); struct iovec iov[2] = {{buf, 10}, {buf + 4096, 20}};
        union { char bytes[24]; struct cmsghdr head; } control = {.head = {20, SOL_SOCKET, SCM_RIGHTS}};
        memcpy(control.bytes + 16, &fds[1], 4);
        struct msghdr message = {0, 0, iov, 2, control.bytes, 24, 0};""",
        "sendmsg, fds[0], &message, 0",
    ),
    "recvmsg(unix, 2 iov)": (
        "pair(SOCK_STREAM, SOCK_NONBLOCK); struct msghdr message = {0, 0, iovs(2, 40), 2, 0, 0, 0};",
        "recvmsg, fds[0], &message, 0",
    ),
    "recvmsg(TCP, {name 16, iov {10,20}})": (
        """tcps(30); struct iovec iov[2] = {{buf, 10}, {buf + 4096, 20}};
        struct msghdr message = {&peer, 16, iov, 2, 0, 0, 0};""",
        "recvmsg, tcp[1], &message, MSG_WAITALL",
    ),
    "sendmmsg(UDP, 3 x {name 16, iov {20}}, 3)": ("udps(0, 0);", "sendmmsg, udp[0], messages(20), 3, 0"),
    "recvmmsg(UDP, 3 x {name 16, iov {100}}, 3, 0, timeout)": (
        "udps(3, 20); struct timespec time = {5, 0};", "recvmmsg, udp[1], messages(100), 3, 0, &time",
    ),
    "accept4(fd, addr, &len=128, 0)  AF_INET": (
        "int fd = listening(); connected(); len = 128;", "accept4, fd, &peer, &len, 0",
    ),
    "accept4(fd, NULL, NULL, 0)": ("int fd = listening(); connected();", "accept4, fd, 0, 0, 0"),
    "getsockname(unnamed unix, addr, &len=110)": (
        "pair(SOCK_STREAM, 0); len = 110;", "getsockname, fds[0], &peer, &len",
    ),
    "getsockname(unix bound to /tmp/s2, addr, &len=4)": (
        """int fd = socket(AF_UNIX, SOCK_STREAM, 0); struct sockaddr_un name = {AF_UNIX, "s2"};
        if (bind(fd, (void *)&name, sizeof name)) exit(3); len = 4;""",
        "getsockname, fd, &peer, &len",
    ),
    "connect(bad fd, sockaddr_in, 16)": ("", "connect, 999, &in, 16"),
    "connect(regular file fd, sockaddr_in, 16)": ("int fd = file(0);", "connect, fd, &in, 16"),
    "sendto(TCP without SO_ZEROCOPY, buf, 4096, MSG_ZEROCOPY)": (
        "tcps(0);", "sendto, tcp[0], buf, 4096, MSG_ZEROCOPY, 0, 0",
    ),
    "setsockopt(SOL_SOCKET, SO_ZEROCOPY, &int, 4)": (
        "tcps(0); int one = 1;", "setsockopt, tcp[0], SOL_SOCKET, SO_ZEROCOPY, &one, 4",
    ),
    "sendfile(tcp, ext4 fd, &off, 40000)": (
        "tcps(0); int fd = file(65536); off_t offset = 0;", "sendfile, tcp[0], fd, &offset, 40000",
    ),
    "sendfile(tcp, ext4 fd, NULL, 4096)": ("tcps(0); int fd = file(65536);", "sendfile, tcp[0], fd, 0, 4096"),
    "splice(empty pipe, NULL, file, &off, 16384, SPLICE_F_NONBLOCK)": (
        "pipes(0, 0); int fd = file(0); off_t offset = 0;", "splice, fds[0], 0, fd, &offset, 16384, 2",
    ),
    "tee(pipe, pipe, 8192, 0)": (
        "pipes(0, 8192); int from = fds[0]; pipes(0, 0);", "tee, from, fds[1], 8192, 0",
    ),
    "vmsplice(pipe READ end, iov {4096,4096}, 2, 0)": ("pipes(0, 8192);", "vmsplice, fds[0], iovs(2, 4096), 2, 0"),
    "copy_file_range(ext4, &a, ext4, &b, 16384, 0)": (
        "int from = file(16384), to = file(0); off_t a = 0, b = 0;", "copy_file_range, from, &a, to, &b, 16384, 0",
    ),
    "process_vm_readv(no such pid, 1 local, 2 remote)": (
        "", "process_vm_readv, 0x3fffffff, iovs(2, 40), 1, iovs(2, 40), 2, 0",
    ),
    "select(64, r, NULL, NULL, {0,0})": (
        "pipes(0, 0); fd_set set; FD_ZERO(&set); FD_SET(fds[0], &set); struct timeval time = {0, 0};",
        "select, 64, &set, 0, 0, &time",
    ),
    "select(1024, NULL, w, NULL, {0,1000}) ready, FDSize=256": (
        """pipes(0, 0); if (dup2(fds[1], 200) != 200) exit(3); fd_set set; FD_ZERO(&set); FD_SET(200, &set);
        struct timeval time = {0, 1000};""",
        "select, 1024, 0, &set, 0, &time",
    ),
    "select(64, r with a closed fd, {100,0})": (
        "fd_set set; FD_ZERO(&set); close(63); FD_SET(63, &set); struct timeval time = {100, 0};",
        "select, 64, &set, 0, 0, &time",
    ),
    "pselect6(64, r, NULL, NULL, {0,1ms}, {&mask,8})": (
        """pipes(0, 0); fd_set set; FD_ZERO(&set); FD_SET(fds[0], &set); struct timespec time = {0, 1000000};
        struct { void *mask; size_t size; } given = {&mask, 8};""",
        "pselect6, 64, &set, 0, 0, &time, &given",
    ),
    "poll(pfd[1], 1, 0)": ("pipes(0, 0); struct pollfd fd = {fds[0], POLLIN, 0};", "poll, &fd, 1, 0"),
    "poll(pfd[600], 600, 0)": (
        """static struct pollfd many[600]; for (int i = 0; i < 600; i++) many[i].fd = -1;
        struct rlimit limit; getrlimit(RLIMIT_NOFILE, &limit);
        if (limit.rlim_cur < 600) { limit.rlim_cur = 600; setrlimit(RLIMIT_NOFILE, &limit); }""",
        "poll, many, 600, 0",
    ),
    "ppoll(pfd[2], 2, {0,1ms}, &mask, 8)": (
        """pipes(0, 1); struct timespec time = {0, 1000000};
        struct pollfd two[2] = {{fds[0], POLLIN, 0}, {-1, 0, 0}};""",
        "ppoll, two, 2, &time, &mask, 8",
    ),
    "epoll_ctl(ep, EPOLL_CTL_ADD, bad fd, ev)": (
        "int ep = epoll_create1(0); struct epoll_event event = {EPOLLIN, {0}};", "epoll_ctl, ep, 1, 999, &event",
    ),
    "epoll_ctl(ep, EPOLL_CTL_DEL, fd, ptr)": (
        """int ep = epoll_create1(0); struct epoll_event event = {EPOLLIN, {0}}; pipes(0, 0);
        epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &event);""",
        "epoll_ctl, ep, 2, fds[0], 1",
    ),
    "epoll_wait(ep, ev, 2, 1000) with 3 ready": (
        """int ep = epoll_create1(0); struct epoll_event event = {EPOLLIN, {0}};
        for (int i = 0; i < 3; i++) { pipes(0, 1); epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &event); }""",
        "epoll_wait, ep, buf, 2, 1000",
    ),
    "epoll_wait(ep, ev, 8, 1) timed out": ("int ep = epoll_create1(0);", "epoll_wait, ep, buf, 8, 1"),
    "rt_sigaction(SIGUSR1, act, oact, 8)": ("", "rt_sigaction, SIGUSR1, memset(buf, 0, 64), buf + 64, 8"),
    "rt_sigaction(SIGKILL, act, NULL, 8)": ("", "rt_sigaction, SIGKILL, memset(buf, 0, 64), 0, 8"),
    "rt_sigtimedwait(set, info, ts, 8)": (
        """uint64_t set = 1ull << 33; struct timespec time = {5, 0}; siginfo_t info;
        syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0, 8); kill(getpid(), 34);""",
        "rt_sigtimedwait, &set, &info, &time, 8",
    ),
    "rt_sigtimedwait(set, info, ts, 8) -EAGAIN": (
        "uint64_t set = 1ull << 33; struct timespec time = {0, 1000000}; siginfo_t info;",
        "rt_sigtimedwait, &set, &info, &time, 8",
    ),
    "read(signalfd, buf, 1024) with 2 pending signals": (
        """sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR1); sigaddset(&set, SIGUSR2);
        sigprocmask(SIG_BLOCK, &set, 0); kill(getpid(), SIGUSR1); kill(getpid(), SIGUSR2);
        int fd = signalfd(-1, &set, 0);""",
        "read, fd, buf, 1024",
    ),
    "write(eventfd, &u64, 8)": ("int fd = eventfd(0, 0); uint64_t one = 1;", "write, fd, &one, 8"),
    "read(eventfd, buf, 4096)": ("int fd = eventfd(5, 0);", "read, fd, buf, 4096"),
    "timerfd_settime(fd, 0, new, old)": (
        "int fd = timerfd_create(CLOCK_MONOTONIC, 0); struct itimerspec new = {{0, 0}, {9, 0}}, old;",
        "timerfd_settime, fd, 0, &new, &old",
    ),
    "io_setup(8, &ctx=0)": ("", "io_setup, 8, &context"),
    "io_submit(ctx, 2, [2 x PREAD 4096 buffered, cached])": (
        "iocbs(file(65536));", "io_submit, context, 2, pointers",
    ),
    "io_submit(ctx, 1, [bad fd])": ("iocbs(999);", "io_submit, context, 1, pointers"),
    "io_getevents(ctx, 2, 8, ev, ts)": (
        "struct timespec time = {5, 0};", "io_getevents, context, 2, 8, buf, &time",
    ),
    "io_uring_setup(8, params)": ("", "io_uring_setup, 8, &params"),
    "io_uring_enter(fd, 1 NOP, 1, GETEVENTS, NULL, 0)": (
        "request(IORING_OP_NOP, -1, 0, 0);", "io_uring_enter, ring, 1, 1, 1, 0, 0",
    ),
    "io_uring_enter(fd, 1 READV {100,100})": (
        "request(IORING_OP_READV, file(4096), iovs(2, 100), 2);", "io_uring_enter, ring, 1, 1, 1, 0, 0",
    ),
    "io_uring_enter(fd, 1 READ_FIXED of 8192 cached ext4)": (
        """syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, iovs(1, 8192), 1);
        request(IORING_OP_READ_FIXED, file(8192), buf, 8192);""",
        "io_uring_enter, ring, 1, 1, 1, 0, 0",
    ),
    "io_uring_register(fd, REGISTER_FILES, fds, 2)": ("pipes(0, 0);", "io_uring_register, ring, 2, fds, 2"),
    "io_uring_enter(fd, 0, 1, GETEVENTS|EXT_ARG, arg{ts}, 24)": (
        """struct timespec time = {0, 1000000};
        struct io_uring_getevents_arg given = {0, 8, 0, (uint64_t)&time};
        if (rings) *(unsigned *)(rings + params.cq_off.head) = *(unsigned *)(rings + params.cq_off.tail);""",
        "io_uring_enter, ring, 0, 1, 9, &given, 24",
    ),
    "futex(WAIT, ts) timed out": (
        "static int word; struct timespec time = {0, 1000000};", "futex, &word, FUTEX_WAIT, 0, &time, 0, 0",
    ),
    "futex(WAKE)": ("static int word;", "futex, &word, FUTEX_WAKE, 1, 0, 0, 0"),
    "fstat(fd, st)": ("", "fstat, 0, buf"),
    'stat("/tmp", st)': ("", 'stat, "/tmp", buf'),
    'openat(AT_FDCWD, "/tmp", O_RDONLY)': ("", 'openat, AT_FDCWD, "/tmp", O_RDONLY, 0'),
    "pipe2(fds, 0)": ("", "pipe2, fds, 0"),
    "fcntl(fd, F_SETOWN, pid)": ("pipes(0, 0);", "fcntl, fds[0], F_SETOWN, getpid()"),
    "fcntl(fd, F_SETOWN_EX, &owner)": (
        "pipes(0, 0); struct f_owner_ex owner = {F_OWNER_PID, getpid()};", "fcntl, fds[0], F_SETOWN_EX, &owner",
    ),
    "getrandom(buf, 256, 0)": ("", "getrandom, buf, 256, 0"),
    "wait4(pid, &status, 0, rusage)": (
        "int status; pid_t pid = fork(); if (!pid) _exit(0);", "wait4, pid, &status, 0, buf",
    ),
}  # fmt: skip


def program(calls: dict[str, Call]) -> str:
    """One C program that makes every call, each after a mark with its number, in the order of `calls`.

    The call's arguments are worked out before the mark, so that no other call lies between."""
    blocks = []
    for number, (setup, call) in enumerate(calls.values()):
        name, *arguments = split(call)
        values = "".join(f"long a{place} = (long)({each});" for place, each in enumerate(arguments))
        names = "".join(f", a{place}" for place in range(len(arguments)))
        after = "ring = made;" if name == "io_uring_setup" else "(void)made;"
        blocks.append(f"{{ {setup} {values} mark({number}); long made = syscall(SYS_{name}{names}); {after} }}")
    return PRELUDE + "int main(void) {\n" + "\n".join(blocks) + "\nreturn 0;\n}\n"


def split(call: str) -> list[str]:
    """The parts between the commas that are not inside brackets."""
    parts, depth = [""], 0
    for letter in call:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
