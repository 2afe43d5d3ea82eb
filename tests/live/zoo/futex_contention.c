/* Threads that hold one lock for nearly all their time.
 * fine: each has its own. */
#include <pthread.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t locks[4];
static int shared;

static void *work(void *which)
{
    pthread_mutex_t *lock = &locks[shared ? 0 : (long)which];
    struct timespec nap = {0, 200000};
    for (int turn = 0; turn < 300; turn++) {
        pthread_mutex_lock(lock);
        nanosleep(&nap, NULL);
        pthread_mutex_unlock(lock);
    }
    return NULL;
}

int main(int count, char **words)
{
    pthread_t threads[4];
    shared = count > 1 && !strcmp(words[1], "bug");
    for (long which = 0; which < 4; which++)
        pthread_create(&threads[which], NULL, work, (void *)which);
    for (int which = 0; which < 4; which++)
        pthread_join(threads[which], NULL);
    return 0;
}
