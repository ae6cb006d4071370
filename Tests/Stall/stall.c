// A machine that stands still where a test wants it to, for LD_PRELOAD: while the file STALL_FLUSH exists, no flush of a file returns, as on a
// disk that does not answer; while STALL_THREAD exists, a thread that names itself "log-writer" goes no further.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void stand_still(const char *variable) {
    const char *path = getenv(variable);
    const struct timespec pause = {.tv_nsec = 1000000};
    while (path && access(path, F_OK) == 0) nanosleep(&pause, NULL);
}

int fdatasync(int descriptor) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    stand_still("STALL_FLUSH");
    return real(descriptor);
}

int pthread_setname_np(pthread_t thread, const char *name) {
    static int (*real)(pthread_t, const char *);
    if (!real) real = (int (*)(pthread_t, const char *))dlsym(RTLD_NEXT, "pthread_setname_np");
    int result = real(thread, name);
    if (strcmp(name, "log-writer") == 0) stand_still("STALL_THREAD");
    return result;
}
