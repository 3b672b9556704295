/* SPDX-License-Identifier: MIT */
/* Records of one item looked up by transformers of another: the index, and how it comes about. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "garden.h"
#include "state/lookup.h"

static struct ek_index index_of_gardeners;

static void set_up(void)
{
        ek_index_init(&index_of_gardeners, ekiden_schema_item(&garden_v1, "gardeners"));
}

static void tear_down(void)
{
        ek_index_deinit(&index_of_gardeners);
}

TestSuite(lookup, .init = set_up, .fini = tear_down);

static void add(const char *name, uint64_t number)
{
        Garden__V1__Gardener gardener = GARDEN__V1__GARDENER__INIT;
        char text[64];

        snprintf(text, sizeof(text), "%s", name ? name : "");
        gardener.name = name ? text : NULL;
        gardener.has_number = 1;
        gardener.number = number;
        cr_assert_eq(ek_index_add(&index_of_gardeners, &gardener.base), 0);
        memset(text, 'x', sizeof(text)); /* it keeps no pointer into it */
}

/* The number of the gardener, or 0. */
static uint64_t find(const char *item, const char *name)
{
        const Garden__V1__Gardener *gardener =
                (const Garden__V1__Gardener *)ek_index_find(&index_of_gardeners, item, &name);

        cr_expect(!gardener || gardener->badge == -1, "an absent descriptor is none");
        return gardener ? gardener->number : 0;
}

Test(lookup, finds_every_record_among_many_and_none_that_there_is_not)
{
        char name[32];

        cr_expect_eq(find("gardeners", "ann"), 0, "of none");
        for (unsigned int i = 1; i <= 3000; i++) {
                snprintf(name, sizeof(name), "%u", i * 7919 % 3001);
                add(name, i);
        }
        for (unsigned int i = 1; i <= 3000; i++) {
                snprintf(name, sizeof(name), "%u", i * 7919 % 3001);
                cr_assert_eq(find("gardeners", name), i);
        }
        cr_expect_eq(find("gardeners", "3001"), 0);
        cr_expect_eq(find("gardeners", ""), 0);
        cr_expect_eq(find("beds", "1"), 0, "it is no index of beds");
        cr_expect_eq(find(NULL, "1"), 0);
        cr_expect_null(ek_index_find(&index_of_gardeners, "gardeners", NULL));
        cr_expect_null(ek_index_find(NULL, "gardeners", "ann"));
}

