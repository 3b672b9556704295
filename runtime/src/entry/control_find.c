/* SPDX-License-Identifier: MIT */
/* See control_find.h. */
#include "entry/control_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "wire/cleanup.h"

#define CONNECT_TIMEOUT_US 250000 /* while its queue is full */

int ek_control_directory_open(const char *path, uid_t *ret_owner, struct ekiden_error *error)
{
        ek_auto_close int fd = (int)TEMP_FAILURE_RETRY(
                open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        struct stat status;
        uid_t user = geteuid();

        if (fd < 0 && errno == ENOENT)
                return ekiden_error_set(error, EKIDEN_ENOTFOUND, "there is no %s", path);
        if (fd < 0 && errno == EACCES)
                return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                        "%s is another user's; ask as that user, or as root", path);
        if (fd < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno, "cannot look into %s",
                                              path);
        if (fstat(fd, &status) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno, "cannot look at %s",
                                              path);
        if ((status.st_uid != user && user != 0) || (status.st_mode & 077))
                return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                        "%s is not a directory of user %u that nobody else may "
                                        "enter (mode 0700), so what is in it is not believed",
                                        path, (unsigned int)user);
        *ret_owner = status.st_uid;
        return ek_steal_fd(&fd);
}

int ek_control_connect(const char *path, int *ret_socket)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        struct timeval timeout = {.tv_usec = CONNECT_TIMEOUT_US};
        ek_auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
                return -errno;
        strcpy(address.sun_path, path);
        if (TEMP_FAILURE_RETRY(connect(fd, (struct sockaddr *)&address, sizeof(address))) < 0) {
                if (errno != EAGAIN)
                        return -errno;
                ek_close(&fd);
        }
        *ret_socket = ek_steal_fd(&fd);
        return 0;
}

bool ek_control_is_process_of(pid_t pid, uid_t owner)
{
        struct stat status;
        char path[32];

        snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        return stat(path, &status) == 0 && status.st_uid == owner;
}

bool ek_control_is_believable(int socket, uid_t owner, pid_t pid)
{
        struct ucred peer = {0};
        socklen_t size = sizeof(peer);

        if (socket >= 0 &&
            (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != owner))
                return false;
        return owner == geteuid() || peer.pid == pid || ek_control_is_process_of(pid, owner);
}

int ek_control_not_believed(const char *path, pid_t pid, struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                "%s is not a socket of process %d, or not one of the user whose "
                                "directory it is in, so it is not believed",
                                path, (int)pid);
}
