/* SPDX-License-Identifier: MIT */
/*
 * protoc-c's names for C. That these are the ones it really uses is what the compiler checks when
 * the golden files are built together with its output.
 */
#include "names.h"

#include <criterion/criterion.h>

Test(names, are_those_of_protoc_c)
{
        static const struct {
                const char *name, *type, *lower, *upper;
        } cases[] = {
                {"counter.v2.Clients", "Counter__V2__Clients", "counter__v2__clients",
                 "COUNTER__V2__CLIENTS"},
                {"my_tree.v3.A_b", "MyTree__V3__AB", "my_tree__v3__a_b", "MY_TREE__V3__A_B"},
                {"a.HTTPServer2D", "A__HTTPServer2D", "a__httpserver2_d", "A__HTTPSERVER2_D"},
                {"a.lowerCamel.X", "A__LowerCamel__X", "a__lower_camel__x", "A__LOWER_CAMEL__X"},
                {"a._x__y_", "A__XY", "a___x__y_", "A___X__Y_"},
                {"Foo_Bar", "FooBar", "foo__bar", "FOO__BAR"},
                {"", "", "", ""},
        };
        struct ek_memory arena;

        ek_memory_init(&arena);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                cr_expect_str_eq(ek_name_type(&arena, cases[i].name), cases[i].type);
                cr_expect_str_eq(ek_name_lower(&arena, cases[i].name), cases[i].lower);
                cr_expect_str_eq(ek_name_upper(&arena, cases[i].name), cases[i].upper);
        }
        ek_memory_deinit(&arena);
}

Test(names, of_members_avoid_keywords)
{
        struct ek_memory arena;

        ek_memory_init(&arena);
        cr_expect_str_eq(ek_name_member(&arena, "Port"), "port");
        cr_expect_str_eq(ek_name_member(&arena, "HTTPPort_2"), "httpport_2");
        cr_expect_str_eq(ek_name_member(&arena, "int"), "int_");
        cr_expect_str_eq(ek_name_member(&arena, "New"), "new_");
        cr_expect_str_eq(ek_name_member(&arena, "and"), "and_");
        cr_expect_str_eq(ek_name_member(&arena, "xor_eq"), "xor_eq_");
        cr_expect_str_eq(ek_name_member(&arena, "in"), "in");
        ek_memory_deinit(&arena);
}

Test(names, of_members_may_be_words_that_protoc_c_lets_be)
{
        static const char *const words[] = {"restrict", "alignas", "unix", "co_await", "__asm"};
        static const char *const others[] = {"restrict_", "strict", "restri", "uni",
                                             "_asm",      "co",     "int_"};

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                cr_expect(ek_name_is_word(words[i]), "%s", words[i]);
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                cr_expect_not(ek_name_is_word(others[i]), "%s", others[i]);
}

Test(names, are_checked)
{
        cr_expect(ek_name_is_identifier("_a1"));
        cr_expect(ek_name_is_identifier("Z"));
        cr_expect_not(ek_name_is_identifier(""));
        cr_expect_not(ek_name_is_identifier("1a"));
        cr_expect_not(ek_name_is_identifier("a.b"));
        cr_expect_not(ek_name_is_identifier("a b"));
        cr_expect_not(ek_name_is_identifier("\xc3\xa4"));
        cr_expect(ek_name_is_qualified("a.b1._c"));
        cr_expect(ek_name_is_qualified("a"));
        cr_expect_not(ek_name_is_qualified("a..b"));
        cr_expect_not(ek_name_is_qualified(".a"));
        cr_expect_not(ek_name_is_qualified("a."));
        cr_expect_not(ek_name_is_qualified("a.1"));
        cr_expect_not(ek_name_is_qualified(""));
}
