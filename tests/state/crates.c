/* SPDX-License-Identifier: MIT */
/* See crates.h. */
#include "crates.h"

static uint64_t count_crates(const void *functions, void *data)
{
        const struct crates *crates = data;

        (void)functions;
        return crates->count;
}

static int export_crate(const void *functions, ProtobufCMessage *record,
                        struct ekiden_cursor *cursor, void *data)
{
        struct crates *crates = data;

        (void)functions;
        if (crates->fails && cursor->record == crates->fail_at)
                return crates->fail_with == EKIDEN_EREFUSED
                               ? ekiden_cursor_refuse(cursor, "the crate is nailed down")
                               : crates->fail_with;
        if (cursor->record == crates->count)
                return 0;
        if (crates->fill)
                crates->fill(crates, (Yard__V1__Crate *)record, cursor);
        return 1;
}

static int import_crate(const void *functions, const ProtobufCMessage *record,
                        struct ekiden_cursor *cursor, void *data)
{
        struct crates *crates = data;

        (void)functions;
        if (crates->fails && cursor->record == crates->fail_at)
                return crates->fail_with == EKIDEN_EREFUSED
                               ? ekiden_cursor_refuse(cursor, "there is no room for the crate")
                               : crates->fail_with;
        if (crates->take)
                crates->take(crates, (const Yard__V1__Crate *)record, cursor->record);
        crates->taken++;
        close_crate((const Yard__V1__Crate *)record);
        return 0;
}

const struct ekiden_binding crates_binding = {
        .count = count_crates,
        .export_record = export_crate,
        .import_record = import_crate,
};

void close_crate(const Yard__V1__Crate *crate)
{
        if (crate->handle >= 0)
                cr_assert_eq(close(crate->handle), 0);
        for (size_t i = 0; i < crate->n_handles; i++)
                if (crate->handles[i] >= 0)
                        cr_assert_eq(close(crate->handles[i]), 0);
}

void send_crates(struct crates *from, struct crates *to, struct exchange *ret_exchange)
{
        const struct ek_tagged tagged_from = tag_item(&yard_v1, "crates", &crates_binding, from);
        const struct ek_tagged tagged_to = tag_item(&yard_v1, "crates", &crates_binding, to);
        const struct ek_route route = identity(&yard_v1, "crates");

        *ret_exchange = (struct exchange){.from = &tagged_from, .to = &tagged_to, .route = &route};
        to->taken = 0;
        run_exchange(ret_exchange);
}

void expect_crates(struct crates *from, struct crates *to)
{
        struct exchange exchange;

        send_crates(from, to, &exchange);
        cr_assert_eq(exchange.exported, 0, "%s", exchange.export_error.sentence);
        cr_assert_eq(exchange.imported, EKIDEN_RESUMED, "%s", exchange.import_error.sentence);
        cr_assert_eq(exchange.sent.records, from->count);
        cr_assert_eq(to->taken, from->count);
}
