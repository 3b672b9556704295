/* SPDX-License-Identifier: MIT */
/* See table.h. */
#include "table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/error.h>

#include "terminal.h"
#include "text.h"

#define GAP 2 /* spaces between two columns */
#define SHORTENED_MIN 16 /* columns that are left of a text which is cut */
#define DOTS "..."
#define CELL_MAX 4096

void table_add(struct table *table, const char *text)
{
        if (table->error < 0)
                return;
        if (table->count == table->capacity) {
                size_t capacity = table->capacity > 0 ? table->capacity * 2 : 64;
                char **grown = reallocarray(table->cells, capacity, sizeof(*grown));

                if (!grown) {
                        table->error = EKIDEN_ENOMEM;
                        return;
                }
                table->cells = grown;
                table->capacity = capacity;
        }
        table->cells[table->count] = strdup(text ? text : "");
        if (table->cells[table->count])
                table->count++;
        else
                table->error = EKIDEN_ENOMEM;
}

/* How wide a column is; 0: nothing stands in it. */
static size_t column_width(const struct table *table, size_t column)
{
        bool is_empty = true;
        size_t width = 0;

        for (size_t i = column; i < table->count; i += table->columns) {
                size_t columns = text_columns(table->cells[i]);

                width = columns > width ? columns : width;
                is_empty &= columns == 0 || i == column;
        }
        return is_empty ? 0 : width;
}

static size_t sum(const struct table *table, const size_t *widths)
{
        size_t total = 0;

        for (size_t i = 0; i < table->columns; i++)
                if (widths[i] > 0)
                        total += widths[i] + (total > 0 ? GAP : 0);
        return total;
}

/* Makes the columns fit, with the shortest loss. */
static void fit(const struct table *table, size_t *widths, size_t room)
{
        size_t shortens = table->shortens;
        size_t least =
                shortens > 0 && widths[shortens] < SHORTENED_MIN ? widths[shortens] : SHORTENED_MIN;

        for (size_t i = 0;; i++) {
                size_t total = sum(table, widths);
                size_t excess = total > room ? total - room : 0;
                size_t spare =
                        shortens > 0 && widths[shortens] > least ? widths[shortens] - least : 0;

                if (excess <= spare || table->drops[i] == 0) {
                        widths[shortens] -= excess < spare ? excess : spare;
                        return;
                }
                widths[table->drops[i]] = 0;
        }
}

/* The end of a text that is too long, behind dots. */
static const char *shorten(const char *text, size_t columns, char *ret_text, size_t size_bytes)
{
        size_t skipped = 0;

        if (text_columns(text) <= columns)
                return text;
        while (text_columns(text + skipped) + strlen(DOTS) > columns)
                skipped += text_fitting(text + skipped, 1) > 0 ? text_fitting(text + skipped, 1)
                                                               : text_fitting(text + skipped, 2);
        snprintf(ret_text, size_bytes, DOTS "%s", text + skipped);
        return ret_text;
}

/* The first row has the label; no spaces stand behind the last text of a row. */
static void print_row(const struct table *table, size_t row, const size_t *widths, FILE *out,
                      const char *label)
{
        char *const *cells = table->cells + row * table->columns;
        size_t wanted = strlen(label); /* where the column begins */
        size_t at = wanted; /* where the next text would */
        char shortened[CELL_MAX];

        fprintf(out, "%*s", (int)wanted, row == 0 ? label : "");
        for (size_t i = 0; i < table->columns; i++) {
                bool is_left = i == 0 || (table->words & (1U << i));
                const char *cell = cells[i];
                size_t length, begin;

                if (widths[i] == 0)
                        continue;
                if (i > 0 && i == table->shortens)
                        cell = shorten(cell, widths[i], shortened, sizeof(shortened));
                length = text_columns(cell);
                begin = wanted + (is_left ? 0 : widths[i] - length);
                if (length > 0) {
                        fprintf(out, "%*s%s", (int)(begin - at), "", cell);
                        at = begin + length;
                }
                wanted += widths[i] + GAP;
        }
        fputc('\n', out);
}

int table_print_behind(struct table *table, FILE *out, const char *label)
{
        size_t *widths = calloc(table->columns, sizeof(*widths));
        int r = widths ? table->error : EKIDEN_ENOMEM;
        struct terminal terminal;

        terminal_init(&terminal, out);
        for (size_t i = 0; widths && i < table->columns; i++)
                widths[i] = column_width(table, i);
        if (widths && terminal.live) {
                size_t columns = terminal_columns(&terminal), indent = strlen(label);

                fit(table, widths, columns > indent ? columns - indent : 0);
        }
        for (size_t row = 0; widths && (row + 1) * table->columns <= table->count; row++)
                print_row(table, row, widths, out, label);
        for (size_t i = 0; i < table->count; i++)
                free(table->cells[i]);
        free(table->cells);
        free(widths);
        table->cells = NULL;
        table->count = table->capacity = 0;
        table->error = 0;
        return r;
}

int table_print(struct table *table, FILE *out, int indent)
{
        char label[32];

        snprintf(label, sizeof(label), "%*s", indent, "");
        return table_print_behind(table, out, label);
}
