/* SPDX-License-Identifier: MIT */
/* See file.h. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MAX_BYTES ((size_t)16 * 1024 * 1024)

int file_read(const char *path, struct ek_text *text)
{
        char buffer[16 * 1024];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        int result = 0;

        if (fd < 0)
                return -errno;
        ek_text_add_string(text, "");
        for (;;) {
                ssize_t count = read(fd, buffer, sizeof(buffer));

                if (count < 0 && errno == EINTR)
                        continue;
                if (count < 0)
                        result = -errno;
                else if (text->length + (size_t)count > SIZE_MAX_BYTES)
                        result = -EFBIG;
                if (count <= 0 || result < 0)
                        break;
                ek_text_add(text, buffer, (size_t)count);
        }
        close(fd);
        return result;
}

static int write_all(int fd, const struct ek_text *text)
{
        for (size_t done = 0; done < text->length;) {
                ssize_t count = write(fd, text->bytes + done, text->length - done);

                if (count < 0 && errno != EINTR)
                        return -errno;
                if (count > 0)
                        done += (size_t)count;
        }
        return fsync(fd) < 0 ? -errno : 0;
}

/* Those of the file that is replaced, or what the umask leaves. */
static int set_permissions(int fd, const char *path)
{
        struct stat there;
        mode_t mask;

        if (stat(path, &there) == 0)
                return fchmod(fd, there.st_mode & 0777) < 0 ? -errno : 0;
        mask = umask(0);
        umask(mask);
        return fchmod(fd, 0666 & ~mask) < 0 ? -errno : 0;
}

int file_write(struct ek_memory *arena, const char *path, const struct ek_text *text, bool replaces)
{
        char *real = replaces ? realpath(path, NULL) : NULL; /* a link stays one */
        char *target = ek_memory_strdup(arena, real != NULL ? real : path);
        char *slash = strrchr(target, '/');
        char *scratch = ek_memory_printf(arena, "%.*s.ekiden-XXXXXX",
                                         slash != NULL ? (int)(slash - target + 1) : 0, target);
        int fd, result;

        free(real);
        fd = mkostemp(scratch, O_CLOEXEC);
        if (fd < 0)
                return -errno;
        result = write_all(fd, text);
        if (result == 0)
                result = set_permissions(fd, target);
        if (close(fd) < 0 && result == 0)
                result = -errno;
        if (result == 0 && (replaces ? rename(scratch, target) : link(scratch, target)) < 0)
                result = -errno;
        if (result < 0 || !replaces)
                unlink(scratch);
        return result;
}
