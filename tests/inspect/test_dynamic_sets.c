/* SPDX-License-Identifier: MIT */
/* Sets that protoc would never write: each contradiction is refused, and named. */
#include "dynamic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "google/protobuf/descriptor.pb-c.h"

typedef Google__Protobuf__FieldDescriptorProto Field;
typedef Google__Protobuf__EnumValueDescriptorProto Value;

/* One file with a message of two fields and an enum of two values, all sound. */
struct set {
        Google__Protobuf__FileDescriptorSet set;
        Google__Protobuf__FileDescriptorProto file, *files[1];
        Google__Protobuf__DescriptorProto message, *messages[1];
        Google__Protobuf__OneofDescriptorProto oneof, *oneofs[1];
        Field a, b, *fields[2];
        Google__Protobuf__EnumDescriptorProto enumeration, *enums[1];
        Value x, y, *values[2];
};

static void field_init(Field *field, const char *name, int32_t number, int type)
{
        google__protobuf__field_descriptor_proto__init(field);
        field->name = (char *)(uintptr_t)name;
        field->has_number = field->has_type = field->has_label = 1;
        field->number = number;
        field->type = (Google__Protobuf__FieldDescriptorProto__Type)type;
        field->label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL;
}

static void value_init(Value *value, const char *name, int32_t number)
{
        google__protobuf__enum_value_descriptor_proto__init(value);
        value->name = (char *)(uintptr_t)name;
        value->has_number = 1;
        value->number = number;
}

static void set_init(struct set *set)
{
        google__protobuf__file_descriptor_set__init(&set->set);
        google__protobuf__file_descriptor_proto__init(&set->file);
        google__protobuf__descriptor_proto__init(&set->message);
        google__protobuf__oneof_descriptor_proto__init(&set->oneof);
        google__protobuf__enum_descriptor_proto__init(&set->enumeration);
        field_init(&set->a, "a", 1, 5);
        field_init(&set->b, "b", 2, 14);
        set->b.type_name = (char *)".p.E";
        set->b.default_value = (char *)"Y";
        value_init(&set->x, "X", 0);
        value_init(&set->y, "Y", 1);
        set->set.n_file = set->file.n_message_type = set->file.n_enum_type = 1;
        set->set.file = set->files;
        set->files[0] = &set->file;
        set->file.name = (char *)"p.proto";
        set->file.package = (char *)"p";
        set->file.message_type = set->messages;
        set->messages[0] = &set->message;
        set->file.enum_type = set->enums;
        set->enums[0] = &set->enumeration;
        set->message.name = (char *)"M";
        set->message.field = set->fields;
        set->message.n_field = 2;
        set->fields[0] = &set->a;
        set->fields[1] = &set->b;
        set->message.oneof_decl = set->oneofs;
        set->message.n_oneof_decl = 1;
        set->oneofs[0] = &set->oneof;
        set->oneof.name = (char *)"o";
        set->enumeration.name = (char *)"E";
        set->enumeration.value = set->values;
        set->enumeration.n_value = 2;
        set->values[0] = &set->x;
        set->values[1] = &set->y;
}

/* A copy of the bytes, so that reading on is noticed. */
static int make(const struct set *set, struct dynamic_types **ret_types, struct ekiden_error *error)
{
        size_t size = google__protobuf__file_descriptor_set__get_packed_size(&set->set);
        uint8_t *bytes = malloc(size + 1);
        int r;

        cr_assert_not_null(bytes);
        google__protobuf__file_descriptor_set__pack(&set->set, bytes);
        r = dynamic_types_new(bytes, size, ret_types, error);
        free(bytes);
        return r;
}

static void expect_refused(const struct set *set, int code, const char *words)
{
        struct ekiden_error error = {0};
        struct dynamic_types *types = NULL;
        int r = make(set, &types, &error);

        cr_expect_eq(r, code, "%s: %d, %s", words, r, error.sentence);
        cr_expect_not_null(strstr(error.sentence, words), "\"%s\" says not \"%s\"", error.sentence,
                           words);
        dynamic_types_free(types);
}

static void no_file_name(struct set *set)
{
        set->file.name = NULL;
}

static void bad_package(struct set *set)
{
        set->file.package = (char *)"p..q";
}

