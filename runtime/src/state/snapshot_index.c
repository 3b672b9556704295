/* SPDX-License-Identifier: MIT */
/* A snapshot's items: each is read to its end, its records counted, and remembered. */
#include <stdlib.h>
#include <string.h>

#include "state/snapshot_private.h"
#include "wire/message.h"

/* An item that is being read. */
struct reading {
        struct ek_snapshot *snapshot;
        struct ek_snapshot_item *item;
        size_t waiting; /* descriptors that came, and no batch behind them yet */
        struct ekiden_error *error;
};

static int damaged(const struct reading *reading, const char *what)
{
        if (reading->error && reading->error->code == 0)
                memcpy(reading->error->item, reading->item->name, sizeof(reading->error->item));
        return ek_snapshot_damaged(reading->snapshot, what, reading->error);
}

static int out_of_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while reading the snapshot");
}

/* Room for one more, zeroed, and not counted yet. */
static struct ek_snapshot_item *new_item(struct ek_snapshot *snapshot)
{
        size_t capacity = snapshot->item_capacity > 0 ? snapshot->item_capacity * 2 : 16;
        struct ek_snapshot_item *grown;

        if (snapshot->item_count == snapshot->item_capacity) {
                grown = realloc(snapshot->items, capacity * sizeof(*grown));
                if (!grown)
                        return NULL;
                snapshot->items = grown;
                snapshot->item_capacity = capacity;
        }
        return memset(&snapshot->items[snapshot->item_count], 0, sizeof(*snapshot->items));
}

static int take_item(struct ek_snapshot *snapshot, const Ekiden__Item *message, uint64_t offset,
                     struct ekiden_error *error)
{
        struct ek_snapshot_item *item;

        if (!ek_snapshot_is_name(message->item) || !message->message || !message->has_stream)
                return ek_snapshot_damaged(snapshot, "an item does not say what it is", error);
        if (snapshot->item_count == EK_SNAPSHOT_ITEMS_MAX)
                return ekiden_error_set(error, EKIDEN_ELIMIT, "the snapshot has more than %d items",
                                        EK_SNAPSHOT_ITEMS_MAX);
        item = new_item(snapshot);
        if (!item)
                return out_of_memory(error);
        item->message = strdup(message->message);
        if (!item->message)
                return out_of_memory(error);
        memcpy(item->name, message->item, strlen(message->item));
        item->is_stream = message->stream;
        item->offset = offset;
        item->first_descriptor = snapshot->total.descriptors;
        snapshot->item_count++;
        return 0;
}

