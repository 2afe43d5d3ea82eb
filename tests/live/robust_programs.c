/* Programs that do what tracers are bad at. `program WHAT` prints what it observed; the test compares that, and how it
   ended, with the same program untraced. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char **words;

static int ended(pid_t pid) {
    int status;
    if (waitpid(pid, &status, __WALL) != pid) return printf("not waited for: %s\n", strerror(errno));
    return WIFSIGNALED(status) ? printf("signal %d core %d\n", WTERMSIG(status), !!WCOREDUMP(status))
                               : printf("exit %d\n", WEXITSTATUS(status));
}

/* --- seccomp -------------------------------------------------------------------------------------------------- */

static int filter(int nr, unsigned answer, unsigned flags) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static void on_sys(int number, siginfo_t *info, void *context) {
    (void)context;
    printf("signal %d code %d nr %d arch ok %d\n", number, info->si_code, info->si_syscall,
           info->si_arch == AUDIT_ARCH_X86_64);
}

static int seccomp_strict(void) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
        if (write(1, "still writing\n", 14) != 14) syscall(SYS_exit, 3);
        syscall(SYS_exit, 4);
    }
    ended(pid);
    if ((pid = fork()) == 0) { prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT); getppid(); syscall(SYS_exit, 5); }
    return ended(pid);
}

static int seccomp_errno(void) {
    filter(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV, 0);
    long result = syscall(SYS_getppid);
    return printf("%ld %d\n", result, errno);
}

static int seccomp_kill(void) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) { filter(SYS_getppid, SECCOMP_RET_KILL_PROCESS, 0); getppid(); _exit(6); }
    return ended(pid);
}

static int seccomp_trap(void) {
    struct sigaction action = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
    sigaction(SIGSYS, &action, 0);
    filter(SYS_getppid, SECCOMP_RET_TRAP, 0);
    syscall(SYS_getppid);
    return printf("after the trap\n");
}

static int seccomp_notify(void) {
    int listener = filter(SYS_getppid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) _exit(syscall(SYS_getppid) == 77 ? 8 : 9);
    struct seccomp_notif asked = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked)) return printf("no notification\n");
    struct seccomp_notif_resp answer = {.id = asked.id, .val = 77};
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    return ended(pid);
}

static int seccomp_trace_without_tracer(void) { /* nobody asked for seccomp stops: ENOSYS, as without a tracer */
    filter(SYS_getppid, SECCOMP_RET_TRACE, 0);
    long result = syscall(SYS_getppid);
    return printf("%ld %d\n", result, errno);
}

/* --- births and execs ----------------------------------------------------------------------------------------- */

static void *exec_again(void *what) {
    usleep(10000);
    execl(words[0], words[0], what, (char *)0);
    return 0;
}
static void *sleeps(void *unused) { for (;;) pause(); return unused; }

static int self_exec(void) { fflush(stdout); execl(words[0], words[0], "hello", (char *)0); return 1; }
static int self_exec_from_thread(void) {
    pthread_t thread;
    for (int i = 0; i < 5; i++) pthread_create(&thread, 0, sleeps, 0);
    pthread_create(&thread, 0, exec_again, "hello");
    for (;;) pause();
}
static int quiet(void) { return 0; }
static int hello(void) { return printf("hello %d\n", getpid() == gettid()); }

static int exit_amid_exec(void) { /* the process exits while a thread executes: one of them wins */
    for (int turn = 0; turn < 31; turn++) {
        pid_t pid = fork();
        if (pid == 0) {
            pthread_t thread;
            pthread_create(&thread, 0, turn % 2 ? exec_again : sleeps, "quiet");
            usleep(turn * 700);
            syscall(SYS_exit_group, 7);
        }
        int status;
        if (waitpid(pid, &status, 0) != pid || WIFSIGNALED(status)) return printf("turn %d\n", turn);
    }
    return printf("all ended\n");
}

