/* SPDX-License-Identifier: MIT */
/* Descriptors that are made at run time are those that protoc-c generates; and what lies in a set
   is refused, or does no harm. */
#include "dynamic.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "bureau.h"
#include "record.h"
#include "wire/message.h"

static struct dynamic_types *types;

static void make_types(void)
{
        struct ekiden_error error = {0};

        cr_assert_eq(dynamic_types_new(bureau_v1.descriptor_set, bureau_v1.descriptor_set_size,
                                       &types, &error),
                     0, "%s", error.sentence);
}

static void free_types(void)
{
        types = dynamic_types_free(types);
}

TestSuite(dynamic, .init = make_types, .fini = free_types);

static void expect_same_enum(const ProtobufCEnumDescriptor *made,
                             const ProtobufCEnumDescriptor *generated)
{
        cr_assert_str_eq(made->name, generated->name);
        cr_assert_eq(made->n_values, generated->n_values, "%s", made->name);
        cr_assert_eq(made->n_value_names, generated->n_value_names);
        for (unsigned int i = 0; i < generated->n_value_names; i++) {
                const char *name = generated->values_by_name[i].name;
                const ProtobufCEnumValue *value =
                        protobuf_c_enum_descriptor_get_value_by_name(made, name);

                cr_assert_not_null(value, "%s", name);
                cr_expect_eq(value->value,
                             protobuf_c_enum_descriptor_get_value_by_name(generated, name)->value);
                cr_expect_eq(protobuf_c_enum_descriptor_get_value(made, value->value), value);
        }
        cr_expect_null(protobuf_c_enum_descriptor_get_value(made, 1000));
}

static void expect_same_default(const ProtobufCFieldDescriptor *made,
                                const ProtobufCFieldDescriptor *generated)
{
        const ProtobufCBinaryData *left = made->default_value;
        const ProtobufCBinaryData *right = generated->default_value;

        /* protoc-c gives strings of proto3 an empty default, which is none. */
        if (generated->label == PROTOBUF_C_LABEL_NONE)
                return;
        cr_assert_eq(!left, !right, "default of %s", made->name);
        if (!left)
                return;
        if (made->type == PROTOBUF_C_TYPE_STRING)
                cr_expect_str_eq(made->default_value, generated->default_value);
        else if (made->type == PROTOBUF_C_TYPE_BYTES)
                cr_expect(left->len == right->len &&
                                  memcmp(left->data, right->data, left->len) == 0,
                          "default of %s", made->name);
        else
                cr_expect_eq(memcmp(left, right, ek_value_size(made->type)), 0, "default of %s",
                             made->name);
}

static void expect_same_field(const ProtobufCFieldDescriptor *made,
                              const ProtobufCFieldDescriptor *generated)
{
        const ProtobufCMessageDescriptor *message = generated->descriptor;

        cr_assert_str_eq(made->name, generated->name);
        cr_expect_eq(made->id, generated->id, "%s", made->name);
        cr_expect_eq(made->label, generated->label, "label of %s: %d, %d", made->name, made->label,
                     generated->label);
        cr_expect_eq(made->type, generated->type, "%s", made->name);
        cr_expect_eq(made->flags, generated->flags, "flags of %s: %u, %u", made->name, made->flags,
                     generated->flags);
        expect_same_default(made, generated);
        if (made->type == PROTOBUF_C_TYPE_MESSAGE)
                cr_expect_str_eq(((const ProtobufCMessageDescriptor *)made->descriptor)->name,
                                 message->name);
        if (made->type == PROTOBUF_C_TYPE_ENUM)
                expect_same_enum(made->descriptor, generated->descriptor);
}

static void expect_same_message(const ProtobufCMessageDescriptor *generated)
{
        const ProtobufCMessageDescriptor *made = dynamic_message(types, generated->name);

        cr_assert_not_null(made, "%s", generated->name);
        cr_assert_eq(made->n_fields, generated->n_fields, "%s", made->name);
        cr_expect_str_eq(made->short_name, generated->short_name);
        cr_expect_str_eq(made->package_name, generated->package_name);
        for (unsigned int i = 0; i < made->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &made->fields[i];

                expect_same_field(field, &generated->fields[i]);
                cr_expect_eq(protobuf_c_message_descriptor_get_field(made, field->id), field);
                cr_expect_eq(protobuf_c_message_descriptor_get_field_by_name(made, field->name),
                             field);
        }
        cr_expect_null(protobuf_c_message_descriptor_get_field(made, 19));
        cr_expect_null(protobuf_c_message_descriptor_get_field_by_name(made, "absent"));
}

