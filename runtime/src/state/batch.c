/* SPDX-License-Identifier: MIT */
/* Records on their way into frames; descriptors go ahead of the frame that numbers them. */
#include "state/batch.h"

#include <stdlib.h>
#include <string.h>

#include <ekiden/codec.h>

#include "codec.h"
#include "fields.h"
#include "record.h"
#include "secret.h"
#include "state/arena_item.h"
#include "state/snapshot_write.h"
#include "wire/message.h"
#include "wire/own.h"

#define PREFIX_MAX 20 /* bytes of a tag and a length */

static int out_of_memory(struct ek_batch *batch)
{
        return ekiden_error_set(batch->error, EKIDEN_ENOMEM, "memory ran out while exporting");
}

/* `array` is the address of the pointer to the elements, whatever their type. */
static int grow(struct ek_batch *batch, void *array, size_t *capacity, size_t needed,
                size_t element)
{
        size_t larger = *capacity > 0 ? *capacity : 64;
        void *grown;

        if (needed <= *capacity)
                return 0;
        while (larger < needed)
                larger *= 2;
        memcpy(&grown, array, sizeof(grown));
        grown = ek_secret_realloc(batch->is_secret, grown, *capacity * element, larger * element);
        if (!grown)
                return out_of_memory(batch);
        memcpy(array, &grown, sizeof(grown));
        *capacity = larger;
        return 0;
}

/* Gives a descriptor its number in the batch, from 1; 0 is none. */
static int number_descriptor(void *data, int32_t *value)
{
        struct ek_batch *batch = data;
        int r = grow(batch, &batch->patches, &batch->patch_capacity, batch->patch_count + 1,
                     sizeof(*batch->patches));

        if (r == 0)
                r = grow(batch, &batch->descriptors, &batch->descriptor_capacity,
                         batch->descriptor_count + 1, sizeof(*batch->descriptors));
        if (r < 0)
                return r;
        if (*value >= 0 && batch->descriptor_count == EK_BATCH_DESCRIPTORS_MAX)
                return ekiden_error_set(batch->error, EKIDEN_ELIMIT,
                                        "a record holds more than %d descriptors; spread them over "
                                        "several records",
                                        EK_BATCH_DESCRIPTORS_MAX);
        if (*value >= 0 && ek_is_own(*value))
                return ekiden_error_set(batch->error, EKIDEN_EREFUSED,
                                        "descriptor %d of this item is closed, and the number is "
                                        "one of Ekiden's own now; set a field to -1 when its "
                                        "descriptor is closed",
                                        *value);
        batch->patches[batch->patch_count++] = (struct ek_patch){value, *value};
        if (*value < 0) {
                *value = 0;
                return 0;
        }
        batch->descriptors[batch->descriptor_count++] = *value;
        *value = (int32_t)batch->descriptor_count;
        return 0;
}

static void restore_descriptors(struct ek_batch *batch)
{
        for (size_t i = 0; i < batch->patch_count; i++)
                *batch->patches[i].place = batch->patches[i].value;
        batch->patch_count = 0;
}

int ek_export_note_received(struct ek_export *export_, struct ekiden_error *error)
{
        if (export_->unreceived == 0)
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        if (--export_->unreceived == 0)
                export_->in_flight = 0;
        return 0;
}

/* Waits until the groups before have left the socket, by the receiver's word, unless they are as
   small together as one may be: so the kernel's limit on descriptors in flight is never met
   (unix(7), ETOOMANYREFS). */
