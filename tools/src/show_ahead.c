/* SPDX-License-Identifier: MIT */
/* What was sent ahead of the pause, and what crossed in it after all. */
#include "show.h"
#include "text.h"

static void print_sent(const struct show *show, const struct ahead_account *account,
                       const char *name)
{
        char records[TEXT_FIGURE_MAX], rest[TEXT_FIGURE_MAX];

        fprintf(show->terminal.out, "  sent ahead   %s: %s record%s, and %s in the pause%s\n", name,
                text_count(account->records.value, records), account->records.value == 1 ? "" : "s",
                text_count(account->rest.value, rest),
                account->outrun ? "; it changed faster than it was sent" : "");
}

void show_ahead_report(const struct show *show, const struct upgrade *upgrade)
{
        enum text_allowed allowed = terminal_allowed(&show->terminal);

        for (size_t i = 0; i < upgrade->ahead_count; i++) {
                const struct ahead_account *account = &upgrade->ahead[i];
                char name[EKIDEN_NAME_MAX + 1], reason[AHEAD_REASON_SIZE];

                text_clean(account->name, allowed, name, sizeof(name));
                text_clean(account->reason, allowed, reason, sizeof(reason));
                if (account->records.known)
                        print_sent(show, account, name);
                else
                        fprintf(show->terminal.out, "  not ahead    %s: %s\n", name,
                                reason[0] ? reason : "it crossed in the pause");
        }
}
