/* SPDX-License-Identifier: MIT */
/* Secret bytes that lie in no arena cross as bytes, by way of a copy: nothing is left of that. */
#include <criterion/criterion.h>
#include <sys/mman.h>

#include "../security/memory.h"
#include "shelf_v2.ekiden.h"
#include "state/arena_fields.h"

#define TEXT_SIZE ((size_t)40 * MARK_SIZE)

Test(secrets, of_secret_bytes_that_lay_elsewhere_nothing_is_left)
{
        /* The program's own copy, where it is not counted. */
        char *text = mmap(NULL, 8 * TEXT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                          -1, 0);
        const struct ekiden_message *type = ekiden_schema_item(&shelf_v2, "books")->message;
        struct ek_arena_patches patches = {.is_secret = true};
        Shelf__V2__Book book = SHELF__V2__BOOK__INIT;
        struct ekiden_error error = {0};

        cr_assert(text != MAP_FAILED);
        for (size_t at = 0; at + MARK_SIZE <= 8 * TEXT_SIZE; at += MARK_SIZE)
                write_mark(text + at);
        book.has_text = 1;
        for (size_t size = TEXT_SIZE; size <= 8 * TEXT_SIZE; size *= 2) {
                book.text = (ProtobufCBinaryData){size, (uint8_t *)text};
                cr_assert_eq(ek_arena_fields_refer(&patches, type, &book.base, &error), 0);
                cr_expect_gt(count_marks(), 0, "it is copied");
                ek_arena_fields_restore(&patches);
        }
        ek_arena_fields_free(&patches);
        cr_expect_eq(count_marks(), 0);
}
