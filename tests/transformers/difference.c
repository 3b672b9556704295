/* SPDX-License-Identifier: MIT */
/* Two messages that differ in one field, wherever it is, differ in just that one by its path. */
#include "difference.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "fields.h"
#include "parcel_v1.ekiden.h"
#include "parcel_v2.ekiden.h"
#include "wire/message.h"

static uint8_t packed[4096];
static uint8_t content[] = {1, 0, 2};

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, size_t size)
{
        ProtobufCMessage *message = protobuf_c_message_unpack(type, NULL, size, packed);

        cr_assert_not_null(message);
        return message;
}

/* A parcel with a parcel within, in both ways; each field of all three is set. */
static Parcel__V1__Parcel *parcel_new(void)
{
        static int32_t stops[] = {-1, 2, 3};
        static int32_t scanners[] = {7, 8};
        Parcel__V1__Parcel parcels[3];
        Parcel__V1__Parcel *parts[] = {&parcels[1], &parcels[2]};

        for (int i = 0; i < 3; i++) {
                Parcel__V1__Parcel *parcel = &parcels[i];

                parcel__v1__parcel__init(parcel);
                parcel->has_id = parcel->has_content = parcel->has_weight = 1;
                parcel->has_fragile = parcel->has_colour = parcel->has_scanner = 1;
                parcel->id = (uint64_t)i;
                parcel->label = (char *)"label";
                parcel->content = (ProtobufCBinaryData){sizeof(content), content};
                parcel->weight = 0.5;
                parcel->fragile = 1;
                parcel->colour = PARCEL__V1__COLOUR__GREEN;
                parcel->n_stops = 3;
                parcel->stops = stops;
                parcel->receiver_case = PARCEL__V1__PARCEL__RECEIVER_NAME;
                parcel->name = (char *)"receiver";
                parcel->scanner = 5;
                parcel->n_scanners = 2;
                parcel->scanners = scanners;
        }
        parcels[0].inner = &parcels[1];
        parcels[0].n_parts = 2;
        parcels[0].parts = parts;
        return (Parcel__V1__Parcel *)unpack(&parcel__v1__parcel__descriptor,
                                            protobuf_c_message_pack(&parcels[0].base, packed));
}

static void parcel_free(Parcel__V1__Parcel *parcel)
{
        parcel__v1__parcel__free_unpacked(parcel, NULL);
}

static const struct ekiden_message *table(const struct ekiden_schema *schema)
{
        return ekiden_schema_item(schema, "parcels")->message;
}

/* Which descriptors lead to the same: equal ones. */
static bool same_number(void *data, int32_t a, int32_t b)
{
        (void)data;
        return a == b;
}

static struct ek_difference_rules rules(void)
{
        return (struct ek_difference_rules){.type_a = table(&parcel_v1),
                                            .type_b = table(&parcel_v1),
                                            .same_descriptor = same_number};
}

static void expect_one(const Parcel__V1__Parcel *a, const Parcel__V1__Parcel *b, const char *path,
                       enum ek_difference_kind kind)
{
        const struct ek_difference_rules by = rules();
        struct ek_difference difference = {.path = "nothing was found"};

        cr_expect_eq(ek_difference_find(&by, &a->base, &b->base, &difference, NULL), 1);
        cr_expect_str_eq(difference.path, path);
        cr_expect_eq(difference.kind, kind, "%s: %d", path, difference.kind);
        cr_expect_eq(ek_difference_each(&by, &a->base, &b->base, NULL), 1, "%s", path);
}

/* Changes one thing of a parcel, by number; false: there are no more. */
static bool change(Parcel__V1__Parcel *parcel, int what, const char **ret_name,
                   enum ek_difference_kind *ret_kind)
{
        *ret_kind = EK_DIFFERENCE_VALUE;
        switch (what) {
        case 0:
                parcel->id ^= UINT64_C(1) << 63;
                *ret_name = "id";
                return true;
        case 1:
                parcel->label[4] = 'L';
                *ret_name = "label";
                return true;
        case 2:
                parcel->content.data[2] = 3;
                *ret_name = "content";
                return true;
        case 3:
                parcel->content.len--;
                *ret_name = "content";
                return true;
        case 4:
                parcel->weight = -parcel->weight;
                *ret_name = "weight";
                return true;
        case 5:
                parcel->fragile = 0;
                *ret_name = "fragile";
                return true;
        case 6:
                parcel->colour = PARCEL__V1__COLOUR__RED;
                *ret_name = "colour";
                return true;
        case 7:
                parcel->stops[1] = 4;
                *ret_name = "stops[1]";
                return true;
        case 8:
                parcel->n_stops--;
                *ret_name = "stops";
                *ret_kind = EK_DIFFERENCE_COUNT;
                return true;
        case 9:
                parcel->name[0] = 'R';
                *ret_name = "name";
                return true;
        case 10:
                parcel->scanner = 6;
                *ret_name = "scanner";
                return true;
        case 11:
                parcel->scanners[1] = 6;
                *ret_name = "scanners[1]";
                return true;
        case 12:
                parcel->has_weight = 0;
                *ret_name = "weight";
                *ret_kind = EK_DIFFERENCE_ONLY_IN_A;
                return true;
        default:
                return false;
        }
}