static void no_message_name(struct set *set)
{
        set->message.name = NULL;
}

static void bad_message_name(struct set *set)
{
        set->message.name = (char *)"M\n";
}

static void same_type_name(struct set *set)
{
        set->enumeration.name = (char *)"M";
}

static void no_field_name(struct set *set)
{
        set->a.name = NULL;
}

static void no_field_number(struct set *set)
{
        set->a.number = 0;
}

static void large_field_number(struct set *set)
{
        set->a.number = 536870912;
}

static void same_field_number(struct set *set)
{
        set->b.number = 1;
}

static void same_field_name(struct set *set)
{
        set->b.name = (char *)"a";
}

static void no_type(struct set *set)
{
        set->a.has_type = 0;
}

static void unknown_type(struct set *set)
{
        set->a.type = (Google__Protobuf__FieldDescriptorProto__Type)19;
}

static void no_label(struct set *set)
{
        set->a.has_label = 0;
}

static void type_of_nothing(struct set *set)
{
        set->b.type_name = (char *)".p.F";
}

static void message_for_an_enum(struct set *set)
{
        set->b.type_name = (char *)".p.M";
}

static void enum_for_a_message(struct set *set)
{
        set->b.type = (Google__Protobuf__FieldDescriptorProto__Type)11;
}

static void no_such_oneof(struct set *set)
{
        set->a.has_oneof_index = 1;
        set->a.oneof_index = 1;
}

static void negative_oneof(struct set *set)
{
        set->a.has_oneof_index = 1;
        set->a.oneof_index = -1;
}

static void repeated_in_a_oneof(struct set *set)
{
        set->a.has_oneof_index = 1;
        set->a.label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
}

/* It would be unpacked into the union without a mark of which member that holds. */
static void required_in_a_oneof(struct set *set)
{
        set->a.has_oneof_index = 1;
        set->a.label = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED;
}

static void no_oneof_name(struct set *set)
{
        set->oneof.name = NULL;
}

static void bad_number_default(struct set *set)
{
        set->a.default_value = (char *)"2147483648";
}

static void bad_enum_default(struct set *set)
{
        set->b.default_value = (char *)"Z";
}

static void bad_bytes_default(struct set *set)
{
        set->a.type = (Google__Protobuf__FieldDescriptorProto__Type)12;
        set->a.default_value = (char *)"\\777";
}

static void ending_bytes_default(struct set *set)
{
        set->a.type = (Google__Protobuf__FieldDescriptorProto__Type)12;
        set->a.default_value = (char *)"x\\";
}

static void default_of_a_message(struct set *set)
{
        set->b.type = (Google__Protobuf__FieldDescriptorProto__Type)11;
        set->b.type_name = (char *)".p.M";
}

static void no_values(struct set *set)
{
        set->enumeration.n_value = 0;
}

static void no_value_name(struct set *set)
{
        set->x.name = NULL;
}

static void same_value_name(struct set *set)
{
        set->x.name = (char *)"Y";
}

Test(dynamic_sets, that_contradict_themselves_are_refused_by_name)
{
        static const struct {
                void (*spoil)(struct set *set);
                const char *words;
        } cases[] = {
                {no_file_name, "a file has no name"},
                {bad_package, "the package of p.proto is no name"},
                {no_message_name, "a type in p has no name"},
                {bad_message_name, "a type in p has no name"},
                {same_type_name, "p.M is declared twice"},
                {no_field_name, "a field of p.M has no name"},
                {no_field_number, "p.M.a has no number"},
                {large_field_number, "p.M.a has no number"},
                {same_field_number, "p.M has two fields of number 1"},
                {same_field_name, "p.M has two fields \"a\""},
                {no_type, "p.M.a has no type"},
                {unknown_type, "p.M.a has no type"},
                {no_label, "p.M.a has no type"},
                {type_of_nothing, "p.M.b has no type"},
                {message_for_an_enum, "p.M.b has no type"},
                {enum_for_a_message, "p.M.b has no type"},
                {no_such_oneof, "p.M.a is in no oneof"},
                {negative_oneof, "p.M.a is in no oneof"},
                {repeated_in_a_oneof, "p.M.a is in no oneof"},
                {required_in_a_oneof, "p.M.a is in no oneof"},
                {no_oneof_name, "a oneof of p.M has no name"},
                {bad_number_default, "default of a field \"a\""},
                {bad_enum_default, "default of a field \"b\""},
                {bad_bytes_default, "default of a field \"a\""},
                {ending_bytes_default, "default of a field \"a\""},
                {default_of_a_message, "default of a field \"b\""},
                {no_values, "p.E has no values"},
                {no_value_name, "a value of p.E has no name"},
                {same_value_name, "p.E has two values of one name"},
        };
        struct ekiden_error error = {0};
        struct dynamic_types *types;
        struct set set;

        set_init(&set);
        cr_assert_eq(make(&set, &types, &error), 0, "the sound one: %s", error.sentence);
        dynamic_types_free(types);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                set_init(&set);
                cases[i].spoil(&set);
                expect_refused(&set, EKIDEN_EPROTOCOL, cases[i].words);
        }
}