static int wait_received(struct ek_batch *batch, size_t count)
{
        struct ek_export *export_ = batch->export_;

        if (export_->in_flight + count <= EK_DESCRIPTORS_MAX)
                return 0;
        if (export_->is_small)
                return EKIDEN_ELIMIT;
        while (export_->unreceived > 0) {
                struct ek_frame frame;
                int r = ek_receive(export_->link, export_->wait, &frame, batch->error);

                if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__RECEIVED)
                        r = ek_link_failed(EKIDEN_EPROTOCOL, batch->error);
                if (r == 0)
                        r = ek_export_note_received(export_, batch->error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int send_group(struct ek_batch *batch, const int *descriptors, size_t count)
{
        struct ek_export *export_ = batch->export_;
        int r = wait_received(batch, count);

        if (r < 0)
                return r;
        if (export_->given && ek_given_add(export_->given, descriptors, count) < 0)
                return out_of_memory(batch);
        if (export_->is_snapshot)
                r = ek_snapshot_describe(export_, descriptors, count);
        else
                r = ek_link_queue_descriptors(export_->link, descriptors, count, export_->wait);
        if (r == EKIDEN_EINVAL)
                return ekiden_error_set(batch->error, EKIDEN_EREFUSED,
                                        "a descriptor of this item is not open; set a field to -1 "
                                        "when its descriptor is closed");
        if (r < 0)
                return ek_link_failed(r, batch->error);
        if (!export_->is_snapshot) {
                export_->unreceived++;
                export_->in_flight += count;
        }
        return 0;
}

int ek_batch_flush(struct ek_batch *batch)
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
        r = ek_link_queue(export_->link, batch->kind, batch->bytes, batch->size, export_->wait);
        if (r < 0)
                return ek_link_failed(r, batch->error);
        is_full = batch->size >= EK_BATCH_TARGET;
        if (batch->is_secret)
                explicit_bzero(batch->bytes, batch->size);
        batch->size = 0;
        batch->descriptor_count = 0;
        r = is_full ? ek_wait_is_over(export_->wait) : 0;
        return r < 0 ? ek_link_failed(r, batch->error) : 0;
}

static int flush_if_full(struct ek_batch *batch)
{
        if (batch->size < batch->target && batch->descriptor_count < EK_DESCRIPTORS_MAX)
                return 0;
        if (!batch->export_->is_small)
                return ek_batch_flush(batch);
        return batch->descriptor_count > EK_DESCRIPTORS_MAX ? EKIDEN_ELIMIT : 0;
}

/* For a record that has no room beside what is there. What has to be small has no other frame. */
static int make_room(struct ek_batch *batch)
{
        if (batch->export_->is_small)
                return EKIDEN_ELIMIT;
        return batch->size > 0 ? ek_batch_flush(batch) : 0;
}

/* A record on its way into a batch. */
struct entry {
        const struct ekiden_message *type;
        uint64_t tag; /* in a run of objects, a record is a field of a message; else 0 */
        ProtobufCMessage *record;
        size_t size; /* EKIDEN_CODEC_LEFT: protobuf-c packs it */
};

/* The tag of an object goes ahead of its length. */
static int append(struct ek_batch *batch, const struct entry *entry, size_t size)
{
        uint8_t *at;
        int r;

        if (size > EK_FRAME_PAYLOAD_MAX - PREFIX_MAX)
                return ek_link_failed(EKIDEN_ELIMIT, batch->error);
        r = grow(batch, &batch->bytes, &batch->capacity, batch->size + PREFIX_MAX + size, 1);
        if (r < 0)
                return r;
        at = batch->bytes + batch->size;
        if (entry->tag != 0)
                at += ek_varint_write(at, entry->tag);
        at += ek_varint_write(at, size);
        if (entry->size != EKIDEN_CODEC_LEFT)
                at = entry->type->codec->pack(entry->record, at);
        else
                at += protobuf_c_message_pack(entry->record, at);
        batch->size = (size_t)(at - batch->bytes);
        batch->item.bytes += size;
        if (entry->tag != 0)
                batch->item.objects++;
        else
                batch->item.records++;
        return 0;
}

static int check_record(struct ek_batch *batch, const struct ekiden_message *type,
                        const ProtobufCMessage *record)
{
        bool is_state = batch->tagged->binding == &ek_message_binding;
        bool is_object = batch->kind == EKIDEN__FRAME_KIND__OBJECTS;
        unsigned long long number = is_object ? batch->item.objects : batch->item.records;
        char field[EKIDEN_NAME_MAX + 1];
        const char *wrong;

        if (record->descriptor != type->descriptor)
                return ekiden_error_set(batch->error, EKIDEN_EREFUSED,
                                        "record %llu is not initialised, or of another type",
                                        number);
        wrong = ek_record_check(record, !is_state, field);
        if (!wrong)
                return 0;
        if (batch->error && batch->error->code == 0)
                memcpy(batch->error->field, field, sizeof(field));
        return ekiden_error_set(batch->error, EKIDEN_EREFUSED, "%s %llu: field \"%s\" %s",
                                is_object ? "object" : "record", number, field, wrong);
}

/* Numbers the record's descriptors, which changes its size. */
static int number(struct ek_batch *batch, struct entry *entry, size_t *ret_size)
{
        int r = ek_each_descriptor(entry->type, entry->record, number_descriptor, batch);

        if (r < 0)
                return r;
        if (batch->patch_count > 0)
                entry->size = ek_codec_size(entry->type, entry->record);
        *ret_size = entry->size != EKIDEN_CODEC_LEFT
                            ? entry->size
                            : protobuf_c_message_get_packed_size(entry->record);
        return 0;
}

/* Numbers the record's descriptors and adds it; a record that finds no room sends the batch first.
 */
static int number_and_append(struct ek_batch *batch, struct entry *entry)
{
        size_t before = batch->descriptor_count;
        size_t size;
        int r = number(batch, entry, &size);

        if (r < 0)
                return r;
        if (batch->size + PREFIX_MAX + size > batch->room) {
                batch->descriptor_count = before;
                restore_descriptors(batch);
                r = make_room(batch);
                if (r == 0)
                        r = number(batch, entry, &size);
                if (r < 0)
                        return r;
                before = 0;
        }
        batch->item.descriptors += batch->descriptor_count - before;
        return append(batch, entry, size);
}

static int show(struct ek_batch *batch, const struct ekiden_message *type, uint64_t tag,
                ProtobufCMessage *record)
{
        const struct ek_visitor *visitor = batch->export_->visitor;
        int r = visitor->visit(visitor->data, type, tag, record, batch->error);

        if (tag != 0)
                batch->item.objects++;
        else
                batch->item.records++;
        return r;
}

/* What crosses as it is has the digest of its bytes, which end the batch; by a tag and a length
   they begin. */
static int add_to_digest(struct ek_batch *batch, const struct entry *entry, bool is_changed)
{
        enum ek_digest_kind kind = batch->export_->digest_kind;
        int r = 0;

        if (is_changed || entry->size == EKIDEN_CODEC_LEFT)
                r = ek_digest_add(&batch->digest, kind, entry->type, entry->tag, entry->record);
        else
                ek_digest_add_packed(&batch->digest, entry->tag,
                                     batch->bytes + batch->size - entry->size, entry->size);
        return r < 0 ? out_of_memory(batch) : 0;
}

static bool may_have_arenas(struct ek_batch *batch, const struct ekiden_message *type)
{
        if (batch->arena_type != type) {
                batch->arena_type = type;
                batch->has_arenas = ek_message_has_arenas(type);
        }
        return batch->has_arenas;
}

/* In a snapshot are the bytes themselves. */
static int refer_to_arenas(struct ek_batch *batch, struct entry *entry)
{
        int r = 0;

        batch->arena_patches.is_secret = batch->is_secret;
        batch->arena_patches.is_object = batch->kind == EKIDEN__FRAME_KIND__OBJECTS;
        batch->arena_patches.number =
                batch->arena_patches.is_object ? batch->item.objects : batch->item.records;
        if (batch->export_->is_snapshot)
                ek_arena_strip(entry->type, entry->record);
        else
                r = ek_arena_fields_refer(&batch->arena_patches, entry->type, entry->record,
                                          batch->error);
        entry->size = ek_codec_size(entry->type, entry->record);
        return r;
}

int ek_batch_add(struct ek_batch *batch, const struct ekiden_message *type, uint64_t tag,
                 ProtobufCMessage *record)
{
        struct entry entry = {type, tag, record, ek_codec_size(type, record)};
        bool is_changed;
        int r = entry.size == EKIDEN_CODEC_LEFT ? check_record(batch, type, record) : 0;

        if (r < 0)
                return r;
        if (batch->export_->visitor)
                return show(batch, type, tag, record);
        if (type == &ek_value_message || may_have_arenas(batch, type))
                r = refer_to_arenas(batch, &entry);
        if (r == 0)
                r = number_and_append(batch, &entry);
        is_changed = batch->patch_count > 0 || may_have_arenas(batch, type);
        restore_descriptors(batch);
        ek_arena_fields_restore(&batch->arena_patches);
        if (r == 0 && batch->export_->digest_kind != EK_DIGEST_NONE)
                r = add_to_digest(batch, &entry, is_changed);
        return r == 0 ? flush_if_full(batch) : r;
}

int ek_batch_add_entry(struct ek_batch *batch, const struct ekiden_native_codec *codec,
                       const void *entry)
{
        size_t size = codec->size(entry), needed = batch->size + PREFIX_MAX + size;
        uint8_t *begin, *end;
        int r = 0;

        if (size > EK_FRAME_PAYLOAD_MAX - PREFIX_MAX)
                return 0;
        if (needed > batch->room)
                r = make_room(batch);
        if (r == 0 && batch->size + PREFIX_MAX + size > batch->capacity)
                r = grow(batch, &batch->bytes, &batch->capacity, batch->size + PREFIX_MAX + size,
                         1);
        if (r < 0)
                return r;
        begin = ekiden_put_varint(batch->bytes + batch->size, size);
        end = codec->pack(entry, begin);
        batch->size = (size_t)(end - batch->bytes);
        batch->item.bytes += size;
        batch->item.records++;
        if (batch->export_->digest_kind != EK_DIGEST_NONE)
                ek_digest_add_packed(&batch->digest, 0, begin, size);
        r = flush_if_full(batch);
        return r < 0 ? r : 1;
}

void ek_batch_deinit(struct ek_batch *batch)
{
        ek_secret_free(batch->is_secret, batch->bytes, batch->size);
        free(batch->descriptors);
        free(batch->patches);
        ek_arena_fields_free(&batch->arena_patches);
}
