// Known calls, in sections, by as many threads as asked for, all at the same thing at the same time.
//
//     accuracy CALLS THREADS
//
// Prints, as JSON, what one call of each section costs: CPU time of the thread, so that whoever else wants the CPU does
// not count. Sections are marked (a write to fd -1), so that every tracer's output can be cut at the same places.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { CHUNKS = 21, SECTIONS = 6, MOST_THREADS = 16, FDS = 1000, MIB = 1 << 20 };

struct own {                    // of one thread, so that nobody waits for another's memory
    char *buffer;
    volatile char *other;
    struct pollfd fds[FDS];
    struct iovec vector[2];
    int zero, file, pipe[2];     // a shared one would make threads wait for each other's count of its users
    double clock;               // what reading the clock costs
    double each[SECTIONS + 1];
    volatile unsigned sink;
};
static pthread_barrier_t together;
static int calls;

static void do_getppid(struct own *own) { syscall(SYS_getppid); }
static void do_read(struct own *own) { if (read(own->zero, own->buffer, 1) != 1) abort(); }
static void do_pread(struct own *own) { if (pread(own->file, own->buffer, 65536, 0) != 65536) abort(); }
static void do_preadv(struct own *own) { if (preadv(own->file, own->vector, 2, 0) != MIB) abort(); }
static void do_poll(struct own *own) { poll(own->fds, FDS, 0); }
// In a register: a sum in memory goes three times as fast or not as the processor guesses where the value is, and a
// visit to the kernel changes its mind. Measured by rdtsc: 20,200 cycles untraced, 6,100 beside a tracer.
static void do_spin(struct own *own) {
    unsigned x = own->sink;
    for (int i = 0; i < 4000; i++) {
        x = x * 1664525 + 1013904223;
        __asm__ volatile("" : "+r"(x));
    }
    own->sink = x;
}
static void do_work(struct own *own) { do_spin(own); do_getppid(own); }
static void do_nothing(struct own *own) { }

static const struct { const char *name; void (*body)(struct own *), (*timed)(struct own *); int part; } sections[] = {
    {"getppid", do_getppid, do_getppid, 1},
    {"read 1 B", do_read, do_read, 1},
    {"pread 64 KiB", do_pread, do_pread, 8},
    {"preadv 1 MiB", do_preadv, do_preadv, 80},
    {"poll 1000 fds", do_poll, do_poll, 40},
    {"user work", do_work, do_spin, 4},
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}
static int compare(const void *a, const void *b) {
    double x = *(double *)a, y = *(double *)b;
    return (x > y) - (x < y);
}
static double median(void (*body)(struct own *), struct own *own, int chunk, size_t touched) {
    double times[CHUNKS];
    for (int c = 0; c < CHUNKS; c++) {
        for (size_t i = 0; i < touched; i += 64) own->other[i]++;
        double begin = now();
        for (int i = 0; i < chunk; i++) body(own);
        times[c] = (now() - begin - own->clock) / chunk;
    }
    qsort(times, CHUNKS, sizeof *times, compare);
    return times[CHUNKS / 2];
}
static void mark(const char *word, const char *name) {
    char text[64];
    int length = snprintf(text, sizeof text, "iotrace:%s %s", word, name);
    if (write(-1, text, length) >= 0) abort();
}
static void *work(void *argument) {
    struct own *own = argument;
    char name[] = "/tmp/iotrace-subject-XXXXXX";
    own->buffer = malloc(MIB);
    own->other = calloc(1, 1 << 18);
    memset(own->buffer, 1, MIB);
    own->vector[0] = (struct iovec){own->buffer, MIB / 2};
    own->vector[1] = (struct iovec){own->buffer + MIB / 2, MIB / 2};
    own->zero = open("/dev/zero", O_RDONLY);
    own->file = mkstemp(name);
    unlink(name);
    if (write(own->file, own->buffer, MIB) != MIB) abort();
    if (pipe(own->pipe)) abort();
    for (int i = 0; i < FDS; i++) own->fds[i] = (struct pollfd){.fd = own->pipe[0], .events = POLLIN};
    own->clock = median(do_nothing, own, 1, 0);
    for (int s = 0; s < SECTIONS; s++) {
        int chunk = calls / sections[s].part + 1;
        for (int i = 0; i < 3; i++) sections[s].body(own);
        pthread_barrier_wait(&together);
        mark("begin", sections[s].name);
        own->each[s] = median(sections[s].body, own, chunk, 0);
        mark("end", sections[s].name);
        pthread_barrier_wait(&together);
        if (sections[s].timed != sections[s].body) own->each[s] = median(sections[s].timed, own, chunk, 0);
    }
    own->each[SECTIONS] = median(do_preadv, own, 1, 1 << 18);
    return 0;
}
int main(int argc, char **argv) {
    int threads = argc > 2 ? atoi(argv[2]) : 1;
    pthread_t others[MOST_THREADS];
    calls = argc > 1 ? atoi(argv[1]) : 400;
    if (calls < 1 || threads < 1 || threads > MOST_THREADS) return 2;
    struct own *all = calloc(threads, sizeof *all);
    pthread_barrier_init(&together, 0, threads);
    for (int i = 1; i < threads; i++)
        if (pthread_create(&others[i], 0, work, &all[i])) return 2;
    work(&all[0]);
    for (int i = 1; i < threads; i++) pthread_join(others[i], 0);
    for (int s = 0; s <= SECTIONS; s++) {
        double sum = 0;
        for (int i = 0; i < threads; i++) sum += all[i].each[s];
        const char *name = s < SECTIONS ? sections[s].name : "preadv 1 MiB, cold";
        printf("%s\"%s\": %.1f", s ? ", " : "{", name, sum / threads);
    }
    printf("}\n");
    return 0;
}
