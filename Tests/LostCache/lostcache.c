// A disk whose cache loses everything that was not flushed when the power is cut, for a program started with this library in LD_PRELOAD.
//
// Files below LOSTCACHE_ROOT are watched. A write goes through to the file at once, so that readers of a memory map see it, but what it
// replaces is saved first in a journal. A flush marks what it makes durable. Whoever cuts the power ends the program with SIGKILL
// and then takes back, from the journal, any part of what was never marked: README.md says which parts, and tells the journal's format.
//
//     LOSTCACHE_ROOT     the directory watched, an absolute path without symbolic links
//     LOSTCACHE_JOURNAL  a directory on the same file system, outside the root: `journal`, and `files/INODE`, a second link to each file
//     LOSTCACHE_KILL_AT  N: end this process by SIGKILL inside its N-th watched write, flush or change of a directory
//     LOSTCACHE_SEED     chooses where inside that call, and how many sectors of it were written
//     LOSTCACHE_LIE      flushes that do nothing: any of file, dsync, directory, with commas between; 1 for all
//
// Real flushes are left out: the model needs none, and a round is fast without.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define JOURNAL_SIZE ((uint64_t)1 << 32)
#define FIRST_RECORD 4096
#define MAGIC 0x314543414354534CULL  // "LSTCACE1", little-endian
#define DESCRIPTORS 65536
#define SECTOR 512

// The journal begins with this; the rest of its first page is zero.
struct header {
    uint64_t magic;
    _Atomic uint64_t end;         // where the next record goes
    _Atomic uint64_t calls;       // watched calls of all processes since the journal was made
    _Atomic uint64_t unmodelled;  // calls that change a watched file and are not modelled
    char first[512];              // the first of these
};

enum kind { WRITE = 1, TRUNCATE, CREATE, MAKE_DIRECTORY, RENAME, UNLINK, REMOVE_DIRECTORY };
enum state { INCOMPLETE = 0, PENDING = 1, DURABLE = 2 };

// A record: this, the first name, the second name, and for WRITE and TRUNCATE the bytes replaced. Its size is a multiple of 8.
struct record {
    uint64_t size;
    uint32_t kind;
    _Atomic uint32_t state;  // set last: a record that is not complete is of a call that has changed nothing yet
    uint64_t file;           // inode of the file, or of the file that the name stood for
    uint64_t directory;      // inode of the directory that a flush must name
    uint64_t offset;
    uint64_t length;       // bytes written, or the length cut or added
    uint64_t old_size;     // of the file
    uint64_t new_size;     // of the file
    uint32_t saved;        // bytes replaced that follow the names
    uint16_t first_name;   // bytes of absolute paths
    uint16_t second_name;
    uint64_t other;        // RENAME: inode of the file that was replaced, or zero
};

struct watched {
    bool is_watched, is_directory, is_durable;
    ino_t file;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct watched descriptors[DESCRIPTORS];
static char root[PATH_MAX], links[PATH_MAX];
static size_t root_length;
static struct header *journal;
static uint64_t calls_here, kill_at, seed;
static bool lie_file, lie_dsync, lie_directory;

static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fallocate)(int, int, off_t, off_t);
static int (*real_renameat2)(int, const char *, int, const char *, unsigned);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_mkdirat)(int, const char *, mode_t);
static int (*real_linkat)(int, const char *, int, const char *, int);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static int (*real_dup)(int);
static int (*real_dup2)(int, int);
static int (*real_dup3)(int, int, int);

static void fail(const char *what, const char *about) {
    dprintf(2, "lostcache: %s: %s (%s)\n", what, about, strerror(errno));
    _exit(97);
}

static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) fail("no such function", name);
    return found;
}

static bool lies(const char *what) {
    const char *lie = getenv("LOSTCACHE_LIE");
    return lie && (strcmp(lie, "1") == 0 || strstr(lie, what));
}

