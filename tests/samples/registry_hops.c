/* SPDX-License-Identifier: MIT */
/*
 * What the registry's hops do with an address, one record at a time: an address of IPv4 goes up and
 * comes back as it was, and one of IPv6 cannot go down.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "chain.h"
#include "registry_v3_to_v4.hop.h"
#include "registry_v4_to_v3.hop.h"
#include "scratch.h"

static int keep_record(void *data, ProtobufCMessage *record)
{
        *(ProtobufCMessage **)data = record;
        return 0;
}

/* A visitor through one hop; what comes out lives as long as the scratch. NULL: it was refused. */
static void *run(const struct ekiden_hop_table *hop, void *visitor, struct ekiden_scratch *scratch,
                 struct ekiden_error *error)
{
        const struct ek_chain chain = {.from = hop->from, .to = hop->to, .hops = {hop}, .count = 1};
        ProtobufCMessage *record = NULL;
        struct ek_route route;

        cr_assert_eq(ek_route_find(&chain, ekiden_schema_item(hop->to, "visitors"), &route, NULL),
                     0);
        ek_route_run(&route, visitor, 0, scratch, keep_record, &record, error);
        return record;
}

Test(registry_hops, take_an_address_of_ipv4_up_and_back)
{
        Registry__V3__Visitor before = REGISTRY__V3__VISITOR__INIT, *after;
        Registry__V4__Visitor *between;
        static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [15] = 7};
        struct ekiden_error error = {0};
        struct ekiden_scratch scratch;

        ek_scratch_init(&scratch);
        before.has_address = 1;
        before.address = 0xc0000007;
        between = run(&registry_v3_to_v4, &before, &scratch, &error);
        cr_assert(between, "%s", error.sentence);
        cr_expect(between->has_address && between->address.len == sizeof(mapped));
        cr_expect_arr_eq(between->address.data, mapped, sizeof(mapped));
        after = run(&registry_v4_to_v3, between, &scratch, &error);
        cr_assert(after, "%s", error.sentence);
        cr_expect(after->has_address && after->address == before.address, "it came back as %#x",
                  after->address);
        ek_scratch_deinit(&scratch);
}

Test(registry_hops, refuse_to_take_an_address_of_ipv6_back)
{
        uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
        Registry__V4__Visitor visitor = REGISTRY__V4__VISITOR__INIT;
        struct ekiden_error error = {0};
        struct ekiden_scratch scratch;

        ek_scratch_init(&scratch);
        visitor.has_address = 1;
        visitor.address = (ProtobufCBinaryData){.data = address, .len = sizeof(address)};
        cr_expect_null(run(&registry_v4_to_v3, &visitor, &scratch, &error));
        cr_expect_eq(error.code, EKIDEN_ETRANSFORMER);
        cr_expect_not_null(strstr(error.sentence, "not of IPv4"), "%s", error.sentence);
        visitor.address.len = 4;
        error = (struct ekiden_error){0};
        cr_expect_null(run(&registry_v4_to_v3, &visitor, &scratch, &error), "it is too short");
        ek_scratch_deinit(&scratch);
}
