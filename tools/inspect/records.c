/* SPDX-License-Identifier: MIT */
/* See records.h. */
#include "records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "wire/message.h"

static int fail(struct records *records, int code)
{
        if (records->error && records->error->code == 0)
                memcpy(records->error->item, records->index->name, sizeof(records->error->item));
        return code;
}

static int damaged(struct records *records, const char *what)
{
        bool is_object = records->frame.kind == EKIDEN__FRAME_KIND__OBJECTS;

        return ekiden_error_set(
                records->error, fail(records, EKIDEN_EPROTOCOL),
                "the snapshot is damaged: %s %llu of item \"%s\" %s",
                is_object ? "object" : "record",
                (unsigned long long)(is_object ? records->object_count : records->record_count),
                records->index->name, what);
}

static int out_of_memory(struct records *records)
{
        return ekiden_error_set(records->error, EKIDEN_ENOMEM, "memory ran out");
}

/* Few bytes of a file may claim much memory: empty messages of a large type. */
static void *allocate(void *allocator_data, size_t size_bytes)
{
        struct records *records = allocator_data;

        if (size_bytes > RECORD_MEMORY_MAX - records->used_bytes)
                return NULL;
        records->used_bytes += size_bytes;
        return ek_scratch_alloc(&records->scratch, size_bytes);
}

static void do_not_free(void *allocator_data, void *pointer)
{
        (void)allocator_data;
        (void)pointer;
}

static void forget_descriptors(struct records *records)
{
        for (size_t i = 0; i < records->described_count; i++)
                free(records->described[i]);
        records->described_count = 0;
}

int records_begin(struct records *records, struct file *file, const struct ek_snapshot_item *item,
                  struct ekiden_error *error)
{
        int r;

        *records = (struct records){.file = file, .index = item, .error = error};
        ek_scratch_init(&records->scratch);
        records->allocator = (ProtobufCAllocator){allocate, do_not_free, records};
        r = file_item(file, item, &records->item, error);
        if (r == 0)
                r = ek_snapshot_seek(&file->snapshot, item);
        return r < 0 ? ekiden_error_set(error, r, "the snapshot cannot be read") : 0;
}

void records_end(struct records *records)
{
        forget_descriptors(records);
        free(records->described);
        free(records->named);
        free(records->own);
        ek_scratch_deinit(&records->scratch);
}

static int make_room(struct records *records, size_t count)
{
        size_t needed = records->described_count + count;
        void *grown;

        if (needed <= records->described_capacity)
                return 0;
        if (needed > EK_BATCH_DESCRIPTORS_MAX + EK_DESCRIPTORS_MAX)
                return damaged(records, "comes with too many descriptors");
        needed *= 2;
        grown = realloc(records->described, needed * sizeof(*records->described));
        if (!grown)
                return out_of_memory(records);
        records->described = grown;
        grown = realloc(records->named, needed * sizeof(*records->named));
        if (!grown)
                return out_of_memory(records);
        records->named = grown;
        grown = realloc(records->own, needed * sizeof(*records->own));
        if (!grown)
                return out_of_memory(records);
        records->own = grown;
        records->described_capacity = needed;
        return 0;
}

