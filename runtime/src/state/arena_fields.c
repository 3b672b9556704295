/* SPDX-License-Identifier: MIT */
/* See arena_fields.h. */
#include "state/arena_fields.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "arena/arena.h"
#include "fields.h"
#include "secret.h"
#include "state/arena_held.h"
#include "wire/message.h"

/*
 * An ArenaBlock as it is sent: offset, size and number, each of its fixed width; or the bytes. The
 * tags are those of handover.proto.
 */
#define REFERENCE_SIZE 23
#define TAG_OFFSET 0x09
#define TAG_SIZE 0x11
#define TAG_NUMBER 0x1d
#define TAG_DATA 0x22
#define INLINE_MOST 11 /* bytes of a tag and a length */

struct ekiden_arena *ek_arena_tagged(const char *name)
{
        const struct ek_tagged *tagged = ek_tagged_find(name);
        struct ekiden_arena *arena = NULL;

        if (tagged && tagged->value_type == EK_VALUE_ARENA)
                arena = *(struct ekiden_arena *const *)tagged->data;
        return arena ? arena : ek_arena_held(name);
}

static int out_of_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while exporting");
}

/* On the way out. */

struct refer {
        struct ek_arena_patches *patches;
        size_t size; /* bytes of all blocks, encoded */
        struct ekiden_error *error;
};

static int refuse_no_block(const struct refer *refer, const char *name)
{
        const struct ek_arena_patches *patches = refer->patches;

        return ekiden_error_set(refer->error, EKIDEN_EREFUSED,
                                "%s %llu: bytes that lie in arena \"%s\" are no block of it, or "
                                "longer than theirs; let the pointer lead to where the block "
                                "begins, and free none that is still pointed to",
                                patches->is_object ? "object" : "record",
                                (unsigned long long)patches->number, name);
}

/* Ahead of its arena nothing can be copied into it. */
static int refuse_elsewhere(const struct refer *refer, const char *name, bool is_tagged)
{
        return ekiden_error_set(refer->error, EKIDEN_EREFUSED,
                                is_tagged
                                        ? "record %llu: bytes for arena \"%s\" lie elsewhere, and "
                                          "the item is sent ahead; put them into the arena, or "
                                          "remove `ahead`"
                                        : "record %llu: the process that serves has tagged no "
                                          "arena \"%s\" for its bytes, and the item is sent "
                                          "ahead; tag one of that name, or remove `ahead`",
                                (unsigned long long)refer->patches->number, name);
}

static int note(void *data, const char *name, ProtobufCBinaryData *bytes)
{
        struct refer *refer = data;
        struct ek_arena_patches *patches = refer->patches;
        struct ekiden_arena *arena = ek_arena_tagged(name);
        struct ek_arena_patch patch = {.place = bytes, .bytes = *bytes, .arena = arena};

        if (bytes->len == 0)
                return 0;
        if (patches->count == patches->capacity) {
                size_t larger = patches->capacity > 0 ? 2 * patches->capacity : 8;
                void *grown = realloc(patches->list, larger * sizeof(*patches->list));

                if (!grown)
                        return out_of_memory(refer->error);
                patches->list = grown;
                patches->capacity = larger;
        }
        if (ekiden_arena_holds(arena, bytes->data) &&
            (ek_arena_find(arena, bytes->data, &patch.number) < 0 ||
             !ek_arena_memory(arena, patch.number, bytes->len)))
                return refuse_no_block(refer, name);
        if (patch.number == 0 && patches->is_ahead)
                return refuse_elsewhere(refer, name, arena != NULL);
        refer->size += patch.number != 0 ? REFERENCE_SIZE : INLINE_MOST + bytes->len;
        patches->list[patches->count++] = patch;
        return 0;
}

static uint8_t *write_reference(uint8_t *to, const struct ek_arena_patch *patch)
{
        uint64_t offset =
                htole64((uint64_t)(patch->bytes.data - (uint8_t *)patch->arena->data.base));
        uint64_t size = htole64(patch->bytes.len);
        uint32_t number = htole32(patch->number);

        *to++ = TAG_OFFSET;
        to = (uint8_t *)memcpy(to, &offset, sizeof(offset)) + sizeof(offset);
        *to++ = TAG_SIZE;
        to = (uint8_t *)memcpy(to, &size, sizeof(size)) + sizeof(size);
        *to++ = TAG_NUMBER;
        return (uint8_t *)memcpy(to, &number, sizeof(number)) + sizeof(number);
}

static uint8_t *write_bytes(uint8_t *to, const ProtobufCBinaryData *bytes)
{
        *to++ = TAG_DATA;
        to += ek_varint_write(to, bytes->len);
        return (uint8_t *)memcpy(to, bytes->data, bytes->len) + bytes->len;
}

int ek_arena_fields_refer(struct ek_arena_patches *patches, const struct ekiden_message *type,
                          ProtobufCMessage *record, struct ekiden_error *error)
{
        struct refer refer = {.patches = patches, .error = error};
        uint8_t *to;
        int r;

        patches->count = 0;
        r = ek_each_in_arena(type, record, note, &refer);
        if (r == 0 && refer.size > patches->block_capacity) {
                to = ek_secret_realloc(patches->is_secret, patches->blocks, patches->block_capacity,
                                       2 * refer.size);
                if (!to)
                        r = out_of_memory(error);
                else
                        patches->blocks = to;
                patches->block_capacity = r == 0 ? 2 * refer.size : patches->block_capacity;
        }
        if (r < 0) {
                patches->count = 0;
                return r;
        }
        to = patches->blocks;
        for (size_t i = 0; i < patches->count; i++) {
                struct ek_arena_patch *patch = &patches->list[i];
                uint8_t *from = to;

                to = patch->number != 0 ? write_reference(to, patch)
                                        : write_bytes(to, &patch->bytes);
                *patch->place = (ProtobufCBinaryData){(size_t)(to - from), from};
        }
        return 0;
}

