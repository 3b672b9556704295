/* SPDX-License-Identifier: MIT */
/* See diff_index.h. */
#include "diff_index.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "key.h"
#include "wire/cleanup.h"

/* What identifies a record; hashes of different kinds are told apart by it. */
enum kind {
        KIND_KEY = 1,
        KIND_IDENTITY,
        KIND_NUMBER,
        KIND_CONTENT,
        KIND_DESCRIPTOR,
};

static struct ek_digest hash(enum kind kind, const void *bytes, size_t size_bytes)
{
        struct ek_digest digest = {0};

        ek_digest_add_packed(&digest, kind, bytes, size_bytes);
        return digest;
}

/* A number that stands for what a descriptor is. */
static int describe(void *data, int32_t *value)
{
        const struct record *record = data;

        if (*value > 0) {
                const char *text = record->descriptors[*value - 1];

                *value = (int32_t)(hash(KIND_DESCRIPTOR, text, strlen(text)).low & INT32_MAX);
        }
        return 0;
}

/* Changes the record's descriptors: it must not be printed afterwards. */
static int hash_content(struct record *record, struct ek_digest *ret_digest)
{
        ek_auto_free uint8_t *packed = NULL;
        size_t size;

        if (record->descriptor_count == 0) {
                *ret_digest = hash(KIND_CONTENT, record->packed, record->packed_size);
                return 0;
        }
        ek_each_descriptor(record->item->message, record->message, describe, record);
        size = protobuf_c_message_get_packed_size(record->message);
        packed = malloc(size + 1);
        if (!packed)
                return EKIDEN_ENOMEM;
        protobuf_c_message_pack(record->message, packed);
        *ret_digest = hash(KIND_CONTENT, packed, size);
        return 0;
}

/* An object's identity is one among those of its type. */
static struct ek_digest hash_object(const struct record *record, uint64_t identity)
{
        struct ek_digest type = hash(KIND_IDENTITY, record->item->name, strlen(record->item->name));
        uint64_t both[] = {type.low, type.high, identity};

        return hash(KIND_IDENTITY, both, sizeof(both));
}

static int identify(const struct record *record, const struct ek_digest *content,
                    enum diff_unnamed unnamed, struct ek_digest *ret_digest)
{
        ek_auto_free char *key = key_text(record);
        uint64_t identity;

        if (key)
                *ret_digest = hash(KIND_KEY, key, strlen(key));
        else if (record_identity(record, &identity))
                *ret_digest = hash_object(record, identity);
        else if (unnamed == DIFF_BY_NUMBER || record->item->kind == EKIDEN_ITEM_SINGLETON)
                *ret_digest = hash(KIND_NUMBER, &record->number, sizeof(record->number));
        else
                *ret_digest = *content;
        return 0;
}

static int add(struct diff_index *index, const struct diff_entry *entry)
{
        size_t capacity = index->capacity > 0 ? index->capacity * 2 : 256;
        struct diff_entry *grown;

        if (index->count == index->capacity) {
                grown = realloc(index->entries, capacity * sizeof(*grown));
                if (!grown)
                        return EKIDEN_ENOMEM;
                index->entries = grown;
                index->capacity = capacity;
        }
        index->entries[index->count++] = *entry;
        return 0;
}

static int add_record(struct diff_index *index, const struct ek_snapshot_item *item,
                      struct record *record, enum diff_unnamed unnamed)
{
        struct diff_entry entry = {.place = record->place, .item = item, .number = record->number};
        int r = hash_content(record, &entry.content);

        if (r == 0)
                r = identify(record, &entry.content, unnamed, &entry.identity);
        return r < 0 ? r : add(index, &entry);
}

int diff_index_add(struct diff_index *records, struct diff_index *objects, struct file *file,
                   const struct ek_snapshot_item *item, enum diff_unnamed unnamed,
                   struct ekiden_error *error)
{
        struct records reading;
        struct record record;
        int r = records_begin(&reading, file, item, error);

        while (r == 0) {
                r = records_next(&reading, &record);
                if (r <= 0)
                        break;
                r = 0;
                if (!record.is_object)
                        r = add_record(records, item, &record, unnamed);
                else if (objects)
                        r = add_record(objects, item, &record, unnamed);
        }
        records_end(&reading);
        return r < 0 ? ekiden_error_set(error, r, "%s", ekiden_error_text(r)) : 0;
}

static int compare_digests(const struct ek_digest *a, const struct ek_digest *b)
{
        if (a->high != b->high)
                return a->high < b->high ? -1 : 1;
        return a->low < b->low ? -1 : a->low > b->low;
}

static int compare(const void *a, const void *b)
{
        const struct diff_entry *left = a;
        const struct diff_entry *right = b;
        int order = compare_digests(&left->identity, &right->identity);

        if (order == 0)
                order = compare_digests(&left->content, &right->content);
        if (order == 0)
                order = left->number < right->number ? -1 : left->number > right->number;
        return order;
}

void diff_index_sort(struct diff_index *index)
{
        if (index->count > 0)
                qsort(index->entries, index->count, sizeof(*index->entries), compare);
}

void diff_index_unique(struct diff_index *sorted)
{
        size_t kept = 0;

        for (size_t i = 0; i < sorted->count; i++) {
                const struct diff_entry *entry = &sorted->entries[i];

                if (kept == 0 ||
                    !ek_digest_equals(&sorted->entries[kept - 1].identity, &entry->identity) ||
                    !ek_digest_equals(&sorted->entries[kept - 1].content, &entry->content))
                        sorted->entries[kept++] = *entry;
        }
        sorted->count = kept;
}

void diff_index_deinit(struct diff_index *index)
{
        free(index->entries);
        *index = (struct diff_index){0};
}
