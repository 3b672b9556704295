/* SPDX-License-Identifier: MIT */
/*
 * Numbers of every type of field, in members of every width and sign, alone and in arrays of every
 * kind: what fits arrives as it was, and what does not is refused by name.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "scratch.h"
#include "state/native.h"

#define DESCRIPTOR (&graph__v1__numbers__descriptor)
#define VALUES_MAX 8

/* A struct that holds one member of any kind; offsets are all that tables know of it. */
struct box {
        union {
                struct {
                        void *pointer;
                        uint64_t length;
                };
                uint8_t one[8];
        };
        uint8_t values[VALUES_MAX * 8];
};

/* One kind of member of C. */
struct c_type {
        const char *name;
        size_t size;
        unsigned int flags;
};

static const struct c_type c_types[] = {
        {"int8_t", 1, EKIDEN_MEMBER_SIGNED},
        {"uint8_t", 1, 0},
        {"int16_t", 2, EKIDEN_MEMBER_SIGNED},
        {"uint16_t", 2, 0},
        {"int32_t", 4, EKIDEN_MEMBER_SIGNED},
        {"uint32_t", 4, 0},
        {"int64_t", 8, EKIDEN_MEMBER_SIGNED},
        {"uint64_t", 8, 0},
        {"bool", 1, EKIDEN_MEMBER_BOOL},
        {"float", 4, EKIDEN_MEMBER_SIGNED | EKIDEN_MEMBER_FLOATING},
        {"double", 8, EKIDEN_MEMBER_SIGNED | EKIDEN_MEMBER_FLOATING},
};

#define C_TYPES (sizeof(c_types) / sizeof(c_types[0]))

static struct ekiden_scratch scratch;
static struct ekiden_error error;
static struct ekiden_cursor cursor = {.scratch = &scratch, .error = &error};

/* Which of the extremes a field of this type can hold: its bits, below 0 for signed ones. */
static int bits_of_field(ProtobufCType type)
{
        switch (type) {
        case PROTOBUF_C_TYPE_BOOL:
                return 1;
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                return 32;
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return 64;
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
                return -64;
        default:
                return -32;
        }
}

static bool is_real(ProtobufCType type)
{
        return type == PROTOBUF_C_TYPE_FLOAT || type == PROTOBUF_C_TYPE_DOUBLE;
}

/* The smallest and the largest integer of so many bits; the largest as its bits. */
static int64_t lowest(int bits)
{
        return bits > 0 ? 0 : bits == -64 ? INT64_MIN : -(INT64_C(1) << (-bits - 1));
}

static uint64_t highest(int bits)
{
        return bits > 0 ? UINT64_MAX >> (64 - bits) : (uint64_t)INT64_MAX >> (64 + bits);
}

static int bits_of_member(const struct c_type *type)
{
        int bits = type->flags & EKIDEN_MEMBER_BOOL ? 1 : (int)type->size * 8;

        return type->flags & EKIDEN_MEMBER_SIGNED ? -bits : bits;
}

/* Values that both can hold, as bytes: the extremes of the narrower one, 0 and 1. */
static size_t make_values(ProtobufCType field, const struct c_type *type, uint8_t values[][8])
{
        int a = bits_of_field(field), b = bits_of_member(type);
        int64_t low = lowest(a) > lowest(b) ? lowest(a) : lowest(b);
        uint64_t high = highest(a) < highest(b) ? highest(a) : highest(b);
        uint64_t integers[4] = {(uint64_t)low, 0, 1, high};

        for (size_t i = 0; i < 4; i++)
                memcpy(values[i], &integers[i], 8); /* little-endian: the low bytes come first */
        return 4;
}

static size_t make_reals(const struct c_type *type, uint8_t values[][8])
{
        static const float floats[4] = {-FLT_MAX, FLT_TRUE_MIN, -0.0f, INFINITY};
        static const double doubles[4] = {-DBL_MAX, DBL_TRUE_MIN, -0.0, -INFINITY};

        for (size_t i = 0; i < 4; i++)
                if (type->size == 4)
                        memcpy(values[i], &floats[i], 4);
                else
                        memcpy(values[i], &doubles[i], 8);
        return 4;
}