static void try_everywhere(const char *prefix, Parcel__V1__Parcel *(*find)(Parcel__V1__Parcel *))
{
        Parcel__V1__Parcel *a = parcel_new();
        enum ek_difference_kind kind;
        const char *name;

        for (int what = 0;; what++) {
                Parcel__V1__Parcel *b = parcel_new();
                char path[64];

                if (!change(find(b), what, &name, &kind)) {
                        parcel_free(b);
                        break;
                }
                snprintf(path, sizeof(path), "%s%s", prefix, name);
                expect_one(a, b, path, kind);
                parcel_free(b);
        }
        parcel_free(a);
}

static Parcel__V1__Parcel *itself(Parcel__V1__Parcel *parcel)
{
        return parcel;
}

static Parcel__V1__Parcel *inner(Parcel__V1__Parcel *parcel)
{
        return parcel->inner;
}

static Parcel__V1__Parcel *second_part(Parcel__V1__Parcel *parcel)
{
        return parcel->parts[1];
}

Test(difference, in_any_field_is_found_and_named_by_its_path)
{
        try_everywhere("", itself);
        try_everywhere("inner.", inner);
        try_everywhere("parts[1].", second_part);
}

Test(difference, of_a_message_from_its_copy_there_is_none)
{
        const struct ek_difference_rules by = rules();
        Parcel__V1__Parcel *a = parcel_new();
        Parcel__V1__Parcel *b = parcel_new();
        struct ek_difference difference;
        bool in_part = true;

        cr_expect_eq(ek_difference_find(&by, &a->base, &b->base, &difference, &in_part), 0);
        cr_expect_not(in_part);
        a->weight = b->weight = __builtin_nan("");
        cr_expect_eq(ek_difference_find(&by, &a->base, &b->base, &difference, &in_part), 0,
                     "what is no number is the same as itself");
        parcel_free(a);
        parcel_free(b);
}

Test(difference, of_what_is_only_on_one_side_says_on_which)
{
        Parcel__V1__Parcel *a = parcel_new();
        Parcel__V1__Parcel *b = parcel_new();

        parcel_free(b->inner);
        b->inner = NULL;
        expect_one(a, b, "inner", EK_DIFFERENCE_ONLY_IN_A);
        expect_one(b, a, "inner", EK_DIFFERENCE_ONLY_IN_B);
        parcel_free(a);
        parcel_free(b);
}

Test(difference, of_a_default_from_the_same_value_set_is_one)
{
        Parcel__V1__Parcel a, b;

        parcel__v1__parcel__init(&a);
        parcel__v1__parcel__init(&b);
        b.label = (char *)"none";
        expect_one(&a, &b, "label", EK_DIFFERENCE_ONLY_IN_B);
        a.label = NULL;
        expect_one(&a, &b, "label", EK_DIFFERENCE_ONLY_IN_B);
}

Test(difference, of_a_oneof_names_both_its_members)
{
        const struct ek_difference_rules by = rules();
        Parcel__V1__Parcel a, b;

        parcel__v1__parcel__init(&a);
        parcel__v1__parcel__init(&b);
        a.receiver_case = PARCEL__V1__PARCEL__RECEIVER_NAME;
        a.name = (char *)"x";
        b.receiver_case = PARCEL__V1__PARCEL__RECEIVER_BOX;
        b.box = 1;
        cr_expect_eq(ek_difference_each(&by, &a.base, &b.base, NULL), 2);
}

Test(difference, of_a_descriptor_is_what_the_caller_says_and_none_is_minus_one)
{
        struct ek_difference_rules by = rules();
        Parcel__V1__Parcel a, b;

        parcel__v1__parcel__init(&a);
        parcel__v1__parcel__init(&b);
        b.has_scanner = 1;
        b.scanner = -1;
        cr_expect_eq(ek_difference_each(&by, &a.base, &b.base, NULL), 0);
        b.scanner = 3;
        cr_expect_eq(ek_difference_each(&by, &a.base, &b.base, NULL), 1);
        by.same_descriptor = NULL;
        cr_expect_eq(ek_difference_each(&by, &a.base, &b.base, NULL), 0);
}

Test(difference, in_fields_that_the_type_does_not_have_is_found)
{
        static const uint8_t with_unknown[] = {0xa0, 0x06, 1, 0xa8, 0x06, 2};
        const struct ek_difference_rules by = rules();
        struct ek_difference difference;
        ProtobufCMessage *a, *b;

        memcpy(packed, with_unknown, sizeof(with_unknown));
        a = unpack(&parcel__v1__parcel__descriptor, sizeof(with_unknown));
        b = unpack(&parcel__v1__parcel__descriptor, sizeof(with_unknown));
        cr_expect_eq(ek_difference_find(&by, a, b, &difference, NULL), 0);
        b->unknown_fields[1].data[0] = 3;
        cr_expect_eq(ek_difference_find(&by, a, b, &difference, NULL), 1);
        cr_expect_eq(difference.kind, EK_DIFFERENCE_UNKNOWN);
        b->n_unknown_fields--;
        cr_expect_eq(ek_difference_find(&by, a, b, &difference, NULL), 1);
        b->n_unknown_fields++;
        protobuf_c_message_free_unpacked(a, NULL);
        protobuf_c_message_free_unpacked(b, NULL);
}

