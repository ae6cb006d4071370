// Does to files what its arguments say, one step each, so that tests of lostcache.c know what was done:
//
//     write FILE OFFSET TEXT · dsync FILE OFFSET TEXT (through O_DSYNC) · flush FILE · cut FILE LENGTH · make DIRECTORY
//     rename FROM TO · unlink FILE · directory DIRECTORY (flush it) · kill
//
// OFFSET and LENGTH are bytes. Prints each step when it is done.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int result, const char *what) {
    if (result >= 0) return;
    perror(what);
    exit(1);
}

static void put(const char *file, const char *offset, const char *text, int flags) {
    int descriptor = open(file, O_WRONLY | O_CREAT | flags, 0600);
    check(descriptor, file);
    check((int)pwrite(descriptor, text, strlen(text), atol(offset)), file);
    close(descriptor);
}

static void flush(const char *path, int flags) {
    int descriptor = open(path, O_RDONLY | flags);
    check(descriptor, path);
    check(fsync(descriptor), path);
    close(descriptor);
}

int main(int count, char **words) {
    for (int at = 1; at < count;) {
        const char *step = words[at++];
        char **with = words + at;
        if (strcmp(step, "write") == 0) put(with[0], with[1], with[2], 0), at += 3;
        else if (strcmp(step, "dsync") == 0) put(with[0], with[1], with[2], O_DSYNC), at += 3;
        else if (strcmp(step, "flush") == 0) flush(with[0], 0), at += 1;
        else if (strcmp(step, "directory") == 0) flush(with[0], O_DIRECTORY), at += 1;
        else if (strcmp(step, "cut") == 0) check(truncate(with[0], atol(with[1])), with[0]), at += 2;
        else if (strcmp(step, "make") == 0) check(mkdir(with[0], 0700), with[0]), at += 1;
        else if (strcmp(step, "rename") == 0) check(rename(with[0], with[1]), with[0]), at += 2;
        else if (strcmp(step, "unlink") == 0) check(unlink(with[0]), with[0]), at += 1;
        else if (strcmp(step, "kill") == 0) kill(getpid(), SIGKILL);
        else return fprintf(stderr, "no such step: %s\n", step), 1;
        printf("%s\n", step);
        fflush(stdout);
    }
    return 0;
}
