/* Calls of a 32-bit program whose memory is laid out otherwise than that of a 64-bit one, in their old and new forms.
 * Compiled with -m32 by test_compat.py; every call is made by its number, so that glibc does not choose the form. */
#define _GNU_SOURCE
#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

typedef int32_t pair32[2];
typedef int64_t pair64[2];
#define CALL(name, ...) syscall(__NR_##name, ##__VA_ARGS__)
#define SOCKETCALL(operation, ...) \
    ({ unsigned long block[] = {__VA_ARGS__}; syscall(__NR_socketcall, operation, block); })
#define P(pointer) ((unsigned long)(pointer))

static char room[4096];

static void files(void) {
    int fd = CALL(openat, AT_FDCWD, "compat.data", O_RDWR | O_CREAT | O_TRUNC | O_LARGEFILE, 0640);
    struct iovec vectors[2] = {{"seventeen bytes, ", 17}, {"and more", 8}};
    uint64_t where = 3;
    int32_t short_where = 5;
    CALL(writev, fd, vectors, 2);
    CALL(pwrite64, fd, "over", 4, 0xfffffff0, 1);
    CALL(pread64, fd, room, 23, 7, 0);
    CALL(pread64, fd, room, 23, -1, -1);
    CALL(pwritev, fd, vectors, 2, 2, 3);
    vectors[0].iov_base = room, vectors[0].iov_len = 13;
    vectors[1].iov_base = room + 64, vectors[1].iov_len = 5;
    CALL(preadv, fd, vectors, 2, 1, 0);
    CALL(preadv2, fd, vectors, 2, -1, -1, 0);
    CALL(lseek, fd, -3, SEEK_END);
    CALL(_llseek, fd, 1, 2, &where, SEEK_SET);
    CALL(_llseek, fd, 0, 0, &where, SEEK_SET);
    CALL(ftruncate64, fd, 29, 3);
    CALL(truncate64, "compat.data", 4099, 0);
    CALL(ftruncate, fd, 101);
    CALL(fallocate, fd, 0, 5, 0, 4096, 0);
    CALL(fadvise64, fd, 1, 0, 4096, 4);
    CALL(fadvise64_64, fd, 1, 1, 2, 0, 4);
    CALL(sync_file_range, fd, 1, 0, 2, 0, 2);
    CALL(readahead, fd, 19, 0, 23);
    CALL(stat, "compat.data", room);
    CALL(fstat, fd, room);
    CALL(lstat, "/dev/null", room);
    CALL(stat64, "compat.data", room);
    CALL(fstat64, fd, room);
    CALL(fstatat64, AT_FDCWD, "/dev/null", room, 0);
    CALL(statfs, "/proc", room);
    CALL(statfs64, "/proc", 84, room);
    CALL(fstatfs64, fd, 84, room);
    CALL(fcntl, fd, F_GETFL, 0);
    struct { int16_t type, whence; int32_t start, len, pid; } lock = {F_WRLCK, SEEK_SET, 1, 2, 0};
    struct { int16_t type, whence; int64_t start, len; int32_t pid; } __attribute__((packed)) long_lock =
        {F_WRLCK, SEEK_SET, 7, 1LL << 33, 0};
    CALL(fcntl, fd, 6, &lock);
    CALL(fcntl64, fd, 13, &long_lock);
    CALL(fcntl64, fd, 12, &long_lock);
    CALL(fcntl64, fd, 37, &long_lock);
    int out = CALL(open, "/dev/null", O_WRONLY);
    where = 0;
    CALL(sendfile, out, fd, &short_where, 7);
    CALL(sendfile64, out, fd, &where, 7);
    CALL(chown, "compat.data", -1, -1);
    CALL(chown32, "compat.data", -1, -1);
    CALL(utime, "compat.data", (pair32){3, 5});
    CALL(utimes, "compat.data", (pair32[]){{3, 5}, {7, 11}});
    CALL(utimensat, AT_FDCWD, "compat.data", (pair32[]){{3, 5}, {7, 11}}, 0);
    CALL(utimensat_time64, AT_FDCWD, "compat.data", (pair64[]){{3, 5}, {7, 0x500000000LL + 11}}, 0);
    int directory = CALL(open, ".", O_RDONLY | O_DIRECTORY);
    CALL(getdents64, directory, room, sizeof room);
    CALL(mkdirat, AT_FDCWD, "compat.dir", 0700);
    CALL(rmdir, "compat.dir");
    CALL(unlink, "compat.data");
}