Test(lookup, finds_the_last_of_those_with_one_key_also_when_more_come_later)
{
        add("ann", 1);
        add("bob", 2);
        add("ann", 3);
        cr_expect_eq(find("gardeners", "ann"), 3);
        add("ann", 4);
        add("aaa", 5);
        cr_expect_eq(find("gardeners", "ann"), 4);
        cr_expect_eq(find("gardeners", "bob"), 2);
        add(NULL, 6);
        cr_expect_eq(find("gardeners", ""), 6, "an absent key is its default");
        cr_expect_eq(find("gardeners", NULL), 6);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool memory_ran_out;

void *__wrap_malloc(size_t size)
{
        return memory_ran_out ? NULL : __real_malloc(size);
}

/* What the fake predecessor has. */
static int badge = -1;
static unsigned int pulls;
static int pull_result = EKIDEN_RESUMED;

static int pull(void *data, const struct ekiden_item *source, const struct ek_tagged *tagged,
                const struct ek_route *route, struct ekiden_error *error)
{
        Garden__V1__Gardener gardener = GARDEN__V1__GARDENER__INIT;
        struct ekiden_cursor cursor = {0};
        int r;

        (void)data;
        (void)error;
        pulls++;
        cr_expect_str_eq(source->name, "gardeners");
        cr_expect_eq(source->message->descriptor, &garden__v1__gardener__descriptor);
        cr_expect_eq(route->target->message->descriptor, &garden__v1__gardener__descriptor,
                     "it is looked up as the hop's older schema has it");
        if (pull_result != EKIDEN_RESUMED && pull_result != EKIDEN_ENOMEM)
                return pull_result;
        gardener.name = (char[]){"ann"};
        gardener.has_number = gardener.has_badge = 1;
        gardener.number = 7;
        gardener.badge = badge = open("/dev/null", O_RDONLY | O_CLOEXEC);
        cr_assert_geq(badge, 0);
        memory_ran_out = pull_result == EKIDEN_ENOMEM;
        r = tagged->binding->import_record(tagged->functions, &gardener.base, &cursor,
                                           tagged->data);
        memory_ran_out = false;
        cr_assert_eq(r, pull_result == EKIDEN_ENOMEM ? EKIDEN_ENOMEM : 0);
        return r < 0 ? r : EKIDEN_RESUMED;
}

/* The join: a bed named its gardener, and now has the gardener's number. */
static int join(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        const Garden__V1__Gardener *gardener = garden_v1_to_v2_find_gardeners(hop, old->gardener);

        cr_expect_null(ekiden_hop_find(hop, "beds", &old->gardener), "the table does not say it");
        if (!gardener)
                return ekiden_hop_refuse(hop, "nobody is called %s", old->gardener);
        cr_expect_eq(gardener->badge, -1);
        new_->has_gardener_number = 1;
        new_->gardener_number = gardener->number;
        return 0;
}

static int keep_number(void *data, ProtobufCMessage *record)
{
        *(uint64_t *)data = ((const Garden__V2__Bed *)record)->gardener_number;
        return 0;
}

static int run_bed(const struct ek_route *route, const char *gardener, uint64_t *ret_number)
{
        Garden__V1__Bed bed = GARDEN__V1__BED__INIT;
        struct ekiden_scratch scratch;
        int r;

        bed.tap = -1;
        bed.gardener = (char *)(uintptr_t)gardener;
        bed_up = join;
        ek_scratch_init(&scratch);
        r = ek_route_run(route, &bed.base, 0, &scratch, keep_number, ret_number, NULL);
        ek_scratch_deinit(&scratch);
        return r;
}

Test(lookup, pulls_the_other_item_first_and_closes_its_descriptors)
{
        struct ek_chain chain = garden_chain(&garden_v2);
        struct ek_route route = garden_route(&chain, "beds");
        struct ekiden_error error = {0};
        uint64_t number = 0;

        cr_assert_eq(ek_lookups_fetch(&chain, &route, pull, NULL, &error), 0, "%s", error.sentence);
        cr_expect_eq(pulls, 1);
        cr_expect_lt(fcntl(badge, F_GETFD), 0, "the descriptor is closed");
        cr_expect_eq(run_bed(&route, "ann", &number), 0);
        cr_expect_eq(number, 7);
        cr_expect_eq(run_bed(&route, "bob", &number), EKIDEN_ETRANSFORMER);
        ek_lookups_free(&route);
        cr_expect_eq(run_bed(&route, "ann", &number), EKIDEN_ETRANSFORMER, "all is forgotten");
}

Test(lookup, of_an_item_that_the_predecessor_did_not_tag_finds_nothing)
{
        struct ek_chain chain = garden_chain(&garden_v2);
        struct ek_route route = garden_route(&chain, "beds");
        uint64_t number;

        pull_result = EKIDEN_FRESH;
        cr_assert_eq(ek_lookups_fetch(&chain, &route, pull, NULL, NULL), 0);
        cr_expect_eq(run_bed(&route, "ann", &number), EKIDEN_ETRANSFORMER);
        ek_lookups_free(&route);
}

Test(lookup, that_fails_fails_the_item)
{
        struct ek_chain chain = garden_chain(&garden_v2);
        struct ek_route route = garden_route(&chain, "beds");

        pull_result = EKIDEN_EPEER;
        cr_expect_eq(ek_lookups_fetch(&chain, &route, pull, NULL, NULL), EKIDEN_EPEER);
        ek_lookups_free(&route);
}

/* Who gave it closes it then; and a number that is closed twice may be another thread's. */
Test(lookup, that_runs_out_of_memory_leaves_the_descriptor_to_who_gave_it)
{
        struct ek_chain chain = garden_chain(&garden_v2);
        struct ek_route route = garden_route(&chain, "beds");

        pull_result = EKIDEN_ENOMEM;
        cr_expect_eq(ek_lookups_fetch(&chain, &route, pull, NULL, NULL), EKIDEN_ENOMEM);
        cr_expect_eq(close(badge), 0);
        ek_lookups_free(&route);
}

Test(lookup, is_made_for_no_item_whose_transformers_ask_for_none)
{
        struct ek_chain chain = garden_chain(&garden_v2);
        struct ek_route route = garden_route(&chain, "shed");

        cr_expect_eq(ek_lookups_fetch(&chain, &route, pull, NULL, NULL), 0);
        cr_expect_eq(pulls, 0);
        ek_lookups_free(&route);
}

Test(lookup, table_that_cannot_be_is_refused)
{
        static const struct ekiden_lookup cases[] = {
                {"beds", "sheds"}, /* none */
                {"beds", "shed"}, /* no stream */
                {"gardeners", "beds"}, /* for an item without a transformer */
                {"bed", "gardeners"},  {NULL, "gardeners"}, {"beds", NULL},
        };
        struct ekiden_hop_table hop = garden_v1_to_v2;

        hop.lookup_count = 1;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                hop.lookups = &cases[i];
                garden_registry.count = 0;
                cr_expect_eq(ek_registry_add(&garden_registry, &hop), EKIDEN_EINVAL, "%zu", i);
        }
}

/* An object crosses once: pulled again, its records would have nothing but identities. */
Test(lookup, of_records_that_hold_objects_is_refused)
{
        static const struct ekiden_lookup lookup = {"beds", "gardeners"};
        static const struct ekiden_field identity = {.index = 1, .flags = EKIDEN_FIELD_IDENTITY};
        struct ekiden_message inner = {&garden__v1__gardener__descriptor, &identity, 1, NULL};
        struct ekiden_field pointer = {.index = 1, .nested = &inner};
        struct ekiden_message outer = {&garden__v1__gardener__descriptor, &pointer, 1, NULL};
        struct ekiden_item items[8];
        struct ekiden_schema schema = garden_v1;
        struct ekiden_hop_table hop = garden_v1_to_v2;

        cr_assert_leq(schema.item_count, 8);
        memcpy(items, schema.items, schema.item_count * sizeof(*items));
        schema.items = items;
        for (size_t i = 0; i < schema.item_count; i++)
                if (strcmp(items[i].name, "gardeners") == 0)
                        items[i].message = &outer;
        hop.from = &schema;
        hop.lookups = &lookup;
        hop.lookup_count = 1;
        cr_expect_eq(ek_registry_add(&garden_registry, &hop), EKIDEN_EINVAL);
        pointer = (struct ekiden_field){.index = 1};
        cr_expect_eq(ek_registry_add(&garden_registry, &hop), 0);
}
