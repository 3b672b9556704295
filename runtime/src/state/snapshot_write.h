/* SPDX-License-Identifier: MIT */
/* This process's state as a snapshot: frames as on the way to a successor, that end in a file. */
#pragma once

#include "ekiden/handover.pb-c.h"
#include "state/transfer.h"

#define EK_SNAPSHOT_FORMAT 1

/** The first bytes of a file; no text, and damaged by whoever takes it for text. */
#define EK_SNAPSHOT_MAGIC \
        "\x89"            \
        "EKD\r\n\x1a\n"
#define EK_SNAPSHOT_MAGIC_SIZE 8

#define EK_SNAPSHOT_ITEMS_MAX 65536

/** What is told ahead of the state; borrowed. */
struct ek_snapshot_origin {
        const struct ekiden_schema *schema;
        const char *update_point;
        Ekiden__Leg *const *lineage; /* the legs of the service, this process's last */
        size_t leg_count;
};

/**
 * Sends SNAPSHOT, every item that is tagged, and SNAPSHOT_END. Nothing of the state is changed, and
 * no descriptor leaves.
 *
 * @param export_  its link goes to whoever writes the file; is_snapshot and digest_kind are set
 * here
 * @return 0, or an error with its sentence, the item named in it
 */
int ek_snapshot_write(struct ek_export *export_, const struct ek_snapshot_origin *origin,
                      struct ekiden_error *error);

/** Tells of descriptors in place of sending them: as ek_link_queue_message(), and EINVAL where one
    is not open. */
int ek_snapshot_describe(struct ek_export *export_, const int *descriptors, size_t count);

/** The schema's own files and all that they import, as a google.protobuf.FileDescriptorSet from
    malloc(): 0 or ENOMEM. */
int ek_snapshot_schemas(const struct ekiden_schema *schema, ProtobufCBinaryData *ret_schemas);