static void waits(void) {
    int ends[2];
    CALL(pipe2, ends, 0);
    pair32 soon = {0, 1000};
    pair64 soon64 = {0, 1000};
    unsigned long set[32] = {0}, mask[2] = {1 << (SIGUSR1 - 1), 0};
    struct pollfd polled[2] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}};
    struct { unsigned long *set; unsigned long size; } pack = {mask, 8};
    set[0] = 1UL << ends[0];
    CALL(_newselect, ends[0] + 1, set, 0, 0, soon);
    set[0] = 1UL << ends[0];
    CALL(pselect6, 40, set, 0, 0, soon, &pack);
    soon[1] = 1000;
    set[0] = 1UL << ends[0];
    CALL(pselect6_time64, 40, set, 0, 0, soon64, &pack);
    soon64[1] = 1000;
    unsigned long old[5] = {40, P(set), 0, 0, P(soon)};
    CALL(write, ends[1], "x", 1);
    set[0] = 1UL << ends[0];
    CALL(select, old);
    soon[0] = 0, soon[1] = 1000;
    CALL(poll, polled, 2, 0);
    CALL(ppoll, polled, 1, soon, mask, 8);
    soon64[0] = 0, soon64[1] = 1000;
    CALL(ppoll_time64, polled, 2, soon64, mask, 8);
    CALL(read, ends[0], room, 1);
    int list = CALL(epoll_create1, 0);
    struct epoll_event event = {EPOLLIN, {.u64 = 0x1122334455667788}}, ready[3];
    CALL(epoll_ctl, list, EPOLL_CTL_ADD, ends[0], &event);
    CALL(write, ends[1], "y", 1);
    CALL(epoll_wait, list, ready, 3, 100);
    CALL(epoll_pwait, list, ready, 3, 100, mask, 8);
    CALL(epoll_pwait2, list, ready, 3, soon64, mask, 8);
    CALL(nanosleep, (pair32){0, 1000}, 0);
    CALL(clock_nanosleep, 1, 0, (pair32){0, 1000}, 0);
    CALL(clock_nanosleep_time64, 1, 0, (pair64){0, 1000}, 0);
    CALL(clock_getres, 1, room);
    CALL(clock_getres_time64, 1, room);
    CALL(clock_gettime, 1, room);
    CALL(clock_gettime64, 1, room);
    uint32_t word = 1;
    CALL(futex, &word, 0, 2, soon, 0, 0);
    CALL(futex, &word, 0, 1, (pair32){0, 1000}, 0, 0);
    CALL(futex_time64, &word, 0, 1, (pair64){0, 1000}, 0, 0);
    CALL(futex, &word, 1, 1, 0, 0, 0);
    CALL(rt_sigtimedwait, mask, room, (pair32){0, 1000}, 8);
    CALL(rt_sigtimedwait_time64, mask, room, (pair64){0, 1000}, 8);
}

static void handle(int number) {
    (void)number;
}

static void signals(void) {
    signal(SIGUSR2, handle);
    CALL(kill, getpid(), SIGUSR2);
    struct { unsigned long handler, flags, restorer; unsigned long mask[2]; } action =
        {P(SIG_IGN), 0x10000000, 0, {2, 0}}, before;
    struct { unsigned long handler, mask, flags, restorer; } old = {P(SIG_IGN), 4, 0, 0}, old_before;
    unsigned long mask[2] = {1 << (SIGUSR1 - 1), 0}, seen[2];
    CALL(rt_sigaction, SIGUSR2, &action, &before, 8);
    CALL(sigaction, SIGUSR2, &old, &old_before);
    CALL(rt_sigprocmask, SIG_BLOCK, mask, seen, 8);
    CALL(sigprocmask, SIG_BLOCK, mask, seen);
    CALL(kill, getpid(), SIGUSR1);
    CALL(rt_sigpending, seen, 8);
    CALL(sigpending, seen);
    CALL(rt_sigtimedwait, mask, room, 0, 8);
    struct { void *sp; int flags; unsigned long size; } stack = {room, 0, 4096};
    CALL(sigaltstack, &stack, 0);
    CALL(sigaltstack, 0, &stack);
    CALL(signal, SIGUSR2, SIG_DFL);
    int fd = CALL(signalfd4, -1, mask, 8, 0);
    CALL(close, fd);
}

