#ifndef IMPERSONATION_H
#define IMPERSONATION_H

#include <sys/types.h>

/// Makes the calling thread, and no other of the process, another user in these groups: what it connects to sees that user.
/// For threads that end soon: there is no way back. 0, or -1 with errno set, as for anybody but root.
int impersonate(uid_t user, gid_t group, const gid_t *others, int count);

#endif
