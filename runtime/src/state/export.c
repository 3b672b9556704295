/* SPDX-License-Identifier: MIT */
/*
 * The predecessor's side of an item: records leave the program one by one, are packed into batches,
 * and their descriptors go ahead of the batch that numbers them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "fields.h"
#include "record.h"
#include "state/transfer.h"
#include "wire/cleanup.h"
#include "wire/message.h"

/* A descriptor field that holds its number while the record is packed, and what it held before. */
struct patch {
        int32_t *place;
        int32_t value;
};

struct batch {
        struct ek_export *export_;
        const struct ek_tagged *tagged;
        struct ekiden_error *error;
        uint8_t *bytes;
        size_t size, capacity;
        int *descriptors;
        size_t descriptor_count, descriptor_capacity;
        struct patch *patches; /* of the record in hand; as large as `descriptors` */
        size_t patch_count, patch_capacity;
        struct ek_count item;
};

static int out_of_memory(struct batch *batch)
{
        return ekiden_error_set(batch->error, EKIDEN_ENOMEM, "memory ran out while exporting");
}

static int grow(struct batch *batch, void **array, size_t *capacity, size_t needed, size_t element)
{
        size_t larger = *capacity > 0 ? *capacity : 64;
        void *grown;

        if (needed <= *capacity)
                return 0;
        while (larger < needed)
                larger *= 2;
        grown = realloc(*array, larger * element);
        if (!grown)
                return out_of_memory(batch);
        *array = grown;
        *capacity = larger;
        return 0;
}

/* Gives a descriptor its number in the batch, from 1; 0 is none. */
static int number_descriptor(void *data, int32_t *value)
{
        struct batch *batch = data;
        int r = grow(batch, (void **)&batch->patches, &batch->patch_capacity,
                     batch->patch_count + 1, sizeof(*batch->patches));

        if (r == 0)
                r = grow(batch, (void **)&batch->descriptors, &batch->descriptor_capacity,
                         batch->descriptor_count + 1, sizeof(*batch->descriptors));
        if (r < 0)
                return r;
        if (*value >= 0 && batch->descriptor_count == EK_BATCH_DESCRIPTORS_MAX)
                return ekiden_error_set(batch->error, EKIDEN_ELIMIT,
                                        "a record holds more than %d descriptors; spread them over "
                                        "several records",
                                        EK_BATCH_DESCRIPTORS_MAX);
        batch->patches[batch->patch_count++] = (struct patch){value, *value};
        if (*value < 0) {
                *value = 0;
                return 0;
        }
        batch->descriptors[batch->descriptor_count++] = *value;
        *value = (int32_t)batch->descriptor_count;
        return 0;
}

static void restore_descriptors(struct batch *batch)
{
        for (size_t i = 0; i < batch->patch_count; i++)
                *batch->patches[i].place = batch->patches[i].value;
        batch->patch_count = 0;
}

/* Waits until the group before has left the socket, by the receiver's word: so the kernel's limit
   on descriptors in flight is never met (unix(7), ETOOMANYREFS). */
static int wait_received(struct batch *batch)
{
        struct ek_export *export_ = batch->export_;

        while (export_->unreceived > 0) {
                struct ek_frame frame;
                int r = ek_receive(export_->link, export_->wait, &frame, batch->error);

                if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__RECEIVED)
                        r = ek_link_failed(EKIDEN_EPROTOCOL, batch->error);
                if (r < 0)
                        return r;
                export_->unreceived--;
        }
        return 0;
}

static int send_group(struct batch *batch, const int *descriptors, size_t count)
{
        struct ek_export *export_ = batch->export_;
        int r = wait_received(batch);

        if (r < 0)
                return r;
        r = ek_link_queue_descriptors(export_->link, descriptors, count, export_->wait);
        if (r == EKIDEN_EINVAL)
                return ekiden_error_set(batch->error, EKIDEN_EREFUSED,
                                        "a descriptor of this item is not open; set a field to -1 "
                                        "when its descriptor is closed");
        if (r < 0)
                return ek_link_failed(r, batch->error);
        export_->unreceived++;
        return 0;
}