static struct ekiden_native native;
static struct ekiden_member member;

static void bind_box(const ProtobufCFieldDescriptor *field, const struct c_type *type,
                     enum ekiden_member_room room)
{
        member = (struct ekiden_member){
                .name = "it",
                .field = (unsigned int)(field - DESCRIPTOR->fields),
                .kind = EKIDEN_MEMBER_NUMBER,
                .room = room,
                .flags = type->flags,
                .offset = room == EKIDEN_ROOM_FIXED || room == EKIDEN_ROOM_FLEXIBLE
                                  ? offsetof(struct box, values)
                                  : 0,
                .size = type->size,
                .capacity = room == EKIDEN_ROOM_FIXED ? VALUES_MAX : 0,
                .length_offset = offsetof(struct box, length),
                .length_size = room == EKIDEN_ROOM_ONE ? 0 : 8,
        };
        native = (struct ekiden_native){
                .name = "struct box",
                .descriptor = DESCRIPTOR,
                .size = room == EKIDEN_ROOM_FLEXIBLE ? offsetof(struct box, values)
                                                     : sizeof(struct box),
                .members = &member,
                .member_count = 1,
        };
}

/* Out of a struct, over the wire format, and into another. */
static struct box *cross(const struct box *box, int *ret_result)
{
        Graph__V1__Numbers *message, *arrived;
        struct box *other = NULL;
        uint8_t bytes[512];
        size_t size;

        ek_scratch_reset(&scratch);
        error = (struct ekiden_error){.code = 0};
        message = ek_scratch_alloc(&scratch, sizeof(*message));
        graph__v1__numbers__init(message);
        *ret_result = ek_native_export(&cursor, &native, box, &message->base);
        if (*ret_result < 0)
                return NULL;
        size = graph__v1__numbers__pack(message, bytes);
        arrived = graph__v1__numbers__unpack(&scratch.allocator, size, bytes);
        cr_assert_not_null(arrived);
        other = ek_native_new(&native, &arrived->base);
        *ret_result = ek_native_import(&cursor, &native, NULL, &arrived->base, other);
        return other;
}

static const uint8_t *values_of(const struct box *box)
{
        if (member.room == EKIDEN_ROOM_POINTED)
                return box->pointer;
        return (const uint8_t *)box + member.offset;
}

/* Values in an array of any kind; ONE: each by itself. */
static void expect_array(const ProtobufCFieldDescriptor *field, const struct c_type *type,
                         enum ekiden_member_room room, uint8_t values[][8], size_t count)
{
        uint8_t array[VALUES_MAX * 8];
        struct box box, *other;
        int result;

        memset(&box, 0, sizeof(box));
        bind_box(field, type, room);
        for (size_t i = 0; i < count; i++)
                memcpy(array + i * type->size, values[i], type->size);
        box.length = count;
        if (room == EKIDEN_ROOM_POINTED)
                box.pointer = array;
        else
                memcpy((char *)&box + member.offset, array, count * type->size);
        other = cross(&box, &result);
        cr_assert_eq(result, 0, "%s, %s: %s", field->name, type->name, error.sentence);
        cr_assert_eq(count > 0 ? memcmp(values_of(other), array, count * type->size) : 0, 0,
                     "%s in %s, room %d: other values came", field->name, type->name, room);
        if (room != EKIDEN_ROOM_ONE)
                cr_assert_eq(other->length, count);
        ek_native_free(&native, NULL, other);
}

static bool go_together(const ProtobufCFieldDescriptor *field, const struct c_type *type)
{
        bool is_floating = type->flags & EKIDEN_MEMBER_FLOATING;

        if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES ||
            is_real(field->type) != is_floating)
                return false;
        return field->type != PROTOBUF_C_TYPE_FLOAT || type->size == 4;
}

