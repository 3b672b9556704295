/* SPDX-License-Identifier: MIT */
/* Entries that codecs have made, and that the program is given a little later. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include <ekiden/codec.h>

#include "state/fast.h"
#include "state/native.h"

#define LEFT 0xff /* a record that the codec leaves */
#define MANY 200

struct entry {
        bool is_announced, is_inserted;
};

struct crate {
        struct entry *entries[MANY];
        size_t count, announced;
        size_t refuse_at; /* which is refused, from 1; 0: none */
};

static int unpack(const uint8_t *data, size_t size, void *object,
                  const struct ekiden_memory *memory)
{
        (void)size;
        (void)object;
        (void)memory;
        return data[0] != LEFT;
}

static int insert(const void *functions, void *entry, struct ekiden_cursor *cursor, void *data)
{
        struct crate *crate = data;

        (void)functions;
        if (crate->refuse_at > 0 && crate->count + 1 == crate->refuse_at)
                return ekiden_cursor_refuse(cursor, "it is torn");
        crate->entries[crate->count++] = entry;
        ((struct entry *)entry)->is_inserted = true;
        return 0;
}

/* The library's promise: the entry will be inserted, and is told of once. */
static void announce(const void *functions, const void *entry, void *data)
{
        struct crate *crate = data;

        (void)functions;
        cr_expect(!((const struct entry *)entry)->is_inserted, "after %zu", crate->count);
        cr_expect(!((const struct entry *)entry)->is_announced, "after %zu", crate->count);
        ((struct entry *)(uintptr_t)entry)->is_announced = true;
        crate->announced++;
}

static const struct ekiden_native_codec codec = {.unpack = unpack};
static const struct ekiden_native native = {
        .name = "struct entry", .size = sizeof(struct entry), .codec = &codec};
static const struct ekiden_container container = {.insert = insert, .prefetch = announce};

/* Records, each of which is left where `is_left` has a bit for its number modulo 64. */
static int take(struct crate *crate, size_t count, uint64_t is_left, struct ekiden_error *error)
{
        const struct ek_tagged tagged = {.name = "crate",
                                         .is_plain = true,
                                         .native = &native,
                                         .container = &container,
                                         .data = crate};
        struct ekiden_objects *objects = calloc(1, sizeof(*objects));
        struct ek_import import = {.tagged = &tagged, .objects = objects, .error = error};
        int r = 1;

        ek_scratch_init(&import.scratch);
        import.cursor.scratch = &import.scratch;
        import.cursor.error = error;
        ek_fast_import_begin(&import);
        cr_assert(import.is_fast);
        for (size_t i = 0; i < count && r >= 0; i++) {
                const uint8_t record = is_left >> i % 64 & 1 ? LEFT : 0;
                size_t before = import.cursor.record;

                r = ek_fast_import(&import, &record, 1);
                if (r == 0) {
                        cr_expect_eq(import.window.first, import.window.end);
                        cr_expect_geq(import.cursor.record, before);
                }
        }
        if (r >= 0)
                r = ek_fast_import_flush(&import);
        ek_fast_import_drop(&import);
        ek_scratch_deinit(&import.scratch);
        free(objects);
        return r;
}

static void forget(struct crate *crate)
{
        for (size_t i = 0; i < crate->count; i++)
                free(crate->entries[i]);
}

Test(window, an_entry_is_announced_once_and_ahead_of_its_insertion_wherever_records_are_left)
{
        for (unsigned int left = 0; left < 64; left++) {
                struct crate crate = {.count = 0};
                struct ekiden_error error = {0};

                cr_assert_eq(take(&crate, 150, UINT64_C(1) << left, &error), 0);
                cr_expect_eq(crate.count, 150 - (150 + 63 - left) / 64);
                cr_expect_gt(crate.announced, 64);
                forget(&crate);
        }
}

Test(window, those_behind_one_that_is_refused_are_the_library_s_wherever_it_is)
{
        for (size_t refused = 1; refused <= 100; refused++) {
                struct crate crate = {.refuse_at = refused};
                struct ekiden_error error = {0};

                cr_assert_eq(take(&crate, 150, UINT64_C(1) << 7, &error), EKIDEN_EREFUSED);
                cr_expect_eq(crate.count, refused - 1);
                forget(&crate);
        }
}
