/* SPDX-License-Identifier: MIT */
/*
 * What the registry's hops do with an address, one record at a time: an address of IPv4 goes up and
 * comes back as it was, and one of IPv6 cannot go down.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "arena.h"
#include "chain.h"
#include "registry_v3_to_v4.hop.h"
#include "registry_v4_to_v3.hop.h"

static int keep_record(void *data, ProtobufCMessage *record)
{
        *(ProtobufCMessage **)data = record;
        return 0;
}

/* A visitor through one hop; what comes out lives as long as the arena. NULL: it was refused. */
static void *run(const struct ekiden_hop_table *hop, void *visitor, struct ekiden_arena *arena,
                 struct ekiden_error *error)
{
        const struct ek_chain chain = {.from = hop->from, .to = hop->to, .hops = {hop}, .count = 1};
        ProtobufCMessage *record = NULL;
        struct ek_route route;

        cr_assert_eq(ek_route_find(&chain, ekiden_schema_item(hop->to, "visitors"), &route, NULL),
                     0);
        ek_route_run(&route, visitor, 0, arena, keep_record, &record, error);
        return record;
}

Test(registry_hops, take_an_address_of_ipv4_up_and_back)
{
        Registry__V3__Visitor before = REGISTRY__V3__VISITOR__INIT, *after;
        Registry__V4__Visitor *between;
        static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [15] = 7};
        struct ekiden_error error = {0};
        struct ekiden_arena arena;

        ek_arena_init(&arena);
        before.has_address = 1;
        before.address = 0xc0000007;
        between = run(&registry_v3_to_v4, &before, &arena, &error);
        cr_assert(between, "%s", error.sentence);
        cr_expect(between->has_address && between->address.len == sizeof(mapped));
        cr_expect_arr_eq(between->address.data, mapped, sizeof(mapped));
        after = run(&registry_v4_to_v3, between, &arena, &error);
        cr_assert(after, "%s", error.sentence);
        cr_expect(after->has_address && after->address == before.address, "it came back as %#x",
                  after->address);
        ek_arena_deinit(&arena);
}

Test(registry_hops, refuse_to_take_an_address_of_ipv6_back)
{
        uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
        Registry__V4__Visitor visitor = REGISTRY__V4__VISITOR__INIT;
        struct ekiden_error error = {0};
        struct ekiden_arena arena;

        ek_arena_init(&arena);
        visitor.has_address = 1;
        visitor.address = (ProtobufCBinaryData){.data = address, .len = sizeof(address)};
        cr_expect_null(run(&registry_v4_to_v3, &visitor, &arena, &error));
        cr_expect_eq(error.code, EKIDEN_ETRANSFORMER);
        cr_expect_not_null(strstr(error.sentence, "not of IPv4"), "%s", error.sentence);
        visitor.address.len = 4;
        error = (struct ekiden_error){0};
        cr_expect_null(run(&registry_v4_to_v3, &visitor, &arena, &error), "it is too short");
        ek_arena_deinit(&arena);
}
