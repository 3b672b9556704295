/* SPDX-License-Identifier: MIT */
/* See shelf_program.h. */
#include "shelf_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry/process.h"
#include "shelf_v1.native.h"
#include "target.h"

#define BOOKS 200 /* more than scan() gives at a time */

struct shelf_program shelf_program;

static uint64_t count(void *data)
{
        return ((const struct shelf *)data)->count;
}

static int insert(struct book *book, struct ekiden_cursor *cursor, void *data)
{
        if (book->value == 666)
                return ekiden_cursor_refuse(cursor, "book 666 is not taken");
        shelf_put(data, book);
        return 0;
}

static bool take_out(struct book *book, void *data)
{
        return shelf_take_out(data, book);
}

static uint64_t scan(uint64_t position, struct book **entries, size_t room, size_t *ret_count,
                     void *data)
{
        return shelf_scan(data, position, entries, room, ret_count);
}

static struct book *find(const uint8_t *key, size_t key_size, void *data)
{
        return shelf_find(data, key, key_size);
}

int shelf_program_tag(void)
{
        static const struct shelf_v1_books_functions functions = {
                .count = count, .insert = insert, .remove = take_out, .scan = scan, .find = find};
        int r;

        ek_process.is_started = true;
        ek_process.pid = getpid();
        ek_process.schema = &shelf_v1;
        r = shelf_v1_tag_books(&functions, &shelf_program.books);
        return r < 0 ? r : shelf_v1_tag_ledger(&shelf_program.ledger);
}

void shelf_program_fill(void)
{
        for (uint32_t i = 0; i < BOOKS; i++) {
                struct book *book = calloc(1, sizeof(*book));
                char key[16];

                snprintf(key, sizeof(key), "%u", i);
                book->key = (uint8_t *)strdup(key);
                book->key_size = (uint32_t)strlen(key);
                book->value = i;
                shelf_put(&shelf_program.books, book);
        }
}

void shelf_program_end(void)
{
        for (size_t left = 1; left > 0;) {
                struct ek_tagged *const *all = ek_tagged_all(&left);

                if (left > 0)
                        expect(ekiden_untag(all[left - 1]->name) == 0);
        }
        shelf_empty(&shelf_program.books);
        memset(&shelf_program.ledger, 0, sizeof(shelf_program.ledger));
}
