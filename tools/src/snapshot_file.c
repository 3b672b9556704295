/* SPDX-License-Identifier: MIT */
/* See snapshot_file.h. */
#include "snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/cleanup.h"

#define SUFFIX_LENGTH 6
#define TRIES_MAX 100 /* of names for a temporary file */

static int failed(const struct snapshot_file *file, struct ekiden_error *error)
{
        return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno, "cannot write %s", file->path);
}

static int open_directory(struct snapshot_file *file)
{
        const char *slash = strrchr(file->path, '/');
        ek_auto_free char *parent = slash == file->path ? strdup("/")
                                    : slash ? strndup(file->path, (size_t)(slash - file->path))
                                            : strdup(".");

        file->name = slash ? slash + 1 : file->path;
        file->directory =
                parent ? (int)TEMP_FAILURE_RETRY(open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
                       : -1;
        return file->directory;
}

/* What has this name now will be replaced: a file, and not /dev/null. */
static int check_place(const struct snapshot_file *file, struct ekiden_error *error)
{
        struct stat status;

        if (!file->name[0])
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        "%s is a directory; name a file in it", file->path);
        if (fstatat(file->directory, file->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : failed(file, error);
        if (S_ISREG(status.st_mode))
                return 0;
        return ekiden_error_set(error, EKIDEN_EINVAL,
                                "%s is there and no regular file; name another one", file->path);
}

static bool make_name(struct snapshot_file *file)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
        uint8_t random[SUFFIX_LENGTH];
        char suffix[SUFFIX_LENGTH + 1] = "";
        int n;

        if (getrandom(random, sizeof(random), 0) != sizeof(random))
                return false;
        for (size_t i = 0; i < sizeof(random); i++)
                suffix[i] = letters[random[i] % (sizeof(letters) - 1)];
        n = snprintf(file->temporary, sizeof(file->temporary), "%s.%s", file->name, suffix);
        if (n >= 0 && (size_t)n < sizeof(file->temporary))
                return true;
        file->temporary[0] = '\0';
        errno = ENAMETOOLONG;
        return false;
}

static int create_named(struct snapshot_file *file)
{
        int fd = -1;

        for (int i = 0; fd < 0 && i < TRIES_MAX; i++) {
                if (!make_name(file))
                        return -1;
                fd = openat(file->directory, file->temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC,
                            0600);
                if (fd < 0)
                        file->temporary[0] = '\0'; /* another's, or none */
                if (fd < 0 && errno != EEXIST)
                        return -1;
        }
        return fd;
}

static int create(struct snapshot_file *file)
{
        file->fd = (int)TEMP_FAILURE_RETRY(
                openat(file->directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        if (file->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
                file->fd = create_named(file);
        return file->fd;
}

static int open_link(struct snapshot_file *file)
{
        ssize_t n;
        int copy;

        n = TEMP_FAILURE_RETRY(write(file->fd, EK_SNAPSHOT_MAGIC, EK_SNAPSHOT_MAGIC_SIZE));
        if (n >= 0 && n != EK_SNAPSHOT_MAGIC_SIZE)
                errno = ENOSPC; /* what the next write would be told */
        if (n != EK_SNAPSHOT_MAGIC_SIZE)
                return EKIDEN_ESYSTEM;
        copy = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
        return copy < 0 ? EKIDEN_ESYSTEM : ek_link_new_file(copy, &file->link);
}

int snapshot_file_open(const char *path, struct snapshot_file *ret_file, struct ekiden_error *error)
{
        struct snapshot_file file = {.path = path, .directory = -1, .fd = -1};
        int r = open_directory(&file) < 0 ? failed(&file, error) : check_place(&file, error);

        if (r == 0)
                r = create(&file) < 0 ? EKIDEN_ESYSTEM : open_link(&file);
        if (r < 0) {
                if (r == EKIDEN_ESYSTEM)
                        failed(&file, error);
                ekiden_error_set(error, r, "%s", ekiden_error_text(r));
                snapshot_file_discard(&file);
                return r;
        }
        *ret_file = file;
        return 0;
}

int snapshot_file_append(struct snapshot_file *file, const struct ek_frame *frame,
                         struct ekiden_error *error)
{
        int r = ek_link_queue(file->link, frame->kind, frame->payload, frame->size, NULL);

        return r < 0 ? failed(file, error) : 0;
}

int snapshot_file_read(struct snapshot_file *file, struct ek_snapshot *ret_snapshot,
                       struct ekiden_error *error)
{
        int copy;

        if (ek_link_flush(file->link, NULL) < 0)
                return failed(file, error);
        copy = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
        return copy < 0 ? failed(file, error) : ek_snapshot_open(copy, ret_snapshot, error);
}

/* A file without a name gets its own, if that is free, or a temporary one. */
static int give_name(struct snapshot_file *file)
{
        char link[sizeof("/proc/self/fd/") + 16];

        if (file->temporary[0])
                return 0;
        snprintf(link, sizeof(link), "/proc/self/fd/%d", file->fd);
        if (linkat(AT_FDCWD, link, file->directory, file->name, AT_SYMLINK_FOLLOW) == 0)
                return 0;
        for (int i = 0; errno == EEXIST && i < TRIES_MAX; i++) {
                if (!make_name(file))
                        return -1;
                if (linkat(AT_FDCWD, link, file->directory, file->temporary, AT_SYMLINK_FOLLOW) ==
                    0)
                        return 0;
                file->temporary[0] = '\0';
        }
        return -1;
}

static int put_in_place(struct snapshot_file *file)
{
        if (fsync(file->fd) < 0 || give_name(file) < 0)
                return -1;
        if (file->temporary[0] &&
            renameat(file->directory, file->temporary, file->directory, file->name) < 0)
                return -1;
        file->temporary[0] = '\0';
        return fsync(file->directory);
}

int snapshot_file_finish(struct snapshot_file *file, struct ekiden_error *error)
{
        return put_in_place(file) < 0 ? failed(file, error) : 0;
}

void snapshot_file_discard(struct snapshot_file *file)
{
        if (!file->path)
                return;
        if (file->temporary[0])
                unlinkat(file->directory, file->temporary, 0);
        ek_link_free(file->link);
        ek_close(&file->fd);
        ek_close(&file->directory);
        file->link = NULL;
        file->path = NULL;
}
