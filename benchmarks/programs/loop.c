// One call, over and over; prints what one costs in ns, by the thread's CPU clock and by the wall clock.
//
//     loop getppid|read|poll|epoll_wait|writev CALLS
//
// getppid: no memory. read: one byte. poll: 8 descriptors, of which one is ready. epoll_wait: 4 events. writev: 4 segments of 64 bytes.
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static char byte, text[4][64];
static struct pollfd fds[8];
static struct epoll_event events[4];
static struct iovec segments[4];
static int zero, null, epoll;

static int do_getppid(void) { return syscall(SYS_getppid) >= 0; }
static int do_read(void) { return read(zero, &byte, 1) == 1; }
static int do_poll(void) { return poll(fds, 8, 0) == 1; }
static int do_epoll_wait(void) { return epoll_wait(epoll, events, 4, 0) == 4; }
static int do_writev(void) { return writev(null, segments, 4) == 256; }

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv) {
    const struct { const char *name; int (*call)(void); } all[] = {
        {"getppid", do_getppid}, {"read", do_read}, {"poll", do_poll}, {"epoll_wait", do_epoll_wait},
        {"writev", do_writev},
    };
    int (*call)(void) = 0;
    if (argc != 3) return 2;
    for (int i = 0; i < 5; i++) if (!strcmp(argv[1], all[i].name)) call = all[i].call;
    if (!call) return 2;
    zero = open("/dev/zero", O_RDONLY);
    null = open("/dev/null", O_WRONLY);
    epoll = epoll_create1(0);
    int quiet = eventfd(0, 0);
    for (int i = 0; i < 4; i++) {
        struct epoll_event ready = {.events = EPOLLIN, .data.fd = eventfd(1, 0)};
        epoll_ctl(epoll, EPOLL_CTL_ADD, ready.data.fd, &ready);
        segments[i] = (struct iovec){text[i], sizeof text[i]};
    }
    for (int i = 0; i < 8; i++) fds[i] = (struct pollfd){.fd = i ? quiet : eventfd(1, 0), .events = POLLIN};
    long calls = atol(argv[2]);
    double cpu = now(CLOCK_THREAD_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
    for (long i = 0; i < calls; i++) if (!call()) abort();
    wall = now(CLOCK_MONOTONIC) - wall;
    cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
    printf("%.1f %.1f\n", cpu / calls, wall / calls);
    return 0;
}
