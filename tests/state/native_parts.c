/* SPDX-License-Identifier: MIT */
/* Every kind of member but numbers and pointers to objects: what arrives, and what is refused. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "scratch.h"
#include "state/native.h"
#include "state/native_state.h"

struct inner {
        uint16_t a;
        char *b;
};

enum kind { KIND_NONE = -5, KIND_TEXT = 100, KIND_REAL, KIND_PART };

enum colour { COLOUR_BLUE = 40, COLOUR_GREEN, COLOUR_RED };

struct parts {
        char array[6];
        char *pointer;
        char arrays[3][4];
        uint8_t array_count;
        char **pointers;
        size_t pointer_count;
        uint8_t fixed[4];
        uint8_t counted[4];
        uint32_t counted_size;
        uint8_t *pointed;
        uint16_t pointed_size;
        struct inner inner;
        struct inner inners[2];
        struct inner *far;
        int far_count;
        void (*function)(void);
        void (*functions[3])(void);
        unsigned int bits : 5;
        signed int signed_bits : 4;
        uint8_t colour;
        short kind;
        union {
                char *text;
                float real;
                struct inner part;
        } u;
        int handles[3];
        int left; /* ignored */
        uint8_t flexible_size;
        char flexible[];
};

static void hash_ip(void)
{
}

static void hash_pid(void)
{
}

static void hash_new(void)
{
}

static const struct ekiden_function hashes[] = {
        EKIDEN_FUNCTION(hash_ip),
        EKIDEN_FUNCTION(hash_pid),
        {NULL, NULL},
};

static int64_t get_bits(const void *object)
{
        return ((const struct parts *)object)->bits;
}

static void set_bits(void *object, int64_t value)
{
        ((struct parts *)object)->bits = (unsigned int)value & 31;
}

static int64_t get_signed_bits(const void *object)
{
        return ((const struct parts *)object)->signed_bits;
}

