/* SPDX-License-Identifier: MIT */
/* See show_verification.h. */
#include "show_verification.h"

#include <stdlib.h>

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
        case VERDICT_SAME_AS_GIVEN:
                return "same as given";
        default:
                return NULL;
        }
}

bool verdict_is_worse(enum verdict one, enum verdict other)
{
        static const int order[] = {
                [VERDICT_NONE] = 0,          [VERDICT_SAME] = 1,         [VERDICT_SAME_IN_PART] = 2,
                [VERDICT_SAME_AS_GIVEN] = 3, [VERDICT_NOT_COMPARED] = 4,
        };

        return order[one] > order[other];
}

static void print_reason(const struct show *show, const struct verified *item)
{
        enum text_allowed allowed = terminal_allowed(&show->terminal);
        char name[EKIDEN_NAME_MAX + 1], reason[VERDICT_REASON_SIZE];

        fprintf(show->terminal.out, "  %s: %s", verdict_word(item->verdict),
                text_clean(item->name, allowed, name, sizeof(name)));
        if (item->reason[0])
                fprintf(show->terminal.out, " (%s%s)",
                        item->verdict == VERDICT_SAME_AS_GIVEN ? "not taken back: " : "",
                        text_clean(item->reason, allowed, reason, sizeof(reason)));
        fputc('\n', show->terminal.out);
}

void show_verified(const struct show *show, const struct verified *items, size_t count)
{
        size_t given = 0, back = 0, compared = 0;
        char text[3][TEXT_FIGURE_MAX];

        for (size_t i = 0; i < count; i++) {
                enum verdict verdict = items[i].verdict;

                compared += verdict != VERDICT_NONE;
                given += verdict != VERDICT_NONE && verdict != VERDICT_NOT_COMPARED;
                back += verdict == VERDICT_SAME;
        }
        fprintf(show->terminal.out, "  verified: %s of %s item%s the same",
                text_count(given, text[0]), text_count(compared, text[1]),
                compared == 1 ? "" : "s");
        if (back < given)
                fprintf(show->terminal.out, " as given; %s of them also when taken back",
                        text_count(back, text[2]));
        fputc('\n', show->terminal.out);
        for (size_t i = 0; i < count; i++)
                if (items[i].verdict > VERDICT_SAME)
                        print_reason(show, &items[i]);
}

void show_not_compared(const struct show *show, const struct verified *items, size_t count)
{
        size_t missed = 0, compared = 0, named = 0;
        char name[EKIDEN_NAME_MAX + 1], text[2][TEXT_FIGURE_MAX];

        for (size_t i = 0; i < count; i++) {
                compared += items[i].verdict != VERDICT_NONE;
                missed += items[i].verdict == VERDICT_NOT_COMPARED;
        }
        if (missed == 0)
                return;
        fprintf(show->terminal.out,
                "  %s of %s item%s could not be compared:", text_count(missed, text[0]),
                text_count(compared, text[1]), compared == 1 ? "" : "s");
        for (size_t i = 0; i < count; i++)
                if (items[i].verdict == VERDICT_NOT_COMPARED)
                        fprintf(show->terminal.out, "%s %s", named++ > 0 ? "," : "",
                                text_clean(items[i].name, terminal_allowed(&show->terminal), name,
                                           sizeof(name)));
        fputc('\n', show->terminal.out);
}

/* The items of one upgrade, each in turn. */
static void show_accounts(const struct show *show, const struct upgrade *upgrade,
                          void (*show_items)(const struct show *show, const struct verified *items,
                                             size_t count))
{
        struct verified *items;

        if (!upgrade->verify)
                return;
        items = calloc(upgrade->account_count + 1, sizeof(*items));
        if (!items)
                return;
        for (size_t i = 0; i < upgrade->account_count; i++)
                items[i] =
                        (struct verified){upgrade->accounts[i].name, upgrade->accounts[i].verdict,
                                          upgrade->accounts[i].reason};
        show_items(show, items, upgrade->account_count);
        free(items);
}

void show_verification(const struct show *show, const struct upgrade *upgrade)
{
        show_accounts(show, upgrade, show_verified);
}

void show_verification_gaps(const struct show *show, const struct upgrade *upgrade)
{
        show_accounts(show, upgrade, show_not_compared);
}
