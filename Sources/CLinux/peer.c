#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sys/socket.h>

bool clinux_peer_credentials(int socket, struct clinux_peer *peer) {
    struct sockaddr address = {0};
    socklen_t addressLength = sizeof address;
    if (getsockname(socket, &address, &addressLength) != 0) return false;
    // SO_PEERCRED answers zeros, not an error, on sockets of other families.
    if (address.sa_family != AF_UNIX) {
        errno = EPROTOTYPE;
        return false;
    }
    struct ucred credentials = {0};
    socklen_t length = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return false;
    if (credentials.pid <= 0 || credentials.uid == (uid_t)-1) {
        errno = ENOTCONN;
        return false;
    }
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
    return true;
}

int clinux_peer_groups(int socket, gid_t *groups, int capacity) {
    socklen_t length = (socklen_t)capacity * sizeof(gid_t);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0) return -1;
    return (int)(length / sizeof(gid_t));
}
