/* SPDX-License-Identifier: MIT */
/* See table.h. */
#include "table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/error.h>

#include "text.h"

#define GAP 2 /* spaces between two columns */

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

/* The first row has the label; no spaces stand behind the last text of a row. */
static void print_row(const struct table *table, size_t row, const size_t *widths, FILE *out,
                      const char *label)
{
        char *const *cells = table->cells + row * table->columns;
        size_t wanted = strlen(label); /* where the column begins */
        size_t at = wanted; /* where the next text would */

        fprintf(out, "%*s", (int)wanted, row == 0 ? label : "");
        for (size_t i = 0; i < table->columns; i++) {
                bool is_left = i == 0 || (table->words & (1U << i));
                size_t length = text_columns(cells[i]);
                size_t begin = wanted + (is_left ? 0 : widths[i] - length);

                if (widths[i] == 0)
                        continue;
                if (length > 0) {
                        fprintf(out, "%*s%s", (int)(begin - at), "", cells[i]);
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

        for (size_t i = 0; widths && i < table->columns; i++)
                widths[i] = column_width(table, i);
        for (size_t row = 0; widths && (row + 1) * table->columns <= table->count; row++)
                print_row(table, row, widths, out, label);
        for (size_t i = 0; i < table->count; i++)
                free(table->cells[i]);
        free(table->cells);
        free(widths);
        *table = (struct table){.columns = table->columns, .words = table->words};
        return r;
}

int table_print(struct table *table, FILE *out, int indent)
{
        char label[32];

        snprintf(label, sizeof(label), "%*s", indent, "");
        return table_print_behind(table, out, label);
}
