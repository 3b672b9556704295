/* SPDX-License-Identifier: MIT */
/*
 * An entry of the store has its key at its end, so it is as long as its record says: the functions
 * that are generated for it agree with protobuf-c, and write nothing behind the room that they
 * asked for, whatever comes.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The functions are the generated file's own. */
#include "kv_v2.native.c"

#include "kv_v2.pb-c.h"

#define GUARD_SIZE 64
#define GUARD 0xa5
#define SEED 20110613

static const struct ekiden_native_codec *const codec = &kv__v2__entry__codec;
static uint64_t random_state = SEED;

static uint32_t draw(uint32_t limit)
{
        random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)((random_state >> 33) % limit);
}

static const struct ekiden_memory memory = {malloc, free};

static uint8_t *draw_bytes(size_t size)
{
        uint8_t *bytes = malloc(size + 1);

        for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)draw(256);
        return bytes;
}

static struct entry *draw_entry(void)
{
        uint32_t key_size = draw(4) ? draw(40) : draw(400);
        struct entry *entry = calloc(1, sizeof(*entry) + key_size);
        uint8_t *key = draw_bytes(key_size);

        memcpy(entry->key, key, key_size);
        free(key);
        entry->key_size = key_size;
        entry->value_size = draw(3) * draw(200);
        entry->value = entry->value_size > 0 ? draw_bytes(entry->value_size) : NULL;
        entry->expires_at = draw(2) ? -(int64_t)draw(1000) : (int64_t)draw(1u << 31) << 20;
        return entry;
}

static void free_entry(struct entry *entry)
{
        free(entry->value);
        free(entry);
}

static uint8_t *pack(const struct entry *entry, size_t *ret_size)
{
        size_t size = codec->size(entry);
        uint8_t *bytes;

        cr_assert_lt(size, 1 << 20);
        bytes = malloc(size);
        cr_assert_eq(codec->pack(entry, bytes), bytes + size);
        *ret_size = size;
        return bytes;
}

Test(kv_entry, is_packed_as_protobuf_c_packs_it)
{
        for (unsigned int i = 0; i < 500; i++) {
                struct entry *entry = draw_entry();
                Kv__V2__Entry message = KV__V2__ENTRY__INIT;
                size_t size;
                uint8_t *bytes = pack(entry, &size), *same = malloc(size);

                message.has_key = message.has_value = message.has_expires_at = 1;
                message.key = (ProtobufCBinaryData){entry->key_size, entry->key};
                message.value = (ProtobufCBinaryData){entry->value_size, entry->value};
                message.expires_at = entry->expires_at;
                cr_assert_eq(kv__v2__entry__get_packed_size(&message), size);
                kv__v2__entry__pack(&message, same);
                cr_assert_eq(memcmp(bytes, same, size), 0);
                free(same);
                free(bytes);
                free_entry(entry);
        }
}

/* With guards behind the room that the record asks for; NULL: it is left. */
static struct entry *unpack(const uint8_t *bytes, size_t size)
{
        size_t room = codec->room(bytes, size);
        struct entry *entry;
        int result;

        if (room == EKIDEN_CODEC_LEFT)
                return NULL;
        cr_assert_leq(room, sizeof(struct entry) + size);
        entry = calloc(1, room + GUARD_SIZE);
        memset((char *)entry + room, GUARD, GUARD_SIZE);
        result = codec->unpack(bytes, size, entry, &memory);
        for (size_t i = 0; i < GUARD_SIZE; i++)
                cr_assert_eq(((uint8_t *)entry)[room + i], GUARD, "it wrote behind its room");
        if (result == 1)
                return entry;
        cr_assert_eq(result, 0);
        free_entry(entry);
        return NULL;
}

Test(kv_entry, comes_back_as_it_was)
{
        for (unsigned int i = 0; i < 500; i++) {
                struct entry *entry = draw_entry(), *back;
                size_t size;
                uint8_t *bytes = pack(entry, &size);

                back = unpack(bytes, size);
                cr_assert(back);
                cr_assert_eq(back->key_size, entry->key_size);
                cr_assert_eq(memcmp(back->key, entry->key, entry->key_size), 0);
                cr_assert_eq(back->value_size, entry->value_size);
                cr_assert(entry->value_size == 0 ||
                          memcmp(back->value, entry->value, entry->value_size) == 0);
                cr_assert_eq(back->expires_at, entry->expires_at);
                free_entry(back);
                free(bytes);
                free_entry(entry);
        }
}

static void try_damaged(const uint8_t *bytes, size_t size)
{
        /* On the heap, so that whoever reads behind it is found by a sanitizer. */
        uint8_t *copy = malloc(size + !size);
        struct entry *entry;

        memcpy(copy, bytes, size);
        entry = unpack(copy, size);
        if (entry)
                free_entry(entry);
        free(copy);
}

Test(kv_entry, fits_into_its_room_wherever_its_record_is_cut_or_damaged)
{
        for (unsigned int i = 0; i < 40; i++) {
                struct entry *entry = draw_entry();
                size_t size;
                uint8_t *bytes = pack(entry, &size);

                for (size_t at = 0; at < size; at++) {
                        uint8_t was = bytes[at];

                        try_damaged(bytes, at);
                        bytes[at] = (uint8_t)draw(256);
                        try_damaged(bytes, size);
                        bytes[at] = (uint8_t)(was ^ 1u << draw(8));
                        try_damaged(bytes, size);
                        bytes[at] = was;
                }
                free(bytes);
                free_entry(entry);
        }
}

Test(kv_entry, fits_into_its_room_where_fields_come_twice_or_in_another_order)
{
        static const uint8_t records[][16] = {
                {0x12, 1, 'v', 0x0a, 2, 'k', 'k'}, /* the value first */
                {0x0a, 1, 'k', 0x0a, 4, 'l', 'o', 'n', 'g'}, /* two keys */
                {0x0a, 4, 'l', 'o', 'n', 'g', 0x0a, 1, 'k'},
                {0x22, 3, 0x0a, 9, 9, 0x0a, 1, 'k'}, /* within another field */
                {0x0d, 1, 2, 3, 4, 0x0a, 3, 'a', 'b', 'c'}, /* of another wire type */
        };

        for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
                for (size_t size = 0; size <= sizeof(records[0]); size++)
                        try_damaged(records[i], size);
}