static int flush(struct batch *batch)
{
        struct ek_export *export_ = batch->export_;
        bool is_full;
        int r;

        if (batch->size == 0)
                return 0;
        for (size_t sent = 0; sent < batch->descriptor_count; sent += EK_DESCRIPTORS_MAX) {
                size_t left = batch->descriptor_count - sent;

                r = send_group(batch, batch->descriptors + sent,
                               left < EK_DESCRIPTORS_MAX ? left : EK_DESCRIPTORS_MAX);
                if (r < 0)
                        return r;
        }
        r = ek_link_queue(export_->link, EKIDEN__FRAME_KIND__BATCH, batch->bytes, batch->size,
                          export_->wait);
        if (r < 0)
                return ek_link_failed(r, batch->error);
        is_full = batch->size >= EK_BATCH_TARGET;
        batch->size = 0;
        batch->descriptor_count = 0;
        /* Waits look at the operator; where much is sent and nothing ever waits, this does. */
        if (is_full && export_->wait->operator_ && ek_link_is_closed(export_->wait->operator_))
                return ek_link_failed(EKIDEN_ECANCELLED, batch->error);
        return 0;
}

static int append(struct batch *batch, const ProtobufCMessage *record, size_t size)
{
        int r;

        if (size > EK_FRAME_PAYLOAD_MAX - 10)
                return ek_link_failed(EKIDEN_ELIMIT, batch->error);
        r = grow(batch, (void **)&batch->bytes, &batch->capacity, batch->size + 10 + size, 1);
        if (r < 0)
                return r;
        batch->size += ek_varint_write(batch->bytes + batch->size, size);
        batch->size += protobuf_c_message_pack(record, batch->bytes + batch->size);
        batch->item.bytes += size;
        batch->item.records++;
        return 0;
}

static int check_record(struct batch *batch, const ProtobufCMessage *record)
{
        bool is_state = batch->tagged->binding == &ek_message_binding;
        unsigned long long number = batch->item.records;
        char field[EKIDEN_NAME_MAX + 1];
        const char *wrong;

        if (record->descriptor != batch->tagged->item.message->descriptor)
                return ekiden_error_set(batch->error, EKIDEN_EREFUSED,
                                        "record %llu is not initialised, or of another type",
                                        number);
        wrong = ek_record_check(record, !is_state, field);
        if (!wrong)
                return 0;
        if (batch->error && batch->error->code == 0)
                memcpy(batch->error->field, field, sizeof(field));
        return ekiden_error_set(batch->error, EKIDEN_EREFUSED, "record %llu: field \"%s\" %s",
                                number, field, wrong);
}

/* Numbers the record's descriptors and adds it; a record that finds no room sends the batch first.
 */
static int number_and_append(struct batch *batch, ProtobufCMessage *record)
{
        const struct ekiden_message *type = batch->tagged->item.message;
        size_t before = batch->descriptor_count;
        size_t size;
        int r = ek_each_descriptor(type, record, number_descriptor, batch);

        if (r < 0)
                return r;
        size = protobuf_c_message_get_packed_size(record);
        if (batch->size > 0 && batch->size + 10 + size > EK_FRAME_PAYLOAD_MAX) {
                batch->descriptor_count = before;
                restore_descriptors(batch);
                r = flush(batch);
                if (r == 0)
                        r = ek_each_descriptor(type, record, number_descriptor, batch);
                if (r < 0)
                        return r;
                before = 0;
                size = protobuf_c_message_get_packed_size(record);
        }
        batch->item.descriptors += batch->descriptor_count - before;
        return append(batch, record, size);
}

static int add_record(struct batch *batch, ProtobufCMessage *record)
{
        int r = check_record(batch, record);

        if (r < 0)
                return r;
        r = number_and_append(batch, record);
        restore_descriptors(batch);
        if (r == 0 &&
            (batch->size >= EK_BATCH_TARGET || batch->descriptor_count >= EK_DESCRIPTORS_MAX))
                r = flush(batch);
        return r;
}

