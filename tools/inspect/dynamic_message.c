/* SPDX-License-Identifier: MIT */
/*
 * A message's descriptor: where each field has its place in a struct that no compiler saw, laid out
 * as one would: the base, a case and a union for each oneof, and then the fields by number.
 */
#include "dynamic_private.h"

#include <stdlib.h>
#include <string.h>

#include "record.h"

#define NUMBER_MAX 536870911 /* of a field: protobuf.dev, "Assigning Field Numbers" */
#define TYPE_COUNT 19

/* Constants of descriptor.proto, as protoc-c spells them. */
#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name
#define LABEL(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_##name

typedef Google__Protobuf__FieldDescriptorProto FieldProto;

/* A group is none: fields of that type are left out. */
static const ProtobufCType field_types[TYPE_COUNT] = {
        [TYPE(DOUBLE)] = PROTOBUF_C_TYPE_DOUBLE,     [TYPE(FLOAT)] = PROTOBUF_C_TYPE_FLOAT,
        [TYPE(INT64)] = PROTOBUF_C_TYPE_INT64,       [TYPE(UINT64)] = PROTOBUF_C_TYPE_UINT64,
        [TYPE(INT32)] = PROTOBUF_C_TYPE_INT32,       [TYPE(FIXED64)] = PROTOBUF_C_TYPE_FIXED64,
        [TYPE(FIXED32)] = PROTOBUF_C_TYPE_FIXED32,   [TYPE(BOOL)] = PROTOBUF_C_TYPE_BOOL,
        [TYPE(STRING)] = PROTOBUF_C_TYPE_STRING,     [TYPE(MESSAGE)] = PROTOBUF_C_TYPE_MESSAGE,
        [TYPE(BYTES)] = PROTOBUF_C_TYPE_BYTES,       [TYPE(UINT32)] = PROTOBUF_C_TYPE_UINT32,
        [TYPE(ENUM)] = PROTOBUF_C_TYPE_ENUM,         [TYPE(SFIXED32)] = PROTOBUF_C_TYPE_SFIXED32,
        [TYPE(SFIXED64)] = PROTOBUF_C_TYPE_SFIXED64, [TYPE(SINT32)] = PROTOBUF_C_TYPE_SINT32,
        [TYPE(SINT64)] = PROTOBUF_C_TYPE_SINT64,
};

struct oneof {
        size_t case_offset, offset, size_bytes;
};

struct layout {
        struct dynamic_types *types;
        const struct dynamic_type *type;
        struct oneof *oneofs;
        size_t size_bytes;
};

static bool is_group(const FieldProto *proto)
{
        return proto->type == TYPE(GROUP);
}

static int check_field(struct layout *layout, const FieldProto *proto)
{
        const struct dynamic_type *type = layout->type;
        const struct dynamic_type *named = dynamic_find(layout->types, proto->type_name);
        bool is_message = is_group(proto) || proto->type == TYPE(MESSAGE);

        if (!dynamic_is_identifier(proto->name))
                return dynamic_damaged(layout->types, "a field of %s has no name", type->full_name);
        if (proto->number < 1 || proto->number > NUMBER_MAX)
                return dynamic_damaged(layout->types, "%s.%s has no number", type->full_name,
                                       proto->name);
        if (!proto->has_label || proto->label < 1 || proto->label > LABEL(REPEATED) ||
            !proto->has_type || proto->type < 1 || proto->type >= TYPE_COUNT ||
            (is_message && (!named || !named->message)) ||
            (proto->type == TYPE(ENUM) && (!named || !named->enumeration)))
                return dynamic_damaged(layout->types, "%s.%s has no type", type->full_name,
                                       proto->name);
        if (proto->has_oneof_index &&
            (proto->oneof_index < 0 || (size_t)proto->oneof_index >= type->message->n_oneof_decl ||
             proto->label != LABEL(OPTIONAL)))
                return dynamic_damaged(layout->types, "%s.%s is in no oneof", type->full_name,
                                       proto->name);
        return 0;
}

/* Gives a member its place, all of which are as large as they are aligned, or of pointers. */
static size_t put(struct layout *layout, size_t size_bytes)
{
        size_t alignment = size_bytes < sizeof(void *) ? size_bytes : sizeof(void *);
        size_t offset = (layout->size_bytes + alignment - 1) & ~(alignment - 1);

        layout->size_bytes = offset + size_bytes;
        return offset;
}

