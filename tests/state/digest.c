/* SPDX-License-Identifier: MIT */
/* Digests of items: what changes them, what does not, and that both ends of a socket agree. */
#include "state/digest.h"

#include <fcntl.h>
#include <string.h>

#include "crates.h"

static const struct ekiden_message *crate_type(void)
{
        return ekiden_schema_item(&yard_v1, "crates")->message;
}

static Yard__V1__Crate crate(uint64_t id, int handle)
{
        Yard__V1__Crate crate = YARD__V1__CRATE__INIT;

        crate.has_id = crate.has_handle = 1;
        crate.id = id;
        crate.handle = handle;
        return crate;
}

static struct ek_digest digest_of(enum ek_digest_kind kind, uint64_t tag, Yard__V1__Crate record)
{
        struct ek_digest digest = {0};
        int handle = record.handle;

        cr_assert_eq(ek_digest_add(&digest, kind, crate_type(), tag, &record.base), 0);
        cr_assert_eq(record.handle, handle, "the record is as it was");
        return digest;
}

static bool differ(struct ek_digest one, struct ek_digest other)
{
        return !ek_digest_equals(&one, &other);
}

Test(digest, is_the_same_in_whatever_order_records_come)
{
        struct ek_digest up = {0}, down = {0};

        for (uint64_t i = 0; i < 100; i++) {
                Yard__V1__Crate one = crate(i, -1), other = crate(99 - i, -1);

                ek_digest_add(&up, EK_DIGEST_LIVE, crate_type(), 0, &one.base);
                ek_digest_add(&down, EK_DIGEST_LIVE, crate_type(), 0, &other.base);
        }
        cr_expect(ek_digest_equals(&up, &down));
}

Test(digest, of_a_record_that_came_twice_is_not_that_of_one_that_came_once)
{
        struct ek_digest once = {0}, twice = {0};
        Yard__V1__Crate record = crate(1, -1);

        ek_digest_add(&once, EK_DIGEST_LIVE, crate_type(), 0, &record.base);
        ek_digest_add(&twice, EK_DIGEST_LIVE, crate_type(), 0, &record.base);
        ek_digest_add(&twice, EK_DIGEST_LIVE, crate_type(), 0, &record.base);
        cr_expect_not(ek_digest_equals(&once, &twice));
}

Test(digest, changes_with_every_bit_of_a_packed_record)
{
        uint8_t packed[40];

        memset(packed, 0x5a, sizeof(packed));
        for (size_t bit = 0; bit < sizeof(packed) * 8; bit++) {
                struct ek_digest before = {0}, after = {0};

                ek_digest_add_packed(&before, 0, packed, sizeof(packed));
                packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
                ek_digest_add_packed(&after, 0, packed, sizeof(packed));
                packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
                cr_expect_not(ek_digest_equals(&before, &after), "bit %zu", bit);
        }
}

Test(digest, of_an_entry_is_not_that_of_an_object_of_the_same_bytes)
{
        cr_expect(differ(digest_of(EK_DIGEST_LIVE, 0, crate(1, -1)),
                         digest_of(EK_DIGEST_LIVE, 10, crate(1, -1))));
}

Test(digest, of_a_packed_record_is_that_of_the_record)
{
        Yard__V1__Crate record = crate(12345, 0);
        struct ek_digest packed = {0}, whole = {0};
        uint8_t bytes[64];

        record.has_handle = 0;
        record.label = (char *)(uintptr_t) "label";
        ek_digest_add_packed(&packed, 7, bytes, yard__v1__crate__pack(&record, bytes));
        ek_digest_add(&whole, EK_DIGEST_LIVE, crate_type(), 7, &record.base);
        cr_expect(ek_digest_equals(&packed, &whole));
}

Test(digest, knows_a_descriptor_by_what_it_leads_to)
{
        int zero = open("/dev/zero", O_RDONLY), again = open("/dev/zero", O_RDONLY);
        int null = open("/dev/null", O_RDONLY);
        struct ek_digest of_zero = digest_of(EK_DIGEST_LIVE, 0, crate(1, zero));

        cr_assert(zero >= 0 && again >= 0 && null >= 0);
        cr_expect_not(differ(of_zero, digest_of(EK_DIGEST_LIVE, 0, crate(1, again))));
        cr_expect(differ(of_zero, digest_of(EK_DIGEST_LIVE, 0, crate(1, null))));
        cr_expect(differ(of_zero, digest_of(EK_DIGEST_LIVE, 0, crate(1, -1))));
}

