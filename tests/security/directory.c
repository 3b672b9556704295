/* SPDX-License-Identifier: MIT */
/* The directory of control sockets is the user's own, and nobody else may enter it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "entry/control_path.h"
#include "users.h"

static char directory[64];
static struct ekiden_error error;

static void setup(void)
{
        strcpy(directory, "/tmp/ekiden-test-XXXXXX");
        cr_assert_not_null(mkdtemp(directory));
}

static void teardown(void)
{
        rmdir(directory);
}

TestSuite(directory, .init = setup, .fini = teardown);

static int make(void *path)
{
        error = (struct ekiden_error){0};
        return -ek_control_directory_make(path, &error);
}

Test(directory, that_others_may_enter_is_refused_and_not_mended)
{
        struct stat status;

        cr_expect_eq(make(directory), 0, "%s", error.sentence);
        for (mode_t bit = 1; bit < 0100; bit <<= 1) {
                chmod(directory, 0700 | bit);
                cr_expect_eq(make(directory), -EKIDEN_EPERMISSION, "mode %03o", 0700 | bit);
                cr_expect_not_null(strstr(error.sentence, directory), "%s", error.sentence);
                cr_expect_eq(stat(directory, &status), 0);
                cr_expect_eq(status.st_mode & 0777, 0700 | bit);
        }
}

Test(directory, that_is_a_link_is_refused)
{
        char link[96];

        snprintf(link, sizeof(link), "%s/link", directory);
        cr_assert_eq(symlink("/", link), 0);
        cr_expect_eq(make(link), -EKIDEN_EPERMISSION);
        unlink(link);
        cr_assert_eq(symlink(directory, link), 0);
        cr_expect_eq(make(link), -EKIDEN_EPERMISSION);
        unlink(link);
}

Test(directory, of_another_user_is_refused_by_root_too)
{
        need_root();
        cr_expect_eq(as_user(NOBODY, make, directory), -EKIDEN_EPERMISSION);
        cr_assert_eq(chown(directory, NOBODY, NOBODY), 0);
        cr_expect_eq(as_user(NOBODY, make, directory), 0);
        cr_expect_eq(as_user(SOMEBODY, make, directory), -EKIDEN_EPERMISSION);
        cr_expect_eq(make(directory), -EKIDEN_EPERMISSION);
        cr_expect_not_null(strstr(error.sentence, "user 0"), "%s", error.sentence);
}
