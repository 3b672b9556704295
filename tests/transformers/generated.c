/* SPDX-License-Identifier: MIT */
/* Generated hops at work: what they convert, what they refuse, and users' functions that fail. */
#include "garden.h"

/* The linker sends the library's own calls of malloc() here. */
static unsigned int allocations_left = UINT32_MAX;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
        if (allocations_left == 0)
                return NULL;
        allocations_left--;
        return __real_malloc(size);
}

static struct ekiden_scratch scratch;
static struct ekiden_error error;
static unsigned int came_out;

static void set_up(void)
{
        ek_scratch_init(&scratch);
}

static void tear_down(void)
{
        ek_scratch_deinit(&scratch);
}

TestSuite(generated, .init = set_up, .fini = tear_down);

static int keep(void *data, ProtobufCMessage *record)
{
        ProtobufCMessage **kept = data;

        came_out++;
        *kept = record;
        return 0;
}

static int run(const struct ekiden_schema *to, const char *item, ProtobufCMessage *record,
               void *ret_record)
{
        struct ek_chain chain = garden_chain(to);
        struct ek_route route = garden_route(&chain, item);

        cr_assert_eq(route.decoded_as->descriptor, record->descriptor);
        memset(&error, 0, sizeof(error));
        came_out = 0;
        return ek_route_run(&route, record, 17, &scratch, keep, ret_record, &error);
}

static Garden__V2__Bed *bed_to_v2(Garden__V1__Bed *bed)
{
        Garden__V2__Bed *up = NULL;

        cr_assert_eq(run(&garden_v2, "beds", &bed->base, &up), 0, "%s", error.sentence);
        cr_assert_eq(came_out, 1);
        return up;
}

static void expect_refused(int r, const char *words)
{
        cr_expect_eq(r, EKIDEN_ETRANSFORMER, "%d, %s", r, words);
        cr_expect_eq(came_out, 0);
        cr_expect_not_null(strstr(error.sentence, words), "%s", error.sentence);
        cr_expect_not_null(strstr(error.sentence, "the transformer of item \"beds\" from version "),
                           "%s", error.sentence);
        cr_expect_not_null(strstr(error.sentence, "record 17: "), "%s", error.sentence);
}

Test(generated, hop_converts_what_is_safe)
{
        Garden__V1__Plant graft = GARDEN__V1__PLANT__INIT, plant = GARDEN__V1__PLANT__INIT;
        Garden__V1__Plant *plants[] = {&plant, &graft};
        Garden__V1__Bed bed = GARDEN__V1__BED__INIT;
        Garden__V2__Bed *up;

        plant.name = (char[]){"rose"};
        plant.has_colour = 1;
        plant.colour = GARDEN__V1__COLOUR__BLUE;
        plant.graft = &graft;
        bed.has_id = bed.has_depth = bed.has_sunny = bed.has_acid = bed.has_kind = 1;
        bed.id = UINT32_MAX;
        bed.depth = INT32_MIN;
        bed.sunny = 1;
        bed.acid = 6.5f;
        bed.kind = 7;
        bed.note = (char[]){"wet"};
        bed.cover_case = GARDEN__V1__BED__COVER_LEAVES;
        bed.leaves = (char[]){"oak"};
        bed.plants = plants;
        bed.n_plants = 2;
        bed.tap = -1;
        up = bed_to_v2(&bed);
        cr_expect(up->has_id && up->id == UINT32_MAX);
        cr_expect(up->has_depth && up->depth == INT32_MIN);
        cr_expect(up->has_sunny && up->sunny == 1);
        cr_expect(up->has_acid && up->acid == 6.5);
        cr_expect(up->has_kind && up->kind == GARDEN__V2__KIND__HERBS);
        cr_expect(up->has_note && up->note.len == 3 && memcmp(up->note.data, "wet", 3) == 0);
        cr_expect_not(up->has_straw);
        cr_expect_str_eq(up->leaves, "oak");
        cr_expect_not(up->has_tap);
        cr_expect_eq(up->side_case, GARDEN__V2__BED__SIDE__NOT_SET);
        cr_assert_eq(up->n_plants, 2);
        cr_assert_eq(up->plants[0]->n_name, 1);
        cr_expect_str_eq(up->plants[0]->name[0], "rose");
        cr_assert_eq(up->plants[0]->n_colour, 1);
        cr_expect_eq(up->plants[0]->colour[0], GARDEN__V2__COLOUR__BLUE);
        cr_assert_not_null(up->plants[0]->graft);
        cr_expect_eq(up->plants[0]->graft->n_name, 0);
        cr_expect_eq(up->plants[1]->n_name, 0);
}