static uint64_t announced_count(const struct ek_tagged *tagged)
{
        uint64_t count = UINT64_MAX;

        if (tagged->item.kind == EKIDEN_ITEM_SINGLETON)
                return 1;
        if (tagged->binding->count)
                count = tagged->binding->count(tagged->functions, tagged->data);
        return count == UINT64_MAX ? 0 : count;
}

static int send_item(struct batch *batch, uint64_t announced)
{
        const struct ek_tagged *tagged = batch->tagged;
        Ekiden__Item message = EKIDEN__ITEM__INIT;
        int r;

        message.item = (char *)(uintptr_t)tagged->name;
        message.has_stream = 1;
        message.stream = tagged->item.kind == EKIDEN_ITEM_STREAM;
        message.has_count = announced > 0;
        message.count = announced;
        r = ek_link_queue_message(batch->export_->link, EKIDEN__FRAME_KIND__ITEM, &message.base,
                                  batch->export_->wait);
        return r < 0 ? ek_link_failed(r, batch->error) : 0;
}

static int send_end(struct batch *batch)
{
        Ekiden__End message = EKIDEN__END__INIT;
        int r;

        message.records = batch->item.records;
        message.bytes = batch->item.bytes;
        message.descriptors = batch->item.descriptors;
        r = ek_link_queue_message(batch->export_->link, EKIDEN__FRAME_KIND__END, &message.base,
                                  batch->export_->wait);
        return r < 0 ? ek_link_failed(r, batch->error) : 0;
}

static void report(struct batch *batch, const struct ek_count *before, uint64_t announced,
                   bool is_complete)
{
        struct ek_export *export_ = batch->export_;
        struct ek_progress progress = {
                .item = batch->tagged->name,
                .records = batch->item.records,
                .announced = announced,
                .is_complete = is_complete,
                .total =
                        {
                                .records = before->records + batch->item.records,
                                .bytes = before->bytes + batch->item.bytes,
                                .descriptors = before->descriptors + batch->item.descriptors,
                        },
        };

        export_->total = progress.total;
        if (export_->progress)
                export_->progress(export_->data, &progress);
}

static int export_records(struct batch *batch, struct ekiden_arena *arena, uint64_t announced)
{
        const struct ek_tagged *tagged = batch->tagged;
        const struct ek_count before = batch->export_->total;
        struct ekiden_cursor cursor = {.arena = arena, .error = batch->error};
        ek_auto_free ProtobufCMessage *record =
                calloc(1, tagged->item.message->descriptor->sizeof_message);

        if (!record)
                return out_of_memory(batch);
        for (;; cursor.record++) {
                size_t size_before = batch->size;
                int r;

                ek_arena_reset(arena);
                ek_record_init(tagged->item.message, record);
                r = tagged->binding->export_record(tagged->functions, record, &cursor,
                                                   tagged->data);
                if (r < 0)
                        return ekiden_error_set(
                                batch->error, r, "the program could not export record %llu: %s",
                                (unsigned long long)cursor.record, ekiden_error_text(r));
                if (r == 0)
                        break;
                r = add_record(batch, record);
                if (r < 0)
                        return r;
                if (batch->size <= size_before)
                        report(batch, &before, announced, false);
        }
        report(batch, &before, announced, true);
        return flush(batch);
}

int ek_export_item(struct ek_export *export_, const struct ek_tagged *tagged,
                   struct ekiden_error *error)
{
        struct batch batch = {.export_ = export_, .tagged = tagged, .error = error};
        uint64_t announced = announced_count(tagged);
        struct ekiden_arena arena;
        int r;

        ek_arena_init(&arena);
        r = send_item(&batch, announced);
        if (r == 0)
                r = export_records(&batch, &arena, announced);
        if (r == 0)
                r = send_end(&batch);
        ek_arena_deinit(&arena);
        free(batch.bytes);
        free(batch.descriptors);
        free(batch.patches);
        if (r < 0 && error && error->item[0] == '\0')
                memcpy(error->item, tagged->name, sizeof(error->item));
        return r;
}
