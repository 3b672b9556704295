/* SPDX-License-Identifier: MIT */
/* What a program's observer is told of upgrades, whatever becomes of them. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekiden/observer.h>
#include <ekiden/role.h>
#include <ekiden/update_point.h>

#include "probe_v1.ekiden.h"

static char directory[64];
static struct {
        enum ekiden_happening_kind kind;
        enum ekiden_phase phase;
        int code;
} told[8];
static size_t told_count;

static void observe(void *data, const struct ekiden_happening *happening)
{
        (void)data;
        cr_assert_lt(told_count, sizeof(told) / sizeof(told[0]));
        told[told_count].kind = happening->kind;
        told[told_count].phase = happening->phase;
        told[told_count++].code = happening->error ? happening->error->code : 0;
}

/* This process, started as a program that would be upgraded to what is not there. */
static void setup(void)
{
        static char name[] = "probe";
        char *const arguments[] = {name, NULL};
        struct ekiden_error error;

        strcpy(directory, "/tmp/ekiden-test-XXXXXX");
        cr_assert_not_null(mkdtemp(directory));
        setenv("EKIDEN_RUNTIME_DIR", directory, 1);
        ekiden_set_observer(observe, NULL);
        cr_assert_eq(ekiden_set_binary("/no/such/binary"), 0);
        cr_assert_eq(ekiden_start(1, arguments, &probe_v1, &error), EKIDEN_FRESH, "%s",
                     error.sentence);
        ekiden_update_point("loop");
        cr_assert_eq(told_count, 1u);
        cr_assert_eq(told[0].kind, EKIDEN_SERVES);
}

static void teardown(void)
{
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", directory);
        cr_assert_eq(system(command), 0);
}

TestSuite(observer, .init = setup, .fini = teardown, .timeout = 60);

Test(observer, hears_the_end_of_every_upgrade_whose_beginning_it_heard)
{
        cr_assert_eq(raise(SIGUSR2), 0);
        ekiden_update_point("loop");
        cr_assert_eq(told_count, 3u);
        cr_expect_eq(told[1].kind, EKIDEN_PHASE_BEGINS);
        cr_expect_eq(told[1].phase, EKIDEN_PHASE_CHECK);
        cr_expect_eq(told[2].kind, EKIDEN_CALLED_OFF);
        cr_expect_eq(told[2].phase, EKIDEN_PHASE_CHECK);
        cr_expect_eq(told[2].code, EKIDEN_EBINARY);
}

static int permit(void *data, const struct ekiden_request *request, struct ekiden_error *error)
{
        (void)data;
        (void)request;
        (void)error;
        return EKIDEN_EREFUSED;
}

Test(observer, hears_nothing_of_what_never_began)
{
        ekiden_set_permit(permit, NULL);
        cr_assert_eq(raise(SIGUSR2), 0);
        ekiden_update_point("loop");
        cr_expect_eq(told_count, 1u);
}

Test(observer, hears_in_a_forked_child_that_it_serves_and_in_the_parent_no_more)
{
        pid_t child = fork();
        int status;

        if (child == 0) {
                told_count = 0;
                if (ekiden_after_fork("worker", NULL) < 0)
                        _exit(2);
                ekiden_update_point("loop");
                ekiden_update_point("loop");
                _exit(told_count != 1 || told[0].kind != EKIDEN_SERVES);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0);
        ekiden_wake();
        ekiden_update_point("loop");
        cr_expect_eq(told_count, 1u);
}