static void open_journal(const char *directory) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/journal", directory) >= (int)sizeof path) fail("path too long", directory);
    if (snprintf(links, sizeof links, "%s/files", directory) >= (int)sizeof links) fail("path too long", directory);
    if (real_mkdirat(AT_FDCWD, links, 0700) != 0 && errno != EEXIST) fail("cannot make", links);
    int descriptor = real_openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || real_ftruncate(descriptor, JOURNAL_SIZE) != 0) fail("cannot make", path);
    journal = real_mmap(NULL, JOURNAL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
    if (journal == MAP_FAILED) fail("cannot map", path);
    real_close(descriptor);
    if (journal->magic != MAGIC) {
        atomic_store(&journal->end, FIRST_RECORD);
        journal->magic = MAGIC;
    }
}

static void start(void) {
    real_openat = next("openat");
    real_close = next("close");
    real_write = next("write");
    real_pwrite = next("pwrite64");
    real_writev = next("writev");
    real_pwritev = next("pwritev64");
    real_ftruncate = next("ftruncate64");
    real_fallocate = next("fallocate64");
    real_renameat2 = next("renameat2");
    real_unlinkat = next("unlinkat");
    real_mkdirat = next("mkdirat");
    real_linkat = next("linkat");
    real_fsync = next("fsync");
    real_fdatasync = next("fdatasync");
    real_mmap = next("mmap64");
    real_dup = next("dup");
    real_dup2 = next("dup2");
    real_dup3 = next("dup3");
    const char *given = getenv("LOSTCACHE_ROOT"), *directory = getenv("LOSTCACHE_JOURNAL");
    if (!given || !directory) return;
    if (!realpath(given, root)) fail("no such directory", given);
    root_length = strlen(root);
    const char *text = getenv("LOSTCACHE_KILL_AT");
    kill_at = text ? strtoull(text, NULL, 10) : 0;
    text = getenv("LOSTCACHE_SEED");
    seed = text ? strtoull(text, NULL, 10) : 0;
    lie_file = lies("file");
    lie_dsync = lies("dsync");
    lie_directory = lies("directory");
    open_journal(directory);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

__attribute__((constructor)) static void begin(void) { pthread_once(&once, start); }

// MARK: - Paths

// The absolute path of a name: its directory resolved, the last part as it is. False where it is not below the root.
static bool watched_path(int base, const char *name, char *path) {
    pthread_once(&once, start);
    if (!journal || !name || !*name) return false;
    char whole[PATH_MAX], place[64];
    if (name[0] == '/') {
        if (snprintf(whole, sizeof whole, "%s", name) >= (int)sizeof whole) return false;
    } else {
        char start[PATH_MAX];
        snprintf(place, sizeof place, base == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", base);
        ssize_t length = readlink(place, start, sizeof start - 1);
        if (length < 0) return false;
        start[length] = 0;
        if (snprintf(whole, sizeof whole, "%s/%s", start, name) >= (int)sizeof whole) return false;
    }
    size_t length = strlen(whole);
    while (length > 1 && whole[length - 1] == '/') whole[--length] = 0;
    if (strcmp(whole, root) == 0) return strcpy(path, root);
    char *slash = strrchr(whole, '/');
    if (!slash || slash == whole) return false;
    *slash = 0;
    char parent[PATH_MAX];
    if (!realpath(whole, parent)) return false;
    if (snprintf(path, PATH_MAX, "%s/%s", parent, slash + 1) >= PATH_MAX) return false;
    return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

static ino_t inode(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 ? status.st_ino : 0;
}

static ino_t parent_inode(const char *path) {
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash) *slash = 0;
    return inode(parent);
}

// A second link, by which the file's bytes are found whatever becomes of its name, and which keeps its inode from being used again.
static void keep(const char *path, ino_t file) {
    char link[PATH_MAX + 32];
    snprintf(link, sizeof link, "%s/%llu", links, (unsigned long long)file);
    if (real_linkat(AT_FDCWD, path, AT_FDCWD, link, 0) != 0 && errno != EEXIST) fail("cannot link", link);
}

static void unmodelled(const char *what, const char *about) {
    if (atomic_fetch_add(&journal->unmodelled, 1) == 0) snprintf(journal->first, sizeof journal->first, "%s: %s", what, about);
}

// MARK: - Records

static struct record *record(enum kind kind, const char *first, const char *second, uint32_t saved) {
    size_t first_length = first ? strlen(first) : 0, second_length = second ? strlen(second) : 0;
    uint64_t size = (sizeof(struct record) + first_length + second_length + saved + 7) & ~(uint64_t)7;
    uint64_t at = atomic_load(&journal->end);
    if (at + size > JOURNAL_SIZE) fail("journal full", links);
    struct record *made = (struct record *)((char *)journal + at);
    memset(made, 0, sizeof *made);
    made->size = size;
    made->kind = kind;
    made->saved = saved;
    made->first_name = first_length;
    made->second_name = second_length;
    if (first) memcpy(made + 1, first, first_length);
    if (second) memcpy((char *)(made + 1) + first_length, second, second_length);
    atomic_store(&journal->end, at + size);
    return made;
}

static char *saved_bytes(struct record *made) { return (char *)(made + 1) + made->first_name + made->second_name; }

static void set(struct record *made, enum state state) { atomic_store(&made->state, state); }

// Marks what is pending of a file (by its inode), or of a directory, up to `end` in the journal.
static void mark(bool is_directory, ino_t inode, uint64_t end) {
    static uint64_t oldest = FIRST_RECORD;
    bool is_behind = true;
    for (uint64_t at = oldest; at < end;) {
        struct record *made = (struct record *)((char *)journal + at);
        bool is_content = made->kind == WRITE || made->kind == TRUNCATE;
        if (is_content != is_directory && (is_directory ? made->directory : made->file) == inode && atomic_load(&made->state) == PENDING)
            set(made, DURABLE);
        // What lies before the first record that waits need not be looked at again.
        if (is_behind && atomic_load(&made->state) == PENDING) is_behind = false;
        at += made->size;
        if (is_behind) oldest = at;
    }
}

// MARK: - The end inside a call

static uint64_t random_number(void) {
    seed += 0x9E3779B97F4A7C15ULL;
    uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31);
}

static void end_here(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

// Counts a watched call. True where the process is to end in it.
static bool is_last_call(void) {
    atomic_fetch_add(&journal->calls, 1);
    return ++calls_here == kill_at;
}

// MARK: - Opening and closing

static void watch(int descriptor, const char *path, int flags) {
    struct stat status;
    if (descriptor < 0) return;
    if (descriptor >= DESCRIPTORS) fail("descriptor too high", path);
    if (fstat(descriptor, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) return;
    descriptors[descriptor] = (struct watched){
        .is_watched = true, .is_directory = S_ISDIR(status.st_mode), .is_durable = (flags & (O_DSYNC | O_SYNC)) != 0, .file = status.st_ino};
    if (S_ISREG(status.st_mode) && (flags & O_ACCMODE) != O_RDONLY) keep(path, status.st_ino);
}

static uint64_t size_of(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (uint64_t)status.st_size : 0;
}

// A record of a change of length from `old_size`; saves the bytes that are cut.
static struct record *record_length(int descriptor, ino_t file, uint64_t old_size, uint64_t new_size) {
    uint64_t cut = old_size > new_size ? old_size - new_size : 0;
    if (cut > UINT32_MAX) fail("too much cut at once", links);
    struct record *made = record(TRUNCATE, NULL, NULL, (uint32_t)cut);
    made->file = file;
    made->offset = cut ? new_size : old_size;
    made->length = cut ? cut : new_size - old_size;
    made->old_size = old_size;
    made->new_size = new_size;
    if (cut && pread(descriptor, saved_bytes(made), cut, (off_t)new_size) != (ssize_t)cut) fail("cannot save", links);
    return made;
}

static void record_cut_at_open(const char *path) {
    int descriptor = real_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    struct stat status;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        keep(path, status.st_ino);
        set(record_length(descriptor, status.st_ino, (uint64_t)status.st_size, 0), PENDING);
    }
    real_close(descriptor);
}

static int open_watched(const char *path, int flags, mode_t mode) {
    pthread_mutex_lock(&lock);
    bool is_new = (flags & O_CREAT) && inode(path) == 0;
    if (is_new || (flags & O_TRUNC)) {
        bool is_last = is_last_call(), is_before = is_last && random_number() % 2;
        if (is_before) end_here();
        // An open that fails leaves a record of a change that was not: taking it back finds the file as it was.
        if (!is_new && (flags & O_ACCMODE) != O_RDONLY) record_cut_at_open(path);
        struct record *made = is_new ? record(CREATE, path, NULL, 0) : NULL;
        if (made) {
            made->directory = parent_inode(path);
            set(made, PENDING);
        }
        int descriptor = real_openat(AT_FDCWD, path, flags & ~(O_DSYNC | O_SYNC | O_DIRECT), mode);
        if (made && descriptor >= 0) made->file = inode(path);
        if (made && descriptor < 0) set(made, INCOMPLETE);
        watch(descriptor, path, flags);
        if (is_last) end_here();
        pthread_mutex_unlock(&lock);
        return descriptor;
    }
    int descriptor = real_openat(AT_FDCWD, path, flags & ~(O_DSYNC | O_SYNC | O_DIRECT), mode);
    watch(descriptor, path, flags);
    pthread_mutex_unlock(&lock);
    return descriptor;
}

static int open_any(int base, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!watched_path(base, name, path)) {
        int descriptor = real_openat(base, name, flags, mode);
        if (descriptor >= 0 && descriptor < DESCRIPTORS) descriptors[descriptor].is_watched = false;
        return descriptor;
    }
    if ((flags & O_TMPFILE) == O_TMPFILE) unmodelled("O_TMPFILE", path);
    return open_watched(path, flags, mode);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *name, int flags, ...) { MODE(flags) return open_any(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags) return open_any(AT_FDCWD, name, flags | O_LARGEFILE, mode); }
int openat(int base, const char *name, int flags, ...) { MODE(flags) return open_any(base, name, flags, mode); }
int openat64(int base, const char *name, int flags, ...) { MODE(flags) return open_any(base, name, flags | O_LARGEFILE, mode); }
int creat(const char *name, mode_t mode) { return open_any(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *name, mode_t mode) { return open_any(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int __open_2(const char *name, int flags) { return open_any(AT_FDCWD, name, flags, 0); }
int __open64_2(const char *name, int flags) { return open_any(AT_FDCWD, name, flags, 0); }
int __openat_2(int base, const char *name, int flags) { return open_any(base, name, flags, 0); }
int __openat64_2(int base, const char *name, int flags) { return open_any(base, name, flags, 0); }

// The C library's own calls do not come through here, so the names that it chooses are made here.
static int open_temporary(char *name, int suffix, int flags) {
    size_t length = strlen(name);
    if (length < (size_t)suffix + 6) return errno = EINVAL, -1;
    char *place = name + length - (size_t)suffix - 6;
    for (unsigned attempt = 0; attempt < 10000; attempt++) {
        char text[16];
        snprintf(text, sizeof text, "%06x", (unsigned)((uint64_t)getpid() * 7919 + attempt * 104729 + calls_here * 31) & 0xFFFFFF);
        memcpy(place, text, 6);
        int descriptor = open_any(AT_FDCWD, name, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
        if (descriptor >= 0 || errno != EEXIST) return descriptor;
    }
    return -1;
}

int mkstemp(char *name) { return open_temporary(name, 0, 0); }
int mkstemp64(char *name) { return open_temporary(name, 0, 0); }
int mkostemp(char *name, int flags) { return open_temporary(name, 0, flags); }
int mkostemp64(char *name, int flags) { return open_temporary(name, 0, flags); }
int mkstemps(char *name, int suffix) { return open_temporary(name, suffix, 0); }

FILE *fopen(const char *name, const char *mode) {
    static FILE *(*real)(const char *, const char *);
    if (!real) real = next("fopen64");
    char path[PATH_MAX];
    if (strpbrk(mode, "wa+") && watched_path(AT_FDCWD, name, path)) unmodelled("fopen", path);
    return real(name, mode);
}
FILE *fopen64(const char *name, const char *mode) { return fopen(name, mode); }

static struct watched *lookup(int descriptor) {
    pthread_once(&once, start);
    if (!journal || descriptor < 0 || descriptor >= DESCRIPTORS || !descriptors[descriptor].is_watched) return NULL;
    return &descriptors[descriptor];
}

int close(int descriptor) {
    pthread_once(&once, start);
    if (descriptor >= 0 && descriptor < DESCRIPTORS) descriptors[descriptor].is_watched = false;
    return real_close(descriptor);
}

static int duplicated(int from, int to) {
    if (to >= 0 && to < DESCRIPTORS) descriptors[to] = from >= 0 && from < DESCRIPTORS ? descriptors[from] : (struct watched){0};
    return to;
}

int dup(int from) { return pthread_once(&once, start), duplicated(from, real_dup(from)); }
int dup2(int from, int to) { return pthread_once(&once, start), duplicated(from, real_dup2(from, to)); }
int dup3(int from, int to, int flags) { return pthread_once(&once, start), duplicated(from, real_dup3(from, to, flags)); }

// MARK: - Writing

static struct record *record_write(int descriptor, ino_t file, uint64_t offset, uint64_t length) {
    uint64_t old_size = size_of(descriptor);
    uint64_t end = offset + length < old_size ? offset + length : old_size;
    uint32_t saved = offset < end ? (uint32_t)(end - offset) : 0;
    struct record *made = record(WRITE, NULL, NULL, saved);
    made->file = file;
    made->offset = offset;
    made->length = length;
    made->old_size = old_size;
    made->new_size = old_size > offset + length ? old_size : offset + length;
    // The descriptor may be for writing only: the bytes are read by the file's other link.
    char link[PATH_MAX + 32];
    snprintf(link, sizeof link, "%s/%llu", links, (unsigned long long)file);
    int reader = saved ? real_openat(AT_FDCWD, link, O_RDONLY | O_CLOEXEC) : -1;
    if (saved && (reader < 0 || pread(reader, saved_bytes(made), saved, (off_t)offset) != (ssize_t)saved)) fail("cannot save", link);
    if (reader >= 0) real_close(reader);
    return made;
}

static ssize_t write_watched(int descriptor, struct watched *file, const struct iovec *pieces, int count, int64_t offset) {
    size_t length = 0;
    for (int piece = 0; piece < count; piece++) length += pieces[piece].iov_len;
    pthread_mutex_lock(&lock);
    bool is_positioned = offset >= 0;
    if (!is_positioned) {
        int flags = fcntl(descriptor, F_GETFL);
        offset = flags & O_APPEND ? (int64_t)size_of(descriptor) : (int64_t)lseek(descriptor, 0, SEEK_CUR);
    }
    bool is_last = is_last_call();
    // Four places: before; in the middle; when all is written and nothing flushed; and at the end, with nobody told.
    uint64_t place = is_last ? random_number() % 4 : 4;
    if (place == 0) end_here();
    struct record *made = record_write(descriptor, file->file, (uint64_t)offset, length);
    set(made, PENDING);
    if (place == 1) {
        // A process that is killed leaves whole pages of the system's cache, and a device whole sectors: none of them is written in part.
        uint64_t end = ((uint64_t)offset + (length ? random_number() % length : 0)) / SECTOR * SECTOR;
        size_t left = end > (uint64_t)offset ? (size_t)(end - (uint64_t)offset) : 0;
        off_t at = offset;
        for (int piece = 0; piece < count && left > 0; piece++) {
            size_t part = pieces[piece].iov_len < left ? pieces[piece].iov_len : left;
            if (real_pwrite(descriptor, pieces[piece].iov_base, part, at) < 0) break;
            at += (off_t)part;
            left -= part;
        }
        end_here();
    }
    ssize_t written = is_positioned ? real_pwritev(descriptor, pieces, count, offset) : real_writev(descriptor, pieces, count);
    int code = errno;
    if (place == 2) end_here();
    if (written >= 0 && (size_t)written < length) {
        made->length = (uint64_t)written;
        made->new_size = size_of(descriptor);
    } else if (written < 0) {
        made->length = 0;
        made->new_size = made->old_size;
    }
    // A write through O_DSYNC is durable itself, and flushes no other.
    if (file->is_durable && !lie_dsync) set(made, DURABLE);
    if (place == 3) end_here();
    pthread_mutex_unlock(&lock);
    errno = code;
    return written;
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    struct watched *file = lookup(descriptor);
    if (!file) return real_write(descriptor, bytes, length);
    return write_watched(descriptor, file, &(struct iovec){(void *)bytes, length}, 1, -1);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
    struct watched *file = lookup(descriptor);
    if (!file) return real_pwrite(descriptor, bytes, length, offset);
    return write_watched(descriptor, file, &(struct iovec){(void *)bytes, length}, 1, offset);
}
ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) { return pwrite64(descriptor, bytes, length, offset); }

ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
    struct watched *file = lookup(descriptor);
    return file ? write_watched(descriptor, file, pieces, count, -1) : real_writev(descriptor, pieces, count);
}

ssize_t pwritev64(int descriptor, const struct iovec *pieces, int count, off64_t offset) {
    struct watched *file = lookup(descriptor);
    return file ? write_watched(descriptor, file, pieces, count, offset) : real_pwritev(descriptor, pieces, count, offset);
}
ssize_t pwritev(int descriptor, const struct iovec *pieces, int count, off_t offset) { return pwritev64(descriptor, pieces, count, offset); }

static int change_length(int descriptor, struct watched *file, uint64_t new_size) {
    pthread_mutex_lock(&lock);
    bool is_last = is_last_call();
    if (is_last && random_number() % 2) end_here();
    struct record *made = record_length(descriptor, file->file, size_of(descriptor), new_size);
    set(made, PENDING);
    int result = real_ftruncate(descriptor, (off_t)new_size);
    int code = errno;
    if (is_last) end_here();
    if (result != 0) set(made, INCOMPLETE);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}

int ftruncate64(int descriptor, off64_t length) {
    struct watched *file = lookup(descriptor);
    if (!file) return real_ftruncate(descriptor, length);
    return change_length(descriptor, file, (uint64_t)length);
}
int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }

int truncate64(const char *name, off64_t length) {
    int descriptor = open_any(AT_FDCWD, name, O_RDWR | O_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    int result = ftruncate64(descriptor, length), code = errno;
    close(descriptor);
    errno = code;
    return result;
}
int truncate(const char *name, off_t length) { return truncate64(name, length); }

int fallocate64(int descriptor, int mode, off64_t offset, off64_t length) {
    struct watched *file = lookup(descriptor);
    if (!file || mode == FALLOC_FL_KEEP_SIZE) return real_fallocate(descriptor, mode, offset, length);
    if (mode != 0) unmodelled("fallocate", "with a mode");
    uint64_t old_size = size_of(descriptor);
    if (mode == 0 && (uint64_t)(offset + length) > old_size) return change_length(descriptor, file, (uint64_t)(offset + length));
    return real_fallocate(descriptor, mode, offset, length);
}
int fallocate(int descriptor, int mode, off_t offset, off_t length) { return fallocate64(descriptor, mode, offset, length); }
int posix_fallocate64(int descriptor, off64_t offset, off64_t length) { return fallocate64(descriptor, 0, offset, length) == 0 ? 0 : errno; }
int posix_fallocate(int descriptor, off_t offset, off_t length) { return posix_fallocate64(descriptor, offset, length); }

ssize_t copy_file_range(int from, off64_t *source, int to, off64_t *target, size_t length, unsigned flags) {
    static ssize_t (*real)(int, off64_t *, int, off64_t *, size_t, unsigned);
    if (!real) real = next("copy_file_range");
    if (lookup(to)) return errno = EXDEV, -1;  // as between file systems: the caller copies with read and write
    return real(from, source, to, target, length, flags);
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t length) {
    static ssize_t (*real)(int, int, off64_t *, size_t);
    if (!real) real = next("sendfile64");
    if (lookup(to)) return errno = EINVAL, -1;  // as for a file that cannot: the caller copies with read and write
    return real(to, from, offset, length);
}
ssize_t sendfile(int to, int from, off_t *offset, size_t length) { return sendfile64(to, from, offset, length); }

static void *map(void *place, size_t length, int protection, int flags, int descriptor, off_t offset) {
    struct watched *file = lookup(descriptor);
    if (file && (flags & MAP_SHARED) && (protection & PROT_WRITE)) {
        char link[64], path[PATH_MAX] = "";
        snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
        if (readlink(link, path, sizeof path - 1) < 0) path[0] = 0;
        // LMDB's table of readers means nothing after a restart: it is made anew.
        size_t end = strlen(path);
        if (end < 9 || strcmp(path + end - 9, "/lock.mdb") != 0) unmodelled("writable map", path);
    }
    return real_mmap(place, length, protection, flags, descriptor, offset);
}
void *mmap(void *place, size_t length, int protection, int flags, int descriptor, off_t offset) {
    pthread_once(&once, start);
    return map(place, length, protection, flags, descriptor, offset);
}
void *mmap64(void *place, size_t length, int protection, int flags, int descriptor, off64_t offset) {
    pthread_once(&once, start);
    return map(place, length, protection, flags, descriptor, offset);
}

// MARK: - Flushing

static int flush(struct watched *file) {
    pthread_mutex_lock(&lock);
    bool is_last = is_last_call();
    if (is_last && random_number() % 2) end_here();
    if (!(file->is_directory ? lie_directory : lie_file)) mark(file->is_directory, file->file, atomic_load(&journal->end));
    if (is_last) end_here();
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int descriptor) {
    struct watched *file = lookup(descriptor);
    return file ? flush(file) : real_fsync(descriptor);
}

int fdatasync(int descriptor) {
    struct watched *file = lookup(descriptor);
    return file ? flush(file) : real_fdatasync(descriptor);
}

// Starts writing and may wait for it, but asks no device for a flush (sync_file_range(2)): durable is nothing.
int sync_file_range(int descriptor, off64_t offset, off64_t length, unsigned flags) {
    static int (*real)(int, off64_t, off64_t, unsigned);
    if (!real) real = next("sync_file_range");
    return lookup(descriptor) ? 0 : real(descriptor, offset, length, flags);
}

// MARK: - Directories

static void rename_record(const char *from, const char *to, struct record **made) {
    // A file, not a directory, is kept by its second link before its name goes.
    struct stat status;
    if (lstat(to, &status) == 0 && S_ISREG(status.st_mode)) keep(to, status.st_ino);
    *made = record(RENAME, from, to, 0);
    (*made)->file = inode(from);
    (*made)->other = inode(to);
    (*made)->directory = parent_inode(to);
    set(*made, PENDING);
}

static int rename_any(int from_base, const char *from, int to_base, const char *to, unsigned flags) {
    char old_path[PATH_MAX], new_path[PATH_MAX];
    bool is_from = watched_path(from_base, from, old_path), is_to = watched_path(to_base, to, new_path);
    if (!is_from && !is_to) return real_renameat2(from_base, from, to_base, to, flags);
    pthread_mutex_lock(&lock);
    if (!is_from || !is_to) unmodelled("rename across the root", is_from ? old_path : new_path);
    if (flags & ~1u) unmodelled("renameat2 with flags", from);
    bool is_last = is_last_call();
    if (is_last && random_number() % 2) end_here();
    struct record *made = NULL;
    if (is_from && is_to && inode(old_path)) rename_record(old_path, new_path, &made);
    int result = real_renameat2(from_base, from, to_base, to, flags), code = errno;
    if (is_last) end_here();
    if (made && result != 0) set(made, INCOMPLETE);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}

int rename(const char *from, const char *to) { return rename_any(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_base, const char *from, int to_base, const char *to) { return rename_any(from_base, from, to_base, to, 0); }
int renameat2(int from_base, const char *from, int to_base, const char *to, unsigned flags) {
    return rename_any(from_base, from, to_base, to, flags);
}

// One change of one name: `change` does it.
static int change_name(enum kind kind, const char *path, int (*change)(const char *, mode_t), mode_t mode) {
    pthread_mutex_lock(&lock);
    bool is_last = is_last_call();
    if (is_last && random_number() % 2) end_here();
    ino_t file = inode(path);
    bool is_removal = kind == UNLINK || kind == REMOVE_DIRECTORY;
    struct record *made = NULL;
    struct stat status;
    // A socket, once gone, need not come back.
    bool is_kept = !is_removal || (lstat(path, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)));
    if (is_removal == (file != 0) && is_kept) {
        if (kind == UNLINK) keep(path, file);
        made = record(kind, path, NULL, 0);
        made->directory = parent_inode(path);
        made->file = file;
        set(made, PENDING);
    }
    int result = change(path, mode), code = errno;
    if (made && result == 0 && !is_removal) made->file = inode(path);
    if (is_last) end_here();
    if (made && result != 0) set(made, INCOMPLETE);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}

static int make_directory(const char *path, mode_t mode) { return real_mkdirat(AT_FDCWD, path, mode); }
static int remove_file(const char *path, mode_t mode) { return (void)mode, real_unlinkat(AT_FDCWD, path, 0); }
static int remove_directory(const char *path, mode_t mode) { return (void)mode, real_unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int base, const char *name, mode_t mode) {
    char path[PATH_MAX];
    if (!watched_path(base, name, path)) return real_mkdirat(base, name, mode);
    return change_name(MAKE_DIRECTORY, path, make_directory, mode);
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

int unlinkat(int base, const char *name, int flags) {
    char path[PATH_MAX];
    if (!watched_path(base, name, path)) return real_unlinkat(base, name, flags);
    if (flags & AT_REMOVEDIR) return change_name(REMOVE_DIRECTORY, path, remove_directory, 0);
    return change_name(UNLINK, path, remove_file, 0);
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int remove(const char *name) {
    if (unlink(name) == 0) return 0;
    return errno == EISDIR ? rmdir(name) : -1;
}

static const char *link_from;
static int link_base, link_flags;
static int make_link(const char *path, mode_t mode) { return (void)mode, real_linkat(link_base, link_from, AT_FDCWD, path, link_flags); }

int linkat(int from_base, const char *from, int to_base, const char *to, int flags) {
    char path[PATH_MAX];
    if (!watched_path(to_base, to, path)) return real_linkat(from_base, from, to_base, to, flags);
    // One link at a time: what is linked is told to `make_link` beside its arguments.
    static pthread_mutex_t linking = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&linking);
    link_base = from_base;
    link_from = from;
    link_flags = flags;
    int result = change_name(CREATE, path, make_link, 0), code = errno;
    pthread_mutex_unlock(&linking);
    errno = code;
    return result;
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