/* gcc warns of every assignment to a signed bit-field, whatever the value's range. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
static void set_signed_bits(void *object, int64_t value)
{
        ((struct parts *)object)->signed_bits = (signed int)value;
}
#pragma GCC diagnostic pop

static const struct ekiden_enumerator colour_values[] = {
        {GRAPH__V1__COLOUR__RED, COLOUR_RED},
        {GRAPH__V1__COLOUR__GREEN, COLOUR_GREEN},
        {GRAPH__V1__COLOUR__BLUE, COLOUR_BLUE},
};
static const struct ekiden_enumeration colours = {"Colour", colour_values, 3};

static const struct ekiden_memory memory = {allocate, release};

static const struct ekiden_member inner_members[] = {
        {.name = "a", .field = 0, .kind = EKIDEN_MEMBER_NUMBER, EKIDEN_NUMBER_AT(struct inner, a)},
        {.name = "b", .field = 1, .kind = EKIDEN_MEMBER_TEXT, EKIDEN_TEXT_AT(struct inner, b)},
};

static const struct ekiden_native inner_native = {
        .name = "struct inner",
        .descriptor = &graph__v1__inner__descriptor,
        .size = sizeof(struct inner),
        .members = inner_members,
        .member_count = 2,
        .memory = &memory,
};

static const struct ekiden_choice choice = {
        .name = "choice",
        .offset = offsetof(struct parts, kind),
        .size = sizeof(short),
        .flags = EKIDEN_MEMBER_SIGNED,
        .has_none = true,
        .none = KIND_NONE,
};

#define KIND(value) EKIDEN_MEMBER_##value

static struct ekiden_member members[] = {
        {.name = "array", .field = 0, .kind = KIND(TEXT), EKIDEN_TEXT_AT(struct parts, array)},
        {.name = "pointer", .field = 1, .kind = KIND(TEXT), EKIDEN_TEXT_AT(struct parts, pointer)},
        {.name = "arrays",
         .field = 2,
         .kind = KIND(TEXT),
         EKIDEN_TEXTS_AT(struct parts, arrays),
         EKIDEN_LENGTH_AT(struct parts, array_count)},
        {.name = "pointers",
         .field = 3,
         .kind = KIND(TEXT),
         EKIDEN_TEXTS_AT(struct parts, pointers),
         EKIDEN_LENGTH_AT(struct parts, pointer_count)},
        {.name = "fixed", .field = 4, .kind = KIND(BYTES), EKIDEN_BYTES_AT(struct parts, fixed)},
        {.name = "counted",
         .field = 5,
         .kind = KIND(BYTES),
         EKIDEN_BYTES_AT(struct parts, counted),
         EKIDEN_LENGTH_AT(struct parts, counted_size)},
        {.name = "pointed",
         .field = 6,
         .kind = KIND(BYTES),
         EKIDEN_BYTES_AT(struct parts, pointed),
         EKIDEN_LENGTH_AT(struct parts, pointed_size)},
        {.name = "inner",
         .field = 7,
         EKIDEN_MESSAGE_AT(struct parts, inner),
         .target = &inner_native},
        {.name = "inners",
         .field = 8,
         EKIDEN_MESSAGES_AT(struct parts, inners),
         .target = &inner_native},
        {.name = "far",
         .field = 9,
         EKIDEN_MESSAGES_AT(struct parts, far),
         EKIDEN_LENGTH_AT(struct parts, far_count),
         .target = &inner_native},
        {.name = "function",
         .field = 10,
         .kind = KIND(FUNCTION),
         .room = EKIDEN_ROOM_ONE,
         .offset = offsetof(struct parts, function),
         .size = sizeof(void (*)(void)),
         .functions_name = "hashes",
         .functions = hashes},
        {.name = "functions",
         .field = 11,
         .kind = KIND(FUNCTION),
         .room = EKIDEN_ROOM_FIXED,
         .offset = offsetof(struct parts, functions),
         .size = sizeof(void (*)(void)),
         .capacity = 3,
         .functions_name = "hashes",
         .functions = hashes},
        {.name = "bits",
         .field = 12,
         .kind = KIND(BITS),
         .size = 5,
         .get_bits = get_bits,
         .set_bits = set_bits},
        {.name = "signed_bits",
         .field = 13,
         .kind = KIND(BITS),
         .flags = EKIDEN_MEMBER_SIGNED,
         .size = 4,
         .get_bits = get_signed_bits,
         .set_bits = set_signed_bits},
        {.name = "colour",
         .field = 14,
         .kind = KIND(NUMBER),
         EKIDEN_NUMBER_AT(struct parts, colour),
         .enumeration = &colours},
        {.name = "u.text",
         .field = 15,
         .kind = KIND(TEXT),
         EKIDEN_TEXT_AT(struct parts, u.text),
         .choice = &choice,
         .chosen = KIND_TEXT},
        {.name = "u.real",
         .field = 16,
         .kind = KIND(NUMBER),
         EKIDEN_NUMBER_AT(struct parts, u.real),
         .choice = &choice,
         .chosen = KIND_REAL},
        {.name = "u.part",
         .field = 17,
         EKIDEN_MESSAGE_AT(struct parts, u.part),
         .target = &inner_native,
         .choice = &choice,
         .chosen = KIND_PART},
        {.name = "flexible",
         .field = 18,
         .kind = KIND(BYTES),
         .room = EKIDEN_ROOM_FLEXIBLE,
         .offset = offsetof(struct parts, flexible),
         .size = 1,
         EKIDEN_LENGTH_AT(struct parts, flexible_size)},
        {.name = "handles",
         .field = 19,
         .kind = KIND(NUMBER),
         EKIDEN_NUMBERS_AT(struct parts, handles)},
};

static struct ekiden_native native = {
        .name = "struct parts",
        .descriptor = &graph__v1__parts__descriptor,
        .size = sizeof(struct parts),
        .members = members,
        .member_count = sizeof(members) / sizeof(members[0]),
        .memory = &memory,
};

static const struct ekiden_field fields[] = {
        {.index = 19, .flags = EKIDEN_FIELD_DESCRIPTOR},
};
static const struct ekiden_message type = {&graph__v1__parts__descriptor, fields, 1, NULL};

static struct ekiden_scratch scratch;
static struct ekiden_objects *objects;
static struct ekiden_error error;
static struct ekiden_cursor cursor = {.scratch = &scratch, .error = &error};
static Graph__V1__Parts message;
static struct parts *parts, *other;

static void begin(void)
{
        ek_scratch_init(&scratch);
        cr_assert_eq(ek_objects_new(&graph_natives, NULL, &objects), 0);
        cursor.objects = objects;
        graph__v1__parts__init(&message);
        parts = calloc(1, sizeof(*parts) + 100);
        parts->colour = COLOUR_RED;
        parts->kind = KIND_NONE;
}

static void finish(void)
{
        ek_native_free(&native, NULL, other);
        other = NULL;
        ek_objects_free(objects);
        ek_scratch_deinit(&scratch);
        free(parts);
        cr_assert_eq(live_allocations, 0);
}

TestSuite(native_parts, .init = begin, .fini = finish);

/* From the message in hand into a new struct. */
static int import_parts(void)
{
        ek_native_free(&native, NULL, other);
        error = (struct ekiden_error){.code = 0};
        other = ek_native_new(&native, &message.base);
        return ek_native_import(&cursor, &native, &type, &message.base, other);
}

