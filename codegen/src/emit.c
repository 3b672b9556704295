/* SPDX-License-Identifier: MIT */
#include "emit.h"

#include <stdarg.h>
#include <string.h>

#define INDENT 8

static const char *find_value(const char *name, size_t length, va_list arguments)
{
        const char *key;

        while ((key = va_arg(arguments, const char *)) != NULL) {
                const char *value = va_arg(arguments, const char *);

                if (strlen(key) == length && memcmp(key, name, length) == 0)
                        return value;
        }
        ek_die("a template names what it was not given: %.*s", (int)length, name);
}

/* Where the argument that starts at `text` ends: at a ',' or ')' that belongs to the list itself.
 */
static size_t argument_length(const char *text)
{
        size_t length = 0;
        int depth = 0;

        for (; text[length] != '\0'; length++) {
                if (text[length] == '(' || text[length] == '{')
                        depth++;
                else if (text[length] == ')' || text[length] == '}')
                        depth--;
                if (depth < 0 || (depth == 0 && text[length] == ','))
                        break;
        }
        return length;
}

/* The widest argument; the last one with all that follows the list, the others with their ','. */
static size_t widest_argument(const char *list)
{
        size_t widest = 0;

        for (;;) {
                size_t length = argument_length(list);
                bool last = list[length] != ',';
                size_t width = last ? strlen(list) : length + 1;

                widest = width > widest ? width : widest;
                if (last)
                        return widest;
                list += length + 1 + (list[length + 1] == ' ');
        }
}

/* Adds a list of arguments, as many to a line as fit; `column` is where it stands. */
static void add_arguments(struct ek_text *out, const char *list, size_t indent, size_t column,
                          bool one_per_line)
{
        bool first = true;

        for (;;) {
                size_t length = argument_length(list);
                bool last = list[length] != ',';
                size_t width = last ? strlen(list) : length + 1;

                if (!first && (one_per_line || column + 1 + width > EK_EMIT_COLUMNS)) {
                        ek_text_add_string(out, "\n");
                        ek_text_add_spaces(out, indent);
                        column = indent;
                } else if (!first) {
                        ek_text_add_string(out, " ");
                        column++;
                }
                ek_text_add(out, list, width);
                if (last)
                        return;
                column += width;
                list += length + 1 + (list[length + 1] == ' ');
                first = false;
        }
}

/* A list in `line` that opens with the character before `open`. */
static void add_broken_list(struct ek_text *out, const char *line, size_t indent, size_t open,
                            bool one_per_line)
{
        size_t column = open;

        ek_text_add(out, line, open);
        if (!one_per_line && open + widest_argument(line + open) > EK_EMIT_COLUMNS) {
                ek_text_add_string(out, "\n");
                ek_text_add_spaces(out, indent + INDENT);
                column = indent + INDENT;
        }
        add_arguments(out, line + open, column, column, one_per_line);
}

static bool is_condition(const char *line)
{
        return strncmp(line, "if (", 4) == 0 || strncmp(line, "else if (", 9) == 0;
}

/* A line that is too long is a call, an assignment, or an element of a table. */
static void add_line(struct ek_text *out, const char *line)
{
        size_t indent = strspn(line, " ");
        const char *assignment = strstr(line, " = ");
        const char *list = strchr(line, '(');

        if (strlen(line) <= EK_EMIT_COLUMNS || line[indent] == '#' || line[indent] == '/') {
                ek_text_add_string(out, line);
        } else if (line[indent] == '*' && line[indent + 1] == ' ') { /* of a comment */
                ek_emit_comment_line(out, line + indent + 2);
        } else if (line[indent] == '{') {
                add_broken_list(out, line, indent, indent + 1, true);
        } else if (assignment != NULL && assignment[3] != '{' &&
                   (list == NULL || list <= assignment + 3 ||
                    indent + INDENT + strlen(assignment + 3) <= EK_EMIT_COLUMNS)) {
                ek_text_add(out, line, (size_t)(assignment - line) + 2);
                ek_text_add_string(out, "\n");
                ek_text_add_spaces(out, indent + INDENT);
                ek_text_add_string(out, assignment + 3);
        } else if (list != NULL) {
                /* a pointer to a function, or a condition that is a call: its own list follows */
                if (list[1] == '*' ||
                    (is_condition(line + indent) && strchr(list + 1, '(') != NULL))
                        list = strchr(list + 1, '(');
                if (list == NULL)
                        ek_die("a line cannot be broken: %s", line);
                add_broken_list(out, line, indent, (size_t)(list - line) + 1, false);
        } else {
                ek_text_add_string(out, line);
        }
}

void ek_emit(struct ek_text *out, const char *template, ...)
{
        struct ek_text text;
        va_list arguments;
        char *line, *end;

        ek_text_init(&text, out->arena);
        ek_text_add_string(&text, "");
        while (*template != '\0') {
                size_t length = strcspn(template, "$");

                ek_text_add(&text, template, length);
                template += length;
                if (*template == '$') {
                        length = strcspn(++template, "$");
                        va_start(arguments, template);
                        ek_text_add_string(&text, find_value(template, length, arguments));
                        va_end(arguments);
                        template += length + 1;
                }
        }
        for (line = text.bytes; (end = strchr(line, '\n')) != NULL; line = end + 1) {
                *end = '\0';
                add_line(out, line);
                ek_text_add_string(out, "\n");
        }
        add_line(out, line);
}

void ek_emit_finish(struct ek_text *out)
{
        struct ek_text whole;
        const char *second = strchr(out->bytes, '\n') + 1;
        bool too_long = false;

        for (const char *line = out->bytes; *line != '\0';) {
                size_t length = strcspn(line, "\n");

                too_long = too_long || (length > EK_EMIT_COLUMNS && line[0] != '#');
                line += length + (line[length] == '\n');
        }
        if (!too_long)
                return;
        ek_text_init(&whole, out->arena);
        ek_text_add(&whole, out->bytes, (size_t)(second - out->bytes));
        ek_text_add_string(&whole, "/* clang-format off */\n");
        ek_text_add_string(&whole, second);
        *out = whole;
}
