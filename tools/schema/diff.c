/* SPDX-License-Identifier: MIT */
/*
 * `diff`: what a hop does with each item and field, as a table. Nothing is left out: what stays the
 * same is what one wants to be sure of.
 */
#include <stdio.h>

#include "../src/text.h"
#include "commands.h"
#include "output.h"
#include "pair.h"

enum {
        COLUMN_SUBJECT,
        COLUMN_FROM,
        COLUMN_TO,
        COLUMN_ACTION,
        COLUMN_COUNT,
};

struct row {
        const char *cells[COLUMN_COUNT];
};

static struct row row_of(const struct ek_difference *difference)
{
        const char *action = difference->action;

        if (difference->severity == EK_SEVERITY_BROKEN || action == NULL || action[0] == '\0')
                action = ek_severity_text(difference->severity);
        return (struct row){{
                [COLUMN_SUBJECT] = difference->subject,
                [COLUMN_FROM] = difference->from_text != NULL ? difference->from_text : "-",
                [COLUMN_TO] = difference->to_text != NULL ? difference->to_text : "-",
                [COLUMN_ACTION] = action,
        }};
}

static void print_table(struct ek_memory *arena, const struct row *rows, size_t count)
{
        size_t widths[COLUMN_COUNT] = {0};
        struct ek_text text;

        for (size_t i = 0; i < count; i++)
                for (size_t k = 0; k < COLUMN_COUNT; k++) {
                        size_t width = text_columns(rows[i].cells[k]);

                        if (width > widths[k])
                                widths[k] = width;
                }
        ek_text_init(&text, arena);
        for (size_t i = 0; i < count; i++) {
                for (size_t k = 0; k < COLUMN_COUNT; k++) {
                        ek_text_add_string(&text, rows[i].cells[k]);
                        if (k + 1 < COLUMN_COUNT)
                                ek_text_add_spaces(&text,
                                                   widths[k] + 2 - text_columns(rows[i].cells[k]));
                }
                ek_text_add_string(&text, "\n");
        }
        output_lines(arena, stdout, text.bytes);
}

static void print_comparison(const struct ek_comparison *comparison)
{
        struct ek_memory *arena = comparison->arena;
        const size_t count = comparison->difference_count;
        struct row *rows = ek_memory_alloc(arena, count + 1, sizeof(*rows));

        rows[0] = (struct row){{
                [COLUMN_SUBJECT] = ek_memory_printf(arena, "PROGRAM %s", comparison->from->program),
                [COLUMN_FROM] = ek_memory_printf(arena, "VERSION %u", comparison->from->version),
                [COLUMN_TO] = ek_memory_printf(arena, "VERSION %u", comparison->to->version),
                [COLUMN_ACTION] = "THE HOP",
        }};
        for (size_t i = 0; i < count; i++)
                rows[i + 1] = row_of(&comparison->differences[i]);
        print_table(arena, rows, count + 1);
        if (ek_comparison_severity(comparison) == EK_SEVERITY_BROKEN)
                output_lines(arena, stdout,
                             "\nWhat is broken keeps the hop from being generated; `ekiden-schema "
                             "check` says what to do.");
}

int command_diff(const struct options *options)
{
        struct ek_comparison comparison;
        int status = pair_compare(options, true, &comparison);

        if (status != 0)
                return status;
        if (options->json)
                pair_print_json(&comparison, true);
        else
                print_comparison(&comparison);
        return STATUS_GOOD;
}