/* Through the wire format, as far as a message can tell. */
static void expect_cross(void)
{
        Graph__V1__Parts *arrived;
        size_t size;
        uint8_t *bytes;

        error = (struct ekiden_error){.code = 0};
        graph__v1__parts__init(&message);
        cr_assert_eq(ek_native_export(&cursor, &native, parts, &message.base), 0, "%s",
                     error.sentence);
        size = graph__v1__parts__get_packed_size(&message);
        bytes = ek_scratch_alloc(&scratch, size);
        graph__v1__parts__pack(&message, bytes);
        arrived = graph__v1__parts__unpack(&scratch.allocator, size, bytes);
        cr_assert_not_null(arrived);
        message = *arrived;
        cr_assert_eq(import_parts(), 0, "%s", error.sentence);
}

static void expect_refused(int result, const char *field, const char *words)
{
        cr_assert_eq(result, EKIDEN_EREFUSED, "%d: %s", result, error.sentence);
        cr_assert_str_eq(error.field, field);
        cr_assert_not_null(strstr(error.sentence, words), "%s", error.sentence);
}

static void expect_not_to_leave(const char *field, const char *words)
{
        error = (struct ekiden_error){.code = 0};
        graph__v1__parts__init(&message);
        expect_refused(ek_native_export(&cursor, &native, parts, &message.base), field, words);
        graph__v1__parts__init(&message);
}

Test(native_parts, text_in_arrays_and_behind_pointers)
{
        char *texts[2] = {(char *)(uintptr_t) "", (char *)(uintptr_t) "\xc3\xa4"};

        strcpy(parts->array, "abcde");
        parts->pointer = (char *)(uintptr_t) "pointer";
        strcpy(parts->arrays[0], "abc");
        strcpy(parts->arrays[1], "");
        parts->array_count = 2;
        parts->pointers = texts;
        parts->pointer_count = 2;
        expect_cross();
        cr_assert_str_eq(other->array, "abcde");
        cr_assert_str_eq(other->pointer, "pointer");
        cr_assert_str_eq(other->arrays[0], "abc");
        cr_assert_str_eq(other->arrays[1], "");
        cr_assert_eq(other->array_count, 2);
        cr_assert_str_eq(other->pointers[0], "");
        cr_assert_str_eq(other->pointers[1], "\xc3\xa4");
        cr_assert_eq(other->pointer_count, 2);
}

Test(native_parts, null_text_arrives_as_null_and_empty_text_as_empty)
{
        parts->pointer = NULL;
        expect_cross();
        cr_assert_null(other->pointer);
        parts->pointer = (char *)(uintptr_t) "";
        expect_cross();
        cr_assert_str_eq(other->pointer, "");
        cr_assert_str_eq(other->array, "");
}

Test(native_parts, text_that_is_too_long_is_refused)
{
        message.array = (char *)(uintptr_t) "abcdefg";
        expect_refused(import_parts(), "array",
                       "room for 6 bytes, and the text has 8 with its NUL");
        cr_assert_str_eq(other->array, "");
        message.array = (char *)(uintptr_t) "abcdef";
        expect_refused(import_parts(), "array",
                       "room for 6 bytes, and the text has 7 with its NUL");
        cr_assert_str_eq(other->array, "");
        message.array = (char *)(uintptr_t) "abcde";
        cr_assert_eq(import_parts(), 0, "%s", error.sentence);
        cr_assert_str_eq(other->array, "abcde");
}

Test(native_parts, array_of_char_without_a_nul_does_not_leave)
{
        memcpy(parts->array, "abcdef", 6);
        expect_not_to_leave("array", "has no NUL in its 6 bytes; bind it to bytes");
        strcpy(parts->array, "abcde");
        memcpy(parts->arrays[1], "defg", 4);
        parts->array_count = 1;
        expect_cross();
        parts->array_count = 2;
        expect_not_to_leave("arrays", "has no NUL in its 4 bytes");
}