static int count_descriptors(struct reading *reading, const struct ek_frame *frame)
{
        const Ekiden__Descriptors *message;
        ProtobufCMessage *unpacked;
        size_t count;
        int r = ek_snapshot_message(reading->snapshot, frame, &ekiden__descriptors__descriptor,
                                    &unpacked, reading->error);

        if (r < 0)
                return r;
        message = (const Ekiden__Descriptors *)unpacked;
        count = message->close_on_exec.len;
        if (count == 0 || count > EK_DESCRIPTORS_MAX || message->n_described != count)
                r = damaged(reading, "descriptors are not told of one by one");
        else if (reading->waiting + count > EK_BATCH_DESCRIPTORS_MAX + EK_DESCRIPTORS_MAX)
                r = damaged(reading, "too many descriptors come for one batch");
        reading->waiting += count;
        reading->item->count.descriptors += count;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

/* A run of records, each behind its length; of objects, each behind its tag as well. */
static int count_records(struct reading *reading, const struct ek_frame *frame, bool are_objects)
{
        struct ek_count *count = &reading->item->count;
        const uint8_t *at = frame->payload;
        const uint8_t *end = at + frame->size;

        if (frame->size == 0)
                return damaged(reading, "a batch is empty");
        while (at < end) {
                uint64_t tag = 0, size = 0;
                size_t n = are_objects ? ek_varint_read(at, (size_t)(end - at), &tag) : 0;
                size_t m = ek_varint_read(at + n, (size_t)(end - at) - n, &size);

                if (m == 0 || (are_objects && n == 0) || size > (uint64_t)(end - at) - n - m)
                        return damaged(reading, "a record goes beyond its batch");
                if (are_objects && ((tag & 7) != 2 || tag >> 3 == 0))
                        return damaged(reading, "an object is of no type");
                count->bytes += size;
                count->objects += are_objects;
                count->records += !are_objects;
                at += n + m + size;
        }
        reading->waiting = 0;
        return 0;
}

static int compare_figures(struct reading *reading, const Ekiden__End *end)
{
        const struct ek_count *count = &reading->item->count;

        if (reading->waiting > 0)
                return damaged(reading, "descriptors come with no record");
        if (!reading->item->is_stream && count->records != 1)
                return damaged(reading, "a singleton has not one record");
        if (end->records != count->records || end->objects != count->objects ||
            end->bytes != count->bytes || end->descriptors != count->descriptors)
                return damaged(reading, "an item's figures are not those of its records");
        return 0;
}

static void add_to_total(struct ek_count *total, const struct ek_count *count)
{
        total->records += count->records;
        total->objects += count->objects;
        total->bytes += count->bytes;
        total->descriptors += count->descriptors;
}

static int take_end(struct reading *reading, const struct ek_frame *frame)
{
        struct ek_snapshot_item *item = reading->item;
        const Ekiden__End *end;
        ProtobufCMessage *unpacked;
        int r = ek_snapshot_message(reading->snapshot, frame, &ekiden__end__descriptor, &unpacked,
                                    reading->error);

        if (r < 0)
                return r;
        end = (const Ekiden__End *)unpacked;
        r = compare_figures(reading, end);
        item->has_digest = end->digest != NULL;
        if (end->digest)
                item->digest = ek_digest_of_message(end->digest);
        add_to_total(&reading->snapshot->total, &item->count);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

static int read_to_end(struct reading *reading)
{
        for (;;) {
                struct ek_frame frame;
                int r = ek_snapshot_receive(reading->snapshot, &frame, reading->error);

                if (r < 0)
                        return r;
                switch (frame.kind) {
                case EKIDEN__FRAME_KIND__DESCRIPTORS:
                        r = count_descriptors(reading, &frame);
                        break;
                case EKIDEN__FRAME_KIND__BATCH:
                        r = count_records(reading, &frame, false);
                        break;
                case EKIDEN__FRAME_KIND__OBJECTS:
                        r = count_records(reading, &frame, true);
                        break;
                case EKIDEN__FRAME_KIND__END:
                        return take_end(reading, &frame);
                default:
                        r = damaged(reading, "an item does not end");
                        break;
                }
                if (r < 0)
                        return r;
        }
}

int ek_snapshot_index_item(struct ek_snapshot *snapshot, const struct ek_frame *frame,
                           uint64_t offset, struct ekiden_error *error)
{
        struct reading reading = {.snapshot = snapshot, .error = error};
        ProtobufCMessage *unpacked;
        int r = ek_snapshot_message(snapshot, frame, &ekiden__item__descriptor, &unpacked, error);

        if (r < 0)
                return r;
        r = take_item(snapshot, (const Ekiden__Item *)unpacked, offset, error);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        if (r < 0)
                return r;
        reading.item = &snapshot->items[snapshot->item_count - 1];
        return read_to_end(&reading);
}

static int by_name(const void *a, const void *b, void *items)
{
        const struct ek_snapshot_item *all = items;

        return strcmp(all[*(const size_t *)a].name, all[*(const size_t *)b].name);
}

int ek_snapshot_sort(struct ek_snapshot *snapshot, struct ekiden_error *error)
{
        size_t count = snapshot->item_count;

        snapshot->by_name = calloc(count + 1, sizeof(*snapshot->by_name));
        if (!snapshot->by_name)
                return out_of_memory(error);
        for (size_t i = 0; i < count; i++)
                snapshot->by_name[i] = i;
        qsort_r(snapshot->by_name, count, sizeof(*snapshot->by_name), by_name, snapshot->items);
        for (size_t i = 1; i < count; i++) {
                const char *name = snapshot->items[snapshot->by_name[i]].name;

                if (strcmp(snapshot->items[snapshot->by_name[i - 1]].name, name) == 0)
                        return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                                "the snapshot is damaged: item \"%s\" is in it "
                                                "twice; take another one",
                                                name);
        }
        return 0;
}

const struct ek_snapshot_item *ek_snapshot_find(const struct ek_snapshot *snapshot,
                                                const char *name)
{
        size_t low = 0, high = snapshot->item_count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const struct ek_snapshot_item *item = &snapshot->items[snapshot->by_name[middle]];
                int order = strcmp(name, item->name);

                if (order == 0)
                        return item;
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return NULL;
}