/* The new default is another one: what was meant is said. */
Test(generated, hop_keeps_what_an_absent_value_meant)
{
        Garden__V1__Bed bed = GARDEN__V1__BED__INIT;
        Garden__V2__Bed *up;

        bed.tap = -1;
        up = bed_to_v2(&bed);
        cr_expect_str_eq(up->name, "bed");
        cr_expect_neq(up->name, garden__v2__bed__name__default_value, "it is present");
        cr_expect_not(up->has_colour, "RED is what CRIMSON was, and both are the default");
        cr_expect_not(up->has_kind, "no kind is no kind");
        cr_expect_not(up->has_id);
}

static Garden__V2__Bed *down_bed(void)
{
        static Garden__V2__Bed bed;

        garden__v2__bed__init(&bed);
        bed.tap = -1;
        return &bed;
}

static void expect_down_refused(Garden__V2__Bed *bed, const char *words)
{
        Garden__V1__Bed *down;

        expect_refused(run(&garden_v1, "beds", &bed->base, &down), words);
}

Test(generated, downgrade_narrows_what_fits_to_the_last_value)
{
        static const struct {
                int64_t id, depth;
                const char *refused;
        } cases[] = {
                {0, INT32_MAX, NULL},
                {UINT32_MAX, INT32_MIN, NULL},
                {-1, 0, "field \"id\" does not fit the uint32 of version 1"},
                {(int64_t)UINT32_MAX + 1, 0, "field \"id\" does not fit the uint32 of version 1"},
                {0, (int64_t)INT32_MAX + 1, "field \"depth\" does not fit the int32 of version 1"},
                {0, (int64_t)INT32_MIN - 1, "field \"depth\" does not fit the int32 of version 1"},
                {INT64_MIN, 0, "field \"id\""},
                {0, INT64_MAX, "field \"depth\""},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                Garden__V2__Bed *bed = down_bed();
                Garden__V1__Bed *down;

                bed->has_id = bed->has_depth = 1;
                bed->id = cases[i].id;
                bed->depth = cases[i].depth;
                if (cases[i].refused) {
                        expect_down_refused(bed, cases[i].refused);
                        continue;
                }
                cr_assert_eq(run(&garden_v1, "beds", &bed->base, &down), 0, "%s", error.sentence);
                cr_expect(down->has_id && down->id == cases[i].id);
                cr_expect(down->has_depth && down->depth == cases[i].depth);
        }
}

Test(generated, downgrade_refuses_what_the_older_version_cannot_hold)
{
        Garden__V2__Plant plant = GARDEN__V2__PLANT__INIT, *plants[] = {&plant};
        char *names[] = {(char[]){"a"}, (char[]){"b"}};
        Garden__V2__Bed *bed = down_bed();

        bed->has_sunny = 1;
        bed->sunny = 2;
        expect_down_refused(bed, "field \"sunny\" does not fit the bool of version 1");
        bed = down_bed();
        bed->has_acid = 1;
        bed->acid = 0.1;
        expect_down_refused(bed, "field \"acid\" does not fit the float of version 1");
        bed = down_bed();
        bed->has_colour = 1;
        bed->colour = GARDEN__V2__COLOUR__WHITE;
        expect_down_refused(bed, "field \"colour\" has a value that version 1 does not have");
        bed->colour = (Garden__V2__Colour)77;
        expect_down_refused(bed, "field \"colour\" has a value that version 1 does not have");
        bed = down_bed();
        bed->has_straw = 1;
        bed->leaves = (char[]){"oak"};
        expect_down_refused(bed, "field \"leaves\" is not the only one of oneof \"cover\"");
        bed = down_bed();
        bed->plants = plants;
        bed->n_plants = 1;
        plant.name = names;
        plant.n_name = 2;
        expect_down_refused(bed, "field \"name\" has several values and may have one");
}