Test(native_parts, null_among_strings_does_not_leave)
{
        char *texts[2] = {(char *)(uintptr_t) "a", NULL};

        parts->pointers = texts;
        parts->pointer_count = 2;
        expect_not_to_leave("pointers", "a NULL among its strings");
}

Test(native_parts, bytes_fixed_counted_pointed_and_flexible)
{
        uint8_t bytes[3] = {0, 255, 7};

        memcpy(parts->fixed, "\0\1\2\3", 4);
        memcpy(parts->counted, "\5\0", 2);
        parts->counted_size = 2;
        parts->pointed = bytes;
        parts->pointed_size = 3;
        memset(parts->flexible, 0x7e, 90);
        parts->flexible_size = 90;
        expect_cross();
        cr_assert_arr_eq(other->fixed, "\0\1\2\3", 4);
        cr_assert_arr_eq(other->counted, "\5\0\0\0", 4);
        cr_assert_eq(other->counted_size, 2);
        cr_assert_arr_eq(other->pointed, bytes, 3);
        cr_assert_neq(other->pointed, bytes);
        cr_assert_eq(other->pointed_size, 3);
        cr_assert_eq(other->flexible_size, 90);
        cr_assert_arr_eq(other->flexible, parts->flexible, 90);
}

Test(native_parts, bytes_that_are_too_many_are_refused)
{
        message.has_counted = 1;
        message.counted = (ProtobufCBinaryData){5, (uint8_t *)(uintptr_t) "abcde"};
        expect_refused(import_parts(), "counted", "room for 4, and 5 came");
        parts->counted_size = 5;
        expect_not_to_leave("counted", "a length of 5, and room for 4");
}

Test(native_parts, embedded_structs_alone_in_arrays_and_pointed)
{
        struct inner far[2] = {{1, (char *)(uintptr_t) "x"}, {65535, NULL}};

        parts->inner = (struct inner){9, (char *)(uintptr_t) "inner"};
        parts->inners[1] = (struct inner){8, (char *)(uintptr_t) "second"};
        parts->far = far;
        parts->far_count = 2;
        expect_cross();
        cr_assert_eq(other->inner.a, 9);
        cr_assert_str_eq(other->inner.b, "inner");
        cr_assert_null(other->inners[0].b);
        cr_assert_str_eq(other->inners[1].b, "second");
        cr_assert_eq(other->far_count, 2);
        cr_assert_eq(other->far[1].a, 65535);
        cr_assert_str_eq(other->far[0].b, "x");
}

Test(native_parts, number_that_is_too_large_in_a_nested_struct_is_refused_and_all_is_freed)
{
        Graph__V1__Inner good = GRAPH__V1__INNER__INIT, bad = GRAPH__V1__INNER__INIT;
        Graph__V1__Inner *both[2] = {&good, &bad};

        good.b = (char *)(uintptr_t) "good";
        bad.has_a = 1;
        bad.a = 65536;
        message.pointer = (char *)(uintptr_t) "pointer";
        message.n_far = 2;
        message.far = both;
        expect_refused(import_parts(), "a", "\"a\" of struct inner");
        cr_assert_null(other->far);
        cr_assert_null(other->pointer);
        cr_assert_eq(live_allocations, 1, "the struct alone");
}

Test(native_parts, functions_cross_by_name)
{
        parts->function = hash_pid;
        parts->functions[0] = hash_ip;
        parts->functions[2] = hash_pid;
        expect_cross();
        cr_assert_str_eq(message.function, "hash_pid");
        cr_assert(other->function == hash_pid);
        cr_assert(other->functions[0] == hash_ip);
        cr_assert(other->functions[1] == NULL);
        cr_assert(other->functions[2] == hash_pid);
        parts->function = NULL;
        expect_cross();
        cr_assert(other->function == NULL);
}

Test(native_parts, function_that_the_table_lacks_is_refused_both_ways)
{
        parts->function = hash_new;
        expect_not_to_leave("function", "table hashes does not have");
        message.function = (char *)(uintptr_t) "hash_new";
        expect_refused(import_parts(), "function", "\"hash_new\", which table hashes");
}

