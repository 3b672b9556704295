/* SPDX-License-Identifier: MIT */
/*
 * Random graphs of objects, handed over by what the generator made of their schema: they arrive as
 * they left, and leave again as the same bytes.
 *
 * EKIDEN_SEED is the first seed, EKIDEN_GRAPHS how many there are. A failure says which it was.
 */
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "grow.h"
#include "orchard_v1_to_v2.hop.h"
#include "orchard_v2_to_v1.hop.h"
#include "reader.h"
#include "recording.h"
#include "same.h"

static struct ek_registry registry;
static uint64_t seed;

static const struct ekiden_schema *schema_of(enum orchard_version version)
{
        return version == ORCHARD_V1 ? &orchard_v1 : &orchard_v2;
}

/* The graph of a seed, recorded as v1. */
static void start(struct world *ret_world, struct recording *ret_recording, uint64_t of_seed)
{
        struct ekiden_error error = {0};

        seed = of_seed;
        draw_seed(seed);
        *ret_world = (struct world){.farmer_count = 0};
        grow(ret_world);
        world_tag(ret_world, ORCHARD_V1);
        cr_assert_eq(record(ret_recording, &error), 0, "seed %llu: %s", (unsigned long long)seed,
                     error.sentence);
        world_untag();
}

/* A recording of version `from` is taken over by a process of version `to`. */
static void take_over(const struct recording *recording, enum orchard_version from,
                      enum orchard_version to, struct world *ret_world)
{
        struct ekiden_error error = {0};
        struct ek_chain chain;

        cr_assert_eq(ek_chain_find(&registry, schema_of(to), from, &chain, &error), 0, "%s",
                     error.sentence);
        *ret_world = (struct world){.farmer_count = 0};
        world_tag(ret_world, to);
        cr_assert_eq(play(recording, world_natives(), &chain, &error), 0, "seed %llu, item %s: %s",
                     (unsigned long long)seed, error.item, error.sentence);
        world_untag();
}

/* … and recorded again. */
static void record_again(struct world *world, enum orchard_version version,
                         struct recording *ret_recording)
{
        struct ekiden_error error = {0};

        world_tag(world, version);
        cr_assert_eq(record(ret_recording, &error), 0, "seed %llu: %s", (unsigned long long)seed,
                     error.sentence);
        world_untag();
}

static void expect_same_world(const struct world *before, const struct world *after)
{
        const char *difference = find_difference(before, after);

        cr_assert_null(difference, "seed %llu: not so: %s", (unsigned long long)seed, difference);
}

static void expect_same_bytes(const struct recording *one, const struct recording *other)
{
        cr_assert(recordings_agree(one, other), "seed %llu: other bytes are sent",
                  (unsigned long long)seed);
}

static void register_hops(void)
{
        cr_assert_eq(ek_registry_add(&registry, &orchard_v1_to_v2), 0);
        cr_assert_eq(ek_registry_add(&registry, &orchard_v2_to_v1), 0);
}

/* A promise that holds for each seed. */
static void for_each_seed(void (*promise)(uint64_t seed), uint64_t usual_count)
{
        uint64_t first = draw_setting("EKIDEN_SEED", 1);
        uint64_t count = draw_setting("EKIDEN_GRAPHS", usual_count);

        register_hops();
        for (uint64_t i = 0; i < count; i++)
                promise(first + i);
}

static void same_graph_and_bytes(uint64_t of_seed)
{
        struct world before, after;
        struct recording first, second;

        start(&before, &first, of_seed);
        take_over(&first, ORCHARD_V1, ORCHARD_V1, &after);
        expect_same_world(&before, &after);
        record_again(&after, ORCHARD_V1, &second);
        expect_same_bytes(&first, &second);
        world_end(&before);
        world_end(&after);
        free_recording(&first);
        free_recording(&second);
}

LeakTest(graphs, random_graph_arrives_as_it_left_and_leaves_again_as_the_same_bytes)
{
        for_each_seed(same_graph_and_bytes, 150);
}

static void same_through_hops(uint64_t of_seed)
{
        struct world before, newer, after;
        struct recording first, between, last;

        start(&before, &first, of_seed);
        take_over(&first, ORCHARD_V1, ORCHARD_V2, &newer);
        expect_same_world(&before, &newer);
        record_again(&newer, ORCHARD_V2, &between);
        take_over(&between, ORCHARD_V2, ORCHARD_V1, &after);
        expect_same_world(&before, &after);
        record_again(&after, ORCHARD_V1, &last);
        expect_same_bytes(&first, &last);
        world_end(&before);
        world_end(&newer);
        world_end(&after);
        free_recording(&first);
        free_recording(&between);
        free_recording(&last);
}

LeakTest(graphs, hop_that_adds_fields_and_its_downgrade_keep_graph_and_bytes)
{
        for_each_seed(same_through_hops, 100);
}

static size_t records_read;

static void same_for_protoc(uint64_t of_seed)
{
        struct world before;
        struct recording first;

        start(&before, &first, of_seed);
        records_read += expect_protoc_agrees(&first, &orchard_v1, "orchard_v1.proto", of_seed);
        world_end(&before);
        free_recording(&first);
}

LeakTest(graphs, records_and_objects_are_read_by_protoc_and_written_as_the_same_bytes)
{
        for_each_seed(same_for_protoc, 40);
        cr_assert_gt(records_read, 0);
}
