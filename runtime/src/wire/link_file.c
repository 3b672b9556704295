/* SPDX-License-Identifier: MIT */
/*
 * A link over a regular file or a memfd, which holds the same frames as a socket carries. Nothing
 * is ever waited for there: what is not in the file does not come.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wire/cleanup.h"
#include "wire/link_private.h"
#include "wire/own.h"

int ek_link_new_file(int file, struct ek_link **ret_link)
{
        ek_auto_close int fd = file;
        struct ek_link *link;
        struct stat status;

        if (fstat(fd, &status) < 0)
                return EKIDEN_ESYSTEM;
        if (!S_ISREG(status.st_mode))
                return EKIDEN_EINVAL;
        link = calloc(1, sizeof(*link));
        if (!link)
                return EKIDEN_ENOMEM;
        link->is_file = true;
        link->fd = ek_own(ek_steal_fd(&fd));
        link->payload_max = EK_FRAME_PAYLOAD_MAX;
        *ret_link = link;
        return 0;
}

bool ek_link_is_file(const struct ek_link *link)
{
        return link->is_file;
}

int ek_link_seek(struct ek_link *link, uint64_t offset)
{
        if (!link->is_file || offset > INT64_MAX)
                return EKIDEN_EINVAL;
        if (lseek(link->fd, (off_t)offset, SEEK_SET) < 0)
                return EKIDEN_ESYSTEM;
        link->in_start = link->in_end = 0;
        link->read_to = offset;
        return 0;
}

uint64_t ek_link_offset(const struct ek_link *link)
{
        return link->read_to - (link->in_end - link->in_start);
}

int ek_link_read_file(struct ek_link *link, struct iovec *room)
{
        ssize_t n;

        do
                n = read(link->fd, room->iov_base, room->iov_len);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                return n < 0 ? EKIDEN_ESYSTEM : EKIDEN_EPEER;
        link->read_to += (uint64_t)n;
        return (int)n;
}

/* The signal is the thread's own: blocked, and taken away before it is let through again. */
ssize_t ek_file_write(int file, const struct iovec *parts, int count)
{
        static const struct timespec at_once;
        sigset_t too_large, before;
        ssize_t n;
        int error;

        sigemptyset(&too_large);
        sigaddset(&too_large, SIGXFSZ);
        pthread_sigmask(SIG_BLOCK, &too_large, &before);
        n = writev(file, parts, count);
        error = errno;
        if (n < 0 && error == EFBIG)
                sigtimedwait(&too_large, NULL, &at_once);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        errno = error;
        return n;
}

void ek_link_keep_beside(struct ek_link *link, const int *descriptors, size_t count)
{
        link->beside = descriptors;
        link->beside_count = descriptors ? count : 0;
        link->beside_next = 0;
}

void ek_link_seek_beside(struct ek_link *link, uint64_t number)
{
        link->beside_next = number < link->beside_count ? (size_t)number : link->beside_count;
}

int ek_link_next_beside(struct ek_link *link, bool close_on_exec, int *ret_descriptor)
{
        *ret_descriptor = -1;
        if (link->beside_next >= link->beside_count)
                return 0;
        if (link->beside[link->beside_next] >= 0) {
                *ret_descriptor = fcntl(link->beside[link->beside_next],
                                        close_on_exec ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
                if (*ret_descriptor < 0)
                        return EKIDEN_ESYSTEM;
        }
        link->beside_next++;
        return 0;
}
