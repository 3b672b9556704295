/* SPDX-License-Identifier: MIT */
/* A program's struct into a message, member by member. */
#include <string.h>

#include "record.h"
#include "state/native.h"

/* One struct on its way out. */
struct export
{
        struct ekiden_cursor *cursor;
        const struct ekiden_native *native;
        const char *object;
        ProtobufCMessage *message;
        unsigned int depth;
};

static int export_struct(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                         const void *object, ProtobufCMessage *message, unsigned int depth);

static int out_of_memory(struct ekiden_cursor *cursor)
{
        return ekiden_error_set(cursor->error, EKIDEN_ENOMEM, "memory ran out while exporting");
}

static ProtobufCMessage *new_message(const struct export *export,
                                     const ProtobufCMessageDescriptor *descriptor)
{
        ProtobufCMessage *message = ekiden_cursor_alloc(export->cursor, descriptor->sizeof_message);

        if (message)
                protobuf_c_message_init(descriptor, message);
        return message;
}

static int export_number(const struct export *export, const struct ekiden_member *member,
                         const void *from, void *to)
{
        const struct ekiden_enumeration *enumeration = member->enumeration;
        ProtobufCType type = export->native->descriptor->fields[member->field].type;
        struct ek_number number = {.kind = EK_NUMBER_SIGNED};

        if (member->kind == EKIDEN_MEMBER_BITS) {
                number.kind = member->flags & EKIDEN_MEMBER_SIGNED ? EK_NUMBER_SIGNED
                                                                   : EK_NUMBER_UNSIGNED;
                number.integer = member->get_bits(export->object);
        } else if (!ek_number_load(from, member->size, member->flags, &number)) {
                return ek_native_refuse(export->cursor, EKIDEN_EINVAL, export->native, member,
                                        "is a number of %zu bytes, which cannot cross",
                                        member->size);
        }
        for (size_t i = 0; enumeration && i < enumeration->count; i++)
                if (enumeration->enumerators[i].constant == number.integer) {
                        *(int32_t *)to = enumeration->enumerators[i].value;
                        return 1;
                }
        if (enumeration)
                return ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native, member,
                                        "is %lld, which is no value of enum %s",
                                        (long long)number.integer, enumeration->name);
        if (!ek_number_to_field(type, to, number))
                return ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native, member,
                                        "holds a number that its field cannot hold");
        return 1;
}

/* An array without a NUL would be read beyond its end where a longer member takes it over. */
static int export_text(const struct export *export, const struct ekiden_member *member,
                       const char *from, char **to)
{
        if (member->flags & EKIDEN_MEMBER_INDIRECT) {
                memcpy(to, from, sizeof(*to));
                return *to != NULL;
        }
        *to = (char *)(uintptr_t)from;
        if (memchr(from, '\0', member->size))
                return 1;
        return ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native, member,
                                "has no NUL in its %zu bytes; bind it to bytes where text need not "
                                "end with one",
                                member->size);
}

static int export_embedded(const struct export *export, const struct ekiden_member *member,
                           const void *from, ProtobufCMessage **to)
{
        int r;

        if (export->depth == EK_MESSAGE_DEPTH_MAX)
                return ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native, member,
                                        "is nested over 100 deep; let pointers lead to objects");
        r = ek_objects_pin(export->cursor, export->native, member, from);
        if (r < 0)
                return r;
        *to = new_message(export, member->target->descriptor);
        if (!*to)
                return out_of_memory(export->cursor);
        r = export_struct(export->cursor, member->target, from, *to, export->depth + 1);
        return r < 0 ? r : 1;
}

static int export_pointer(const struct export *export, const struct ekiden_member *member,
                          const void *from, ProtobufCMessage **to)
{
        const ProtobufCFieldDescriptor *field = &export->native->descriptor->fields[member->field];
        uint64_t identity = 0;
        const void *address;
        int r = 0;

        memcpy(&address, from, sizeof(address));
        if (!address && field->label == PROTOBUF_C_LABEL_OPTIONAL &&
            !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
                return 0;
        if (address)
                r = ek_objects_refer(export->cursor, export->native, member, address, &identity);
        if (r < 0)
                return r;
        *to = new_message(export, member->target->descriptor);
        if (!*to)
                return out_of_memory(export->cursor);
        ek_message_identify(*to, member->target, identity);
        return address != NULL;
}

static int export_function(const struct export *export, const struct ekiden_member *member,
                           const void *from, char **to)
{
        void (*function)(void);

        memcpy(&function, from, sizeof(function));
        *to = (char *)(uintptr_t) "";
        if (!function)
                return 0;
        for (const struct ekiden_function *entry = member->functions; entry->name; entry++)
                if (entry->function == function) {
                        *to = (char *)(uintptr_t)entry->name;
                        return 1;
                }
        return ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native, member,
                                "points to a function that table %s does not have",
                                member->functions_name);
}

/* One value: 1, 0 for a NULL, or an error. */
static int export_value(const struct export *export, const struct ekiden_member *member,
                        const void *from, void *to)
{
        switch (member->kind) {
        case EKIDEN_MEMBER_NUMBER:
        case EKIDEN_MEMBER_BITS:
                return export_number(export, member, from, to);
        case EKIDEN_MEMBER_TEXT:
                return export_text(export, member, from, to);
        case EKIDEN_MEMBER_STRUCT:
                return export_embedded(export, member, from, to);
        case EKIDEN_MEMBER_OBJECT:
                return export_pointer(export, member, from, to);
        case EKIDEN_MEMBER_FUNCTION:
                return export_function(export, member, from, to);
        default:
                return EKIDEN_EINVAL;
        }
}

