/* SPDX-License-Identifier: MIT */
/* See show_rehearsal.h. */
#include "show_rehearsal.h"

#include <stdlib.h>
#include <string.h>

#include "show_verification.h"
#include "table.h"
#include "text.h"

#define INDENT 2

static void add_row(struct table *table, const char *const cells[])
{
        for (size_t i = 0; i < table->columns; i++)
                table_add(table, cells[i]);
}

static void add_figure(struct table *table, const struct figure *figure,
                       const char *(*text)(uint64_t value, char ret_text[TEXT_FIGURE_MAX]))
{
        char buffer[TEXT_FIGURE_MAX];

        table_add(table, figure->known ? text(figure->value, buffer) : NULL);
}

static void add_name(struct table *table, const struct show *show, const char *name)
{
        char text[EKIDEN_NAME_MAX + 1];

        table_add(table, text_clean(name, terminal_allowed(&show->terminal), text, sizeof(text)));
}

static void add_account(struct table *table, const struct show *show,
                        const struct item_account *account)
{
        add_name(table, show, account->name);
        if (account->records.known)
                add_figure(table, &account->records, text_count);
        else
                table_add(table, "new");
        add_figure(table, &account->objects, text_count);
        add_figure(table, &account->bytes, text_bytes);
        add_figure(table, &account->descriptors, text_count);
        add_figure(table, &account->transformed, text_count);
        add_figure(table, &account->duration_us, text_milliseconds);
        table_add(table, verdict_word(account->verdict));
}

static void print_items(const struct show *show, const struct upgrade *upgrade)
{
        static const char *const head[] = {
                "item",        "records",     "objects", "bytes",
                "descriptors", "transformed", "time",    "verified",
        };
        struct table table = {.columns = sizeof(head) / sizeof(head[0]), .drops = {4, 5, 2, 3}};

        if (upgrade->account_count == 0)
                return;
        add_row(&table, head);
        for (size_t i = 0; i < upgrade->account_count; i++)
                add_account(&table, show, &upgrade->accounts[i]);
        (void)table_print(&table, show->terminal.out, INDENT);
        fputc('\n', show->terminal.out);
}

static void print_pause(FILE *out, const struct upgrade *upgrade)
{
        char pause[TEXT_FIGURE_MAX], unrehearsed[TEXT_FIGURE_MAX];

        if (!upgrade->pause_us.known)
                return;
        fprintf(out, "  pause        %s  (how long nobody would serve",
                text_milliseconds(upgrade->pause_us.value, pause));
        if (upgrade->unrehearsed_us.known)
                fprintf(out,
                        "; %s of it for the new version's start and the split, as the PID is kept",
                        text_milliseconds(upgrade->unrehearsed_us.value, unrehearsed));
        fputs(")\n", out);
}

void show_rehearsal_report(const struct show *show, const struct upgrade *upgrade)
{
        FILE *out = show->terminal.out;
        char text[TEXT_FIGURE_MAX];

        show_versions(show, upgrade, false);
        fputs("  the upgrade would succeed; the old version serves on\n", out);
        print_items(show, upgrade);
        show_ahead_report(show, upgrade);
        show_room_report(show, upgrade);
        show_verification(show, upgrade);
        print_pause(out, upgrade);
        if (upgrade->peak_bytes.known)
                fprintf(out, "  peak memory  %s  (of the new version)\n",
                        text_bytes(upgrade->peak_bytes.value, text));
        if (upgrade->left_behind[0]) {
                char names[sizeof(upgrade->left_behind)];

                text_clean(upgrade->left_behind, terminal_allowed(&show->terminal), names,
                           sizeof(names));
                fprintf(out, "  left behind  %s  (the new version did not ask for it)\n", names);
        }
        show_verification_gaps(show, upgrade);
        fflush(out);
}

static void add_spread(struct table *table, const struct samples *samples)
{
        const struct spread spread = samples_spread(samples);
        char text[TEXT_FIGURE_MAX];

        table_add(table, text_milliseconds(spread.median, text));
        table_add(table, text_milliseconds(spread.percentile_99, text));
        table_add(table, text_milliseconds(spread.largest, text));
}

/* Of all runs the worst, for each item. */
static void show_worst(const struct show *show, const struct rehearsals *rehearsals,
                       void (*show_items)(const struct show *show, const struct verified *items,
                                          size_t count))
{
        struct verified *items;

        if (!rehearsals->last.verify)
                return;
        items = calloc(rehearsals->item_count + 1, sizeof(*items));
        if (!items)
                return;
        for (size_t i = 0; i < rehearsals->item_count; i++)
                items[i] =
                        (struct verified){rehearsals->items[i].name, rehearsals->items[i].verdict,
                                          rehearsals->items[i].reason};
        show_items(show, items, rehearsals->item_count);
        free(items);
}

void show_rehearsals_report(const struct show *show, const struct rehearsals *rehearsals)
{
        static const char *const head[] = {"", "median", "99 %", "largest"};
        FILE *out = show->terminal.out;
        struct table table = {.columns = sizeof(head) / sizeof(head[0])};
        char text[TEXT_FIGURE_MAX];

        show_versions(show, &rehearsals->last, false);
        fprintf(out, "  %s rehearsals went well; the old version serves on\n",
                text_count(rehearsals->done, text));
        add_row(&table, head);
        table_add(&table, "pause");
        add_spread(&table, &rehearsals->pause);
        table_add(&table, "total");
        add_spread(&table, &rehearsals->total);
        for (size_t i = 0; i < rehearsals->item_count; i++) {
                char name[EKIDEN_NAME_MAX + sizeof("item ")] = "item ";

                text_clean(rehearsals->items[i].name, terminal_allowed(&show->terminal),
                           name + strlen(name), EKIDEN_NAME_MAX + 1);
                table_add(&table, name);
                add_spread(&table, &rehearsals->items[i].duration);
        }
        (void)table_print(&table, out, INDENT);
        show_worst(show, rehearsals, show_verified);
        show_worst(show, rehearsals, show_not_compared);
        fflush(out);
}
