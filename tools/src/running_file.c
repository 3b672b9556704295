/* SPDX-License-Identifier: MIT */
/* See running_file.h. */
#include "running_file.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

struct running_file running_file_at(const char *path)
{
        struct stat status;

        if (stat(path, &status) < 0)
                return (struct running_file){0};
        return (struct running_file){true, status.st_dev, status.st_ino};
}

struct running_file running_file_of(pid_t pid)
{
        char path[32];

        snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
        return running_file_at(path);
}

char *running_file_path(pid_t pid, char *ret_path, size_t size_bytes)
{
        char link[32], path[4096];
        ssize_t length;

        snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
        length = readlink(link, path, sizeof(path) - 1);
        if (length <= 0)
                return text_clean("another file", TEXT_ASCII, ret_path, size_bytes);
        path[length] = '\0';
        return text_clean(path, TEXT_PRINTABLE, ret_path, size_bytes);
}

bool running_file_is_same(const struct running_file *one, const struct running_file *other)
{
        return one->known && other->known && one->device == other->device &&
               one->inode == other->inode;
}
