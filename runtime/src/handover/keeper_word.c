/* SPDX-License-Identifier: MIT */
/* See keeper_word.h. */
#include "handover/keeper_word.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNALS_MAX 64 /* of Linux (signal(7)) */

uint64_t ek_mask_number(const sigset_t *mask)
{
        uint64_t number = 0;

        for (int i = 1; i <= SIGNALS_MAX; i++)
                if (sigismember(mask, i) == 1)
                        number |= UINT64_C(1) << (i - 1);
        return number;
}

void ek_mask_of_number(uint64_t number, sigset_t *ret_mask)
{
        sigemptyset(ret_mask);
        for (int i = 1; i <= SIGNALS_MAX; i++)
                if (number & UINT64_C(1) << (i - 1))
                        sigaddset(ret_mask, i);
}

void ek_keeper_word_write(const struct ek_keeper_word *word, char ret_text[EK_KEEPER_TEXT_SIZE])
{
        int length =
                snprintf(ret_text, EK_KEEPER_TEXT_SIZE, "%d:%" PRIx64 ":%d%s", (int)word->keeper,
                         word->mask, word->signal_number, word->has_way_back ? ":" : "");

        if (word->has_way_back)
                ek_token_write(&word->token, ret_text + length);
}

bool ek_keeper_word_read(const char *text, struct ek_keeper_word *ret_word)
{
        struct ek_keeper_word word = {0};
        char *end;
        long keeper, number;

        errno = 0;
        keeper = strtol(text, &end, 10);
        if (errno != 0 || *end != ':' || keeper <= 0 || keeper > INT32_MAX)
                return false;
        word.keeper = (pid_t)keeper;
        if (!strchr("0123456789abcdef", end[1]) || end[1] == '\0')
                return false;
        word.mask = strtoull(end + 1, &end, 16);
        if (errno != 0 || *end != ':' || end[1] < '0' || end[1] > '9')
                return false;
        number = strtol(end + 1, &end, 10);
        if (errno != 0 || (*end != '\0' && *end != ':') || number > SIGNALS_MAX)
                return false;
        word.signal_number = (int)number;
        word.has_way_back = *end == ':';
        if (word.has_way_back && !ek_token_read(end + 1, &word.token))
                return false;
        *ret_word = word;
        return true;
}