Test(native_parts, enum_constants_cross_by_name_and_unknown_ones_are_refused)
{
        parts->colour = COLOUR_BLUE;
        expect_cross();
        cr_assert_eq(message.colour, GRAPH__V1__COLOUR__BLUE);
        cr_assert_eq(other->colour, COLOUR_BLUE);
        parts->colour = 3;
        expect_not_to_leave("colour", "is 3, which is no value of enum Colour");
        message.has_colour = 1;
        message.colour = (Graph__V1__Colour)9;
        expect_refused(import_parts(), "colour", "cannot be 9, which is no value of enum Colour");
}

Test(native_parts, bit_fields_hold_their_extremes_and_refuse_more)
{
        static const int64_t beyond[] = {-9, 8};

        for (int i = 0; i < 2; i++) {
                parts->bits = i == 0 ? 0 : 31;
                parts->signed_bits = i == 0 ? -8 : 7;
                expect_cross();
                cr_assert_eq(other->bits, parts->bits);
                cr_assert_eq(other->signed_bits, parts->signed_bits);
        }
        graph__v1__parts__init(&message);
        message.has_bits = 1;
        message.bits = 32;
        expect_refused(import_parts(), "bits", "cannot hold 32");
        for (int i = 0; i < 2; i++) {
                graph__v1__parts__init(&message);
                message.has_signed_bits = 1;
                message.signed_bits = (int32_t)beyond[i];
                expect_refused(import_parts(), "signed_bits", "cannot hold");
        }
}

Test(native_parts, union_crosses_as_the_member_in_use)
{
        parts->kind = KIND_TEXT;
        parts->u.text = (char *)(uintptr_t) "text";
        expect_cross();
        cr_assert_eq(other->kind, KIND_TEXT);
        cr_assert_str_eq(other->u.text, "text");
        parts->kind = KIND_REAL;
        parts->u.real = 0.5f;
        expect_cross();
        cr_assert_eq(other->kind, KIND_REAL);
        cr_assert_eq(other->u.real, 0.5f);
        parts->kind = KIND_PART;
        parts->u.part = (struct inner){3, (char *)(uintptr_t) "part"};
        expect_cross();
        cr_assert_eq(other->kind, KIND_PART);
        cr_assert_str_eq(other->u.part.b, "part");
        parts->kind = KIND_NONE;
        expect_cross();
        cr_assert_eq(other->kind, KIND_NONE);
        cr_assert_eq(message.choice_case, GRAPH__V1__PARTS__CHOICE__NOT_SET);
}

Test(native_parts, discriminator_that_is_no_case_is_refused)
{
        parts->kind = 7;
        expect_not_to_leave("text", "is 7: no case of oneof \"choice\"");
        parts->kind = KIND_TEXT;
        parts->u.text = NULL;
        expect_not_to_leave("text", "in use in its union, and NULL");
}

Test(native_parts, union_without_a_case_is_refused_where_there_must_be_one)
{
        struct ekiden_choice strict = choice;

        strict.has_none = false;
        for (size_t i = 15; i <= 17; i++)
                members[i].choice = &strict;
        expect_refused(import_parts(), "text", "no case of oneof \"choice\" came");
        for (size_t i = 15; i <= 17; i++)
                members[i].choice = &choice;
}

Test(native_parts, what_is_absent_has_its_default)
{
        int32_t one = 5;

        message.n_handles = 1;
        message.handles = &one;
        cr_assert_eq(import_parts(), 0, "%s", error.sentence);
        cr_assert_eq(other->inner.a, 5, "of the field");
        cr_assert_eq(other->inners[0].a, 0, "nothing came");
        cr_assert_null(other->pointer);
        cr_assert_eq(other->handles[0], 5);
        cr_assert_eq(other->handles[1], -1, "no descriptor is not number 0");
        cr_assert_eq(other->handles[2], -1);
        cr_assert_eq(other->colour, COLOUR_RED, "the first of the enum");
}

static struct node *made;
static int destroyed;

static void *create(void)
{
        made = malloc(sizeof(*made));
        memset(made, 0xa5, sizeof(*made));
        made->left = 77;
        return made;
}

static void destroy(void *object)
{
        cr_assert_eq(object, made);
        free(object);
        destroyed++;
}

