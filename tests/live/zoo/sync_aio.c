/* Native AIO on a file in the page cache: io_submit copies the data itself before it returns.
 * fine: a request that only waits for a pipe (IOCB_CMD_POLL), which is asynchronous. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIZE = 4 << 20 };

int main(int count, char **words)
{
    int bug = count > 1 && !strcmp(words[1], "bug"), ends[2];
    char name[] = "aioXXXXXX", *buffer = calloc(1, SIZE);
    int file = mkstemp(name);
    aio_context_t context = 0;
    struct io_event event;

    unlink(name);
    if (file < 0 || pipe(ends) || write(file, buffer, SIZE) != SIZE || syscall(SYS_io_setup, 8, &context))
        return 1;
    for (int turn = 0; turn < 20; turn++) {
        struct iocb request = {.aio_fildes = bug ? file : ends[0], .aio_lio_opcode = bug ? IOCB_CMD_PREAD : IOCB_CMD_POLL,
                               .aio_buf = bug ? (unsigned long)buffer : POLLIN, .aio_nbytes = bug ? SIZE : 0};
        struct iocb *requests[] = {&request};
        if (syscall(SYS_io_submit, context, 1, requests) != 1)
            return 1;
        if (!bug && write(ends[1], "x", 1) != 1)
            return 1;
        if (syscall(SYS_io_getevents, context, 1, 1, &event, NULL) != 1 || (!bug && read(ends[0], buffer, 1) != 1))
            return 1;
    }
    return 0;
}
