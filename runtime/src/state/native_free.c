/* SPDX-License-Identifier: MIT */
/*
 * Structs made and unmade. What a pointer to an object leads to is never followed here. What is
 * given back is wiped, as it may be secret: the program has never seen it, or has no more of it.
 */
#include <string.h>
#include <unistd.h>

#include "fields.h"
#include "state/arena_fields.h"
#include "state/native.h"

static size_t flexible_size(const struct ekiden_native *native, const ProtobufCMessage *message)
{
        const struct ekiden_member *member = ek_native_flexible(native);
        const ProtobufCFieldDescriptor *field;
        size_t count, end;

        if (!member || !message)
                return native->size;
        field = &native->descriptor->fields[member->field];
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                count = *(const size_t *)(const void *)((const char *)message +
                                                        field->quantifier_offset);
        else
                count = ((const ProtobufCBinaryData *)(const void *)((const char *)message +
                                                                     field->offset))
                                ->len;
        if (count > (PTRDIFF_MAX - member->offset) / member->size)
                return 0;
        end = member->offset + count * member->size;
        return end > native->size ? end : native->size;
}

void *ek_native_new(const struct ekiden_native *native, const ProtobufCMessage *message)
{
        size_t size = flexible_size(native, message);
        void *object;

        if (native->create) {
                object = native->create();
                if (object)
                        ek_native_prepare(native, object);
                return object;
        }
        object = size > 0 ? ek_native_memory(native)->allocate(size) : NULL;
        return object ? memset(object, 0, size) : NULL;
}

static void zero(void *object, size_t offset, size_t size)
{
        memset((char *)object + offset, 0, size);
}

static void prepare_member(const struct ekiden_member *member, void *object)
{
        size_t count = member->room == EKIDEN_ROOM_FIXED ? member->capacity : 1;

        if (member->choice)
                zero(object, member->choice->offset, member->choice->size);
        if (member->length_size > 0)
                zero(object, member->length_offset, member->length_size);
        if (member->capacity_size > 0)
                zero(object, member->capacity_offset, member->capacity_size);
        if (member->kind == EKIDEN_MEMBER_BITS)
                member->set_bits(object, 0);
        else if (member->room == EKIDEN_ROOM_POINTED)
                zero(object, member->offset, sizeof(void *));
        else if (member->kind == EKIDEN_MEMBER_STRUCT && member->room != EKIDEN_ROOM_FLEXIBLE)
                for (size_t i = 0; i < count; i++)
                        ek_native_prepare(member->target,
                                          (char *)object + member->offset + i * member->size);
        else if (member->kind != EKIDEN_MEMBER_IDENTITY && member->room != EKIDEN_ROOM_FLEXIBLE)
                zero(object, member->offset, count * member->size);
}

void ek_native_prepare(const struct ekiden_native *native, void *object)
{
        for (size_t i = 0; i < native->member_count; i++)
                prepare_member(&native->members[i], object);
}

static void unset_member(const struct ekiden_member *member, const struct ekiden_field *entry,
                         void *object)
{
        const struct ek_number none = {.kind = EK_NUMBER_SIGNED, .integer = -1};
        size_t count = member->room == EKIDEN_ROOM_FIXED ? member->capacity : 1;

        if (!entry || member->choice ||
            (member->room != EKIDEN_ROOM_ONE && member->room != EKIDEN_ROOM_FIXED))
                return;
        for (size_t i = 0; i < count; i++) {
                char *value = (char *)object + member->offset + i * member->size;

                if (member->kind == EKIDEN_MEMBER_STRUCT)
                        ek_native_unset_descriptors(member->target, entry->nested, value);
                else if (member->kind == EKIDEN_MEMBER_NUMBER &&
                         (entry->flags & EKIDEN_FIELD_DESCRIPTOR))
                        ek_number_store(value, member->size, member->flags, none);
        }
}

void ek_native_unset_descriptors(const struct ekiden_native *native,
                                 const struct ekiden_message *type, void *object)
{
        for (size_t i = 0; type && i < native->member_count; i++)
                unset_member(&native->members[i], ek_message_field(type, native->members[i].field),
                             object);
}

static void close_descriptor(const struct ekiden_member *member, const void *value)
{
        struct ek_number number;

        if (ek_number_load(value, member->size, member->flags, &number) && number.integer >= 0 &&
            number.integer <= INT32_MAX)
                close((int)number.integer);
}

/* What one value holds. */
static void clear_value(const struct ekiden_native *native, const struct ekiden_member *member,
                        const struct ekiden_field *entry, void *value)
{
        void *pointer;

        if (member->kind == EKIDEN_MEMBER_STRUCT) {
                ek_native_clear(member->target, entry ? entry->nested : NULL, value);
        } else if (member->kind == EKIDEN_MEMBER_TEXT && (member->flags & EKIDEN_MEMBER_INDIRECT)) {
                memcpy(&pointer, value, sizeof(pointer));
                if (pointer) {
                        explicit_bzero(pointer, strlen(pointer));
                        ek_native_memory(native)->release(pointer);
                }
        } else if (member->kind == EKIDEN_MEMBER_NUMBER && entry &&
                   (entry->flags & EKIDEN_FIELD_DESCRIPTOR)) {
                close_descriptor(member, value);
        }
}

static void clear_member(const struct ekiden_native *native, const struct ekiden_member *member,
                         const struct ekiden_message *type, void *object)
{
        const struct ekiden_field *entry = ek_message_field(type, member->field);
        char *values = (char *)object + member->offset;
        size_t count = 1;

        if (member->kind == EKIDEN_MEMBER_BITS || member->kind == EKIDEN_MEMBER_IDENTITY)
                return;
        if (member->room == EKIDEN_ROOM_FIXED)
                count = member->capacity;
        else if (member->room != EKIDEN_ROOM_ONE && !ek_count_load(object, member, &count))
                return;
        if (member->room == EKIDEN_ROOM_POINTED)
                memcpy(&values, (char *)object + member->offset, sizeof(values));
        if (!values)
                return;
        if (member->kind != EKIDEN_MEMBER_BYTES)
                for (size_t i = 0; i < count; i++)
                        clear_value(native, member, entry, values + i * member->size);
        if (member->room != EKIDEN_ROOM_ONE && !member->arena)
                explicit_bzero(values, count * member->size);
        if (member->arena)
                ek_arena_release(member->arena, values);
        else if (member->room == EKIDEN_ROOM_POINTED)
                ek_native_memory(native)->release(values);
}

void ek_native_clear(const struct ekiden_native *native, const struct ekiden_message *type,
                     void *object)
{
        for (size_t i = 0; i < native->member_count; i++)
                if (ek_member_in_use(&native->members[i], object))
                        clear_member(native, &native->members[i], type, object);
        ek_native_prepare(native, object);
}

void ek_native_free(const struct ekiden_native *native, const struct ekiden_message *type,
                    void *object)
{
        if (!object)
                return;
        ek_native_clear(native, type, object);
        if (native->destroy) {
                native->destroy(object);
                return;
        }
        explicit_bzero(object, native->size);
        ek_native_memory(native)->release(object);
}
