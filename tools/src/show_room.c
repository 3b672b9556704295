/* SPDX-License-Identifier: MIT */
/* For whose records there was room before the pause, and for whose there was none. */
#include <string.h>

#include "show.h"
#include "text.h"

/* The same may be said of it already: that it was not sent ahead. */
static bool is_told(const struct upgrade *upgrade, const struct room_account *account)
{
        for (size_t i = 0; i < upgrade->ahead_count; i++)
                if (!upgrade->ahead[i].records.known &&
                    strcmp(upgrade->ahead[i].name, account->name) == 0 &&
                    strcmp(upgrade->ahead[i].reason, account->reason) == 0)
                        return true;
        return false;
}

void show_room_report(const struct show *show, const struct upgrade *upgrade)
{
        enum text_allowed allowed = terminal_allowed(&show->terminal);

        for (size_t i = 0; i < upgrade->room_count; i++) {
                const struct room_account *account = &upgrade->rooms[i];
                char name[EKIDEN_NAME_MAX + 1], reason[AHEAD_REASON_SIZE], records[TEXT_FIGURE_MAX];

                text_clean(account->name, allowed, name, sizeof(name));
                text_clean(account->reason, allowed, reason, sizeof(reason));
                if (account->records.known)
                        fprintf(show->terminal.out,
                                "  made ready   %s: room for %s records before the pause\n", name,
                                text_count(account->records.value, records));
                else if (!is_told(upgrade, account))
                        fprintf(show->terminal.out, "  not ready    %s: %s\n", name,
                                reason[0] ? reason : "no room was made before the pause");
        }
}
