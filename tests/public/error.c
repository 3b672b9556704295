/* SPDX-License-Identifier: MIT */
/* Codes, names, exit statuses and sentences: what programs and people rely on. */
#include <ekiden/error.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <criterion/criterion.h>

struct row {
        const char *name;
        int code, exit_status;
        const char *sentence;
};

static const struct row rows[] = {
#define ROW(name, value, exit_status, sentence) {"EKIDEN_" #name, value, exit_status, sentence},
        EKIDEN_ERRORS(ROW)
#undef ROW
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Released: never to be changed. A new code gets a line at the end. */
Test(error, codes_and_exit_statuses_are_these_for_good)
{
        static const struct row released[] = {
                {"EKIDEN_EINVAL", -1, 64, ""},      {"EKIDEN_ENOMEM", -2, 71, ""},
                {"EKIDEN_ESYSTEM", -3, 72, ""},     {"EKIDEN_ESTATE", -4, 70, ""},
                {"EKIDEN_EEXISTS", -5, 73, ""},     {"EKIDEN_ENOTFOUND", -6, 3, ""},
                {"EKIDEN_EAMBIGUOUS", -7, 4, ""},   {"EKIDEN_EPERMISSION", -8, 5, ""},
                {"EKIDEN_EBUSY", -9, 6, ""},        {"EKIDEN_EBINARY", -10, 7, ""},
                {"EKIDEN_EPROGRAM", -11, 8, ""},    {"EKIDEN_EVERSION", -12, 9, ""},
                {"EKIDEN_ESCHEMA", -13, 10, ""},    {"EKIDEN_ETRANSFORMER", -14, 11, ""},
                {"EKIDEN_EREFUSED", -15, 12, ""},   {"EKIDEN_EPEER", -16, 13, ""},
                {"EKIDEN_ETIMEOUT", -17, 14, ""},   {"EKIDEN_EPROTOCOL", -18, 15, ""},
                {"EKIDEN_ETYPE", -19, 16, ""},      {"EKIDEN_ELIMIT", -20, 17, ""},
                {"EKIDEN_ECANCELLED", -21, 18, ""},
        };

        cr_assert_geq(ROW_COUNT, sizeof(released) / sizeof(released[0]));
        for (size_t i = 0; i < sizeof(released) / sizeof(released[0]); i++) {
                cr_expect_str_eq(rows[i].name, released[i].name);
                cr_expect_eq(rows[i].code, released[i].code);
                cr_expect_eq(ekiden_error_exit_status(released[i].code), released[i].exit_status);
        }
}

Test(error, each_code_has_its_own_name_value_and_sentence)
{
        for (size_t i = 0; i < ROW_COUNT; i++) {
                cr_expect_lt(rows[i].code, 0);
                cr_expect(rows[i].exit_status > 2 && rows[i].exit_status < 126,
                          "a shell and getopt have the others");
                cr_expect_str_eq(ekiden_error_name(rows[i].code), rows[i].name);
                cr_expect_str_eq(ekiden_error_text(rows[i].code), rows[i].sentence);
                cr_expect_eq(ekiden_error_exit_status(rows[i].code), rows[i].exit_status);
                for (size_t k = 0; k < i; k++) {
                        cr_expect_neq(rows[i].code, rows[k].code);
                        cr_expect_str_neq(rows[i].name, rows[k].name);
                        cr_expect_str_neq(rows[i].sentence, rows[k].sentence);
                }
        }
}

Test(error, success_and_unknown_codes_have_names_too)
{
        cr_expect_eq(ekiden_error_exit_status(0), 0);
        cr_expect_not_null(ekiden_error_text(0));
        cr_expect_str_eq(ekiden_error_name(-1000), "EKIDEN_E?");
        cr_expect_not_null(ekiden_error_text(-1000));
        cr_expect_eq(ekiden_error_exit_status(-1000), 70);
        cr_expect_eq(ekiden_error_exit_status(INT32_MIN), 70);
}

Test(error, phases_have_words)
{
        static const char *const words[] = {"?",        "request", "check",  "warm",  "pause",
                                            "transfer", "ready",   "commit", "serve", "?"};

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                cr_expect_str_eq(ekiden_phase_name((enum ekiden_phase)i), words[i]);
}

Test(error, first_one_wins)
{
        struct ekiden_error error = {0};

        cr_expect_eq(ekiden_error_set(&error, EKIDEN_EBUSY, "the %s", "first"), EKIDEN_EBUSY);
        cr_expect_eq(ekiden_error_set(&error, EKIDEN_EPEER, "the second"), EKIDEN_EPEER);
        cr_expect_eq(ekiden_error_set_errno(&error, EKIDEN_ESYSTEM, ENOENT, "the third"),
                     EKIDEN_ESYSTEM);
        cr_expect_eq(error.code, EKIDEN_EBUSY);
        cr_expect_eq(error.system_errno, 0);
        cr_expect_str_eq(error.sentence, "the first");
}

Test(error, may_be_null)
{
        cr_expect_eq(ekiden_error_set(NULL, EKIDEN_EBUSY, "unheard"), EKIDEN_EBUSY);
        cr_expect_eq(ekiden_error_set_errno(NULL, EKIDEN_ESYSTEM, ENOENT, "unheard"),
                     EKIDEN_ESYSTEM);
}

Test(error, of_the_system_ends_in_its_text)
{
        struct ekiden_error error = {0};

        cr_expect_eq(ekiden_error_set_errno(&error, EKIDEN_ESYSTEM, ENOENT, "no \"%s\"", "x"),
                     EKIDEN_ESYSTEM);
        cr_expect_eq(error.code, EKIDEN_ESYSTEM);
        cr_expect_eq(error.system_errno, ENOENT);
        cr_expect_str_eq(error.sentence, "no \"x\": No such file or directory");
}

static bool is_continuation(char byte)
{
        return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Every length around the limit; the cut may fall into a character of two bytes. */
Test(error, long_sentences_are_cut_between_characters)
{
        char text[2 * sizeof(((struct ekiden_error *)0)->sentence)];

        for (size_t length = 480; length < 600; length++) {
                struct ekiden_error error = {0}, system_error = {0};

                for (size_t i = 0; i + 1 < length; i += 2)
                        memcpy(text + i, "\xc3\xa4", 2);
                text[length & ~(size_t)1] = '\0';
                ekiden_error_set(&error, EKIDEN_EINVAL, "%s%s", length % 2 ? "x" : "", text);
                ekiden_error_set_errno(&system_error, EKIDEN_EINVAL, ENOENT, "%s%s",
                                       length % 2 ? "x" : "", text);
                cr_assert_lt(strlen(error.sentence), sizeof(error.sentence));
                cr_assert_lt(strlen(system_error.sentence), sizeof(error.sentence));
                for (const char *at = error.sentence; *at; at++)
                        cr_assert((unsigned char)*at != 0xc3 || is_continuation(at[1]),
                                  "cut in a character at length %zu", length);
        }
}

/* A sentence crosses to the other process as protobuf's text: it has to be UTF-8, whatever a
   program put into it. */
Test(error, sentences_are_utf8_whatever_went_into_them)
{
        static const char *const bytes[] = {"caf\xe9",          "\xc0\x80", "\xed\xa0\x80",
                                            "\xf4\x90\x80\x80", "\xff",     "\x80",
                                            "\xe2\x82"};
        struct ekiden_error good = {0};

        for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
                struct ekiden_error error = {0};

                ekiden_error_set(&error, EKIDEN_EINVAL, "<%s>", bytes[i]);
                for (const char *at = error.sentence; *at; at++)
                        cr_expect_lt((unsigned char)*at, 0x80, "\"%s\"", error.sentence);
                cr_expect_eq(error.sentence[0], '<');
                cr_expect_eq(error.sentence[strlen(error.sentence) - 1], '>');
        }
        ekiden_error_set(&good, EKIDEN_EINVAL, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
        cr_expect_str_eq(good.sentence, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

Test(error, sentences_hold_nothing_that_a_terminal_obeys)
{
        struct ekiden_error error = {0};

        ekiden_error_set(&error, EKIDEN_EINVAL,
                         "a\x1b[2J\r\nb\x7f\tc\xc3\xa4\xc2\x9b"
                         "2J\xc2\x80\xc2\xa0");
        cr_expect_str_eq(error.sentence, "a [2J  b  c\xc3\xa4  2J  \xc2\xa0");
}
