/* SPDX-License-Identifier: MIT */
/* See line.h. */
#include "line.h"

#include <string.h>

#include "text.h"

void line_append(struct line *line, const char *text)
{
        size_t length = strlen(text);

        if (line->used + length >= sizeof(line->text))
                return;
        memcpy(line->text + line->used, text, length + 1);
        line->used += length;
}

void line_append_figure(struct line *line, const char *figure, const char *unit)
{
        line_append(line, "  ");
        line_append(line, figure);
        line_append(line, unit);
}

void line_append_count(struct line *line, const struct figure *figure, const char *unit)
{
        char text[TEXT_FIGURE_MAX];

        if (!figure->known)
                return;
        line_append_figure(line, text_count(figure->value, text), unit);
        if (figure->value != 1)
                line_append(line, "s");
}

void line_append_bytes(struct line *line, const struct figure *figure)
{
        char text[TEXT_FIGURE_MAX];

        if (figure->known)
                line_append_figure(line, text_bytes(figure->value, text), "");
}
