/* SPDX-License-Identifier: MIT */
/* See digest.h. A record is hashed as it is packed, piece by piece: no copy of it is made. */
#include "state/digest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_STATIC_LINKING_ONLY /* its state on the stack */
#include <xxhash.h>

#include "fields.h"
#include "wire/cleanup.h"

#define SAVED_ON_STACK 32 /* descriptors of one record; more are saved on the heap */

static void add(struct ek_digest *digest, XXH128_hash_t hash)
{
        digest->low += hash.low64;
        digest->high += hash.high64;
}

void ek_digest_add_packed(struct ek_digest *digest, uint64_t tag, const uint8_t *packed,
                          size_t size_bytes)
{
        add(digest, XXH3_128bits_withSeed(packed, size_bytes, tag));
}

int32_t ek_digest_of_descriptor(int descriptor)
{
        struct stat status;
        uint64_t place[2] = {0, 0};
        int32_t number;

        if (fstat(descriptor, &status) == 0) {
                place[0] = status.st_dev;
                place[1] = status.st_ino;
        }
        number = (int32_t)(XXH3_64bits(place, sizeof(place)) & INT32_MAX);
        return number > 0 ? number : 1;
}

/* protobuf-c's buffer, which hashes what is appended. */
struct hasher {
        ProtobufCBuffer base;
        XXH3_state_t state;
};

static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *bytes)
{
        XXH3_128bits_update(&((struct hasher *)(void *)buffer)->state, bytes, size);
}

static void add_record(struct ek_digest *digest, uint64_t tag, const ProtobufCMessage *record)
{
        struct hasher hasher = {.base = {.append = append}};

        XXH3_128bits_reset_withSeed(&hasher.state, tag);
        protobuf_c_message_pack_to_buffer(record, &hasher.base);
        add(digest, XXH3_128bits_digest(&hasher.state));
        explicit_bzero(&hasher, sizeof(hasher)); /* the end of the record is in it */
}

/* The values of a record's descriptor fields, in the order of the walk. */
struct saved {
        int32_t (*replace)(int32_t value);
        int32_t *values;
        size_t count;
};

static int count_descriptor(void *data, int32_t *value)
{
        struct saved *saved = data;

        (void)value;
        saved->count++;
        return 0;
}

/* None is 0, as on the wire. */
static int32_t by_place(int32_t descriptor)
{
        return descriptor < 0 ? 0 : ek_digest_of_descriptor(descriptor);
}

static int32_t by_one(int32_t descriptor)
{
        return descriptor < 0 ? 0 : 1;
}

static int32_t number_by_one(int32_t number)
{
        return number == 0 ? 0 : 1;
}

static int replace_descriptor(void *data, int32_t *value)
{
        struct saved *saved = data;

        saved->values[saved->count++] = *value;
        *value = saved->replace(*value);
        return 0;
}

static int restore_descriptor(void *data, int32_t *value)
{
        struct saved *saved = data;

        *value = saved->values[saved->count++];
        return 0;
}

static int add_replaced(struct ek_digest *digest, int32_t (*replace)(int32_t value),
                        const struct ekiden_message *type, uint64_t tag, ProtobufCMessage *record)
{
        int32_t on_stack[SAVED_ON_STACK];
        ek_auto_free int32_t *on_heap = NULL;
        struct saved saved = {.replace = replace, .values = on_stack};
        int r = ek_each_descriptor(type, record, count_descriptor, &saved);

        if (r < 0)
                return r;
        if (saved.count > SAVED_ON_STACK) {
                on_heap = calloc(saved.count, sizeof(*on_heap));
                if (!on_heap)
                        return EKIDEN_ENOMEM;
                saved.values = on_heap;
        }
        saved.count = 0;
        ek_each_descriptor(type, record, replace_descriptor, &saved);
        add_record(digest, tag, record);
        saved.count = 0;
        ek_each_descriptor(type, record, restore_descriptor, &saved);
        return 0;
}

int ek_digest_add(struct ek_digest *digest, enum ek_digest_kind kind,
                  const struct ekiden_message *type, uint64_t tag, ProtobufCMessage *record)
{
        return add_replaced(digest, kind == EK_DIGEST_LIVE ? by_place : by_one, type, tag, record);
}

int ek_digest_add_numbered(struct ek_digest *digest, const struct ekiden_message *type,
                           uint64_t tag, ProtobufCMessage *record)
{
        return add_replaced(digest, number_by_one, type, tag, record);
}

bool ek_digest_equals(const struct ek_digest *one, const struct ek_digest *other)
{
        return one->low == other->low && one->high == other->high;
}

Ekiden__Digest ek_digest_message(const struct ek_digest *digest)
{
        Ekiden__Digest message = EKIDEN__DIGEST__INIT;

        message.low = digest->low;
        message.high = digest->high;
        return message;
}

struct ek_digest ek_digest_of_message(const Ekiden__Digest *message)
{
        return (struct ek_digest){.low = message->low, .high = message->high};
}