static ProtobufCLabel label_of(const struct layout *layout, const FieldProto *proto)
{
        switch ((int)proto->label) {
        case LABEL(REQUIRED):
                return PROTOBUF_C_LABEL_REQUIRED;
        case LABEL(REPEATED):
                return PROTOBUF_C_LABEL_REPEATED;
        default:
                /* Of proto3, as protoc-c has it: there is no has_ flag. */
                return layout->type->proto3 && !proto->has_oneof_index ? PROTOBUF_C_LABEL_NONE
                                                                       : PROTOBUF_C_LABEL_OPTIONAL;
        }
}

static bool has_flag(const ProtobufCFieldDescriptor *field)
{
        return field->label == PROTOBUF_C_LABEL_OPTIONAL && field->type != PROTOBUF_C_TYPE_STRING &&
               field->type != PROTOBUF_C_TYPE_MESSAGE;
}

static void place_field(struct layout *layout, const FieldProto *proto,
                        ProtobufCFieldDescriptor *field)
{
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
                field->quantifier_offset = (unsigned int)put(layout, sizeof(size_t));
                field->offset = (unsigned int)put(layout, sizeof(void *));
        } else if (proto->has_oneof_index) {
                const struct oneof *oneof = &layout->oneofs[proto->oneof_index];

                field->flags |= PROTOBUF_C_FIELD_FLAG_ONEOF;
                field->quantifier_offset = (unsigned int)oneof->case_offset;
                field->offset = (unsigned int)oneof->offset;
        } else {
                if (has_flag(field))
                        field->quantifier_offset =
                                (unsigned int)put(layout, sizeof(protobuf_c_boolean));
                field->offset = (unsigned int)put(layout, ek_value_size(field->type));
        }
}

/* In proto3 numbers are, unless the file says otherwise. */
static bool is_packed(const struct layout *layout, const FieldProto *proto,
                      const ProtobufCFieldDescriptor *field)
{
        if (field->label != PROTOBUF_C_LABEL_REPEATED || field->type == PROTOBUF_C_TYPE_STRING ||
            field->type == PROTOBUF_C_TYPE_BYTES || field->type == PROTOBUF_C_TYPE_MESSAGE)
                return false;
        if (proto->options && proto->options->has_packed)
                return proto->options->packed;
        return layout->type->proto3;
}

static int fill_field(struct layout *layout, const FieldProto *proto,
                      ProtobufCFieldDescriptor *field)
{
        const struct dynamic_type *named = dynamic_find(layout->types, proto->type_name);

        field->name = proto->name;
        field->id = (uint32_t)proto->number;
        field->type = field_types[proto->type];
        field->label = label_of(layout, proto);
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                field->descriptor = named->message_descriptor;
        if (field->type == PROTOBUF_C_TYPE_ENUM)
                field->descriptor = named->enum_descriptor;
        if (is_packed(layout, proto, field))
                field->flags |= PROTOBUF_C_FIELD_FLAG_PACKED;
        if (proto->options && proto->options->deprecated)
                field->flags |= PROTOBUF_C_FIELD_FLAG_DEPRECATED;
        place_field(layout, proto, field);
        if (layout->size_bytes > DYNAMIC_MESSAGE_MAX)
                return ekiden_error_set(layout->types->error, EKIDEN_ELIMIT,
                                        "%s has so many fields that a record takes more than %zu "
                                        "bytes of memory",
                                        layout->type->full_name, DYNAMIC_MESSAGE_MAX);
        /* A union has no default: it would lie where another member is. */
        if (!proto->default_value || proto->has_oneof_index ||
            field->label == PROTOBUF_C_LABEL_REPEATED)
                return 0;
        return dynamic_default(layout->types, proto->default_value, field, &field->default_value);
}

static int place_oneofs(struct layout *layout, const FieldProto *const *fields, size_t count)
{
        size_t oneof_count = layout->type->message->n_oneof_decl;

        for (size_t i = 0; i < oneof_count; i++)
                if (!dynamic_is_identifier(layout->type->message->oneof_decl[i]->name))
                        return dynamic_damaged(layout->types, "a oneof of %s has no name",
                                               layout->type->full_name);
        layout->oneofs = dynamic_alloc(layout->types, oneof_count, sizeof(*layout->oneofs));
        if (!layout->oneofs)
                return dynamic_out_of_memory(layout->types);
        for (size_t i = 0; i < count; i++) {
                size_t size = ek_value_size(field_types[fields[i]->type]);

                if (fields[i]->has_oneof_index &&
                    layout->oneofs[fields[i]->oneof_index].size_bytes < size)
                        layout->oneofs[fields[i]->oneof_index].size_bytes = size;
        }
        for (size_t i = 0; i < oneof_count && layout->size_bytes <= DYNAMIC_MESSAGE_MAX; i++) {
                layout->oneofs[i].case_offset = put(layout, sizeof(uint32_t));
                if (layout->oneofs[i].size_bytes > 0)
                        layout->oneofs[i].offset = put(layout, layout->oneofs[i].size_bytes);
        }
        return 0;
}

