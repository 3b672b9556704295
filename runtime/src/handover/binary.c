/* SPDX-License-Identifier: MIT */
/* See binary.h. */
#include "handover/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/cleanup.h"

#define LINKS_MAX 40 /* that are followed, as the kernel does (path_resolution(7)) */

/* A path on its way to the file that it leads to. */
struct lookup {
        const char *path; /* as it was asked for */
        int directory; /* that `name` is in */
        char name[PATH_MAX]; /* what is still to be looked up */
};

static int cannot_open(const struct lookup *lookup, int system_errno, struct ekiden_error *error)
{
        bool is_full = system_errno == EMFILE || system_errno == ENFILE; /* the file is well */

        return ekiden_error_set_errno(error, is_full ? EKIDEN_ESYSTEM : EKIDEN_EBINARY,
                                      system_errno, "cannot open the new binary %s", lookup->path);
}

/* Whether nobody but the process's user and root can change what `status` is of. */
static bool is_safe(const struct stat *status)
{
        return (status->st_uid == 0 || status->st_uid == geteuid()) && !(status->st_mode & 022);
}

/* What a descriptor was opened by, for people; it may be long. */
static void name_of(int fd, char ret_name[PATH_MAX])
{
        char link[64];
        ssize_t length;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        length = readlink(link, ret_name, PATH_MAX - 1);
        ret_name[length > 0 ? length : 0] = '\0';
}

static int check_directory(const struct lookup *lookup, struct ekiden_error *error)
{
        struct stat status;
        char name[PATH_MAX];

        if (fstat(lookup->directory, &status) < 0)
                return cannot_open(lookup, errno, error);
        if (is_safe(&status))
                return 0;
        name_of(lookup->directory, name);
        return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                "the new binary is in %s, where others could replace it (owner %u, "
                                "mode %03o); chown the directory to user %u or root and chmod go-w "
                                "it, or use another",
                                name, (unsigned int)status.st_uid,
                                (unsigned int)status.st_mode & 0777, (unsigned int)geteuid());
}

static int check_file(const struct lookup *lookup, int fd, const struct stat *status,
                      struct ekiden_error *error)
{
        if (!S_ISREG(status->st_mode))
                return ekiden_error_set(error, EKIDEN_EBINARY,
                                        "%s is not a regular file; name the new binary itself",
                                        lookup->path);
        /* The file's own mode decides, for root too, who may do anything else. */
        if (!(status->st_mode & 0111) || faccessat(fd, "", X_OK, AT_EACCESS | AT_EMPTY_PATH) < 0)
                return ekiden_error_set(error, EKIDEN_EBINARY,
                                        "%s is no executable file; name the new binary itself, or "
                                        "is it only that chmod +x was forgotten?",
                                        lookup->path);
        if (is_safe(status))
                return 0;
        return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                "others could change the new binary %s (owner %u, mode %03o); "
                                "chown it to user %u or root and chmod go-w it",
                                lookup->path, (unsigned int)status->st_uid,
                                (unsigned int)status->st_mode & 0777, (unsigned int)geteuid());
}

/* Opens the directory that the name is in, relative to the one before, and leaves the last part. */
static int enter_directory(struct lookup *lookup, struct ekiden_error *error)
{
        char *slash = strrchr(lookup->name, '/');
        ek_auto_close int from = lookup->directory;
        const char *directory = ".";

        lookup->directory = -1;
        if (slash) {
                directory = slash == lookup->name ? "/" : lookup->name;
                *slash = '\0';
        }
        lookup->directory =
                (int)TEMP_FAILURE_RETRY(openat(from, directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (lookup->directory < 0)
                return cannot_open(lookup, errno, error);
        if (slash)
                memmove(lookup->name, slash + 1, strlen(slash + 1) + 1);
        return lookup->name[0] ? 0 : cannot_open(lookup, EISDIR, error);
}

/* The name turned out to be a link: what it says is to be looked up next. */
static int follow(struct lookup *lookup, int link, struct ekiden_error *error)
{
        ssize_t length = readlinkat(link, "", lookup->name, sizeof(lookup->name));

        if (length < 0)
                return cannot_open(lookup, errno, error);
        if (length == 0 || (size_t)length >= sizeof(lookup->name))
                return cannot_open(lookup, length == 0 ? ENOENT : ENAMETOOLONG, error);
        lookup->name[length] = '\0';
        return 0;
}

/* One name: 1: *ret_fd is the file. 0: it was a link. */
static int look_up(struct lookup *lookup, int *ret_fd, struct ekiden_error *error)
{
        ek_auto_close int fd = -1;
        struct stat status;
        int r = enter_directory(lookup, error);

        if (r < 0)
                return r;
        fd = (int)TEMP_FAILURE_RETRY(
                openat(lookup->directory, lookup->name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (fd < 0 || fstat(fd, &status) < 0)
                return cannot_open(lookup, errno, error);
        if (!S_ISLNK(status.st_mode)) {
                r = check_file(lookup, fd, &status, error);
                if (r == 0)
                        r = check_directory(lookup, error);
                if (r < 0)
                        return r;
                *ret_fd = ek_steal_fd(&fd);
                return 1;
        }
        r = check_directory(lookup, error);
        return r < 0 ? r : follow(lookup, fd, error);
}

int ek_binary_open(const char *path, int *ret_fd, struct ekiden_error *error)
{
        struct lookup lookup = {.path = path, .directory = AT_FDCWD};
        int r = 0;

        if (strlen(path) >= sizeof(lookup.name))
                return cannot_open(&lookup, ENAMETOOLONG, error);
        strcpy(lookup.name, path);
        for (int links = 0; r == 0 && links <= LINKS_MAX; links++)
                r = look_up(&lookup, ret_fd, error);
        if (lookup.directory >= 0)
                close(lookup.directory);
        if (r == 0)
                return cannot_open(&lookup, ELOOP, error);
        return r < 0 ? r : 0;
}