Test(generated, hop_refuses_a_number_that_is_no_value_and_two_fields_of_one_oneof)
{
        Garden__V1__Bed bed = GARDEN__V1__BED__INIT;
        Garden__V2__Bed *up;

        bed.tap = -1;
        bed.has_kind = 1;
        bed.kind = 2;
        expect_refused(run(&garden_v2, "beds", &bed.base, &up),
                       "field \"kind\" is no value of enum Kind in version 2");
        bed.has_kind = 0;
        bed.kind = 0;
        bed.has_colour = 1;
        bed.colour = (Garden__V1__Colour)9;
        expect_refused(run(&garden_v2, "beds", &bed.base, &up),
                       "field \"colour\" has a value that version 2 does not have");
        bed.has_colour = 0;
        bed.colour = GARDEN__V1__COLOUR__RED;
        bed.has_left = bed.has_right = 1;
        expect_refused(run(&garden_v2, "beds", &bed.base, &up),
                       "field \"right\" is not the only one of oneof \"side\"");
}

static int count_weight(const Garden__V1__Tool *old, Garden__V2__Tool *new_, struct ekiden_hop *hop)
{
        cr_expect(old->has_object == new_->has_object, "the identity is copied ahead");
        new_->weight = ekiden_hop_printf(hop, "%u kg", old->weight);
        return new_->weight ? 0 : EKIDEN_ENOMEM;
}

/* A value with an identity is a pointer; one without is a value. */
Test(generated, hop_copies_a_pointer_to_an_object_and_asks_no_function_for_it)
{
        Garden__V1__Tool pointer = GARDEN__V1__TOOL__INIT, value = GARDEN__V1__TOOL__INIT;
        Garden__V1__Tool null = GARDEN__V1__TOOL__INIT, *tools[] = {&pointer, &value, &null};
        Garden__V1__Shed shed = GARDEN__V1__SHED__INIT;
        Garden__V2__Shed *up = NULL;

        tool_up = count_weight;
        pointer.has_object = null.has_object = 1;
        pointer.object = 42;
        value.has_weight = 1;
        value.weight = 3;
        value.spare = &pointer;
        shed.best = &pointer;
        shed.tools = tools;
        shed.n_tools = 3;
        cr_assert_eq(run(&garden_v2, "shed", &shed.base, &up), 0, "%s", error.sentence);
        cr_expect_eq(tool_calls, 1);
        cr_expect(up->best->has_object && up->best->object == 42 && !up->best->weight);
        cr_assert_eq(up->n_tools, 3);
        cr_expect(up->tools[0]->has_object && up->tools[0]->object == 42);
        cr_expect_not(up->tools[1]->has_object);
        cr_expect_str_eq(up->tools[1]->weight, "3 kg");
        cr_expect(up->tools[1]->spare->has_object && up->tools[1]->spare->object == 42);
        cr_expect(up->tools[2]->has_object && up->tools[2]->object == 0);
}

static int refuse(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        return ekiden_hop_refuse(hop, "nothing grows here");
}

static int write_no_utf8(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        (void)old;
        new_->leaves = ekiden_hop_strdup(hop, "\xff");
        return 0;
}

static int forget_elements(const Garden__V1__Bed *old, Garden__V2__Bed *new_,
                           struct ekiden_hop *hop)
{
        (void)old;
        (void)hop;
        new_->n_plants = 3;
        new_->plants = NULL;
        return 0;
}

static int null_element(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        (void)old;
        new_->plants = ekiden_hop_array(hop, 2, sizeof(*new_->plants));
        new_->n_plants = 2;
        return 0;
}

static int null_text(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        Garden__V2__Plant *plant =
                (Garden__V2__Plant *)ekiden_hop_new(hop, &garden__v2__plant__descriptor);

        (void)old;
        plant->name = ekiden_hop_array(hop, 1, sizeof(*plant->name));
        plant->n_name = 1;
        new_->plants = ekiden_hop_array(hop, 1, sizeof(*new_->plants));
        new_->plants[0] = plant;
        new_->n_plants = 1;
        return 0;
}