Test(digest, of_a_snapshot_knows_only_whether_there_is_a_descriptor)
{
        int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_RDONLY);
        struct ek_digest of_zero = digest_of(EK_DIGEST_SNAPSHOT, 0, crate(1, zero));
        struct ek_digest numbered = {0};
        Yard__V1__Crate record = crate(1, 17);

        cr_expect_not(differ(of_zero, digest_of(EK_DIGEST_SNAPSHOT, 0, crate(1, null))));
        cr_expect(differ(of_zero, digest_of(EK_DIGEST_SNAPSHOT, 0, crate(1, -1))));
        ek_digest_add_numbered(&numbered, crate_type(), 0, &record.base);
        cr_expect_not(differ(of_zero, numbered));
        numbered = (struct ek_digest){0};
        record.handle = 0;
        ek_digest_add_numbered(&numbered, crate_type(), 0, &record.base);
        cr_expect_not(differ(numbered, digest_of(EK_DIGEST_SNAPSHOT, 0, crate(1, -1))));
}

Test(digest, leaves_records_with_any_number_of_descriptors_as_they_were)
{
        int32_t handles[200];
        Yard__V1__Crate record = crate(1, -1);

        for (size_t count = 0; count <= 200; count += 25) {
                for (size_t i = 0; i < count; i++)
                        handles[i] = (int32_t)i - 1;
                record.handles = handles;
                record.n_handles = count;
                digest_of(EK_DIGEST_LIVE, 0, record);
                for (size_t i = 0; i < count; i++)
                        cr_assert_eq(handles[i], (int32_t)i - 1, "%zu of %zu", i, count);
        }
}

static void fill(struct crates *crates, Yard__V1__Crate *crate, struct ekiden_cursor *cursor)
{
        crate->has_id = 1;
        crate->id = cursor->record;
        crate->label = ekiden_cursor_printf(cursor, "crate %u", (unsigned int)cursor->record);
        if (cursor->record % 3 == 0) {
                crate->has_handle = 1;
                crate->handle = crates->pool[cursor->record % crates->pool_size];
        }
}

static struct ek_figures exchange_digests(enum ek_digest_kind sent, enum ek_digest_kind expected,
                                          struct exchange *ret_exchange)
{
        int pool[] = {open("/dev/zero", O_RDONLY | O_CLOEXEC),
                      open("/dev/null", O_RDONLY | O_CLOEXEC)};
        struct crates from = {.count = 1000, .fill = fill, .pool = pool, .pool_size = 2}, to = {0};
        struct ek_figures figures = {.digest_kind = expected};
        struct ek_tagged tagged_from = tag_item(&yard_v1, "crates", &crates_binding, &from);
        struct ek_tagged tagged_to = tag_item(&yard_v1, "crates", &crates_binding, &to);
        const struct ek_route route = identity(&yard_v1, "crates");

        tagged_to.last = &figures;
        *ret_exchange = (struct exchange){
                .from = &tagged_from, .to = &tagged_to, .route = &route, .digest_kind = sent};
        run_exchange(ret_exchange);
        close(pool[0]);
        close(pool[1]);
        return figures;
}

LeakTest(digest, of_what_was_sent_is_that_of_what_arrived)
{
        struct exchange exchange;
        struct ek_figures figures = exchange_digests(EK_DIGEST_LIVE, EK_DIGEST_LIVE, &exchange);

        cr_assert_eq(exchange.imported, EKIDEN_RESUMED, "%s", exchange.import_error.sentence);
        cr_expect(figures.is_known);
        cr_expect_eq(figures.records, 1000);
        cr_expect_eq(figures.descriptors, 334);
        cr_expect_eq(figures.bytes, exchange.sent.bytes);
        cr_expect_eq(figures.transformed, 0);
        cr_expect_gt(figures.duration_ns, 0);
        cr_expect_eq(figures.digest_kind, EK_DIGEST_LIVE);
        cr_expect(figures.digest.low != 0 || figures.digest.high != 0);
}

LeakTest(digest, of_a_snapshot_agrees_at_both_ends)
{
        struct exchange exchange;

        exchange_digests(EK_DIGEST_SNAPSHOT, EK_DIGEST_SNAPSHOT, &exchange);
        cr_assert_eq(exchange.imported, EKIDEN_RESUMED, "%s", exchange.import_error.sentence);
}

LeakTest(digest, that_does_not_agree_is_a_broken_protocol)
{
        struct exchange exchange;
        struct ek_figures figures = exchange_digests(EK_DIGEST_SNAPSHOT, EK_DIGEST_LIVE, &exchange);

        cr_expect_eq(exchange.imported, EKIDEN_EPROTOCOL);
        cr_expect_not_null(strstr(exchange.import_error.sentence, "digest"), "%s",
                           exchange.import_error.sentence);
        cr_expect_not(figures.is_known);
}

LeakTest(digest, that_nobody_asked_for_is_not_made)
{
        struct exchange exchange;
        struct ek_figures figures = exchange_digests(EK_DIGEST_LIVE, EK_DIGEST_NONE, &exchange);

        cr_assert_eq(exchange.imported, EKIDEN_RESUMED, "%s", exchange.import_error.sentence);
        cr_expect(figures.is_known);
        cr_expect_eq(figures.digest.low, 0);
        cr_expect_eq(figures.digest.high, 0);
}
