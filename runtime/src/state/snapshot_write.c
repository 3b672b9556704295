/* SPDX-License-Identifier: MIT */
/* See snapshot_write.h. */
#include "state/snapshot_write.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "state/describe_descriptor.h"
#include "state/snapshot_read.h"
#include "wire/cleanup.h"

int ek_snapshot_describe(struct ek_export *export_, const int *descriptors, size_t count)
{
        Ekiden__Descriptors message = EKIDEN__DESCRIPTORS__INIT;
        char text[EK_DESCRIPTORS_MAX][EK_DESCRIPTION_SIZE];
        uint8_t close_on_exec[EK_DESCRIPTORS_MAX];
        char *described[EK_DESCRIPTORS_MAX];

        if (count == 0 || count > EK_DESCRIPTORS_MAX)
                return EKIDEN_EINVAL;
        for (size_t i = 0; i < count; i++) {
                int flags = fcntl(descriptors[i], F_GETFD);

                if (flags < 0)
                        return EKIDEN_EINVAL;
                close_on_exec[i] = (flags & FD_CLOEXEC) != 0;
                ek_describe_descriptor(descriptors[i], text[i]);
                described[i] = text[i];
        }
        message.close_on_exec = (ProtobufCBinaryData){count, close_on_exec};
        message.described = described;
        message.n_described = count;
        return ek_link_queue_message(export_->link, EKIDEN__FRAME_KIND__DESCRIPTORS, &message.base,
                                     export_->wait);
}

/* What nobody could read again is not written. */
static int check_size(const Ekiden__Snapshot *message, struct ekiden_error *error)
{
        if (protobuf_c_message_get_packed_size(&message->base) <= EK_SNAPSHOT_HEADER_MAX)
                return 0;
        return ekiden_error_set(error, EKIDEN_ELIMIT,
                                "the schema is larger than %u MiB, and does not fit a snapshot",
                                EK_SNAPSHOT_HEADER_MAX >> 20);
}

static int send_snapshot(struct ek_export *export_, const struct ek_snapshot_origin *origin,
                         struct ekiden_error *error)
{
        const struct ekiden_schema *schema = origin->schema;
        Ekiden__Snapshot message = EKIDEN__SNAPSHOT__INIT;
        Ekiden__SchemaId id = EKIDEN__SCHEMA_ID__INIT;
        int r = ek_snapshot_schemas(schema, &message.schemas);

        if (r < 0)
                return ek_link_failed(r, error);
        id.version = schema->version;
        id.fingerprint = (ProtobufCBinaryData){EKIDEN_FINGERPRINT_SIZE,
                                               (uint8_t *)(uintptr_t)schema->fingerprint};
        message.format = EK_SNAPSHOT_FORMAT;
        message.program = (char *)(uintptr_t)schema->program;
        message.schema = &id;
        message.has_taken = 1;
        message.taken = time(NULL);
        message.update_point = (char *)(uintptr_t)origin->update_point;
        message.lineage = (Ekiden__Leg **)(uintptr_t)origin->lineage;
        message.n_lineage = origin->leg_count;
        r = check_size(&message, error);
        if (r == 0)
                r = ek_link_queue_message(export_->link, EKIDEN__FRAME_KIND__SNAPSHOT,
                                          &message.base, export_->wait);
        free(message.schemas.data);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

static int send_end(struct ek_export *export_, size_t items)
{
        Ekiden__SnapshotEnd message = EKIDEN__SNAPSHOT_END__INIT;
        int r;

        message.items = items;
        message.records = export_->total.records;
        message.objects = export_->total.objects;
        message.bytes = export_->total.bytes;
        message.descriptors = export_->total.descriptors;
        r = ek_link_queue_message(export_->link, EKIDEN__FRAME_KIND__SNAPSHOT_END, &message.base,
                                  export_->wait);
        return r < 0 ? r : ek_link_flush(export_->link, export_->wait);
}

int ek_snapshot_write(struct ek_export *export_, const struct ek_snapshot_origin *origin,
                      struct ekiden_error *error)
{
        size_t count;
        struct ek_tagged *const *tagged = ek_tagged_all(&count);
        int r;

        if (count > EK_SNAPSHOT_ITEMS_MAX)
                return ekiden_error_set(error, EKIDEN_ELIMIT, "more than %d items are tagged",
                                        EK_SNAPSHOT_ITEMS_MAX);
        export_->is_snapshot = true;
        export_->digest_kind = EK_DIGEST_SNAPSHOT;
        r = send_snapshot(export_, origin, error);
        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++) {
                r = ek_export_item(export_, tagged[i], error);
                if (r < 0)
                        return r;
        }
        r = send_end(export_, count);
        return r < 0 ? ek_link_failed(r, error) : 0;
}
