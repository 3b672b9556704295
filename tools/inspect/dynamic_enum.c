/* SPDX-License-Identifier: MIT */
/* An enum's descriptor: its values by number, each number once, and all names. */
#include "dynamic_private.h"

#include <stdlib.h>
#include <string.h>

int dynamic_ranges(struct dynamic_types *types, const int *numbers, size_t count,
                   const ProtobufCIntRange **ret_ranges, unsigned int *ret_count)
{
        /* One for each gap, and one behind the last, which tells where that ends. */
        ProtobufCIntRange *ranges = dynamic_alloc(types, count + 1, sizeof(*ranges));
        unsigned int used = 0;

        if (!ranges)
                return dynamic_out_of_memory(types);
        for (size_t i = 0; i < count; i++)
                if (i == 0 || (int64_t)numbers[i] != (int64_t)numbers[i - 1] + 1)
                        ranges[used++] = (ProtobufCIntRange){numbers[i], (unsigned int)i};
        ranges[used] = (ProtobufCIntRange){0, (unsigned int)count};
        *ret_ranges = ranges;
        *ret_count = used;
        return 0;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(((const ProtobufCEnumValueIndex *)a)->name,
                      ((const ProtobufCEnumValueIndex *)b)->name);
}

/* A value and its place in the enum: of those with one number, the first is meant. */
struct numbered {
        const char *name;
        int number;
        size_t place;
};

static int compare_numbers(const void *a, const void *b)
{
        const struct numbered *left = a;
        const struct numbered *right = b;

        if (left->number != right->number)
                return left->number < right->number ? -1 : 1;
        return left->place < right->place ? -1 : left->place > right->place;
}

static int fill(struct dynamic_types *types, const struct dynamic_type *type,
                const struct numbered *sorted, size_t count)
{
        ProtobufCEnumDescriptor *descriptor = type->enum_descriptor;
        ProtobufCEnumValue *values = dynamic_alloc(types, count, sizeof(*values));
        ProtobufCEnumValueIndex *names = dynamic_alloc(types, count, sizeof(*names));
        int *numbers = dynamic_alloc(types, count, sizeof(*numbers));
        size_t distinct = 0;

        if (!values || !names || !numbers)
                return dynamic_out_of_memory(types);
        for (size_t i = 0; i < count; i++) {
                if (i == 0 || sorted[i].number != sorted[i - 1].number) {
                        numbers[distinct] = sorted[i].number;
                        values[distinct++] = (ProtobufCEnumValue){.name = sorted[i].name,
                                                                  .c_name = sorted[i].name,
                                                                  .value = sorted[i].number};
                }
                names[i] = (ProtobufCEnumValueIndex){sorted[i].name, (unsigned int)distinct - 1};
        }
        qsort(names, count, sizeof(*names), compare_names);
        for (size_t i = 1; i < count; i++)
                if (strcmp(names[i - 1].name, names[i].name) == 0)
                        return dynamic_damaged(types, "%s has two values of one name",
                                               type->full_name);
        descriptor->values = values;
        descriptor->n_values = (unsigned int)distinct;
        descriptor->values_by_name = names;
        descriptor->n_value_names = (unsigned int)count;
        return dynamic_ranges(types, numbers, distinct, &descriptor->value_ranges,
                              &descriptor->n_value_ranges);
}

int dynamic_build_enum(struct dynamic_types *types, const struct dynamic_type *type)
{
        const Google__Protobuf__EnumDescriptorProto *proto = type->enumeration;
        size_t count = proto->n_value;
        struct numbered *sorted;

        type->enum_descriptor->magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC;
        type->enum_descriptor->name = type->full_name;
        type->enum_descriptor->short_name = proto->name;
        type->enum_descriptor->c_name = proto->name;
        type->enum_descriptor->package_name = type->package;
        if (count == 0)
                return dynamic_damaged(types, "%s has no values", type->full_name);
        sorted = dynamic_alloc(types, count, sizeof(*sorted));
        if (!sorted)
                return dynamic_out_of_memory(types);
        for (size_t i = 0; i < count; i++) {
                if (!dynamic_is_identifier(proto->value[i]->name))
                        return dynamic_damaged(types, "a value of %s has no name", type->full_name);
                sorted[i] = (struct numbered){proto->value[i]->name, proto->value[i]->number, i};
        }
        qsort(sorted, count, sizeof(*sorted), compare_numbers);
        return fill(types, type, sorted, count);
}
