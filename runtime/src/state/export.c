/* SPDX-License-Identifier: MIT */
/*
 * The predecessor's side of an item: records leave the program one by one, and behind them the
 * objects that they lead to.
 */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "scratch.h"
#include "secret.h"
#include "state/batch.h"
#include "state/callback.h"
#include "state/fast.h"
#include "state/key.h"
#include "state/native.h"
#include "state/native_state.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

uint64_t ek_export_announced(const struct ek_tagged *tagged)
{
        uint64_t count = UINT64_MAX;

        if (tagged->item.kind == EKIDEN_ITEM_SINGLETON)
                return 1;
        if (tagged->binding->count)
                count = tagged->binding->count(tagged->functions, tagged->data);
        return count == UINT64_MAX ? 0 : count;
}

static int send_item(struct ek_batch *batch, uint64_t announced)
{
        const struct ek_tagged *tagged = batch->tagged;
        Ekiden__Item message = EKIDEN__ITEM__INIT;
        int r;

        message.item = (char *)(uintptr_t)tagged->name;
        message.has_stream = 1;
        message.stream = tagged->item.kind == EKIDEN_ITEM_STREAM;
        message.has_count = announced > 0;
        message.count = announced;
        if (batch->export_->is_snapshot) /* who pulls an item says what it expects */
                message.message = (char *)(uintptr_t)tagged->item.message->descriptor->name;
        r = ek_link_queue_message(batch->export_->link, EKIDEN__FRAME_KIND__ITEM, &message.base,
                                  batch->export_->wait);
        return r < 0 ? ek_link_failed(r, batch->error) : 0;
}

static int send_end(struct ek_batch *batch)
{
        Ekiden__End message = EKIDEN__END__INIT;
        Ekiden__Digest digest = ek_digest_message(&batch->digest);
        int r;

        message.records = batch->item.records;
        message.bytes = batch->item.bytes;
        message.descriptors = batch->item.descriptors;
        message.has_objects = batch->item.objects > 0;
        message.objects = batch->item.objects;
        if (batch->export_->digest_kind != EK_DIGEST_NONE)
                message.digest = &digest;
        r = ek_link_queue_message(batch->export_->link, EKIDEN__FRAME_KIND__END, &message.base,
                                  batch->export_->wait);
        return r < 0 ? ek_link_failed(r, batch->error) : 0;
}

static void report(struct ek_batch *batch, const struct ek_count *before, uint64_t announced,
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
                                .objects = before->objects + batch->item.objects,
                                .bytes = before->bytes + batch->item.bytes,
                                .descriptors = before->descriptors + batch->item.descriptors,
                        },
        };

        export_->total = progress.total;
        if (export_->progress)
                export_->progress(export_->data, &progress);
}

/* A record that did not leave; an error that names it names its key, too. It is the last one: no
   other takes its place. */
static int record_failed(struct ek_batch *batch, ProtobufCMessage *record, int result)
{
        const struct ek_tagged *tagged = batch->tagged;
        uint64_t number = batch->item.records;

        if (!tagged->native && record->descriptor == tagged->item.message->descriptor)
                ek_name_key(batch->error, number, &tagged->item, record);
        if (tagged->native && batch->export_->objects->entry)
                ek_name_native_key(batch->error, number, &tagged->item, tagged->native,
                                   batch->export_->objects->entry);
        if (batch->is_secret)
                explicit_bzero(record, tagged->item.message->descriptor->sizeof_message);
        return result;
}

static void note_figures(const struct ek_batch *batch, uint64_t began_ns)
{
        if (!batch->export_->notes_figures || !batch->tagged->last)
                return;
        *batch->tagged->last = (struct ek_figures){
                .is_known = true,
                .records = batch->item.records,
                .objects = batch->item.objects,
                .bytes = batch->item.bytes,
                .descriptors = batch->item.descriptors,
                .duration_ns = ek_now_ns() - began_ns,
                .digest_kind = batch->export_->digest_kind,
                .digest = batch->digest,
        };
}

/* What codecs take; then an entry is left, or there are no more. */
static int export_fast(struct ek_batch *batch, struct ekiden_cursor *cursor, uint64_t announced,
                       const struct ek_count *before)
{
        int r;

        while ((r = ek_fast_export(batch, cursor)) == EK_FAST_SENT)
                report(batch, before, announced, false);
        return r;
}

static int export_records(struct ek_batch *batch, struct ekiden_scratch *scratch,
                          uint64_t announced, const struct ek_count *before)
{
        const struct ek_tagged *tagged = batch->tagged;
        const struct ek_callback callback = {tagged->name, "export_record", "could not export"};
        struct ekiden_cursor cursor = {
                .scratch = scratch, .error = batch->error, .objects = batch->export_->objects};
        const bool is_fast = ek_fast_exports(batch);
        ek_auto_free ProtobufCMessage *record =
                calloc(1, tagged->item.message->descriptor->sizeof_message);

        if (!record)
                return ekiden_error_set(batch->error, EKIDEN_ENOMEM,
                                        "memory ran out while exporting");
        if (tagged->native)
                ek_objects_begin(cursor.objects);
        for (;; cursor.record++) {
                size_t size_before;
                int r;

                ek_scratch_reset(scratch);
                ek_record_init(tagged->item.message, record);
                r = is_fast ? export_fast(batch, &cursor, announced, before) : EK_FAST_END;
                if (r < 0)
                        return record_failed(batch, record, r);
                size_before = batch->size;
                if (r == EK_FAST_LEFT) {
                        r = ek_native_export_entry(tagged, record, &cursor);
                        r = r < 0 ? r : 1; /* it is there: 0 would be the end */
                } else {
                        r = tagged->binding->export_record(tagged->functions, record, &cursor,
                                                           tagged->data);
                }
                if (r < 0)
                        r = ek_callback_failed(&callback, cursor.record, r, batch->error);
                if (r == 0)
                        break;
                if (r > 0)
                        r = ek_batch_add(batch, tagged->item.message, 0, record);
                if (r < 0)
                        return record_failed(batch, record, r);
                if (batch->size <= size_before)
                        report(batch, before, announced, false);
        }
        return ek_batch_flush(batch);
}

