/* select with a descriptor past FD_SETSIZE: FD_SET writes beyond the fd_set (libevent/libevent#230 is about that limit).
 * fine: a descriptor well below it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

int main(int count, char **words)
{
    struct rlimit limit = {4096, 4096};
    int ends[2], fd = count > 1 && !strcmp(words[1], "bug") ? 1500 : 500;
    unsigned char *set = calloc(1, 4096 / 8); /* large enough, so that this program at least does not corrupt itself */

    setrlimit(RLIMIT_NOFILE, &limit);
    if (pipe(ends) || dup2(ends[0], fd) < 0 || write(ends[1], "x", 1) != 1)
        return 1;
    set[fd / 8] |= 1 << fd % 8;
    return select(fd + 1, (fd_set *)set, NULL, NULL, NULL) != 1;
}
