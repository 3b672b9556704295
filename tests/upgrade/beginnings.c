/* SPDX-License-Identifier: MIT */
/* Starts from a snapshot that a program gives: what counts, what is left where it cannot be used.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekiden/snapshot.h>
#include <ekiden/tag.h>
#include <ekiden/update_point.h>

#include "probe_v1.ekiden.h"

static char directory[64];
static int snapshot; /* of a process that answered 42 times */

static int start(void)
{
        static char name[] = "probe";
        char *const arguments[] = {name, NULL};

        return ekiden_start(1, arguments, &probe_v1, NULL);
}

static _Noreturn void run_before(void)
{
        uint64_t answers = 42;

        if (start() != EKIDEN_FRESH || ekiden_tag_uint64("answers", &answers) != EKIDEN_FRESH)
                _exit(1);
        ekiden_update_point("loop");
        if (ekiden_save_snapshot(snapshot, NULL, NULL, NULL) < 0)
                _exit(2);
        exit(0);
}

static void setup(void)
{
        int status = -1;
        pid_t before;

        strcpy(directory, "/tmp/ekiden-test-XXXXXX");
        cr_assert_not_null(mkdtemp(directory));
        setenv("EKIDEN_RUNTIME_DIR", directory, 1);
        snapshot = memfd_create("snapshot", MFD_CLOEXEC);
        before = fork();
        if (before == 0)
                run_before();
        cr_assert_eq(waitpid(before, &status, 0), before);
        cr_assert_eq(status, 0);
}

static void teardown(void)
{
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", directory);
        cr_assert_eq(system(command), 0);
}

TestSuite(beginnings, .init = setup, .fini = teardown, .timeout = 60);

static bool is_open(int fd)
{
        return fcntl(fd, F_GETFD) >= 0 || errno != EBADF;
}

Test(beginnings, what_the_program_gives_counts_more_than_the_environment)
{
        uint64_t answers = 0;

        setenv("EKIDEN_SNAPSHOT", "/no/such/file", 1);
        cr_assert_eq(ekiden_set_snapshot_file(dup(snapshot), NULL, 0), 0);
        cr_assert_eq(start(), EKIDEN_RESUMED);
        cr_expect_eq(ekiden_tag_uint64("answers", &answers), EKIDEN_RESUMED);
        cr_expect_eq(answers, 42u);
        cr_expect_null(getenv("EKIDEN_SNAPSHOT"));
}

Test(beginnings, a_snapshot_that_cannot_be_used_forbids_no_fresh_start)
{
        uint64_t answers = 1;

        cr_assert_eq(ekiden_set_snapshot_file(memfd_create("empty", MFD_CLOEXEC), NULL, 0), 0);
        cr_assert_eq(start(), EKIDEN_EPROTOCOL);
        cr_assert_eq(start(), EKIDEN_FRESH);
        cr_expect_eq(ekiden_tag_uint64("answers", &answers), EKIDEN_FRESH);
        ekiden_wake();
        ekiden_update_point("loop"); /* which would end one that has part of its state */
        cr_expect_eq(answers, 1u);
}

static void expect_closed_after_failure(int file)
{
        int kept[2];

        cr_assert_eq(pipe2(kept, O_CLOEXEC), 0);
        cr_assert_eq(ekiden_set_snapshot_file(file, kept, 2), 0);
        cr_assert_lt(start(), 0);
        cr_expect_not(is_open(file));
        cr_expect_not(is_open(kept[0]));
        cr_expect_not(is_open(kept[1]));
}

Test(beginnings, what_was_given_is_closed_where_it_cannot_be_used)
{
        expect_closed_after_failure(memfd_create("empty", MFD_CLOEXEC));
        setenv("EKIDEN_RUNTIME_DIR", "/no/such/directory", 1);
        expect_closed_after_failure(dup(snapshot));
}

/* It would be written over the whole one. */
Test(beginnings, nothing_is_saved_before_all_is_there)
{
        int file = memfd_create("early", MFD_CLOEXEC);
        uint64_t answers = 0;

        cr_assert_eq(ekiden_set_snapshot_file(dup(snapshot), NULL, 0), 0);
        cr_assert_eq(start(), EKIDEN_RESUMED);
        cr_expect_eq(ekiden_save_snapshot(file, NULL, NULL, NULL), EKIDEN_ESTATE);
        cr_assert_eq(ekiden_tag_uint64("answers", &answers), EKIDEN_RESUMED);
        cr_expect_eq(ekiden_save_snapshot(file, NULL, NULL, NULL), EKIDEN_ESTATE);
        ekiden_update_point("loop");
        cr_expect_eq(ekiden_save_snapshot(file, NULL, NULL, NULL), 0);
        close(file);
}