/* Where several values lie, and how many. */
static int find_values(const struct export *export, const struct ekiden_member *member,
                       const char **ret_values, size_t *ret_count)
{
        if (!ek_count_load(export->object, member, ret_count))
                return ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native, member,
                                        "has a negative length");
        if (member->room == EKIDEN_ROOM_FIXED && *ret_count > member->capacity)
                return ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native, member,
                                        "has a length of %zu, and room for %zu", *ret_count,
                                        member->capacity);
        *ret_values = export->object + member->offset;
        if (member->room == EKIDEN_ROOM_POINTED)
                memcpy(ret_values, export->object + member->offset, sizeof(*ret_values));
        if (*ret_count > 0 && !*ret_values)
                return ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native, member,
                                        "has a length of %zu, and is NULL", *ret_count);
        return 0;
}

static int export_repeated(const struct export *export, const struct ekiden_member *member,
                           const ProtobufCFieldDescriptor *field)
{
        size_t size = ek_value_size(field->type);
        const char *values;
        size_t count;
        char *elements;
        int r = find_values(export, member, &values, &count);

        if (r < 0 || count == 0)
                return r;
        if (count > SIZE_MAX / size)
                return out_of_memory(export->cursor);
        elements = ekiden_cursor_alloc(export->cursor, count * size);
        if (!elements)
                return out_of_memory(export->cursor);
        for (size_t i = 0; i < count; i++) {
                r = export_value(export, member, values + i * member->size, elements + i * size);
                if (r == 0 && member->kind == EKIDEN_MEMBER_TEXT)
                        r = ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native,
                                             member, "has a NULL among its strings");
                if (r < 0)
                        return r;
        }
        *(size_t *)((char *)export->message + field->quantifier_offset) = count;
        *(void **)((char *)export->message + field->offset) = elements;
        return 0;
}

static int export_bytes(const struct export *export, const struct ekiden_member *member,
                        ProtobufCBinaryData *to)
{
        const char *values;
        size_t count;
        int r = find_values(export, member, &values, &count);

        if (r < 0)
                return r;
        to->len = count;
        to->data = count > 0 ? (uint8_t *)(uintptr_t)values : NULL;
        return 1;
}

static void set_present(const struct export *export, const ProtobufCFieldDescriptor *field)
{
        char *quantifier = (char *)export->message + field->quantifier_offset;

        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
                *(uint32_t *)quantifier = field->id;
        else if (field->label == PROTOBUF_C_LABEL_OPTIONAL &&
                 field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
                *(protobuf_c_boolean *)quantifier = 1;
}

static int export_member(const struct export *export, const struct ekiden_member *member)
{
        const ProtobufCFieldDescriptor *field = &export->native->descriptor->fields[member->field];
        bool is_choice = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
        void *to = (char *)export->message + field->offset;
        int r;

        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                return export_repeated(export, member, field);
        if (member->kind == EKIDEN_MEMBER_BYTES)
                r = export_bytes(export, member, to);
        else
                r = export_value(export, member, export->object + member->offset, to);
        if (r == 0 && is_choice && member->kind == EKIDEN_MEMBER_TEXT)
                return ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native, member,
                                        "is in use in its union, and NULL");
        if (r == 0 && !is_choice && field->label == PROTOBUF_C_LABEL_OPTIONAL)
                *(void **)to = NULL;
        if (r > 0 || (r == 0 && is_choice))
                set_present(export, field);
        return r < 0 ? r : 0;
}

/* The first member of a union answers for its discriminator. */
static int check_choice(const struct export *export, const struct ekiden_member *first)
{
        const struct ekiden_choice *choice = first->choice;
        const struct ekiden_member *end = export->native->members + export->native->member_count;
        struct ek_number number = {.natural = 0};

        for (const struct ekiden_member *member = export->native->members; member < first; member++)
                if (member->choice == choice)
                        return 0;
        for (const struct ekiden_member *member = first; member < end; member++)
                if (member->choice == choice && ek_member_in_use(member, export->object))
                        return 0;
        ek_number_load(export->object + choice->offset, choice->size, choice->flags, &number);
        if (choice->has_none && choice->none == number.integer)
                return 0;
        return ek_native_refuse(export->cursor, EKIDEN_EREFUSED, export->native, first,
                                "is in a union whose discriminator is %lld: no case of oneof "
                                "\"%s\"",
                                (long long)number.integer, choice->name);
}

static int export_struct(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                         const void *object, ProtobufCMessage *message, unsigned int depth)
{
        const struct export export = {cursor, native, object, message, depth};

        for (size_t i = 0; i < native->member_count; i++) {
                const struct ekiden_member *member = &native->members[i];
                int r = 0;

                if (member->kind == EKIDEN_MEMBER_IDENTITY)
                        continue;
                if (member->choice)
                        r = check_choice(&export, member);
                if (r == 0 && ek_member_in_use(member, object))
                        r = export_member(&export, member);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ek_native_export(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                     const void *object, ProtobufCMessage *message)
{
        return export_struct(cursor, native, object, message, 0);
}
