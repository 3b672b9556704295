/* SPDX-License-Identifier: MIT */
/* The list of what a process has tagged. */
#include "state/tagged.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

static int add(const char *name, int *value)
{
        struct ek_tagged tagged = {
                .item = {.kind = EKIDEN_ITEM_SINGLETON, .message = &ek_value_message},
                .binding = &ek_value_binding,
                .data = value,
                .value_type = EK_VALUE_INT32,
        };

        snprintf(tagged.name, sizeof(tagged.name), "%s", name);
        tagged.item.name = tagged.name;
        return ek_tagged_add(&tagged);
}

Test(tagged, items_are_found_by_name_in_the_order_of_tagging)
{
        struct ek_tagged *const *all;
        char name[16];
        size_t count;
        int values[100];

        for (int i = 0; i < 100; i++) {
                snprintf(name, sizeof(name), "item%d", i);
                cr_assert_eq(add(name, &values[i]), 0);
        }
        all = ek_tagged_all(&count);
        cr_assert_eq(count, 100);
        for (int i = 0; i < 100; i++) {
                snprintf(name, sizeof(name), "item%d", i);
                cr_assert_eq(ek_tagged_find(name), all[i]);
                cr_assert_str_eq(all[i]->name, name);
                cr_assert_eq(all[i]->item.name, all[i]->name, "its own copy, not the caller's");
                cr_assert_eq(all[i]->functions, all[i]);
                cr_assert_eq(all[i]->data, &values[i]);
        }
        for (int i = 0; i < 100; i++) {
                snprintf(name, sizeof(name), "item%d", i);
                cr_assert_eq(ekiden_untag(name), 0);
        }
}

Test(tagged, name_is_taken_until_it_is_untagged)
{
        int first, second;

        cr_expect_eq(add("item", &first), 0);
        cr_expect_eq(add("item", &second), EKIDEN_EEXISTS);
        cr_expect_eq(ek_tagged_find("item")->data, &first);
        cr_expect_null(ek_tagged_find("ite"));
        cr_expect_null(ek_tagged_find("items"));
        cr_expect_eq(ekiden_untag("item"), 0);
        cr_expect_eq(ekiden_untag("item"), EKIDEN_ENOTFOUND);
        cr_expect_null(ek_tagged_find("item"));
        cr_expect_eq(add("item", &second), 0);
        cr_expect_eq(ek_tagged_find("item")->data, &second);
        cr_expect_eq(ekiden_untag("item"), 0);
}

Test(tagged, untagging_keeps_the_others_in_order)
{
        struct ek_tagged *const *all;
        size_t count;
        int value;

        for (int gone = 0; gone < 3; gone++) {
                const char *names[] = {"a", "b", "c"};

                for (int i = 0; i < 3; i++)
                        cr_assert_eq(add(names[i], &value), 0);
                cr_assert_eq(ekiden_untag(names[gone]), 0);
                all = ek_tagged_all(&count);
                cr_assert_eq(count, 2);
                cr_assert_str_eq(all[0]->name, names[gone == 0 ? 1 : 0]);
                cr_assert_str_eq(all[1]->name, names[gone == 2 ? 1 : 2]);
                for (int i = 0; i < 3; i++)
                        cr_assert_eq(ekiden_untag(names[i]), i == gone ? EKIDEN_ENOTFOUND : 0);
        }
}

Test(tagged, nothing_can_be_tagged_before_the_start)
{
        int32_t value = 0;

        cr_expect_eq(ekiden_tag_int32("value", &value), EKIDEN_ESTATE);
        cr_expect_null(ek_tagged_find("value"));
}
