/* SPDX-License-Identifier: MIT */
/*
 * A message into a program's struct, member by member. What is allocated hangs in the struct at
 * once, so that a failure at any place leaves nothing that ek_native_clear() would not find.
 */
#include <string.h>

#include "fields.h"
#include "record.h"
#include "state/arena_fields.h"
#include "state/native.h"

/* One struct on its way in. */
struct import {
        struct ekiden_cursor *cursor;
        const struct ekiden_native *native;
        const struct ekiden_message *type; /* or NULL */
        const ProtobufCMessage *message;
        char *object;
        bool has_room; /* behind the struct, for a flexible array */
};

static int import_struct(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                         const struct ekiden_message *type, const ProtobufCMessage *message,
                         void *object, bool has_room);

static int out_of_memory(struct ekiden_cursor *cursor)
{
        return ekiden_error_set(cursor->error, EKIDEN_ENOMEM, "memory ran out while importing");
}

static const ProtobufCFieldDescriptor *field_of(const struct import *import,
                                                const struct ekiden_member *member)
{
        return &import->native->descriptor->fields[member->field];
}

static void *allocate(const struct import *import, size_t count, size_t size)
{
        void *memory;

        if (count > PTRDIFF_MAX / size)
                return NULL;
        memory = ek_native_memory(import->native)->allocate(count * size);
        return memory ? memset(memory, 0, count * size) : NULL;
}

/* A schema's enum value as C has it; false: C has none. */
static bool to_constant(const struct ekiden_enumeration *enumeration, struct ek_number *number)
{
        for (size_t i = 0; i < enumeration->count; i++)
                if (enumeration->enumerators[i].value == number->integer) {
                        number->integer = enumeration->enumerators[i].constant;
                        return true;
                }
        return false;
}

static bool fits_bits(const struct ekiden_member *member, struct ek_number number)
{
        uint8_t room[8];
        int64_t high = INT64_MAX >> (63 - (member->size > 63 ? 63 : member->size));

        if (!ek_number_store(room, 8, member->flags & EKIDEN_MEMBER_SIGNED, number))
                return false;
        if (member->size >= 64)
                return true;
        if (member->flags & EKIDEN_MEMBER_SIGNED)
                return number.integer >= -(high >> 1) - 1 && number.integer <= high >> 1;
        return number.natural <= (uint64_t)high;
}

static int import_number(const struct import *import, const struct ekiden_member *member,
                         const void *from, void *to)
{
        struct ek_number number = ek_number_of_field(field_of(import, member)->type, from);
        long long value = (long long)number.integer;
        bool fits;

        if (member->enumeration && !to_constant(member->enumeration, &number))
                return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                        "cannot be %lld, which is no value of enum %s", value,
                                        member->enumeration->name);
        if (member->kind == EKIDEN_MEMBER_BITS) {
                fits = fits_bits(member, number);
                if (fits)
                        member->set_bits(import->object, number.integer);
        } else {
                fits = ek_number_store(to, member->size, member->flags, number);
        }
        if (fits)
                return 0;
        if (number.kind == EK_NUMBER_REAL)
                return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                        "cannot hold %g", number.real);
        if (number.kind == EK_NUMBER_UNSIGNED)
                return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                        "cannot hold %llu", (unsigned long long)number.natural);
        return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                "cannot hold %lld", value);
}

static int import_text(const struct import *import, const struct ekiden_member *member,
                       const char *from, void *to)
{
        size_t length = from ? strlen(from) : 0;
        char *copy = NULL;

        if (!(member->flags & EKIDEN_MEMBER_INDIRECT)) {
                if (length >= member->size)
                        return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native,
                                                member,
                                                "has room for %zu bytes, and the text has %zu with "
                                                "its NUL",
                                                member->size, length + 1);
                memset(to, 0, member->size);
                if (length > 0)
                        memcpy(to, from, length);
                return 0;
        }
        if (from) {
                copy = allocate(import, length + 1, 1);
                if (!copy)
                        return out_of_memory(import->cursor);
                memcpy(copy, from, length);
        }
        memcpy(to, &copy, sizeof(copy));
        return 0;
}

/* An absent message is one with its type's defaults. */
static int import_embedded(const struct import *import, const struct ekiden_member *member,
                           const ProtobufCMessage *from, void *to)
{
        const struct ekiden_field *entry = ek_message_field(import->type, member->field);
        const ProtobufCMessageDescriptor *descriptor = member->target->descriptor;
        const struct ekiden_message plain = {.descriptor = descriptor};
        const struct ekiden_message *type = entry && entry->nested ? entry->nested : &plain;
        uint64_t identity;

        if (from && ek_message_identity(member->target, from, &identity))
                return ek_native_refuse(import->cursor, EKIDEN_EPROTOCOL, import->native, member,
                                        "is an embedded struct, and a pointer came for it");
        if (!from) {
                ProtobufCMessage *absent =
                        ekiden_cursor_alloc(import->cursor, descriptor->sizeof_message);

                if (!absent)
                        return out_of_memory(import->cursor);
                ek_record_init(type, absent);
                from = absent;
        }
        return import_struct(import->cursor, member->target, type, from, to, false);
}

