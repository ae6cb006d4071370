#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <sys/types.h>

/// Who is at the other end of a connected Unix socket, as the kernel recorded it when the connection was made.
struct clinux_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/// Fills `peer` from SO_PEERCRED (unix(7)). False with errno set where the socket is not a connected Unix socket.
/// Here and not in Swift because glibc shows `struct ucred` only under _GNU_SOURCE, which Swift's importer does not define.
bool clinux_peer_credentials(int socket, struct clinux_peer *peer);

/// Writes the supplementary gids of the process at the other end (SO_PEERGROUPS, Linux 4.13) into `groups`, at most `capacity` of them.
/// Returns how many there are, or -1 with errno set.
int clinux_peer_groups(int socket, gid_t *groups, int capacity);

/// Names the calling thread for ps, perf and the journal; Linux keeps 15 characters.
void clinux_name_thread(const char *name);

/// Asks the processor to fetch what lies at `address`, without waiting for it. Any address will do.
static inline void clinux_prefetch(const void *address) { __builtin_prefetch(address); }

/// As clinux_prefetch, for `count` bytes.
static inline void clinux_prefetch_bytes(const void *address, size_t count) {
    for (size_t offset = 0; offset < count; offset += 64) __builtin_prefetch((const char *)address + offset);
}

/// As clinux_prefetch_bytes, for bytes that are about to be written.
static inline void clinux_prefetch_to_write(const void *address, size_t count) {
    for (size_t offset = 0; offset < count; offset += 64) __builtin_prefetch((const char *)address + offset, 1);
}

#endif