/* What the item's records led to, until nothing is left that was not sent. */
static int export_objects(struct ek_batch *batch, struct ekiden_scratch *scratch,
                          uint64_t announced, const struct ek_count *before)
{
        struct ekiden_objects *objects = batch->export_->objects;
        struct ekiden_cursor cursor = {
                .scratch = scratch, .error = batch->error, .objects = objects};
        const struct ek_object_type *type;
        uint64_t identity;
        const void *object;
        int r = 0;

        batch->kind = EKIDEN__FRAME_KIND__OBJECTS;
        while (r == 0 && (object = ek_objects_next(objects, &type, &identity))) {
                size_t size_before = batch->size;
                ProtobufCMessage *record;

                ek_scratch_reset(scratch);
                record = ek_scratch_alloc(scratch, type->message->descriptor->sizeof_message);
                if (!record)
                        return ekiden_error_set(batch->error, EKIDEN_ENOMEM,
                                                "memory ran out while exporting");
                ek_record_init(type->message, record);
                ek_message_identify(record, type->native, identity);
                r = ek_native_export(&cursor, type->native, object, record);
                if (r == 0)
                        r = ek_batch_add(batch, type->message, ((uint64_t)type->item + 1) << 3 | 2,
                                         record);
                if (batch->size <= size_before)
                        report(batch, before, announced, false);
                cursor.record++;
        }
        return r == 0 ? ek_batch_flush(batch) : r;
}

int ek_export_place_singletons(struct ekiden_objects *objects)
{
        size_t count;
        struct ek_tagged *const *all = ek_tagged_all(&count);

        for (size_t i = 0; i < count; i++) {
                int r = all[i]->native && !all[i]->container
                                ? ek_objects_place(objects, all[i]->native, all[i]->data)
                                : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

static int make_objects(struct ek_batch *batch)
{
        struct ek_export *export_ = batch->export_;
        int r = 0;

        if (!batch->tagged->native)
                return 0;
        /* Nobody knows in which order the items of a snapshot will be asked for, or whether all. */
        if (export_->objects && export_->is_snapshot)
                ek_objects_send_again(export_->objects);
        if (export_->objects)
                return 0;
        r = ek_objects_new(batch->tagged->natives, NULL, &export_->objects);
        if (r == 0)
                r = ek_export_place_singletons(export_->objects);
        if (r < 0)
                export_->objects = ek_objects_free(export_->objects);
        return r < 0 ? ekiden_error_set(batch->error, r, "the table of objects cannot be made: %s",
                                        ekiden_error_text(r))
                     : 0;
}

/* What is held back has not left: then it is as if it had never been exported. */
int ek_export_small(struct ek_export *export_, const struct ek_tagged *tagged,
                    struct ek_count *ret_count, struct ekiden_error *error)
{
        struct ek_export small = *export_;
        struct ekiden_error ignored = {0};
        size_t given = export_->given ? export_->given->count : 0;
        int r = ek_link_hold(export_->link, export_->wait);

        if (r < 0)
                return ek_link_failed(r, error);
        small.is_small = true;
        small.progress = NULL;
        small.notes_figures = false;
        small.total = (struct ek_count){0};
        r = ek_export_item(&small, tagged, &ignored);
        ek_link_let_go(export_->link, r == 0);
        export_->objects = small.objects;
        if (r < 0) {
                if (export_->given)
                        export_->given->count = given;
                return 1;
        }
        export_->unreceived = small.unreceived;
        export_->in_flight = small.in_flight;
        *ret_count = small.total;
        return 0;
}

int ek_export_item(struct ek_export *export_, const struct ek_tagged *tagged,
                   struct ekiden_error *error)
{
        const struct ek_count before = export_->total;
        struct ek_batch batch = {
                .export_ = export_,
                .tagged = tagged,
                .error = error,
                .kind = EKIDEN__FRAME_KIND__BATCH,
                .target = export_->is_small ? EK_SMALL : EK_BATCH_TARGET,
                .room = export_->is_small ? EK_SMALL : EK_FRAME_PAYLOAD_MAX,
                .is_secret = ek_message_has_secrets(tagged->item.message),
        };
        uint64_t announced = ek_export_announced(tagged);
        uint64_t began_ns = ek_now_ns();
        struct ekiden_scratch scratch;
        int r;

        ek_scratch_init(&scratch);
        scratch.is_secret = batch.is_secret;
        if (batch.is_secret)
                ek_link_keep_secret(export_->link);
        r = make_objects(&batch);
        if (r == 0 && export_->link)
                r = send_item(&batch, announced);
        if (r == 0)
                r = export_records(&batch, &scratch, announced, &before);
        if (r == 0 && tagged->native)
                r = export_objects(&batch, &scratch, announced, &before);
        if (r == 0)
                report(&batch, &before, announced, true);
        if (r == 0 && export_->link)
                r = send_end(&batch);
        if (r == 0)
                note_figures(&batch, began_ns);
        ek_scratch_deinit(&scratch);
        ek_batch_deinit(&batch);
        if (r < 0 && error && error->item[0] == '\0')
                memcpy(error->item, tagged->name, sizeof(error->item));
        return r;
}
