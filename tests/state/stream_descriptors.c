/* SPDX-License-Identifier: MIT */
/* Descriptors in records: thousands of them, in order, absent ones, and some too many. */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "crates.h"

#define POOL 16

static int pool[POOL];
static ino_t inodes[POOL];

static void open_pool(void)
{
        for (size_t i = 0; i < POOL; i++) {
                struct stat status;

                pool[i] = memfd_create("pool", MFD_CLOEXEC);
                cr_assert_eq(fstat(pool[i], &status), 0);
                inodes[i] = status.st_ino;
        }
}

static void close_pool(void)
{
        for (size_t i = 0; i < POOL; i++)
                close(pool[i]);
}

static ino_t inode(int fd)
{
        struct stat status;

        cr_assert_eq(fstat(fd, &status), 0, "descriptor %d is not open", fd);
        return status.st_ino;
}

/* Numbers that neither the record's nor the group's size divides. */
static size_t place(uint64_t record, size_t i)
{
        return (size_t)(record * 5 + i * 3) % POOL;
}

static void fill(struct crates *crates, Yard__V1__Crate *crate, struct ekiden_cursor *cursor)
{
        crate->has_handle = cursor->record % 3 != 0;
        crate->handle = cursor->record % 3 < 2 ? -1 : pool[place(cursor->record, 1000)];
        crate->n_handles = crates->descriptor_count;
        crate->handles = ekiden_cursor_alloc(cursor, sizeof(int32_t) * crates->descriptor_count);
        for (size_t i = 0; i < crates->descriptor_count; i++)
                crate->handles[i] = i % 7 == 6 ? -1 : pool[place(cursor->record, i)];
}

static void take(struct crates *crates, const Yard__V1__Crate *crate, uint64_t number)
{
        if (number % 3 == 2)
                cr_assert_eq(inode(crate->handle), inodes[place(number, 1000)]);
        else
                cr_assert_eq(crate->handle, -1, "absent, or none");
        cr_assert_eq(crate->n_handles, crates->descriptor_count);
        for (size_t i = 0; i < crate->n_handles; i++) {
                if (i % 7 == 6)
                        cr_assert_eq(crate->handles[i], -1);
                else
                        cr_assert_eq(inode(crate->handles[i]), inodes[place(number, i)],
                                     "record %u, descriptor %zu", (unsigned int)number, i);
        }
}

static void expect_descriptors(uint64_t records, size_t count)
{
        struct crates from = {.count = records, .fill = fill, .descriptor_count = count};
        struct crates to = {.take = take, .descriptor_count = count};

        open_pool();
        expect_crates(&from, &to);
        close_pool();
}

LeakTest(stream_descriptors, one_or_none_in_each_record)
{
        expect_descriptors(1000, 0);
}

LeakTest(stream_descriptors, a_few_in_each_record)
{
        expect_descriptors(500, 5);
}

LeakTest(stream_descriptors, about_a_group_in_each_record)
{
        for (size_t count = 290; count < 300; count++)
                expect_descriptors(4, count);
}

LeakTest(stream_descriptors, over_5000_in_one_item)
{
        expect_descriptors(20, 350);
}

LeakTest(stream_descriptors, over_5000_in_one_record)
{
        require_room_for_descriptors(8000);
        expect_descriptors(1, 6500);
}

static void fill_too_many(struct crates *crates, Yard__V1__Crate *crate,
                          struct ekiden_cursor *cursor)
{
        crate->n_handles = crates->descriptor_count;
        crate->handles = ekiden_cursor_alloc(cursor, sizeof(int32_t) * crates->descriptor_count);
}

LeakTest(stream_descriptors, too_many_in_one_record_are_refused_with_a_sentence)
{
        struct crates from = {.count = 1,
                              .fill = fill_too_many,
                              .descriptor_count = EK_BATCH_DESCRIPTORS_MAX + 1};
        struct crates to = {0};
        struct exchange exchange;

        send_crates(&from, &to, &exchange);
        cr_assert_eq(exchange.exported, EKIDEN_ELIMIT);
        cr_assert_eq(exchange.export_error.code, EKIDEN_ELIMIT);
        cr_assert_not_null(strstr(exchange.export_error.sentence, "descriptors"));
        cr_assert_lt(exchange.imported, 0);
        cr_assert_eq(to.taken, 0);
}

static void fill_closed(struct crates *crates, Yard__V1__Crate *crate, struct ekiden_cursor *cursor)
{
        (void)crates;
        (void)cursor;
        crate->has_handle = 1;
        crate->handle = 99999;
}

LeakTest(stream_descriptors, one_that_is_not_open_is_refused_with_a_sentence)
{
        struct crates from = {.count = 1, .fill = fill_closed}, to = {0};
        struct exchange exchange;

        send_crates(&from, &to, &exchange);
        cr_assert_eq(exchange.exported, EKIDEN_EREFUSED);
        cr_assert_not_null(strstr(exchange.export_error.sentence, "not open"));
        cr_assert_str_eq(exchange.export_error.item, "crates");
        cr_assert_eq(to.taken, 0);
}

/* The exporting program's own descriptors and its record are as they were, also after a failure. */
LeakTest(stream_descriptors, stay_the_exporting_programs_own)
{
        struct crates from = {.count = 5, .fill = fill, .descriptor_count = 300};
        struct crates to = {.fails = true, .fail_at = 3, .fail_with = EKIDEN_EREFUSED};
        struct exchange exchange;

        open_pool();
        send_crates(&from, &to, &exchange);
        cr_assert_eq(exchange.imported, EKIDEN_EREFUSED);
        for (size_t i = 0; i < POOL; i++)
                cr_assert_eq(inode(pool[i]), inodes[i]);
        close_pool();
}
