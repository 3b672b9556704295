/* SPDX-License-Identifier: MIT */
/* What the old version that is back is told of how the new one ended, and tells the keeper. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "handover/ended.h"

static void expect_same(const struct ek_ended *a, const struct ek_ended *b)
{
        cr_expect_eq(a->how, b->how);
        cr_expect_eq(a->number, b->number);
}

static void expect_to_arrive(struct ek_ended ended)
{
        Ekiden__Hello hello = EKIDEN__HELLO__INIT;
        char text[EK_ENDED_TEXT_SIZE];
        struct ek_ended back;

        ek_ended_write(&ended, text);
        back = ek_ended_read(text);
        expect_same(&back, &ended);
        ek_ended_fill(&back, &hello);
        back = ek_ended_of_hello(&hello);
        expect_same(&back, &ended);
}

Test(ended, with_any_status_or_by_any_signal_is_told_as_it_was)
{
        for (int status = 0; status <= 255; status++)
                expect_to_arrive((struct ek_ended){EK_ENDED_EXITED, status});
        for (int number = 1; number <= 64; number++)
                expect_to_arrive((struct ek_ended){EK_ENDED_KILLED, number});
        expect_to_arrive((struct ek_ended){0});
}

Test(ended, in_words_that_are_none_is_not_known)
{
        static const char *const texts[] = {"",
                                            "status",
                                            "status ",
                                            "status 256",
                                            "status -1",
                                            "status 3 ",
                                            "status x",
                                            "signal 0",
                                            "signal 65",
                                            "signal +6",
                                            "signal  6",
                                            "Signal 6",
                                            "status 0003",
                                            "signal 9999999999999999999"};

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                struct ek_ended read = ek_ended_read(texts[i]);

                cr_expect_eq(read.how, EK_ENDED_UNKNOWN, "%s", texts[i]);
        }
}

Test(ended, by_what_cannot_be_is_not_believed)
{
        Ekiden__Hello hello = EKIDEN__HELLO__INIT;
        struct ek_ended read;
        char how[96] = "unchanged";

        hello.has_killed_by = 1;
        for (uint32_t number = 65; number != 0; number <<= 1) {
                hello.killed_by = number;
                read = ek_ended_of_hello(&hello);
                cr_expect_eq(read.how, EK_ENDED_UNKNOWN, "signal %u", number);
        }
        hello.has_killed_by = 0;
        hello.has_exit_status = 1;
        for (uint32_t status = 256; status != 0; status <<= 1) {
                hello.exit_status = status;
                read = ek_ended_of_hello(&hello);
                cr_expect_eq(read.how, EK_ENDED_UNKNOWN, "status %u", status);
        }
        cr_expect(!ek_ended_say(&read, how, sizeof(how)));
        cr_expect_str_eq(how, "unchanged");
}

Test(ended, is_said_as_of_any_process)
{
        const struct ek_ended killed = {EK_ENDED_KILLED, 6}, exited = {EK_ENDED_EXITED, 3};
        char how[96];

        cr_assert(ek_ended_say(&killed, how, sizeof(how)));
        cr_expect_str_eq(how, "was killed by signal 6 (Aborted)");
        cr_assert(ek_ended_say(&exited, how, sizeof(how)));
        cr_expect_str_eq(how, "exited with status 3");
}
