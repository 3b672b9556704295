/* SPDX-License-Identifier: MIT */
/* Structs that the library has filled and frees, as it does where a record is left half-way: what
   they held may have been secret. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "state/native.h"

#define TEXT_SIZE ((size_t)40 * MARK_SIZE)

struct vault {
        char *password;
        uint8_t *key;
        size_t key_size;
        char pin[TEXT_SIZE];
        size_t rest_size;
        uint8_t rest[];
};

static const struct ekiden_member members[] = {
        {.name = "password",
         .kind = EKIDEN_MEMBER_TEXT,
         .room = EKIDEN_ROOM_ONE,
         .flags = EKIDEN_MEMBER_INDIRECT,
         .offset = offsetof(struct vault, password),
         .size = sizeof(char *)},
        {.name = "key",
         .kind = EKIDEN_MEMBER_BYTES,
         .room = EKIDEN_ROOM_POINTED,
         .offset = offsetof(struct vault, key),
         .size = 1,
         .length_offset = offsetof(struct vault, key_size),
         .length_size = sizeof(size_t)},
        {.name = "pin",
         .kind = EKIDEN_MEMBER_TEXT,
         .room = EKIDEN_ROOM_ONE,
         .offset = offsetof(struct vault, pin),
         .size = TEXT_SIZE},
        {.name = "rest",
         .kind = EKIDEN_MEMBER_BYTES,
         .room = EKIDEN_ROOM_FLEXIBLE,
         .offset = offsetof(struct vault, rest),
         .size = 1,
         .length_offset = offsetof(struct vault, rest_size),
         .length_size = sizeof(size_t)},
};

static const struct ekiden_native native = {.name = "struct vault",
                                            .size = sizeof(struct vault),
                                            .members = members,
                                            .member_count = 4};

static void mark(void *to)
{
        for (size_t at = 0; at + MARK_SIZE < TEXT_SIZE; at += MARK_SIZE)
                write_mark((char *)to + at);
}

Test(structs, that_are_freed_leave_nothing_of_what_they_held)
{
        struct vault *vault = calloc(1, sizeof(*vault) + TEXT_SIZE);

        cr_assert_not_null(vault);
        vault->password = calloc(1, TEXT_SIZE);
        vault->key = calloc(1, TEXT_SIZE);
        vault->key_size = vault->rest_size = TEXT_SIZE;
        mark(vault->password);
        mark(vault->key);
        mark(vault->pin);
        mark(vault->rest);
        cr_assert_eq(count_marks(), (size_t)4 * 39);
        ek_native_free(&native, NULL, vault);
        cr_expect_eq(count_marks(), 0);
}