static int take_descriptors(struct records *records, const struct ek_frame *frame)
{
        Ekiden__Descriptors *message;
        ProtobufCMessage *unpacked;
        int r = ek_frame_message(frame, &ekiden__descriptors__descriptor, &unpacked);

        if (r < 0)
                return damaged(records, "comes with descriptors that are not told of");
        message = (Ekiden__Descriptors *)unpacked;
        r = make_room(records, message->n_described);
        for (size_t i = 0; r == 0 && i < message->n_described; i++) {
                records->named[records->described_count] = false;
                records->described[records->described_count++] = message->described[i];
                message->described[i] = NULL; /* it is ours now */
        }
        if (r == 0)
                message->n_described = 0;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

static int receive(struct records *records, struct ek_frame *ret_frame)
{
        int r = ek_link_receive(records->file->snapshot.link, NULL, ret_frame);

        if (r == EKIDEN_ESYSTEM)
                return ekiden_error_set_errno(records->error, fail(records, r), errno,
                                              "the snapshot cannot be read");
        if (r < 0)
                return ekiden_error_set(records->error, fail(records, EKIDEN_EPROTOCOL),
                                        "the snapshot has changed while it was read");
        return 0;
}

static int check_digest(struct records *records)
{
        if (records->index->has_digest &&
            !ek_digest_equals(&records->index->digest, &records->digest))
                return ekiden_error_set(records->error, fail(records, EKIDEN_EPROTOCOL),
                                        "the snapshot is damaged: the records of item \"%s\" are "
                                        "not those that its digest stands for",
                                        records->index->name);
        return 0;
}

/* The next frame with records: 1, or 0 at the item's end. */
static int next_frame(struct records *records)
{
        bool is_group = false;

        forget_descriptors(records);
        records->frame.kind = 0;
        for (;;) {
                uint64_t offset = ek_link_offset(records->file->snapshot.link);
                struct ek_frame frame;
                int r = receive(records, &frame);

                if (r < 0)
                        return r;
                if (frame.kind == EKIDEN__FRAME_KIND__ITEM)
                        continue;
                if (frame.kind == EKIDEN__FRAME_KIND__END)
                        return check_digest(records);
                if (!is_group)
                        records->group = offset;
                is_group = true;
                if (frame.kind == EKIDEN__FRAME_KIND__DESCRIPTORS) {
                        r = take_descriptors(records, &frame);
                        if (r < 0)
                                return r;
                        continue;
                }
                if (frame.kind != EKIDEN__FRAME_KIND__BATCH &&
                    frame.kind != EKIDEN__FRAME_KIND__OBJECTS)
                        return damaged(records, "does not come where it should");
                records->frame = frame;
                records->at = 0;
                return 1;
        }
}

/* A number in the frame becomes one in the record; each is named once. */
static int resolve(void *data, int32_t *value)
{
        struct records *records = data;
        size_t number = (size_t)(uint32_t)*value;

        if (*value == 0) {
                *value = -1;
                return 0;
        }
        if (*value < 0 || number > records->described_count || records->named[number - 1])
                return damaged(records, "names a descriptor that did not come with it");
        records->named[number - 1] = true;
        records->own[records->own_count++] = records->described[number - 1];
        *value = (int32_t)records->own_count;
        return 0;
}

static int unpack(struct records *records, struct record *record)
{
        const struct ekiden_message *type = record->item->message;
        int r;

        ek_scratch_reset(&records->scratch);
        records->used_bytes = 0;
        records->own_count = 0;
        r = ek_message_unpack(type->descriptor, &records->allocator, record->packed,
                              record->packed_size, &record->message);
        if (r < 0)
                return damaged(records, r == EKIDEN_ELIMIT   ? "is nested over 100 deep"
                                        : r == EKIDEN_ENOMEM ? "takes too much memory"
                                                             : "is malformed");
        r = ek_digest_add_numbered(&records->digest, type, record->tag, record->message);
        if (r < 0)
                return out_of_memory(records);
        r = ek_resolve_descriptors(type, record->message, resolve, records);
        record->descriptors = records->own;
        record->descriptor_count = records->own_count;
        return r < 0 ? r : 1;
}

/* The record that the frame has next. */
static int next_in_frame(struct records *records, struct record *record)
{
        bool is_object = records->frame.kind == EKIDEN__FRAME_KIND__OBJECTS;
        const uint8_t *at = records->frame.payload + records->at;
        size_t left = records->frame.size - records->at;
        uint64_t tag = 0, size = 0;
        size_t n = is_object ? ek_varint_read(at, left, &tag) : 0;
        size_t m = !is_object || n > 0 ? ek_varint_read(at + n, left - n, &size) : 0;
        int r;

        if (m == 0 || size > left - n - m)
                return damaged(records, "goes beyond its frame");
        *record = (struct record){
                .item = is_object ? file_object_item(records->file, tag) : &records->item,
                .is_object = is_object,
                .number = is_object ? records->object_count : records->record_count,
                .tag = tag,
                .packed = at + n + m,
                .packed_size = (size_t)size,
                .place = {records->group, (uint32_t)records->at},
        };
        if (!record->item)
                return damaged(records, "is of no type");
        r = unpack(records, record);
        records->at += n + m + (size_t)size;
        if (is_object)
                records->object_count++;
        else
                records->record_count++;
        return r;
}

int records_next(struct records *records, struct record *ret_record)
{
        while (records->frame.kind == 0 || records->at == records->frame.size) {
                int r = next_frame(records);

                if (r <= 0)
                        return r;
        }
        return next_in_frame(records, ret_record);
}

int records_read(struct records *records, const struct place *place, struct record *ret_record)
{
        if (records->frame.kind == 0 || records->group != place->group) {
                int r = ek_link_seek(records->file->snapshot.link, place->group);

                if (r < 0)
                        return ekiden_error_set(records->error, r, "the snapshot cannot be read");
                r = next_frame(records);
                if (r <= 0)
                        return r < 0 ? r : damaged(records, "is gone");
        }
        for (size_t i = 0; i < records->described_count; i++)
                records->named[i] = false;
        if (place->position >= records->frame.size)
                return damaged(records, "is gone");
        records->at = place->position;
        return next_in_frame(records, ret_record);
}

bool record_identity(const struct record *record, uint64_t *ret_identity)
{
        return ek_record_identity(record->item->message, record->message, ret_identity);
}