Test(dynamic_sets, leave_groups_out)
{
        struct ekiden_error error = {0};
        struct dynamic_types *types;
        struct set set;

        set_init(&set);
        set.a.type = GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_GROUP;
        set.a.type_name = (char *)".p.M";
        cr_assert_eq(make(&set, &types, &error), 0, "%s", error.sentence);
        cr_expect_eq(dynamic_message(types, "p.M")->n_fields, 1);
        dynamic_types_free(types);
}

Test(dynamic_sets, with_a_name_too_long_are_refused)
{
        char name[DYNAMIC_NAME_MAX + 1];
        struct set set;

        set_init(&set);
        memset(name, 'n', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        set.message.name = name;
        expect_refused(&set, EKIDEN_ELIMIT, "name of a type");
}

Test(dynamic_sets, with_a_record_too_large_are_refused)
{
        enum { COUNT = DYNAMIC_MESSAGE_MAX / 16 };
        static Field many[COUNT];
        static Field *fields[COUNT];
        static char names[COUNT][8];
        struct set set;

        set_init(&set);
        for (int i = 0; i < COUNT; i++) {
                snprintf(names[i], sizeof(names[i]), "f%d", i);
                field_init(&many[i], names[i], i + 1, 4);
                fields[i] = &many[i];
        }
        set.message.field = fields;
        set.message.n_field = COUNT;
        expect_refused(&set, EKIDEN_ELIMIT, "p.M has so many fields");
}

Test(dynamic_sets, with_too_many_types_are_refused)
{
        enum { COUNT = DYNAMIC_TYPES_MAX };
        static Google__Protobuf__DescriptorProto many[COUNT];
        static Google__Protobuf__DescriptorProto *messages[COUNT];
        static char names[COUNT][8];
        struct set set;

        set_init(&set);
        for (int i = 0; i < COUNT; i++) {
                snprintf(names[i], sizeof(names[i]), "T%d", i);
                google__protobuf__descriptor_proto__init(&many[i]);
                many[i].name = names[i];
                messages[i] = &many[i];
        }
        set.file.message_type = messages;
        set.file.n_message_type = COUNT;
        expect_refused(&set, EKIDEN_ELIMIT, "more than 65536 types");
}

Test(dynamic_sets, that_nest_too_deep_are_refused)
{
        enum { DEPTH = DYNAMIC_NESTING_MAX + 2 };
        Google__Protobuf__DescriptorProto nested[DEPTH];
        Google__Protobuf__DescriptorProto *below[DEPTH];
        struct set set;

        set_init(&set);
        for (int i = 0; i < DEPTH; i++) {
                google__protobuf__descriptor_proto__init(&nested[i]);
                nested[i].name = (char *)"N";
                below[i] = i > 0 ? &nested[i - 1] : NULL;
                nested[i].nested_type = &below[i];
                nested[i].n_nested_type = i > 0;
        }
        set.messages[0] = &nested[DEPTH - 2];
        set.b.type_name = NULL;
        set.message.n_field = 0;
        {
                struct ekiden_error error = {0};
                struct dynamic_types *types;

                cr_assert_eq(make(&set, &types, &error), 0, "%s", error.sentence);
                dynamic_types_free(types);
        }
        set.messages[0] = &nested[DEPTH - 1];
        expect_refused(&set, EKIDEN_ELIMIT, "nests messages over 32 deep");
}
