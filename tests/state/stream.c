/* SPDX-License-Identifier: MIT */
/* Records in any number and of any size arrive in order and whole. */
#include <stdio.h>
#include <string.h>

#include "crates.h"

static void fill(struct crates *crates, Yard__V1__Crate *crate, struct ekiden_cursor *cursor)
{
        cr_assert_not(crate->has_id || crate->label || crate->has_content || crate->has_handle);
        cr_assert_eq(crate->handle, -1);
        crate->has_id = 1;
        crate->id = cursor->record;
        crate->label = ekiden_cursor_printf(cursor, "crate %u", (unsigned int)cursor->record);
        if (crates->size > 0) {
                crate->has_content = 1;
                crate->content.len = crates->size;
                crate->content.data = ekiden_cursor_alloc(cursor, crates->size);
                memset(crate->content.data, (int)(cursor->record & 0xff), crates->size);
        }
}

static void take(struct crates *crates, const Yard__V1__Crate *crate, uint64_t number)
{
        char label[32];

        snprintf(label, sizeof(label), "crate %u", (unsigned int)number);
        cr_assert_eq(crate->id, number);
        cr_assert_str_eq(crate->label, label);
        cr_assert_eq(crate->handle, -1, "an absent descriptor is -1");
        cr_assert_eq(crate->content.len, crates->size);
        for (size_t i = 0; i < crates->size; i++)
                if (crate->content.data[i] != (uint8_t)number)
                        cr_assert_fail("byte %zu of record %u", i, (unsigned int)number);
}

static void expect_stream(uint64_t count, size_t size)
{
        struct crates from = {.count = count, .fill = fill, .size = size};
        struct crates to = {.take = take, .size = size};

        expect_crates(&from, &to);
}

LeakTest(stream, of_no_record)
{
        expect_stream(0, 0);
}

LeakTest(stream, of_one_record)
{
        expect_stream(1, 0);
}

LeakTest(stream, of_many_records)
{
        expect_stream(100000, 0);
}

LeakTest(stream, of_records_around_the_size_of_a_batch)
{
        for (size_t less = 0; less < 48; less++)
                expect_stream(3, EK_BATCH_TARGET - less);
}

LeakTest(stream, of_records_larger_than_a_batch)
{
        expect_stream(4, 5 * EK_BATCH_TARGET);
}

static void fill_nothing(struct crates *crates, Yard__V1__Crate *crate,
                         struct ekiden_cursor *cursor)
{
        (void)crates;
        (void)crate;
        (void)cursor;
}

LeakTest(stream, of_empty_records)
{
        struct crates from = {.count = 1000, .fill = fill_nothing}, to = {0};

        expect_crates(&from, &to);
}

/* The largest payload is 64 MiB, the record's own length before it among them. */
LeakTest(stream, record_over_64_mib_is_refused_with_a_sentence)
{
        struct crates from = {.count = 1, .fill = fill, .size = EK_FRAME_PAYLOAD_MAX}, to = {0};
        struct exchange exchange;

        send_crates(&from, &to, &exchange);
        cr_assert_eq(exchange.exported, EKIDEN_ELIMIT);
        cr_assert_eq(exchange.export_error.code, EKIDEN_ELIMIT);
        cr_assert_str_eq(exchange.export_error.item, "crates");
        cr_assert_not_null(strstr(exchange.export_error.sentence, "64 MiB"));
        cr_assert_lt(exchange.imported, 0);
        cr_assert_eq(to.taken, 0);
}

#define SMALL_SIZE 1000

/* The second is large, the others are small. */
static void fill_second_large(struct crates *crates, Yard__V1__Crate *crate,
                              struct ekiden_cursor *cursor)
{
        struct crates small = {.size = SMALL_SIZE};

        fill(cursor->record == 1 ? crates : &small, crate, cursor);
}

static void take_second_large(struct crates *crates, const Yard__V1__Crate *crate, uint64_t number)
{
        struct crates small = {.size = SMALL_SIZE};

        take(number == 1 ? crates : &small, crate, number);
}

/* Together they would be a frame that is too large. */
LeakTest(stream, record_of_nearly_64_mib_leaves_after_a_small_one)
{
        struct crates from = {.count = 3, .fill = fill_second_large};
        struct crates to = {.take = take_second_large};

        from.size = to.size = EK_FRAME_PAYLOAD_MAX - 40;
        expect_crates(&from, &to);
}

struct watch {
        uint64_t records;
        bool is_complete;
};

static void watch_progress(void *data, const struct ek_progress *progress)
{
        struct watch *watch = data;

        cr_assert_not(watch->is_complete, "nothing follows the last");
        cr_assert_str_eq(progress->item, "crates");
        cr_assert_geq(progress->records, watch->records);
        cr_assert_eq(progress->records, progress->total.records);
        cr_assert_eq(progress->announced, 30);
        watch->records = progress->records;
        watch->is_complete = progress->is_complete;
}

/* Nobody reads: all of it must fit the socket. */
static void widen(struct ek_link *link)
{
        int buffer = 16 << 20;

        cr_assert_eq(setsockopt(ek_link_socket(link), SOL_SOCKET, SO_SNDBUFFORCE, &buffer,
                                sizeof(buffer)),
                     0);
}

LeakTest(stream, ends_when_its_time_is_over_even_where_it_never_waits)
{
        struct crates from = {.count = 30, .fill = fill, .size = EK_BATCH_TARGET / 3};
        const struct ek_tagged tagged = tag_item(&yard_v1, "crates", &crates_binding, &from);
        const struct ek_wait wait = {.idle_ms = LONG_MS, .until_ns = 1};
        int peer;
        struct ek_link *link = link_and_peer(&peer);
        struct ek_export export_ = {.link = link, .wait = &wait};
        struct ekiden_error error = {0};

        widen(link);
        cr_assert_eq(ek_export_item(&export_, &tagged, &error), EKIDEN_ETIMEOUT);
        close(peer);
        ek_link_free(link);
}

LeakTest(stream, reports_progress_up_to_its_end)
{
        struct crates from = {.count = 30, .fill = fill, .size = EK_BATCH_TARGET / 3};
        const struct ek_tagged tagged = tag_item(&yard_v1, "crates", &crates_binding, &from);
        const struct ek_wait wait = {.idle_ms = LONG_MS};
        struct watch watch = {0};
        int peer;
        struct ek_link *link = link_and_peer(&peer);
        struct ek_export export_ = {
                .link = link, .wait = &wait, .progress = watch_progress, .data = &watch};
        struct ekiden_error error = {0};

        widen(link);
        cr_assert_eq(ek_export_item(&export_, &tagged, &error), 0, "%s", error.sentence);
        cr_assert_eq(watch.records, 30);
        cr_assert(watch.is_complete);
        cr_assert_eq(export_.total.records, 30);
        close(peer);
        ek_link_free(link);
}