Test(dynamic, descriptors_are_those_that_protoc_c_generates)
{
        expect_same_message(&bureau__v1__office__descriptor);
        expect_same_message(&bureau__v1__office__shelf_entry__descriptor);
        expect_same_message(&bureau__v1__clerk__descriptor);
        expect_same_message(&bureau__v1__folder__descriptor);
        expect_same_message(&parts__address__descriptor);
        expect_same_message(&parts__address__deep__descriptor);
        cr_expect_null(dynamic_message(types, "bureau.v1.Nobody"));
        cr_expect_null(dynamic_message(types, "bureau.v1.Colour"), "an enum is no message");
}

Test(dynamic, map_entries_are_told_apart)
{
        cr_expect(dynamic_is_map_entry(dynamic_message(types, "bureau.v1.Office.ShelfEntry")));
        cr_expect_not(dynamic_is_map_entry(dynamic_message(types, "bureau.v1.Folder")));
}

Test(dynamic, what_is_unpacked_with_them_is_packed_to_the_same_bytes)
{
        const ProtobufCMessageDescriptor *office = dynamic_message(types, "bureau.v1.Office");
        uint8_t packed[4096], again[4096];
        size_t size = bureau_pack_office(packed);
        ProtobufCMessage *message;

        cr_assert_eq(ek_message_unpack(office, NULL, packed, size, &message), 0);
        cr_expect_eq(message->n_unknown_fields, 0);
        cr_assert_eq(protobuf_c_message_get_packed_size(message), size);
        cr_expect_eq(protobuf_c_message_pack(message, again), size);
        cr_expect_eq(memcmp(packed, again, size), 0);
        protobuf_c_message_free_unpacked(message, NULL);
}

Test(dynamic, absent_fields_have_their_defaults)
{
        const ProtobufCMessageDescriptor *office = dynamic_message(types, "bureau.v1.Office");
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(office, "one_uint64");
        ProtobufCMessage *message;
        uint64_t value;

        cr_assert_eq(ek_message_unpack(office, NULL, (const uint8_t *)"", 0, &message), 0);
        memcpy(&value, (const char *)message + field->offset, sizeof(value));
        cr_expect_eq(value, UINT64_MAX);
        protobuf_c_message_free_unpacked(message, NULL);
}

/* Whatever the set says now: it is refused with a sentence, or what is made of it can be used. */
static void try_set(const uint8_t *set, size_t size)
{
        struct ekiden_error error = {0};
        struct dynamic_types *made = NULL;
        const ProtobufCMessageDescriptor *office;
        uint8_t packed[4096];
        size_t packed_size = bureau_pack_office(packed);
        ProtobufCMessage *message;
        int r = dynamic_types_new(set, size, &made, &error);

        cr_assert_eq(r, error.code);
        if (r < 0) {
                cr_assert(r == EKIDEN_EPROTOCOL || r == EKIDEN_ELIMIT, "%d", r);
                cr_assert_neq(error.sentence[0], '\0');
                return;
        }
        office = dynamic_message(made, "bureau.v1.Office");
        if (office && ek_message_unpack(office, NULL, packed, packed_size, &message) == 0)
                protobuf_c_message_free_unpacked(message, NULL);
        dynamic_types_free(made);
}

Test(dynamic, any_bit_of_a_set_may_lie, .timeout = 120)
{
        size_t size = bureau_v1.descriptor_set_size;
        uint8_t *set = malloc(size);

        cr_assert_not_null(set);
        memcpy(set, bureau_v1.descriptor_set, size);
        for (size_t bit = 0; bit < 8 * size; bit++) {
                set[bit / 8] ^= (uint8_t)(1 << bit % 8);
                try_set(set, size);
                set[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(set);
}

Test(dynamic, a_set_may_end_anywhere)
{
        for (size_t size = 0; size < bureau_v1.descriptor_set_size; size++) {
                uint8_t *set = malloc(size + 1); /* of its own, so that reading on is noticed */

                cr_assert_not_null(set);
                memcpy(set, bureau_v1.descriptor_set, size);
                try_set(set, size);
                free(set);
        }
}

Test(dynamic, a_set_beyond_the_limit_is_refused)
{
        static uint8_t large[DYNAMIC_SET_MAX + 1];
        struct ekiden_error error = {0};
        struct dynamic_types *made;

        cr_expect_eq(dynamic_types_new(large, sizeof(large), &made, &error), EKIDEN_ELIMIT);
}