static int vforks(void) {
    for (int i = 0; i < 5; i++) {
        fflush(stdout);
        pid_t pid = vfork();
        if (pid == 0) { if (i % 2) execl(words[0], words[0], "hello", (char *)0); _exit(i); }
        ended(pid);
    }
    return 0;
}

static int spawns(void) {
    for (int i = 0; i < 5; i++) {
        pid_t pid;
        char *argv[] = {words[0], "hello", 0};
        fflush(stdout);
        if (posix_spawn(&pid, i == 3 ? "/no/such/file" : words[0], 0, 0, argv, environ)) printf("not spawned\n");
        else ended(pid);
    }
    return 0;
}

static int in_clone(void *text) { return write(1, text, strlen(text)) > 0 ? 11 : 12; }

static int clones(void) {
    static char stack[5][65536];
    const int flags[] = {CLONE_UNTRACED | SIGCHLD, CLONE_VM | CLONE_VFORK | SIGCHLD, CLONE_VM | CLONE_UNTRACED | SIGCHLD,
                         CLONE_FILES | CLONE_FS, CLONE_NEWPID | SIGCHLD};
    fflush(stdout);
    for (int i = 0; i < 5; i++) {
        pid_t pid = clone(in_clone, stack[i] + sizeof stack[i], flags[i], "in a clone\n");
        if (pid < 0) printf("clone %d: %s\n", i, strerror(errno)); else ended(pid);
        fflush(stdout);
    }
    return 0;
}

static int daemon_left(void) { /* a double fork: its output ends with the second */
    fflush(stdout);
    if (fork() == 0) {
        setsid();
        if (fork() == 0) { usleep(100000); _exit(write(1, "daemon\n", 7) != 7); }
        _exit(0);
    }
    wait(0);
    return printf("started\n");
}

static int change_user(void) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)) _exit(99);
        printf("dumpable %d\n", prctl(PR_GET_DUMPABLE)); /* 0: set by the change */
        fflush(stdout);
        execl("/bin/sh", "sh", "-c", "id -u; exit 13", (char *)0);
    }
    return ended(pid);
}

static int not_dumpable(void) {
    prctl(PR_SET_DUMPABLE, 0);
    for (int i = 0; i < 23; i++) getppid();
    return printf("dumpable %d\n", prctl(PR_GET_DUMPABLE));
}

/* --- ptrace --------------------------------------------------------------------------------------------------- */

static int traceme(void) { /* EPERM when somebody traces already */
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) ? errno : 0);
    return ended(pid) * 0;
}

/* --- signals -------------------------------------------------------------------------------------------------- */

static volatile int handled;
static void handler(int number, siginfo_t *info, void *context) {
    (void)context;
    char here;
    stack_t now;
    sigaltstack(0, &now);
    int inside = &here >= (char *)now.ss_sp && &here < (char *)now.ss_sp + now.ss_size;
    handled++;
    dprintf(1, "handler %d code %d on alternate stack %d\n", number, info->si_code, inside);
}

static void handle(int number, int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(number, &action, 0);
}

static int alternate_stack(void) {
    static char room[65536];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    sigaltstack(&stack, 0);
    handle(SIGUSR1, SA_ONSTACK);
    handle(SIGUSR2, 0);
    union sigval value = {.sival_int = 23};
    sigqueue(getpid(), SIGUSR1, value);
    raise(SIGUSR2);
    return handled;
}

static void in_ms(int milliseconds) {
    struct itimerval timer = {.it_value = {.tv_usec = milliseconds * 1000}};
    setitimer(ITIMER_REAL, &timer, 0);
}