static int compare_numbers(const void *a, const void *b)
{
        const FieldProto *left = *(const FieldProto *const *)a;
        const FieldProto *right = *(const FieldProto *const *)b;

        return left->number < right->number ? -1 : left->number > right->number;
}

/* The fields by number, groups left out. */
static int sort_fields(struct layout *layout, const FieldProto ***ret_fields, size_t *ret_count)
{
        const Google__Protobuf__DescriptorProto *message = layout->type->message;
        const FieldProto **fields =
                dynamic_alloc(layout->types, message->n_field, sizeof(const FieldProto *));
        size_t count = 0;

        if (!fields)
                return dynamic_out_of_memory(layout->types);
        for (size_t i = 0; i < message->n_field; i++) {
                int r = check_field(layout, message->field[i]);

                if (r < 0)
                        return r;
                if (!is_group(message->field[i]))
                        fields[count++] = message->field[i];
        }
        qsort(fields, count, sizeof(const FieldProto *), compare_numbers);
        for (size_t i = 1; i < count; i++)
                if (fields[i - 1]->number == fields[i]->number)
                        return dynamic_damaged(layout->types, "%s has two fields of number %d",
                                               layout->type->full_name, fields[i]->number);
        *ret_fields = fields;
        *ret_count = count;
        return 0;
}

/* A name and where the field is in the table. */
struct named {
        const char *name;
        unsigned int index;
};

static int compare_names(const void *a, const void *b)
{
        return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* The two ways to find a field: by name and by number. */
static int index_fields(struct layout *layout, ProtobufCMessageDescriptor *descriptor)
{
        struct dynamic_types *types = layout->types;
        size_t count = descriptor->n_fields;
        struct named *names = dynamic_alloc(types, count, sizeof(*names));
        unsigned int *by_name = dynamic_alloc(types, count, sizeof(*by_name));
        int *numbers = dynamic_alloc(types, count, sizeof(*numbers));

        if (!names || !by_name || !numbers)
                return dynamic_out_of_memory(types);
        for (size_t i = 0; i < count; i++) {
                names[i] = (struct named){descriptor->fields[i].name, (unsigned int)i};
                numbers[i] = (int)descriptor->fields[i].id;
        }
        qsort(names, count, sizeof(*names), compare_names);
        for (size_t i = 0; i < count; i++) {
                if (i > 0 && strcmp(names[i - 1].name, names[i].name) == 0)
                        return dynamic_damaged(types, "%s has two fields \"%s\"",
                                               layout->type->full_name, names[i].name);
                by_name[i] = names[i].index;
        }
        descriptor->fields_sorted_by_name = by_name;
        return dynamic_ranges(types, numbers, count, &descriptor->field_ranges,
                              &descriptor->n_field_ranges);
}

/* What a descriptor's spare pointer leads to where it is that of a map's entry. */
static char map_entry;

bool dynamic_is_map_entry(const ProtobufCMessageDescriptor *descriptor)
{
        return descriptor->reserved1 == &map_entry && descriptor->n_fields == 2;
}

int dynamic_build_message(struct dynamic_types *types, const struct dynamic_type *type)
{
        ProtobufCMessageDescriptor *descriptor = type->message_descriptor;
        struct layout layout = {
                .types = types, .type = type, .size_bytes = sizeof(ProtobufCMessage)};
        ProtobufCFieldDescriptor *fields;
        const FieldProto **sorted = NULL;
        size_t count = 0;
        int r = sort_fields(&layout, &sorted, &count);

        if (r == 0)
                r = place_oneofs(&layout, sorted, count);
        if (r < 0)
                return r;
        fields = dynamic_alloc(types, count, sizeof(*fields));
        if (!fields)
                return dynamic_out_of_memory(types);
        for (size_t i = 0; i < count; i++) {
                r = fill_field(&layout, sorted[i], &fields[i]);
                if (r < 0)
                        return r;
        }
        descriptor->magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC;
        descriptor->name = type->full_name;
        descriptor->short_name = descriptor->c_name = type->message->name;
        descriptor->package_name = type->package;
        if (type->message->options && type->message->options->map_entry)
                descriptor->reserved1 = &map_entry;
        descriptor->fields = fields;
        descriptor->n_fields = (unsigned int)count;
        put(&layout, sizeof(void *)); /* so that its size is a multiple of its alignment */
        descriptor->sizeof_message = layout.size_bytes;
        return index_fields(&layout, descriptor);
}
