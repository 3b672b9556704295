/* SPDX-License-Identifier: MIT */
/* Figures as people read them, and strangers' texts made harmless. */
#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "text.h"

static void expect_clean(const char *untrusted, enum text_allowed allowed, const char *cleaned)
{
        char text[128];

        cr_expect_str_eq(text_clean(untrusted, allowed, text, sizeof(text)), cleaned);
}

Test(text, counts_have_separators_between_thousands)
{
        char text[TEXT_FIGURE_MAX];

        cr_expect_str_eq(text_count(0, text), "0");
        cr_expect_str_eq(text_count(999, text), "999");
        cr_expect_str_eq(text_count(1204, text), "1,204");
        cr_expect_str_eq(text_count(123456, text), "123,456");
        cr_expect_str_eq(text_count(1234567, text), "1,234,567");
        cr_expect_str_eq(text_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

Test(text, bytes_have_the_unit_that_fits)
{
        char text[TEXT_FIGURE_MAX];

        cr_expect_str_eq(text_bytes(0, text), "0 B");
        cr_expect_str_eq(text_bytes(1023, text), "1023 B");
        cr_expect_str_eq(text_bytes(1024, text), "1.0 KiB");
        cr_expect_str_eq(text_bytes(98611, text), "96.3 KiB");
        cr_expect_str_eq(text_bytes(1024 * 1024 - 1, text), "1.0 MiB");
        cr_expect_str_eq(text_bytes(UINT64_C(5) << 30, text), "5.0 GiB");
        cr_expect_str_eq(text_bytes(UINT64_MAX, text), "16.0 EiB");
}

Test(text, short_durations_keep_two_figures)
{
        char text[TEXT_FIGURE_MAX];

        cr_expect_str_eq(text_milliseconds(0, text), "0.00 ms");
        cr_expect_str_eq(text_milliseconds(420, text), "0.42 ms");
        cr_expect_str_eq(text_milliseconds(3100, text), "3.1 ms");
        cr_expect_str_eq(text_milliseconds(12004000, text), "12,004 ms");
        cr_expect_str_eq(text_milliseconds(UINT64_MAX, text), "18,446,744,073,709,552 ms");
}

Test(text, long_durations_change_their_unit)
{
        char text[TEXT_FIGURE_MAX];

        cr_expect_str_eq(text_duration(999, text), "1.00 ms");
        cr_expect_str_eq(text_duration(999999, text), "1,000 ms");
        cr_expect_str_eq(text_duration(1000000, text), "1.0 s");
        cr_expect_str_eq(text_duration(59990000, text), "59.9 s");
        cr_expect_str_eq(text_duration(UINT64_C(125) * 1000000, text), "2 min 5 s");
        cr_expect_str_eq(text_duration(UINT64_C(11040) * 1000000, text), "3 h 4 min");
        cr_expect_str_eq(text_duration(UINT64_C(1047600) * 1000000, text), "12 d 3 h");
        cr_expect_leq(strlen(text_duration(UINT64_MAX, text)), TEXT_FIGURE_MAX - 1);
}

Test(text, whole_seconds_stay_whole)
{
        char text[TEXT_FIGURE_MAX];

        cr_expect_str_eq(text_seconds(0, text), "0 s");
        cr_expect_str_eq(text_seconds(59, text), "59 s");
        cr_expect_str_eq(text_seconds(60, text), "1 min 0 s");
        cr_expect_str_eq(text_seconds(7384, text), "2 h 3 min");
        cr_expect_str_eq(text_seconds(UINT64_MAX, text),
                         text_duration(UINT64_MAX, (char[TEXT_FIGURE_MAX]){0}));
}

Test(text, control_characters_do_not_reach_the_terminal)
{
        expect_clean("a\033[2Jb\r\n\t\177c", TEXT_PRINTABLE, "a?[2Jb????c");
        expect_clean("a\xc2\x9b"
                     "2J",
                     TEXT_PRINTABLE, "a?2J"); /* CSI as one character of C1 */
        expect_clean("a\u202eb", TEXT_PRINTABLE, "a?b"); /* right-to-left override */
        expect_clean("a\u2028b", TEXT_PRINTABLE, "a?b"); /* line separator */
        for (unsigned int c = 1; c < 0xa0; c++) {
                char untrusted[3] = {(char)c}, text[8];

                if (c >= 0x80) {
                        untrusted[0] = (char)0xc2;
                        untrusted[1] = (char)c;
                }
                if (c < 0x20 || c >= 0x7f)
                        cr_expect_str_eq(text_clean(untrusted, TEXT_PRINTABLE, text, sizeof(text)),
                                         "?");
        }
}

Test(text, what_is_not_utf8_is_replaced_everywhere)
{
        static const char *const malformed[] = {
                "\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                "\xf8", "\xe2\x82",
        };

        for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
                char text[16];

                text_clean(malformed[i], TEXT_ANY_UTF8, text, sizeof(text));
                cr_expect_eq(strspn(text, "?"), strlen(malformed[i]), "%zu: %s", i, text);
        }
}

Test(text, other_writing_stays_where_it_may)
{
        expect_clean("caf\u00e9 \u65e5\u672c", TEXT_PRINTABLE, "caf\u00e9 \u65e5\u672c");
        expect_clean("caf\u00e9", TEXT_ASCII, "caf?");
        expect_clean("a\nb", TEXT_ANY_UTF8, "a\nb");
}

Test(text, a_text_that_is_too_long_is_cut_between_characters)
{
        const char *untrusted = "\u20ac\u20ac\u20ac";

        for (size_t size = 1; size <= 12; size++) {
                char text[12], again[12];

                text_clean(untrusted, TEXT_ANY_UTF8, text, size);
                cr_expect_eq(strlen(text) % 3, 0);
                cr_expect_lt(strlen(text), size);
                cr_expect_str_eq(text_clean(text, TEXT_ANY_UTF8, again, sizeof(again)), text);
        }
}

/* What a terminal does with them: two columns for one, none for another. */
Test(text, columns_are_those_of_a_terminal)
{
        static const struct {
                const char *text;
                size_t columns;
        } cases[] = {
                {"", 0},        {"abc", 3},  {"caf\u00e9", 4}, {"\u99c5\u4f1d", 4},
                {"e\u0301", 1}, {"\xff", 1}, {"\u2192 a", 3},
        };

        cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                cr_expect_eq(text_columns(cases[i].text), cases[i].columns, "%s: %zu",
                             cases[i].text, text_columns(cases[i].text));
}

Test(text, is_cut_between_characters_and_not_beyond_the_columns)
{
        static const char text[] = "\u99c5e\u0301\u4f1d";
        static const size_t lengths[] = {0, 0, 3, 6, 6, 9, 9};

        cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
        for (size_t columns = 0; columns < sizeof(lengths) / sizeof(lengths[0]); columns++)
                cr_expect_eq(text_fitting(text, columns), lengths[columns], "%zu: %zu", columns,
                             text_fitting(text, columns));
}