static int restarts(void) {
    int pipes[2], result;
    char byte;
    struct pollfd none = {.fd = -1};
    if (pipe(pipes)) return 1;
    for (int restart = 0; restart < 2; restart++) {
        handle(SIGALRM, restart ? SA_RESTART : 0);
        if (restart && fork() == 0) { usleep(90000); _exit(write(pipes[1], "x", 1) != 1); }
        in_ms(30);
        result = read(pipes[0], &byte, 1);
        printf("read %d %d\n", result, result < 0 ? errno : 0);
        in_ms(30);
        result = poll(&none, 1, 90);
        printf("poll %d %d\n", result, result < 0 ? errno : 0);
        in_ms(30);
        result = usleep(90000);
        printf("sleep %d %d\n", result, result < 0 ? errno : 0);
        struct epoll_event event;
        int epoll = epoll_create1(0);
        in_ms(30);
        result = epoll_wait(epoll, &event, 1, 90);
        printf("epoll %d %d\n", result, result < 0 ? errno : 0);
    }
    wait(0);
    return handled;
}

static int stops_and_continues(void) { /* a stopped and continued sleeper notices nothing; its parent sees both */
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) { int left = usleep(150000); _exit(left == 0 ? 21 : 22); }
    int status;
    for (int i = 0; i < 3; i++) {
        kill(pid, SIGSTOP);
        waitpid(pid, &status, WUNTRACED);
        printf("stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
        usleep(5000);
        kill(pid, SIGCONT);
        waitpid(pid, &status, WCONTINUED);
        printf("continued %d\n", WIFCONTINUED(status));
    }
    return ended(pid);
}

static int killed_while_stopped(void) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) { raise(SIGSTOP); _exit(1); }
    int status;
    waitpid(pid, &status, WUNTRACED);
    kill(pid, SIGKILL);
    return ended(pid);
}

static int orphaned_group(void) { /* a stopped member of a group that is orphaned gets SIGHUP, then SIGCONT */
    int pipes[2];
    if (pipe(pipes)) return 1;
    fflush(stdout);
    pid_t leader = fork();
    if (leader == 0) {
        setsid();
        pid_t member = fork();
        if (member == 0) {
            setpgid(0, 0);
            handle(SIGHUP, 0);
            dup2(pipes[1], 1);
            raise(SIGTSTP);
            usleep(20000);
            _exit(!handled);
        }
        waitpid(member, 0, WUNTRACED);
        _exit(0);
    }
    waitpid(leader, 0, 0);
    close(pipes[1]);
    char text[200] = {0};
    size_t length = 0;
    ssize_t part;
    while ((part = read(pipes[0], text + length, sizeof text - 1 - length)) > 0) length += part;
    return printf("%s", text);
}

static int aborts(void) { fflush(stdout); abort(); }
static int faults(void) { *(volatile int *)8 = 1; return 0; }
static int kills_itself(void) { fflush(stdout); return kill(getpid(), SIGKILL); }

static void *leaves(void *unused) { usleep(30000); printf("a thread goes on\n"); exit(17); return unused; }
static int leader_leaves(void) { /* the leader is a zombie while its thread goes on */
    pthread_t thread;
    pthread_create(&thread, 0, leaves, 0);
    pthread_exit(0);
}

static const struct { const char *name; int (*run)(void); } all[] = {
#define PROGRAM(name) {#name, name}
    PROGRAM(seccomp_strict), PROGRAM(seccomp_errno), PROGRAM(seccomp_kill), PROGRAM(seccomp_trap),
    PROGRAM(seccomp_notify), PROGRAM(seccomp_trace_without_tracer), PROGRAM(self_exec), PROGRAM(self_exec_from_thread),
    PROGRAM(exit_amid_exec), PROGRAM(vforks), PROGRAM(spawns), PROGRAM(clones), PROGRAM(daemon_left),
    PROGRAM(change_user), PROGRAM(not_dumpable), PROGRAM(alternate_stack), PROGRAM(restarts),
    PROGRAM(stops_and_continues), PROGRAM(killed_while_stopped), PROGRAM(orphaned_group), PROGRAM(aborts),
    PROGRAM(faults), PROGRAM(kills_itself), PROGRAM(leader_leaves), PROGRAM(hello), PROGRAM(quiet), PROGRAM(traceme),
};

int main(int count, char **given) {
    words = given;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (count > 1 && strcmp(all[i].name, given[1]) == 0) { all[i].run(); return 5; }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) puts(all[i].name);
    return 0;
}
