/* SPDX-License-Identifier: MIT */
/* Where the tool looks for processes: wherever one of the user's own can have its socket. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directories.h"

#define USER 65534u /* who is not root */

int __wrap_lstat(const char *path, struct stat *status);
int __wrap_lstat64(const char *path, struct stat *status); /* its name with 64 bits for offsets */

static bool are_all_one; /* every path leads to one directory */

int __wrap_lstat(const char *path, struct stat *status)
{
        if (!are_all_one)
                return fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
        *status = (struct stat){.st_dev = 1, .st_ino = 2, .st_mode = S_IFDIR | 0700};
        return 0;
}

int __wrap_lstat64(const char *path, struct stat *status)
{
        return __wrap_lstat(path, status);
}

static bool is_looked_into(const struct directories *directories, const char *path)
{
        for (size_t i = 0; i < directories->count; i++)
                if (strcmp(directories->paths[i], path) == 0)
                        return true;
        return false;
}

static void become_user(void)
{
        if (geteuid() == 0)
                cr_assert_eq(setresuid(USER, USER, USER), 0);
}

Test(directories, are_all_that_a_process_of_the_user_may_have_chosen)
{
        struct directories directories;
        struct ekiden_error error = {0};
        char path[64];

        become_user();
        unsetenv("EKIDEN_RUNTIME_DIR");
        setenv("XDG_RUNTIME_DIR", "/xdg", 1);
        cr_assert_eq(directories_find(&directories, &error), 0, "%s", error.sentence);
        cr_expect_eq(directories.count, 4u);
        cr_expect(is_looked_into(&directories, "/xdg/ekiden"));
        snprintf(path, sizeof(path), "/run/ekiden/%u", geteuid());
        cr_expect(is_looked_into(&directories, path));
        snprintf(path, sizeof(path), "/run/user/%u/ekiden", geteuid());
        cr_expect(is_looked_into(&directories, path));
        snprintf(path, sizeof(path), "/tmp/ekiden-%u", geteuid());
        cr_expect(is_looked_into(&directories, path));
        directories_deinit(&directories);
}

Test(directories, is_the_one_that_was_chosen)
{
        struct directories directories;
        struct ekiden_error error = {0};

        become_user();
        setenv("EKIDEN_RUNTIME_DIR", "/chosen", 1);
        cr_assert_eq(directories_find(&directories, &error), 0, "%s", error.sentence);
        cr_expect_eq(directories.count, 1u);
        cr_expect(is_looked_into(&directories, "/chosen"));
        directories_deinit(&directories);
}

/* Or each process would be found twice, and none could be named. */
Test(directories, are_looked_into_once_however_their_paths_are_written)
{
        struct directories directories;
        struct ekiden_error error = {0};

        become_user();
        unsetenv("EKIDEN_RUNTIME_DIR");
        setenv("XDG_RUNTIME_DIR", "/run//user/65534", 1);
        are_all_one = true;
        cr_assert_eq(directories_find(&directories, &error), 0, "%s", error.sentence);
        cr_expect_eq(directories.count, 1u);
        directories_deinit(&directories);
}
