/* SPDX-License-Identifier: MIT */
/* See scribe.h. */
#include "scribe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "state/snapshot_write.h"
#include "wire/frame.h"
#include "wire/message.h"

static void put(struct scribe *scribe, const void *bytes, size_t size_bytes)
{
        cr_assert_eq(write(scribe->fd, bytes, size_bytes), (ssize_t)size_bytes);
}

static void put_frame(struct scribe *scribe, uint16_t kind, const void *payload, size_t size_bytes)
{
        uint8_t header[EK_FRAME_HEADER_SIZE];

        ek_frame_header_write(header, kind, payload, size_bytes);
        put(scribe, header, sizeof(header));
        put(scribe, payload, size_bytes);
}

static void put_message(struct scribe *scribe, uint16_t kind, const ProtobufCMessage *message)
{
        size_t size = protobuf_c_message_get_packed_size(message);
        uint8_t *packed = malloc(size + 1);

        cr_assert_not_null(packed);
        protobuf_c_message_pack(message, packed);
        put_frame(scribe, kind, packed, size);
        free(packed);
}

void scribe_begin(struct scribe *scribe, const char *path, const struct ekiden_schema *schema,
                  const uint8_t *set, size_t set_size_bytes)
{
        Ekiden__Snapshot header = EKIDEN__SNAPSHOT__INIT;
        Ekiden__SchemaId id = EKIDEN__SCHEMA_ID__INIT;
        Ekiden__Leg leg = EKIDEN__LEG__INIT;
        Ekiden__Leg *legs[] = {&leg};

        *scribe = (struct scribe){.schema = schema};
        scribe->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        cr_assert_geq(scribe->fd, 0);
        put(scribe, EK_SNAPSHOT_MAGIC, EK_SNAPSHOT_MAGIC_SIZE);
        id.version = schema->version;
        id.fingerprint = (ProtobufCBinaryData){EKIDEN_FINGERPRINT_SIZE,
                                               (uint8_t *)(uintptr_t)schema->fingerprint};
        header.format = EK_SNAPSHOT_FORMAT;
        header.program = (char *)(uintptr_t)schema->program;
        header.schema = &id;
        header.has_taken = 1;
        header.taken = 1000000000;
        header.update_point = (char *)"main_loop";
        leg.number = 3;
        leg.version = schema->version;
        leg.has_pause_us = 1;
        leg.pause_us = 1500;
        header.lineage = legs;
        header.n_lineage = 1;
        if (set)
                header.schemas = (ProtobufCBinaryData){set_size_bytes, (uint8_t *)(uintptr_t)set};
        else
                cr_assert_eq(ek_snapshot_schemas(schema, &header.schemas), 0);
        put_message(scribe, EKIDEN__FRAME_KIND__SNAPSHOT, &header.base);
        if (!set)
                free(header.schemas.data);
}

void scribe_item(struct scribe *scribe, const char *name, bool is_stream, const char *message)
{
        Ekiden__Item item = EKIDEN__ITEM__INIT;

        item.item = (char *)(uintptr_t)name;
        item.has_stream = 1;
        item.stream = is_stream;
        item.message = (char *)(uintptr_t)(message ? message
                                                   : ekiden_schema_item(scribe->schema, name)
                                                             ->message->descriptor->name);
        put_message(scribe, EKIDEN__FRAME_KIND__ITEM, &item.base);
        scribe->item = (struct ek_count){0};
        scribe->digest = (struct ek_digest){0};
        scribe->items++;
}

void scribe_descriptors(struct scribe *scribe, const char *const *described)
{
        Ekiden__Descriptors message = EKIDEN__DESCRIPTORS__INIT;
        uint8_t flags[EK_DESCRIPTORS_MAX] = {0};
        size_t count = 0;

        while (described[count])
                count++;
        message.described = (char **)(uintptr_t)described;
        message.n_described = count;
        message.close_on_exec = (ProtobufCBinaryData){count, flags};
        scribe_flush(scribe);
        put_message(scribe, EKIDEN__FRAME_KIND__DESCRIPTORS, &message.base);
        scribe->item.descriptors += count;
}

void scribe_flush(struct scribe *scribe)
{
        if (scribe->batch_size > 0)
                put_frame(scribe, scribe->batch_kind, scribe->batch, scribe->batch_size);
        scribe->batch_size = 0;
}

void scribe_raw(struct scribe *scribe, uint64_t tag, const void *bytes, size_t size_bytes)
{
        uint16_t kind = tag ? EKIDEN__FRAME_KIND__OBJECTS : EKIDEN__FRAME_KIND__BATCH;

        if (kind != scribe->batch_kind)
                scribe_flush(scribe);
        scribe->batch_kind = kind;
        cr_assert_lt(scribe->batch_size + size_bytes + 20, sizeof(scribe->batch));
        if (tag)
                scribe->batch_size += ek_varint_write(scribe->batch + scribe->batch_size, tag);
        scribe->batch_size += ek_varint_write(scribe->batch + scribe->batch_size, size_bytes);
        memcpy(scribe->batch + scribe->batch_size, bytes, size_bytes);
        scribe->batch_size += size_bytes;
        scribe->item.bytes += size_bytes;
        scribe->item.records += tag == 0;
        scribe->item.objects += tag != 0;
}

static void add(struct scribe *scribe, const struct ekiden_message *table, uint64_t tag,
                ProtobufCMessage *record)
{
        uint8_t packed[4096];

        cr_assert_leq(protobuf_c_message_get_packed_size(record), sizeof(packed));
        cr_assert_eq(ek_digest_add_numbered(&scribe->digest, table, tag, record), 0);
        scribe_raw(scribe, tag, packed, protobuf_c_message_pack(record, packed));
}

void scribe_record(struct scribe *scribe, const struct ekiden_message *table,
                   ProtobufCMessage *record)
{
        add(scribe, table, 0, record);
}

void scribe_object(struct scribe *scribe, const char *type, ProtobufCMessage *object)
{
        const struct ekiden_item *item = ekiden_schema_item(scribe->schema, type);

        add(scribe, item->message, (uint64_t)(item - scribe->schema->items + 1) << 3 | 2, object);
}

void scribe_end_item(struct scribe *scribe)
{
        Ekiden__Digest digest = ek_digest_message(&scribe->digest);
        Ekiden__End end = EKIDEN__END__INIT;

        scribe_flush(scribe);
        end.records = scribe->item.records;
        end.has_objects = 1;
        end.objects = scribe->item.objects;
        end.bytes = scribe->item.bytes;
        end.descriptors = scribe->item.descriptors;
        end.digest = scribe->without_digest ? NULL : &digest;
        put_message(scribe, EKIDEN__FRAME_KIND__END, &end.base);
        scribe->total.records += scribe->item.records;
        scribe->total.objects += scribe->item.objects;
        scribe->total.bytes += scribe->item.bytes;
        scribe->total.descriptors += scribe->item.descriptors;
}

void scribe_end(struct scribe *scribe)
{
        Ekiden__SnapshotEnd end = EKIDEN__SNAPSHOT_END__INIT;

        end.items = scribe->items;
        end.records = scribe->total.records;
        end.objects = scribe->total.objects;
        end.bytes = scribe->total.bytes;
        end.descriptors = scribe->total.descriptors;
        put_message(scribe, EKIDEN__FRAME_KIND__SNAPSHOT_END, &end.base);
        cr_assert_eq(close(scribe->fd), 0);
}