Test(native_numbers, every_type_of_field_in_every_width_in_every_room)
{
        size_t checks = 0;

        ek_scratch_init(&scratch);
        for (size_t f = 0; f < DESCRIPTOR->n_fields; f++)
                for (size_t t = 0; t < C_TYPES; t++) {
                        const ProtobufCFieldDescriptor *field = &DESCRIPTOR->fields[f];
                        uint8_t values[VALUES_MAX][8];
                        size_t count;

                        if (!go_together(field, &c_types[t]))
                                continue;
                        count = is_real(field->type)
                                        ? make_reals(&c_types[t], values)
                                        : make_values(field->type, &c_types[t], values);
                        checks++;
                        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
                                expect_array(field, &c_types[t], EKIDEN_ROOM_FIXED, values, count);
                                expect_array(field, &c_types[t], EKIDEN_ROOM_POINTED, values,
                                             count);
                                expect_array(field, &c_types[t], EKIDEN_ROOM_POINTED, values, 0);
                                expect_array(field, &c_types[t], EKIDEN_ROOM_FLEXIBLE, values,
                                             count);
                                continue;
                        }
                        for (size_t i = 0; i < count; i++)
                                expect_array(field, &c_types[t], EKIDEN_ROOM_ONE, &values[i], 1);
                }
        cr_assert_eq(checks, 2 * (12 * 9 + 1 + 2), "%zu pairs", checks);
        ek_scratch_deinit(&scratch);
}

/* A message with one number in it, into a member. Returns the result. */
static int import_number(const char *name, const struct c_type *type, int64_t integer, double real)
{
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(DESCRIPTOR, name);
        Graph__V1__Numbers message = GRAPH__V1__NUMBERS__INIT;
        char *place = (char *)&message + field->offset;
        struct box box, zero;
        int result;

        memset(&box, 0, sizeof(box));
        memset(&zero, 0, sizeof(zero));
        *(protobuf_c_boolean *)((char *)&message + field->quantifier_offset) = 1;
        if (field->type == PROTOBUF_C_TYPE_DOUBLE)
                memcpy(place, &real, sizeof(real));
        else
                memcpy(place, &integer, field->type == PROTOBUF_C_TYPE_INT32 ? 4 : 8);
        bind_box(field, type, EKIDEN_ROOM_ONE);
        error = (struct ekiden_error){.code = 0};
        result = ek_native_import(&cursor, &native, NULL, &message.base, &box);
        if (result < 0) {
                cr_assert_eq(error.code, result);
                cr_assert_str_eq(error.field, name);
                cr_assert_not_null(strstr(error.sentence, "member \"it\" of struct box"));
                cr_assert_arr_eq(&box, &zero, sizeof(box));
        }
        return result;
}

Test(native_numbers, number_beyond_a_member_is_refused_by_name)
{
        for (size_t t = 0; t < C_TYPES; t++) {
                const struct c_type *type = &c_types[t];
                int bits = bits_of_member(type);

                if (type->flags & EKIDEN_MEMBER_FLOATING)
                        continue;
                if (bits > -64)
                        cr_assert_eq(import_number("one_int64", type, lowest(bits) - 1, 0),
                                     EKIDEN_EREFUSED, "%s", type->name);
                if (bits != 64)
                        cr_assert_eq(
                                import_number("one_uint64", type, (int64_t)(highest(bits) + 1), 0),
                                EKIDEN_EREFUSED, "%s", type->name);
                cr_assert_eq(import_number("one_int64", type, lowest(bits), 0), 0);
                cr_assert_eq(import_number("one_uint64", type, (int64_t)highest(bits), 0), 0);
        }
        cr_assert_eq(import_number("one_int32", &c_types[1], -1, 0), EKIDEN_EREFUSED);
}

Test(native_numbers, double_beyond_a_float_is_refused_and_infinity_is_not)
{
        const struct c_type *type = &c_types[9];

        cr_assert_eq(import_number("one_double", type, 0, 1e300), EKIDEN_EREFUSED);
        cr_assert_eq(import_number("one_double", type, 0, -1e39), EKIDEN_EREFUSED);
        cr_assert_eq(import_number("one_double", type, 0, INFINITY), 0);
        cr_assert_eq(import_number("one_double", type, 0, NAN), 0);
        cr_assert_eq(import_number("one_double", type, 0, FLT_MAX), 0);
        cr_assert_eq(import_number("one_double", &c_types[4], 0, 0.5), EKIDEN_EREFUSED);
        cr_assert_eq(import_number("one_double", &c_types[4], 0, -7), 0);
}