static int import_pointer(const struct import *import, const struct ekiden_member *member,
                          const ProtobufCMessage *from, void *to)
{
        uint64_t identity = 0;

        if (from && !ek_message_identity(member->target, from, &identity))
                return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                        "is a pointer, and what came for it has no identity");
        return ek_objects_mention(import->cursor, import->native, member, identity, to);
}

static int import_function(const struct import *import, const struct ekiden_member *member,
                           const char *from, void *to)
{
        if (!from || !*from)
                return 0;
        for (const struct ekiden_function *entry = member->functions; entry->name; entry++)
                if (strcmp(entry->name, from) == 0) {
                        memcpy(to, &entry->function, sizeof(entry->function));
                        return 0;
                }
        return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                "cannot be function \"%s\", which table %s does not have", from,
                                member->functions_name);
}

/* One value; `from` is where protobuf-c has it, `to` where it belongs. */
static int import_value(const struct import *import, const struct ekiden_member *member,
                        const void *from, void *to)
{
        switch (member->kind) {
        case EKIDEN_MEMBER_NUMBER:
        case EKIDEN_MEMBER_BITS:
                return import_number(import, member, from, to);
        case EKIDEN_MEMBER_TEXT:
                return import_text(import, member, *(const char *const *)from, to);
        case EKIDEN_MEMBER_STRUCT:
                return import_embedded(import, member, *(const ProtobufCMessage *const *)from, to);
        case EKIDEN_MEMBER_OBJECT:
                return import_pointer(import, member, *(const ProtobufCMessage *const *)from, to);
        case EKIDEN_MEMBER_FUNCTION:
                return import_function(import, member, *(const char *const *)from, to);
        default:
                return EKIDEN_EINVAL;
        }
}

/* Descriptors that did not come are none, and not number 0; in a struct that did not come, too. */
static int fill_rest(const struct import *import, const struct ekiden_member *member, char *values,
                     size_t count)
{
        const struct ekiden_field *entry = ek_message_field(import->type, member->field);
        const struct ek_number none = {.kind = EK_NUMBER_SIGNED, .integer = -1};
        int r = 0;

        if (member->room != EKIDEN_ROOM_FIXED || !entry)
                return 0;
        for (size_t i = count; r == 0 && i < member->capacity; i++) {
                char *value = values + i * member->size;

                if (entry->flags & EKIDEN_FIELD_DESCRIPTOR)
                        ek_number_store(value, member->size, member->flags, none);
                else if (member->kind == EKIDEN_MEMBER_STRUCT)
                        r = import_embedded(import, member, NULL, value);
        }
        return r;
}

/* Their number into the members that say it: how many there are, and for how many there is room. */
static int store_count(const struct import *import, const struct ekiden_member *member,
                       size_t count)
{
        const struct ek_number number = {.kind = EK_NUMBER_UNSIGNED, .natural = count};

        if (member->length_size > 0 &&
            !ek_number_store(import->object + member->length_offset, member->length_size,
                             member->length_flags, number))
                return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                        "came with %zu values, which the member that counts them "
                                        "cannot hold",
                                        count);
        if (member->capacity_size > 0 &&
            !ek_number_store(import->object + member->capacity_offset, member->capacity_size,
                             member->capacity_flags, number))
                return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                        "came with %zu values, which the member that says for how "
                                        "many there is room cannot hold",
                                        count);
        return 0;
}

/* Room for `count` values, and their number in its members. */
static int make_room(const struct import *import, const struct ekiden_member *member, size_t count,
                     char **ret_values)
{
        int r;

        *ret_values = import->object + member->offset;
        if (member->room == EKIDEN_ROOM_FIXED && count > member->capacity)
                return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                        "has room for %zu, and %zu came", member->capacity, count);
        if (member->room == EKIDEN_ROOM_FLEXIBLE && count > 0 && !import->has_room)
                return ek_native_refuse(import->cursor, EKIDEN_EINVAL, import->native, member,
                                        "is a flexible array in a struct that is embedded");
        if (member->room == EKIDEN_ROOM_POINTED) {
                *ret_values = count > 0 ? allocate(import, count, member->size) : NULL;
                if (count > 0 && !*ret_values)
                        return out_of_memory(import->cursor);
                memcpy(import->object + member->offset, ret_values, sizeof(*ret_values));
        }
        r = store_count(import, member, count);
        if (r < 0 && member->room == EKIDEN_ROOM_POINTED) {
                ek_native_memory(import->native)->release(*ret_values);
                memset(import->object + member->offset, 0, sizeof(void *));
        }
        return r;
}