/* A parcel of version 2 that says the same as parcel_new(), as far as it can. */
static Parcel__V2__Parcel *second_version_new(void)
{
        Parcel__V1__Parcel *old = parcel_new();
        Parcel__V1__Parcel *all[] = {old, old->inner, old->parts[0], old->parts[1]};
        Parcel__V2__Parcel *parcel;

        /* The numbers of its colours are the other ones. */
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                all[i]->colour = (Parcel__V1__Colour)PARCEL__V2__COLOUR__GREEN;
        parcel = (Parcel__V2__Parcel *)unpack(&parcel__v2__parcel__descriptor,
                                              protobuf_c_message_pack(&old->base, packed));
        parcel_free(old);
        return parcel;
}

Test(difference, between_two_versions_is_looked_for_where_both_can_tell)
{
        struct ek_difference_rules by = rules();
        Parcel__V1__Parcel *a = parcel_new();
        Parcel__V2__Parcel *b = second_version_new();
        struct ek_difference difference = {0};
        bool in_part = false;

        by.type_b = table(&parcel_v2);
        a->has_of_another_type = 1;
        cr_expect_eq(ek_difference_find(&by, &a->base, &b->base, &difference, &in_part), 0, "%s",
                     difference.path);
        cr_expect(in_part);
        b->parts[0]->inner = b->inner;
        b->inner = NULL;
        cr_expect_eq(ek_difference_each(&by, &a->base, &b->base, NULL), 2);
        b->inner = b->parts[0]->inner;
        b->parts[0]->inner = NULL;
        b->parts[1]->colour = PARCEL__V2__COLOUR__RED;
        cr_expect_eq(ek_difference_find(&by, &a->base, &b->base, &difference, NULL), 1);
        cr_expect_str_eq(difference.path, "parts[1].colour");
        parcel_free(a);
        parcel__v2__parcel__free_unpacked(b, NULL);
}

static int end_it(void *data, const struct ek_difference *difference)
{
        (void)difference;
        ++*(int *)data;
        return EKIDEN_EREFUSED;
}

Test(difference, that_the_visitor_ends_at_is_the_last)
{
        struct ek_difference_rules by = rules();
        Parcel__V1__Parcel a, b;
        int visited = 0;

        parcel__v1__parcel__init(&a);
        parcel__v1__parcel__init(&b);
        a.has_id = a.has_weight = 1;
        by.visit = end_it;
        by.data = &visited;
        cr_expect_eq(ek_difference_each(&by, &a.base, &b.base, NULL), EKIDEN_EREFUSED);
        cr_expect_eq(visited, 1);
}

Test(difference, too_deep_to_be_walked_is_refused)
{
        enum { DEPTH = 102 };
        const struct ek_difference_rules by = rules();
        Parcel__V1__Parcel chain[DEPTH];
        struct ek_difference difference;

        for (int i = 0; i < DEPTH; i++) {
                parcel__v1__parcel__init(&chain[i]);
                chain[i].inner = i > 0 ? &chain[i - 1] : NULL;
        }
        cr_expect_eq(ek_difference_find(&by, &chain[DEPTH - 2].base, &chain[DEPTH - 2].base,
                                        &difference, NULL),
                     0);
        cr_expect_eq(ek_difference_find(&by, &chain[DEPTH - 1].base, &chain[DEPTH - 1].base,
                                        &difference, NULL),
                     EKIDEN_ELIMIT);
}

/* The path is cut, and what comes behind the long one is right again. */
Test(difference, deep_below_has_a_path_that_is_cut)
{
        enum { DEPTH = 80 };
        const struct ek_difference_rules by = rules();
        Parcel__V1__Parcel chains[2][DEPTH];
        struct ek_difference difference;

        for (int side = 0; side < 2; side++)
                for (int i = 0; i < DEPTH; i++) {
                        parcel__v1__parcel__init(&chains[side][i]);
                        chains[side][i].inner = i > 0 ? &chains[side][i - 1] : NULL;
                }
        chains[0][DEPTH - 1].has_scanner = 1;
        cr_expect_eq(ek_difference_find(&by, &chains[0][DEPTH - 1].base, &chains[1][DEPTH - 1].base,
                                        &difference, NULL),
                     1);
        cr_expect_str_eq(difference.path, "scanner");
        chains[0][0].has_id = 1;
        cr_expect_eq(ek_difference_find(&by, &chains[0][DEPTH - 1].base, &chains[1][DEPTH - 1].base,
                                        &difference, NULL),
                     1);
        cr_expect_eq(strlen(difference.path), EK_DIFFERENCE_PATH_MAX);
        cr_expect_eq(strncmp(difference.path, "inner.inner.", 12), 0);
}
