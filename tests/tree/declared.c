/* SPDX-License-Identifier: MIT */
/* Which roles a program can declare. */
#include <criterion/criterion.h>

#include <ekiden/role.h>
#include <ekiden/sandbox.h>

static int declare(const struct ekiden_role *first, const struct ekiden_role *second)
{
        const struct ekiden_role roles[] = {*first, *second};

        return ekiden_set_roles(roles, 2);
}

Test(roles, whose_successors_another_starts_come_behind_that_one)
{
        const struct ekiden_role desk = {.name = "desk"};
        const struct ekiden_role session = {.name = "session", .spawned_by = "desk"};

        cr_assert_eq(declare(&desk, &session), 0);
        cr_assert_eq(declare(&session, &desk), EKIDEN_EINVAL);
}

Test(roles, that_name_nobody_or_themselves_are_refused)
{
        const struct ekiden_role desk = {.name = "desk"};
        const struct ekiden_role lost = {.name = "session", .spawned_by = "porter"};
        const struct ekiden_role own = {.name = "session", .spawned_by = "session"};
        const struct ekiden_role empty = {.name = "session", .spawned_by = ""};

        cr_assert_eq(declare(&desk, &lost), EKIDEN_EINVAL);
        cr_assert_eq(declare(&desk, &own), EKIDEN_EINVAL);
        cr_assert_eq(declare(&desk, &empty), EKIDEN_EINVAL);
}

Test(roles, that_keep_their_pid_start_their_successors_themselves)
{
        const struct ekiden_role desk = {.name = "desk", .keeps_pid = true};
        const struct ekiden_role session = {
                .name = "session", .keeps_pid = true, .spawned_by = "desk"};

        cr_assert_eq(declare(&desk, &session), EKIDEN_EINVAL);
}

Test(roles, may_be_started_in_turn_by_one_that_another_starts)
{
        const struct ekiden_role roles[] = {
                {.name = "desk"},
                {.name = "floor", .spawned_by = "desk"},
                {.name = "session", .spawned_by = "floor"},
        };

        cr_assert_eq(ekiden_set_roles(roles, 3), 0);
}

Test(succession, is_for_children_that_the_programs_function_has_forked)
{
        struct ekiden_error error;

        cr_assert_eq(ekiden_succeed(&error), EKIDEN_ESTATE);
        cr_assert_eq(error.code, EKIDEN_ESTATE);
        cr_assert_eq(ekiden_succeed(NULL), EKIDEN_ESTATE);
}

Test(sandbox, comes_after_the_start)
{
        struct ekiden_error error;

        cr_assert_eq(ekiden_before_sandbox(&error), EKIDEN_ESTATE);
        cr_assert_eq(ekiden_before_sandbox(NULL), EKIDEN_ESTATE);
}