Test(native_parts, struct_of_the_programs_own_maker_keeps_what_is_ignored)
{
        struct ekiden_native own = node_native;
        Graph__V1__Node node = GRAPH__V1__NODE__INIT;
        struct node *object;

        own.create = create;
        own.destroy = destroy;
        node.name = (char *)(uintptr_t) "name";
        object = ek_native_new(&own, &node.base);
        cr_assert_eq(ek_native_import(&cursor, &own, NULL, &node.base, object), 0);
        cr_assert_eq(object->left, 77);
        cr_assert_str_eq(object->name, "name");
        cr_assert_null(object->next);
        cr_assert_null(object->links);
        ek_native_free(&own, NULL, object);
        cr_assert_eq(destroyed, 1);
}

Test(native_parts, data_nested_over_100_deep_is_refused)
{
        static struct deep {
                struct deep *below;
                uint8_t count;
        } deep[102];
        static struct ekiden_native deep_native;
        static const struct ekiden_member deep_members[] = {
                {.name = "below",
                 .field = 4,
                 .kind = EKIDEN_MEMBER_STRUCT,
                 .room = EKIDEN_ROOM_POINTED,
                 .size = sizeof(struct deep),
                 EKIDEN_LENGTH_AT(struct deep, count),
                 .target = &deep_native},
        };
        Graph__V1__Node node = GRAPH__V1__NODE__INIT;

        deep_native = (struct ekiden_native){
                .name = "struct deep",
                .descriptor = &graph__v1__node__descriptor,
                .size = sizeof(struct deep),
                .members = deep_members,
                .member_count = 1,
        };
        for (size_t i = 0; i < 101; i++)
                deep[i] = (struct deep){&deep[i + 1], 1};
        error = (struct ekiden_error){.code = 0};
        expect_refused(ek_native_export(&cursor, &deep_native, deep, &node.base), "links",
                       "nested over 100 deep");
        graph__v1__node__init(&node);
        error = (struct ekiden_error){.code = 0};
        cr_assert_eq(ek_native_export(&cursor, &deep_native, deep + 1, &node.base), 0);
}

/* Eight floors of sixteen rooms each are as many paths as 32 bits can count. */
LeakTest(native_parts, structs_within_structs_are_looked_at_a_bounded_number_of_times)
{
        static struct ekiden_member rooms[9][16];
        static struct ekiden_native floors[9];

        for (size_t i = 0; i < 9; i++) {
                floors[i] = (struct ekiden_native){.members = rooms[i], .member_count = 16};
                for (size_t k = 0; k < 16; k++)
                        rooms[i][k] = (struct ekiden_member){
                                .kind = i == 0 ? EKIDEN_MEMBER_NUMBER : EKIDEN_MEMBER_STRUCT,
                                .target = i == 0 ? NULL : &floors[i - 1]};
        }
        cr_assert_not(ek_native_is_plain(&floors[8]), "there may be pointers, for all it knows");
        cr_assert(ek_native_is_plain(&floors[1]));
        rooms[0][15].kind = EKIDEN_MEMBER_OBJECT;
        cr_assert_not(ek_native_is_plain(&floors[1]));
}

/* Number 0 is a descriptor of the program's, as a rule. */
Test(native_parts, descriptors_of_what_is_made_ahead_of_its_record_are_none)
{
        struct node *node = NULL;
        struct shelf shelf = {.before = NULL};
        Graph__V1__Node record = GRAPH__V1__NODE__INIT, nobody = GRAPH__V1__NODE__INIT;
        void *object;

        cr_assert_eq(ek_objects_mention(&cursor, &shelf_native, &shelf_native.members[0], 2, &node),
                     0);
        cr_assert_not_null(node);
        cr_assert_eq(node->handle, -1);
        cr_assert_null(node->name);
        record.has_identity = true;
        record.identity = 2;
        record.next = &nobody;
        cr_assert_eq(ek_objects_fill(&cursor, &node_native, &record.base, &object),
                     EKIDEN_EREFUSED);
        cr_assert_eq(node->handle, -1, "nor has it any when its record was refused");
        ek_native_free(&node_native, NULL, node);
        ek_native_unset_descriptors(&native, &type, parts);
        for (size_t i = 0; i < 3; i++)
                cr_assert_eq(parts->handles[i], -1);
        cr_assert_eq(parts->bits, 0);
        ek_native_unset_descriptors(&shelf_native, ekiden_schema_item(&graph_v1, "shelf")->message,
                                    &shelf);
        cr_assert_eq(shelf.cells[0].handle, -1);
        cr_assert_eq(shelf.cells[1].handle, -1);
        cr_assert_null(shelf.before);
}
