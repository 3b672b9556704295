/* SPDX-License-Identifier: MIT */
/* See show_verification.h. */
#include "show_verification.h"

#include "text.h"

const char *verdict_word(enum verdict verdict)
{
        switch (verdict) {
        case VERDICT_SAME:
                return "same";
        case VERDICT_SAME_IN_PART:
                return "same in part";
        case VERDICT_NOT_COMPARED:
                return "not compared";
        default:
                return NULL;
        }
}

static void print_reason(const struct show *show, const struct item_account *account)
{
        enum text_allowed allowed = terminal_allowed(&show->terminal);
        char name[sizeof(account->name)], reason[sizeof(account->reason)];

        fprintf(show->terminal.out, "  %s: %s", verdict_word(account->verdict),
                text_clean(account->name, allowed, name, sizeof(name)));
        if (account->reason[0])
                fprintf(show->terminal.out, " (%s)",
                        text_clean(account->reason, allowed, reason, sizeof(reason)));
        fputc('\n', show->terminal.out);
}

void show_verification(const struct show *show, const struct upgrade *upgrade)
{
        size_t same = 0, compared = 0;
        char text[2][TEXT_FIGURE_MAX];

        if (!upgrade->verify)
                return;
        for (size_t i = 0; i < upgrade->account_count; i++) {
                same += upgrade->accounts[i].verdict == VERDICT_SAME;
                compared += upgrade->accounts[i].verdict != VERDICT_NONE;
        }
        fprintf(show->terminal.out, "  verified: %s of %s item%s the same\n",
                text_count(same, text[0]), text_count(compared, text[1]), compared == 1 ? "" : "s");
        for (size_t i = 0; i < upgrade->account_count; i++)
                if (upgrade->accounts[i].verdict > VERDICT_SAME)
                        print_reason(show, &upgrade->accounts[i]);
}