void ek_arena_fields_restore(struct ek_arena_patches *patches)
{
        for (size_t i = 0; i < patches->count; i++)
                *patches->list[i].place = patches->list[i].bytes;
        patches->count = 0;
}

void ek_arena_fields_free(struct ek_arena_patches *patches)
{
        free(patches->list);
        ek_secret_free(patches->is_secret, patches->blocks, patches->block_capacity);
}

/* On the way in. */

struct locate {
        enum ek_arena_arrival arrival;
        uint64_t record;
        struct ekiden_error *error;
};

static int malformed(const struct locate *locate)
{
        return ekiden_error_set(locate->error, EKIDEN_EPROTOCOL,
                                "record %llu of the stream is malformed: what it says of bytes in "
                                "an arena is not so",
                                (unsigned long long)locate->record);
}

/* It was there when the program was given it. */
static int not_there_any_more(const struct locate *locate, const char *name)
{
        return ekiden_error_set(locate->error, EKIDEN_EREFUSED,
                                "record %llu: the new version has freed or moved bytes in arena "
                                "\"%s\" that the predecessor still has; do so behind the first "
                                "update point",
                                (unsigned long long)locate->record, name);
}

static int not_tagged(const struct locate *locate, const char *name)
{
        return ekiden_error_set(locate->error, EKIDEN_EREFUSED,
                                "record %llu has bytes in arena \"%s\", which this version has not "
                                "tagged; tag it ahead of the items that have bytes in it",
                                (unsigned long long)locate->record, name);
}

static int no_memory(const struct locate *locate, const char *name)
{
        return ekiden_error_set(
                locate->error, EKIDEN_ENOMEM,
                "record %llu has bytes in arena \"%s\", for which there is not enough "
                "memory, or address space (RLIMIT_AS)",
                (unsigned long long)locate->record, name);
}

static int locate_reference(const struct locate *locate, const char *name,
                            ProtobufCBinaryData *bytes)
{
        struct ekiden_arena *arena = ek_arena_tagged(name);
        const uint8_t *from = bytes->data;
        uint64_t offset, size;
        uint32_t number;
        void *memory = NULL;
        int r = 0;

        if (bytes->len != REFERENCE_SIZE || from[9] != TAG_SIZE || from[18] != TAG_NUMBER)
                return malformed(locate);
        if (!arena && locate->arrival != EK_ARENA_AHEAD)
                return not_tagged(locate, name);
        memcpy(&offset, from + 1, sizeof(offset));
        memcpy(&size, from + 10, sizeof(size));
        memcpy(&number, from + 19, sizeof(number));
        size = le64toh(size);
        number = le32toh(number);
        if (arena)
                memory = ek_arena_resolve(arena, number, le64toh(offset), size);
        else
                r = ek_arena_promise(name, le64toh(offset), size, &memory);
        if (r == EKIDEN_ENOMEM)
                return no_memory(locate, name);
        if (!memory && locate->arrival == EK_ARENA_SHOWN)
                return not_there_any_more(locate, name);
        if (!memory || size == 0)
                return malformed(locate);
        if (arena && locate->arrival != EK_ARENA_SHOWN && ek_arena_name(arena, number, memory) < 0)
                return ekiden_error_set(locate->error, EKIDEN_ENOMEM,
                                        "memory ran out while importing");
        *bytes = (ProtobufCBinaryData){size, memory};
        return 0;
}

static int locate_bytes(void *data, const char *name, ProtobufCBinaryData *bytes)
{
        const struct locate *locate = data;
        uint64_t size;
        size_t n;

        if (bytes->len == 0)
                return 0;
        if (bytes->data[0] == TAG_OFFSET)
                return locate_reference(locate, name, bytes);
        if (locate->arrival == EK_ARENA_AHEAD)
                return malformed(locate);
        n = ek_varint_read(bytes->data + 1, bytes->len - 1, &size);
        if (bytes->data[0] != TAG_DATA || n == 0 || size != bytes->len - 1 - n)
                return malformed(locate);
        *bytes = (ProtobufCBinaryData){size, bytes->data + 1 + n};
        return 0;
}

int ek_arena_fields_locate(const struct ekiden_message *type, ProtobufCMessage *record,
                           uint64_t number, enum ek_arena_arrival arrival,
                           struct ekiden_error *error)
{
        struct locate locate = {.arrival = arrival, .record = number, .error = error};

        return ek_each_in_arena(type, record, locate_bytes, &locate);
}

void *ek_arena_take_over(const char *name, const ProtobufCBinaryData *bytes, bool *ret_is_tagged)
{
        struct ekiden_arena *arena = ek_arena_tagged(name);
        void *copy;

        *ret_is_tagged = arena || ek_arena_is_promised(bytes->data);
        if (!arena)
                return *ret_is_tagged ? bytes->data : NULL;
        ek_arena_use_held(name);
        if (ek_arena_claim(arena, bytes->data, bytes->len))
                return bytes->data;
        copy = ekiden_arena_alloc(arena, bytes->len);
        return copy ? memcpy(copy, bytes->data, bytes->len) : NULL;
}

uint64_t ek_arena_place(const char *name, const void *memory)
{
        const struct ekiden_arena *arena = ek_arena_tagged(name);

        if (!ekiden_arena_holds(arena, memory))
                return 0;
        return (uint64_t)((const char *)memory - arena->data.base) + 1;
}

void ek_arena_release(const char *name, void *memory)
{
        struct ekiden_arena *arena = ek_arena_tagged(name);

        (void)ekiden_arena_free(arena, memory);
}
