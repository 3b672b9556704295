/* SPDX-License-Identifier: MIT */
/* Text of other processes, on its way to a log or a terminal. */
#include <criterion/criterion.h>
#include <string.h>

#include "utf8.h"

static const struct {
        const char *from, *line;
} lines[] = {
        {"plain", "plain"},
        {"", ""},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"12345\xc3\xa9", "12345\xc3\xa9"},
        {"123456\xc3\xa9", "123456"}, /* one byte of two has room */
        {"123456789", "1234567"},
        {"12345\xe2\x82\xac", "12345"},
        {"\x1b[2J", " [2J"},
        {"a\nb\x7f", "a b "},
        {"a\xc2\x9b"
         "2J",
         "a  2J"}, /* ESC [ in one character */
        {"\xff\xc3", "??"},
};

#define ROOM 8 /* bytes, with the NUL */

Test(utf8, a_line_is_cut_between_characters_and_obeyed_by_no_terminal)
{
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                char line[ROOM];

                ek_utf8_copy_line(line, sizeof(line), lines[i].from);
                cr_expect_str_eq(line, lines[i].line, "line %zu", i);
        }
}

Test(utf8, a_line_can_be_made_where_the_text_is)
{
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                char line[32];

                strcpy(line, lines[i].from);
                ek_utf8_copy_line(line, ROOM, line);
                cr_expect_str_eq(line, lines[i].line, "line %zu", i);
        }
}
