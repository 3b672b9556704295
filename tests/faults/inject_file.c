/* SPDX-License-Identifier: MIT */
/* Files, directories, and what is written to a terminal. */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "inject.h"

INJECT(int, closedir, (DIR * directory), (directory), (__real_closedir(directory), -1));
INJECT(int, dup3, (int from, int to, int flags), (from, to, flags), -1);
INJECT(int, epoll_create1, (int flags), (flags), -1);
INJECT(int, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
       (epoll, operation, fd, event), -1);
INJECT(int, faccessat, (int directory, const char *path, int mode, int flags),
       (directory, path, mode, flags), -1);
INJECT(int, chmod, (const char *path, mode_t mode), (path, mode), -1);
INJECT(int, fchmod, (int fd, mode_t mode), (fd, mode), -1);
INJECT(int, fclose, (FILE * file), (file), (__real_fclose(file), EOF));
INJECT(int, ferror, (FILE * file), (file), 1);
INJECT(int, fflush, (FILE * file), (file), EOF);
INJECT(int, fstat64, (int fd, struct stat *status), (fd, status), -1);
INJECT(int, fstatat64, (int directory, const char *path, struct stat *status, int flags),
       (directory, path, status, flags), -1);
INJECT(char *, getcwd, (char *path, size_t size), (path, size), NULL);
INJECT(int, glob64,
       (const char *pattern, int flags, int (*failed)(const char *, int), glob_t *found),
       (pattern, flags, failed, found), inject_error());
INJECT(int, lstat64, (const char *path, struct stat *status), (path, status), -1);
INJECT(int, mkdir, (const char *path, mode_t mode), (path, mode), -1);
INJECT(struct dirent *, readdir64, (DIR * directory), (directory), NULL);
INJECT(ssize_t, readlink, (const char *path, char *target, size_t size), (path, target, size), -1);
INJECT(char *, realpath, (const char *path, char *real), (path, real), NULL);
INJECT(int, rename, (const char *from, const char *to), (from, to), -1);
INJECT(int, stat64, (const char *path, struct stat *status), (path, status), -1);
INJECT(int, unlink, (const char *path), (path), -1);
INJECT(int, unlinkat, (int directory, const char *path, int flags), (directory, path, flags), -1);

INJECT(int, fsync, (int fd), (fd), -1);
INJECT(int, linkat, (int from, const char *path, int to, const char *name, int flags),
       (from, path, to, name, flags), -1);
INJECT(off_t, lseek64, (int fd, off_t offset, int whence), (fd, offset, whence), -1);
INJECT(ssize_t, readlinkat, (int directory, const char *path, char *target, size_t size),
       (directory, path, target, size), -1);
INJECT(int, renameat, (int from, const char *path, int to, const char *name),
       (from, path, to, name), -1);

/* It is closed all the same (close(2)). */
INJECT_REAL(int, close, (int fd))
{
        bool fails = inject_at(CALL_close);
        int r;

        inject_frames_closed(fd);
        r = __real_close(fd);
        if (!fails)
                return r;
        errno = inject_error();
        return -1;
}

INJECT_REAL(int, open64, (const char *path, int flags, ...))
{
        va_list arguments;
        mode_t mode;

        va_start(arguments, flags);
        mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
        va_end(arguments);
        return inject_at(CALL_open64) ? -1 : __real_open64(path, flags, mode);
}

INJECT_REAL(int, openat64, (int directory, const char *path, int flags, ...))
{
        va_list arguments;
        mode_t mode;

        va_start(arguments, flags);
        mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
        va_end(arguments);
        return inject_at(CALL_openat64) ? -1 : __real_openat64(directory, path, flags, mode);
}

/* All that the product gives is a number or a pointer, and as wide as a register. */
INJECT_REAL(int, fcntl64, (int fd, int command, ...))
{
        va_list arguments;
        long argument;

        va_start(arguments, command);
        argument = va_arg(arguments, long);
        va_end(arguments);
        /* F_GETFD asks whether it is open, and fails for no other reason. */
        if (!inject_at(CALL_fcntl64) || command == F_GETFD)
                return __real_fcntl64(fd, command, argument);
        errno = command == F_DUPFD_CLOEXEC ? EMFILE : EACCES;
        return -1;
}

INJECT_REAL(int, ioctl, (int fd, unsigned long request, ...))
{
        va_list arguments;
        void *argument;

        va_start(arguments, request);
        argument = va_arg(arguments, void *);
        va_end(arguments);
        return inject_at(CALL_ioctl) ? -1 : __real_ioctl(fd, request, argument);
}

INJECT_REAL(ssize_t, read, (int fd, void *data, size_t size))
{
        bool is_short;

        if (inject_at_moving(CALL_read, &is_short))
                return -1;
        return __real_read(fd, data, is_short && size > 1 ? 1 : size);
}

INJECT_REAL(ssize_t, pread64, (int fd, void *data, size_t size, off_t offset))
{
        bool is_short;

        if (inject_at_moving(CALL_pread64, &is_short))
                return -1;
        return __real_pread64(fd, data, is_short && size > 1 ? 1 : size, offset);
}

INJECT_REAL(ssize_t, write, (int fd, const void *data, size_t size))
{
        bool is_short;

        if (inject_at_moving(CALL_write, &is_short))
                return -1;
        return __real_write(fd, data, is_short && size > 1 ? 1 : size);
}

INJECT_REAL(ssize_t, writev, (int fd, const struct iovec *parts, int count))
{
        struct iovec first = {NULL, 0};
        bool is_short;

        if (inject_at_moving(CALL_writev, &is_short))
                return -1;
        for (int i = 0; i < count && first.iov_len == 0; i++)
                if (parts[i].iov_len > 0)
                        first = (struct iovec){parts[i].iov_base, 1};
        return is_short ? __real_writev(fd, &first, 1) : __real_writev(fd, parts, count);
}
