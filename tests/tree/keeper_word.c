/* SPDX-License-Identifier: MIT */
/* What a successor under its predecessor's PID is told of the keeper, in its environment. */
#include <signal.h>
#include <string.h>

#include <criterion/criterion.h>

#include "handover/keeper_word.h"

static const struct ek_keeper_word word = {
        .keeper = 12345,
        .mask = UINT64_C(0x8000000000000400),
        .signal_number = 64,
        .has_way_back = true,
        .token = {.bytes = "0123456789abcde"},
};

Test(keeper_word, is_read_as_it_was_written)
{
        char text[EK_KEEPER_TEXT_SIZE];
        struct ek_keeper_word read, back = word;

        ek_keeper_word_write(&word, text);
        cr_assert(ek_keeper_word_read(text, &read), "%s", text);
        cr_expect_eq(read.keeper, word.keeper);
        cr_expect_eq(read.mask, word.mask);
        cr_expect_eq(read.signal_number, word.signal_number);
        cr_expect(read.has_way_back);
        cr_expect_eq(memcmp(&read.token, &word.token, sizeof(read.token)), 0);
        back.has_way_back = false;
        ek_keeper_word_write(&back, text);
        cr_assert(ek_keeper_word_read(text, &read), "%s", text);
        cr_expect(!read.has_way_back);
}

Test(keeper_word, that_is_damaged_is_none)
{
        static const char *const texts[] = {
                "",       ":",    "1",     "1:0",    "0:0:0",  "-1:0:0",     "99999999999:0:0",
                "1:0:0:", "x",    "1:g:0", "1:0:65", "1:0:-1", "1:0:0:0123", "1:0:",
                "1:0: 1", "1:0:x"};
        char text[EK_KEEPER_TEXT_SIZE], cut[EK_KEEPER_TEXT_SIZE];
        struct ek_keeper_word read;
        size_t signal_begins, signal_ends;

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                cr_expect(!ek_keeper_word_read(texts[i], &read), "%s", texts[i]);
        ek_keeper_word_write(&word, text);
        signal_begins = strcspn(text, ":") + 1;
        signal_begins += strcspn(text + signal_begins, ":") + 1;
        signal_ends = signal_begins + strcspn(text + signal_begins, ":");
        for (size_t length = 0; length < strlen(text); length++) {
                /* A number that is cut is another number. */
                bool is_word = length > signal_begins && length <= signal_ends;

                memcpy(cut, text, length);
                cut[length] = '\0';
                cr_expect_eq(ek_keeper_word_read(cut, &read), is_word, "%s", cut);
        }
}

Test(keeper_word, mask_of_signals_is_kept)
{
        sigset_t mask, back;

        sigemptyset(&mask);
        sigaddset(&mask, SIGHUP);
        sigaddset(&mask, SIGRTMAX);
        ek_mask_of_number(ek_mask_number(&mask), &back);
        for (int i = 1; i <= SIGRTMAX; i++)
                cr_expect_eq(sigismember(&back, i), sigismember(&mask, i), "signal %d", i);
}
