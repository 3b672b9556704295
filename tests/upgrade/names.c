/* SPDX-License-Identifier: MIT */
/* Items and arenas share their names, and who takes one twice is told which. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/arena.h>
#include <ekiden/start.h>
#include <ekiden/tag.h>

#include "probe_v1.ekiden.h"

static char directory[64], said[256];

static void hear(void *data, enum ekiden_log_level level, const char *message)
{
        (void)data;
        if (level == EKIDEN_LOG_ERROR)
                snprintf(said, sizeof(said), "%s", message);
}

static void setup(void)
{
        static char name[] = "probe";
        char *const arguments[] = {name, NULL};

        strcpy(directory, "/tmp/ekiden-test-XXXXXX");
        cr_assert_not_null(mkdtemp(directory));
        setenv("EKIDEN_RUNTIME_DIR", directory, 1);
        ekiden_set_log(hear, NULL);
        cr_assert_eq(ekiden_start(1, arguments, &probe_v1, NULL), EKIDEN_FRESH);
}

static void teardown(void)
{
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", directory);
        cr_assert_eq(system(command), 0);
}

TestSuite(names, .init = setup, .fini = teardown, .timeout = 60);

Test(names, an_arena_with_the_name_of_an_item_is_refused_and_the_log_says_which)
{
        struct ekiden_arena *arena = NULL;
        uint64_t answers = 0;

        cr_assert_eq(ekiden_tag_uint64("answers", &answers), EKIDEN_FRESH);
        cr_assert_str_empty(said);
        cr_assert_eq(ekiden_tag_arena("answers", &arena), EKIDEN_EEXISTS);
        cr_expect_str_eq(said, "item \"answers\" is tagged already; choose another name");
        cr_expect_eq(ekiden_tag_arena("texts", &arena), EKIDEN_FRESH);
}