/* C's bool is a byte that a memset() or a read() may have filled with anything. */
Test(native_numbers, bool_leaves_as_0_or_1_whatever_its_byte_is)
{
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(DESCRIPTOR, "one_int32");
        static const struct c_type boolean = {"bool", 1, EKIDEN_MEMBER_BOOL};
        struct box box;

        ek_scratch_init(&scratch);
        bind_box(field, &boolean, EKIDEN_ROOM_ONE);
        for (int byte = 0; byte < 256; byte++) {
                Graph__V1__Numbers message = GRAPH__V1__NUMBERS__INIT;

                memset(&box, byte, sizeof(box));
                cr_assert_eq(ek_native_export(&cursor, &native, &box, &message.base), 0);
                cr_assert_eq(message.one_int32, byte != 0);
        }
        ek_scratch_deinit(&scratch);
}

Test(native_numbers, number_beyond_a_field_does_not_leave)
{
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(DESCRIPTOR, "one_int32");
        struct box box;
        int64_t large = INT64_C(1) << 31;
        int result;

        ek_scratch_init(&scratch);
        memset(&box, 0, sizeof(box));
        memcpy(&box, &large, sizeof(large));
        bind_box(field, &c_types[6], EKIDEN_ROOM_ONE);
        cr_assert_null(cross(&box, &result));
        cr_assert_eq(result, EKIDEN_EREFUSED);
        cr_assert_str_eq(error.field, "one_int32");
        ek_scratch_deinit(&scratch);
}

/* The count of an array, in the member that counts. */
Test(native_numbers, lengths_are_checked_on_both_sides)
{
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(DESCRIPTOR, "all_int32");
        Graph__V1__Numbers message = GRAPH__V1__NUMBERS__INIT;
        int32_t many[300] = {0};
        struct box box;
        int result;

        ek_scratch_init(&scratch);
        memset(&box, 0, sizeof(box));
        bind_box(field, &c_types[4], EKIDEN_ROOM_FIXED);
        box.length = VALUES_MAX + 1;
        cr_assert_null(cross(&box, &result));
        cr_assert_not_null(strstr(error.sentence, "a length of 9, and room for 8"));
        bind_box(field, &c_types[4], EKIDEN_ROOM_POINTED);
        cr_assert_null(cross(&box, &result));
        cr_assert_not_null(strstr(error.sentence, "is NULL"));
        member.length_flags = EKIDEN_MEMBER_SIGNED;
        box.length = (uint64_t)-1;
        cr_assert_null(cross(&box, &result));
        cr_assert_not_null(strstr(error.sentence, "negative length"));
        memset(&box, 0, sizeof(box));
        message.n_all_int32 = 300;
        message.all_int32 = many;
        member.length_size = 1;
        member.length_flags = 0;
        error = (struct ekiden_error){.code = 0};
        cr_assert_eq(ek_native_import(&cursor, &native, NULL, &message.base, &box),
                     EKIDEN_EREFUSED);
        cr_assert_not_null(strstr(error.sentence, "300 values"), "%s", error.sentence);
        cr_assert_null(box.pointer);
        member.length_size = 8;
        member.capacity_offset = offsetof(struct box, values);
        member.capacity_size = 1;
        error = (struct ekiden_error){.code = 0};
        cr_assert_eq(ek_native_import(&cursor, &native, NULL, &message.base, &box),
                     EKIDEN_EREFUSED);
        cr_assert_not_null(strstr(error.sentence, "how many there is room cannot hold"), "%s",
                           error.sentence);
        cr_assert_null(box.pointer);
        bind_box(field, &c_types[4], EKIDEN_ROOM_FIXED);
        error = (struct ekiden_error){.code = 0};
        cr_assert_eq(ek_native_import(&cursor, &native, NULL, &message.base, &box),
                     EKIDEN_EREFUSED);
        cr_assert_not_null(strstr(error.sentence, "room for 8, and 300 came"));
        ek_scratch_deinit(&scratch);
}
