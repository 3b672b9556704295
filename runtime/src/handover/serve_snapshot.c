/* SPDX-License-Identifier: MIT */
/*
 * What a successor pulls, out of a snapshot: whether it could be started from one is rehearsed
 * without a predecessor's state. The frames of an item pass through as they are; no descriptor
 * goes with them, which OFFER has told the successor.
 */
#include <errno.h>
#include <string.h>

#include "handover/predecessor_private.h"

static int check_type(const struct ek_snapshot_item *item, const Ekiden__Pull *pull,
                      struct ekiden_error *error)
{
        if (strcmp(item->message, pull->message) == 0)
                return 0;
        memcpy(error->item, item->name, sizeof(error->item));
        return ekiden_error_set(error, EKIDEN_ETYPE,
                                "item \"%s\" is a %.127s in the snapshot, and the new binary asks "
                                "for a %.127s; give one of them another name",
                                item->name, item->message, pull->message);
}

/* The snapshot was read through once; what is there now is looked at again. */
static int receive(struct ek_snapshot *snapshot, struct ek_frame *ret_frame,
                   struct ekiden_error *error)
{
        int r = ek_link_receive(snapshot->link, NULL, ret_frame);

        if (r == EKIDEN_ESYSTEM)
                return ekiden_error_set_errno(error, r, errno, "the snapshot cannot be read");
        if (r < 0)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the snapshot has changed while it was read");
        switch (ret_frame->kind) {
        case EKIDEN__FRAME_KIND__ITEM:
        case EKIDEN__FRAME_KIND__DESCRIPTORS:
        case EKIDEN__FRAME_KIND__BATCH:
        case EKIDEN__FRAME_KIND__OBJECTS:
        case EKIDEN__FRAME_KIND__END:
                return 0;
        default:
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the snapshot has changed while it was read");
        }
}

static void tell_progress(struct ek_export *export_, const struct ek_snapshot_item *item)
{
        struct ek_progress progress = {
                .item = item->name,
                .records = item->count.records,
                .announced = item->count.records,
                .is_complete = true,
        };

        export_->total.records += item->count.records;
        export_->total.objects += item->count.objects;
        export_->total.bytes += item->count.bytes;
        export_->total.descriptors += item->count.descriptors;
        progress.total = export_->total;
        if (export_->progress)
                export_->progress(export_->data, &progress);
}

static int pass_item(struct ek_snapshot *snapshot, struct ek_export *export_,
                     struct ekiden_error *error)
{
        struct ek_frame frame = {0};

        while (frame.kind != EKIDEN__FRAME_KIND__END) {
                int r = receive(snapshot, &frame, error);

                if (r < 0)
                        return r;
                r = ek_link_queue(export_->link, frame.kind, frame.payload, frame.size,
                                  export_->wait);
                if (r < 0)
                        return ek_link_failed(r, error);
        }
        return 0;
}

int ek_predecessor_serve_snapshot(struct ek_export *export_, const Ekiden__Pull *pull,
                                  struct ekiden_error *error)
{
        struct ek_snapshot *snapshot = ek_predecessor.request.snapshot;
        const struct ek_snapshot_item *item = ek_snapshot_find(snapshot, pull->item);
        int r;

        if (!item)
                return 1;
        r = check_type(item, pull, error);
        if (r < 0)
                return r;
        if (ek_snapshot_seek(snapshot, item) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "the snapshot cannot be read");
        r = pass_item(snapshot, export_, error);
        if (r == 0)
                tell_progress(export_, item);
        return r;
}