static int wrong_message(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        new_->plants = ekiden_hop_array(hop, 1, sizeof(*new_->plants));
        new_->plants[0] = (Garden__V2__Plant *)(uintptr_t)old->plants[0];
        new_->n_plants = 1;
        return 0;
}

static int no_data(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)hop;
        new_->has_note = 1;
        new_->note.data = NULL;
        new_->note.len = 5;
        return 0;
}

static int no_flag(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)hop;
        new_->gardener_number = 5;
        return 0;
}

static int unknown_code(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        (void)hop;
        return -12345;
}

Test(generated, hop_is_refused_when_its_users_function_fails_or_makes_garbage)
{
        static const struct {
                int (*function)(const Garden__V1__Bed *, Garden__V2__Bed *, struct ekiden_hop *);
                const char *words;
        } cases[] = {
                {refuse, "nothing grows here"},
                {write_no_utf8, "field \"leaves\" is not UTF-8"},
                {forget_elements, "field \"plants\" has elements, and its array is NULL"},
                {null_element, "field \"plants\" is NULL"},
                {null_text, "field \"name\" is NULL"},
                {wrong_message, "field \"plants\" is a message that is not initialised"},
                {no_data, "field \"note\" has a length, and its data is NULL"},
                {no_flag, "field \"gardener_number\" has a value, and its has_ flag is not set"},
                {unknown_code, ""},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                Garden__V1__Plant plant = GARDEN__V1__PLANT__INIT, *plants[] = {&plant};
                Garden__V1__Bed bed = GARDEN__V1__BED__INIT;
                Garden__V2__Bed *up;

                bed_up = cases[i].function;
                bed.tap = -1;
                bed.plants = plants;
                bed.n_plants = 1;
                expect_refused(run(&garden_v2, "beds", &bed.base, &up), cases[i].words);
        }
}

/* More than a chunk of the scratch, so that each element takes an allocation of its own. */
static int fill_array(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        for (size_t i = 0; i < 4; i++)
                if (!ekiden_hop_array(hop, 4096, 1 << 10))
                        return EKIDEN_ENOMEM;
        return 0;
}

Test(generated, hop_is_refused_where_memory_runs_out_at_any_place)
{
        Garden__V1__Plant plant = GARDEN__V1__PLANT__INIT, *plants[2000];
        Garden__V1__Bed bed = GARDEN__V1__BED__INIT;
        unsigned int limit = 0;
        int r = -1;

        for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++)
                plants[i] = &plant;
        plant.name = (char[]){"rose"};
        bed.tap = -1;
        bed.plants = plants;
        bed.n_plants = sizeof(plants) / sizeof(plants[0]);
        bed_up = fill_array;
        for (; r < 0 && limit < 100; limit++) {
                Garden__V2__Bed *up;

                ek_scratch_deinit(&scratch);
                allocations_left = limit;
                r = run(&garden_v2, "beds", &bed.base, &up);
                allocations_left = UINT32_MAX;
                if (r < 0) {
                        cr_expect(r == EKIDEN_ETRANSFORMER || r == EKIDEN_ENOMEM, "%d", r);
                        cr_expect_not_null(strstr(error.sentence, "item \"beds\" from version 1"));
                        cr_expect_not_null(strstr(error.sentence, "record 17: memory ran out"),
                                           "%s", error.sentence);
                }
        }
        cr_expect_eq(r, 0);
        cr_expect_gt(limit, 8, "it ran out at %u places only", limit);
}

static int ask_too_much(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        (void)old;
        (void)new_;
        cr_expect_null(ekiden_hop_array(hop, SIZE_MAX, 2));
        cr_expect_null(ekiden_hop_array(hop, SIZE_MAX / 8 + 2, 8));
        cr_expect_null(ekiden_hop_array(hop, 1, SIZE_MAX));
        cr_expect_not_null(ekiden_hop_array(hop, 0, 8));
        return 0;
}

Test(generated, array_larger_than_memory_is_null)
{
        Garden__V1__Bed bed = GARDEN__V1__BED__INIT;

        bed.tap = -1;
        bed_up = ask_too_much;
        bed_to_v2(&bed);
}