static void sockets(void) {
    int pair[2], passed[2] = {1, 2};
    CALL(socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
    char name[] = "nineteen bytes long";
    struct iovec vector = {name, 19}, into = {room, 64};
    union { struct cmsghdr header; char bytes[CMSG_SPACE(8)]; } control = {0};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(8)};
    control.header.cmsg_len = CMSG_LEN(8), control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(&control.header), passed, 8);
    CALL(sendmsg, pair[0], &message, 0);
    message.msg_iov = &into, message.msg_controllen = sizeof control;
    CALL(recvmsg, pair[1], &message, 0);
    struct { struct msghdr header; unsigned length; } many[2] = {
        {{.msg_iov = &vector, .msg_iovlen = 1}}, {{.msg_iov = &vector, .msg_iovlen = 1}}};
    CALL(sendmmsg, pair[0], many, 2, 0);
    many[0].header.msg_iov = many[1].header.msg_iov = &into;
    CALL(recvmmsg, pair[1], many, 2, MSG_DONTWAIT, (pair32){1, 0});
    CALL(sendmmsg, pair[0], many, 2, 0);
    CALL(recvmmsg_time64, pair[1], many, 2, MSG_DONTWAIT, (pair64){1, 0});
    CALL(setsockopt, pair[0], SOL_SOCKET, SO_SNDBUF, (int[]){65536}, 4);
    socklen_t length = 4;
    CALL(getsockopt, pair[0], SOL_SOCKET, SO_TYPE, room, &length);

    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {0x0100007f}};
    length = sizeof here;
    int server = SOCKETCALL(1, AF_INET, SOCK_STREAM, 0);
    SOCKETCALL(2, server, P(&here), sizeof here);
    SOCKETCALL(4, server, 5);
    SOCKETCALL(6, server, P(&here), P(&length));
    int client = SOCKETCALL(1, AF_INET, SOCK_STREAM, 0);
    SOCKETCALL(3, client, P(&here), sizeof here);
    int served = SOCKETCALL(5, server, 0, 0);
    SOCKETCALL(9, client, P("abc"), 3, 0);
    SOCKETCALL(10, served, P(room), 16, 0);
    SOCKETCALL(11, client, P("defgh"), 5, 0, 0, 0);
    SOCKETCALL(12, served, P(room), 16, 0, 0, 0);
    message = (struct msghdr){.msg_iov = &vector, .msg_iovlen = 1};
    SOCKETCALL(16, client, P(&message), 0);
    message.msg_iov = &into;
    SOCKETCALL(17, served, P(&message), 0);
    SOCKETCALL(13, served, 1);
    SOCKETCALL(8, AF_UNIX, SOCK_STREAM, 0, P(pair));
}

static void others(void) {
    CALL(getrlimit, 7, room);
    CALL(ugetrlimit, 7, room);
    CALL(prlimit64, 0, 7, 0, room);
    CALL(getresuid, room, room + 8, room + 16);
    CALL(getresuid32, room, room + 8, room + 16);
    CALL(setreuid, -1, -1);
    CALL(getuid);
    CALL(getuid32);
    unsigned long map[6] = {0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0};
    CALL(mmap, map);
    CALL(mmap2, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CALL(getitimer, 0, room);
    CALL(setitimer, 0, (pair32[]){{0, 0}, {100, 3}}, room);
    struct { int value, number, notify, rest[13]; } event = {3, SIGUSR1, 1, {0}};
    int timer = 0;
    CALL(timer_create, 1, &event, &timer);
    CALL(timer_settime, timer, 0, (pair32[]){{0, 0}, {100, 3}}, 0);
    CALL(timer_settime64, timer, 0, (pair64[]){{0, 0}, {100, 3}}, 0);
    int fd = CALL(timerfd_create, 1, 0);
    CALL(timerfd_settime, fd, 0, (pair32[]){{0, 0}, {100, 3}}, 0);
    CALL(timerfd_settime64, fd, 0, (pair64[]){{0, 0}, {100, 3}}, 0);
    unsigned long context = 0;
    int data = CALL(openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
    struct iocb request = {.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = data, .aio_buf = P(room), .aio_nbytes = 7};
    struct iocb *requests[] = {&request};
    CALL(io_setup, 5, &context);
    CALL(io_submit, context, 1, requests);
    CALL(io_getevents, context, 1, 1, room, (pair32){1, 0});
    CALL(io_destroy, context);
    int queue = CALL(semget, IPC_PRIVATE, 1, 0600);
    struct { int16_t number, change, flags; } operation = {0, 1, 0};
    CALL(ipc, 1, queue, 1, 0, &operation, 0);
    CALL(ipc, 3, queue, 0, 0, (unsigned long[]){0});
    CALL(ipc, 2, IPC_PRIVATE, 1, 0600, 0, 0);
    queue = CALL(ipc, 13, IPC_PRIVATE, 0600, 0, 0, 0);
    struct { long type; char text[16]; } letter = {3, "eleven byte"};
    CALL(ipc, 11, queue, 11, 0, &letter, 0);
    CALL(ipc, 12, queue, 16, 0, (unsigned long[]){P(&letter), 0}, 0);
    CALL(ipc, 11, queue, 11, 0, &letter, 0);
    CALL(ipc, 0x1000c, queue, 16, 0, &letter, 3);
    CALL(ipc, 14, queue, 0, 0, 0, 0);
    int status;
    if (CALL(fork) == 0)
        CALL(exit_group, 3);
    CALL(wait4, -1, &status, 0, 0);
    if (CALL(fork) == 0)
        CALL(exit_group, 5);
    CALL(waitpid, -1, &status, 0);
    CALL(socketcall, 99, 0);
    CALL(readv, 0, 8, 2);
}

int main(int argc, char **argv) {
    (void)argc, (void)argv;
    files();
    waits();
    signals();
    sockets();
    others();
    return 0;
}
