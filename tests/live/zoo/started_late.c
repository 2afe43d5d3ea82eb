/* A worker process that waits on a futex for the word to begin, and then reads by native AIO for far less time. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int work(int *word)
{
    static char buffer[4096];
    aio_context_t context = 0;
    int fd = open("/proc/self/exe", O_RDONLY);

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0)
        syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
    if (fd < 0 || syscall(SYS_io_setup, 8, &context))
        return 1;
    for (int turn = 0; turn < 2000; turn++) {
        struct iocb request = {.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd,
                               .aio_buf = (unsigned long)buffer, .aio_nbytes = sizeof buffer};
        struct iocb *requests[] = {&request};
        struct io_event event;
        if (syscall(SYS_io_submit, context, 1, requests) != 1)
            return 1;
        if (syscall(SYS_io_getevents, context, 1, 1, &event, NULL) != 1)
            return 1;
    }
    return 0;
}

int main(void)
{
    int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    pid_t worker = fork();

    if (worker == 0)
        _exit(work(word));
    usleep(200000);
    __atomic_store_n(word, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
    waitpid(worker, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
