/* SPDX-License-Identifier: MIT */
/*
 * See index.h. A sorted array, and not a hash table: keys come from another process, and whatever
 * they are, a search takes no more than its logarithm.
 */
#include "index.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "secret.h"

void ek_index_init(struct ek_index *index, const struct ekiden_item *item)
{
        *index = (struct ek_index){
                .item = item,
                .key = protobuf_c_message_descriptor_get_field(item->message->descriptor,
                                                               item->key),
        };
        ek_scratch_init(&index->scratch);
        index->scratch.is_secret = ek_message_has_secrets(item->message);
}

void ek_index_deinit(struct ek_index *index)
{
        ek_secret_free(index->scratch.is_secret, index->packed, index->packed_size);
        ek_scratch_deinit(&index->scratch);
        free(index->records);
        index->records = NULL;
        index->packed = NULL;
        index->count = index->capacity = 0;
}

static int make_room(struct ek_index *index, size_t size)
{
        size_t capacity = index->capacity > 0 ? index->capacity * 2 : 64;
        void *grown;

        if (index->count == index->capacity) {
                grown = reallocarray(index->records, capacity, sizeof(*index->records));
                if (!grown)
                        return EKIDEN_ENOMEM;
                index->records = grown;
                index->capacity = capacity;
        }
        if (size <= index->packed_size)
                return 0;
        grown = ek_secret_realloc(index->scratch.is_secret, index->packed, index->packed_size,
                                  size);
        if (!grown)
                return EKIDEN_ENOMEM;
        index->packed = grown;
        index->packed_size = size;
        return 0;
}

static int set_none(void *data, int32_t *value)
{
        (void)data;
        *value = -1;
        return 0;
}

int ek_index_add(struct ek_index *index, const ProtobufCMessage *record)
{
        size_t size = protobuf_c_message_get_packed_size(record);
        ProtobufCMessage *copy;
        int r = make_room(index, size);

        if (r < 0)
                return r;
        protobuf_c_message_pack(record, index->packed);
        copy = protobuf_c_message_unpack(record->descriptor, &index->scratch.allocator, size,
                                         index->packed);
        if (!copy)
                return EKIDEN_ENOMEM;
        ek_resolve_descriptors(index->item->message, copy, set_none, NULL);
        index->records[index->count] = (struct ek_indexed){copy, index->count};
        index->count++;
        index->is_sorted = false;
        return 0;
}

static int compare_bytes(const void *a, size_t a_size, const void *b, size_t b_size)
{
        size_t size = a_size < b_size ? a_size : b_size;
        int result = size > 0 ? memcmp(a, b, size) : 0;

        return result != 0 ? result : (a_size > b_size) - (a_size < b_size);
}

/* Two keys, each where a message has it. Numbers are ordered by their bytes: any order will do. */
static int compare_keys(const ProtobufCFieldDescriptor *field, const void *a, const void *b)
{
        const ProtobufCBinaryData *left = a, *right = b;
        const char *text = "", *other = "";

        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                text = *(const char *const *)a ? *(const char *const *)a : text;
                other = *(const char *const *)b ? *(const char *const *)b : other;
                return strcmp(text, other);
        case PROTOBUF_C_TYPE_BYTES:
                return compare_bytes(left->data, left->len, right->data, right->len);
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return memcmp(a, b, sizeof(uint64_t));
        default:
                return memcmp(a, b, sizeof(uint32_t));
        }
}

static const void *key_of(const struct ek_index *index, const struct ek_indexed *indexed)
{
        return (const char *)indexed->record + index->key->offset;
}

static int compare_records(const void *left, const void *right, void *data)
{
        const struct ek_index *index = data;
        const struct ek_indexed *a = left, *b = right;
        int result = compare_keys(index->key, key_of(index, a), key_of(index, b));

        return result != 0 ? result : (a->order > b->order) - (a->order < b->order);
}

/* The last of those with the key: the first that is greater is right behind it. */
static const ProtobufCMessage *find(struct ek_index *index, const void *key)
{
        size_t low = 0, high = index->count;

        if (!index->is_sorted && index->count > 0)
                qsort_r(index->records, index->count, sizeof(*index->records), compare_records,
                        index);
        index->is_sorted = true;
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (compare_keys(index->key, key_of(index, &index->records[middle]), key) > 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        if (low == 0 || compare_keys(index->key, key_of(index, &index->records[low - 1]), key) != 0)
                return NULL;
        return index->records[low - 1].record;
}

const ProtobufCMessage *ek_index_find(struct ek_index *indexes, const char *item, const void *key)
{
        if (!item || !key)
                return NULL;
        for (struct ek_index *index = indexes; index; index = index->next)
                if (strcmp(index->item->name, item) == 0)
                        return find(index, key);
        return NULL;
}