static int import_repeated(const struct import *import, const struct ekiden_member *member)
{
        const ProtobufCFieldDescriptor *field = field_of(import, member);
        const char *message = (const char *)import->message;
        size_t count = *(const size_t *)(const void *)(message + field->quantifier_offset);
        const char *elements = *(const char *const *)(const void *)(message + field->offset);
        size_t size = ek_value_size(field->type);
        char *values;
        int r = make_room(import, member, count, &values);

        for (size_t i = 0; r == 0 && i < count; i++)
                r = import_value(import, member, elements + i * size, values + i * member->size);
        return r == 0 ? fill_rest(import, member, values, count) : r;
}

/* Where they lie in the arena already, they stay there. */
static int import_into_arena(const struct import *import, const struct ekiden_member *member,
                             const ProtobufCBinaryData *from)
{
        void *block = NULL;
        bool is_tagged = true;
        int r = store_count(import, member, from->len);

        if (r == 0 && from->len > 0)
                block = ek_arena_take_over(member->arena, from, &is_tagged);
        if (!is_tagged)
                r = ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                     "lies in arena \"%s\", which is not tagged; tag it ahead of "
                                     "the item",
                                     member->arena);
        else if (r == 0 && from->len > 0 && !block)
                r = ek_native_refuse(import->cursor, EKIDEN_ENOMEM, import->native, member,
                                     "finds no room for %zu bytes in arena \"%s\"", from->len,
                                     member->arena);
        memcpy(import->object + member->offset, &block, sizeof(block));
        return r;
}

static int import_bytes(const struct import *import, const struct ekiden_member *member,
                        const ProtobufCBinaryData *from)
{
        char *values;
        int r;

        if (member->arena)
                return import_into_arena(import, member, from);
        r = make_room(import, member, from->len, &values);

        if (r == 0 && from->len > 0)
                memcpy(values, from->data, from->len);
        return r;
}

/* Whether the field is the oneof's; the first member of a union answers for none being so. */
static int import_choice(const struct import *import, const struct ekiden_member *member)
{
        const ProtobufCFieldDescriptor *field = field_of(import, member);
        const struct ekiden_choice *choice = member->choice;
        uint32_t chosen = *(const uint32_t *)(const void *)((const char *)import->message +
                                                            field->quantifier_offset);
        struct ek_number value = {.kind = EK_NUMBER_SIGNED, .integer = choice->none};

        if (chosen == field->id)
                value.integer = member->chosen;
        else if (chosen != 0)
                return 0;
        else if (!choice->has_none)
                return ek_native_refuse(import->cursor, EKIDEN_EREFUSED, import->native, member,
                                        "is in a union, and no case of oneof \"%s\" came",
                                        choice->name);
        if (!(choice->flags & EKIDEN_MEMBER_SIGNED) && choice->size == 8)
                value.kind = EK_NUMBER_UNSIGNED;
        if (!ek_number_store(import->object + choice->offset, choice->size, choice->flags, value))
                return ek_native_refuse(import->cursor, EKIDEN_EINVAL, import->native, member,
                                        "has a case that its discriminator cannot hold");
        return chosen == field->id;
}

static int import_member(const struct import *import, const struct ekiden_member *member)
{
        const ProtobufCFieldDescriptor *field = field_of(import, member);
        const void *from = (const char *)import->message + field->offset;
        int r;

        if (member->choice) {
                r = import_choice(import, member);
                if (r <= 0)
                        return r;
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                return import_repeated(import, member);
        if (member->kind == EKIDEN_MEMBER_BYTES)
                return import_bytes(import, member, from);
        return import_value(import, member, from, import->object + member->offset);
}

/* How deep this goes, the message's own depth limits. */
static int import_struct(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                         const struct ekiden_message *type, const ProtobufCMessage *message,
                         void *object, bool has_room)
{
        const struct import import = {cursor, native, type, message, object, has_room};

        for (size_t i = 0; i < native->member_count; i++) {
                int r = 0;

                if (native->members[i].kind != EKIDEN_MEMBER_IDENTITY)
                        r = import_member(&import, &native->members[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ek_native_import(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                     const struct ekiden_message *type, const ProtobufCMessage *message,
                     void *object)
{
        int r = import_struct(cursor, native, type, message, object, true);

        if (r < 0)
                ek_native_clear(native, NULL, object);
        return r;
}
