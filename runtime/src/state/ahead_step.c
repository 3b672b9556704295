/* SPDX-License-Identifier: MIT */
/*
 * What is sent ahead in one step: some of what scan() gives, in the first pass, or of the keys that
 * have changed.
 */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "record.h"
#include "state/ahead_export_private.h"
#include "state/key.h"
#include "state/native.h"
#include "state/record_key.h"
#include "state/walk.h"
#include "wire/cleanup.h"

#define ENTRIES 64 /* that are asked for, or keys that are sent, in one step */
#define STEP_MAX (4 * EK_AHEAD_BATCH) /* bytes that a step may add, but for the last record */
#define DRAINS_PER_SCAN 4 /* steps at most that go into changes for one of the pass */
#define CONTENT_AHEAD 12 /* entries: so far ahead what a struct leads to is fetched */

static bool is_enough(const struct ek_ahead_export *export_)
{
        return export_->total.bytes >= export_->step_until;
}

/* What changed: each key with its record, or as one that has none. 1, or 0: none is left. */
static int send_changes(struct ek_ahead_export *export_, struct ek_outbox *box)
{
        const struct ek_tagged *tagged = export_->tagged;

        for (size_t i = 0; i < ENTRIES && !is_enough(export_); i++) {
                struct ekiden_key key;
                const void *entry;
                int r;

                if (!ek_changes_next(export_->changes, &key))
                        return 0;
                entry = tagged->container->find(tagged->container_functions, &key, tagged->data);
                r = entry ? ek_ahead_export_add(export_, box, entry)
                          : ek_ahead_export_add_gone(export_, box, &key);
                if (r < 0)
                        return r;
        }
        return 1;
}

/* What the struct leads to is fetched from memory while others are packed. */
static void fetch_content(const struct ekiden_native_codec *codec, void *const entries[],
                          size_t index, size_t count)
{
        if (codec && codec->prefetch && index < count)
                codec->prefetch(entries[index]);
}

/* scan() gave an entry, and it is sent by its key, in a later step: records are large. */
static int put_off(struct ek_ahead_export *export_, const void *entry)
{
        const struct ek_tagged *tagged = export_->tagged;
        struct ekiden_cursor cursor = {.record = export_->total.records,
                                       .scratch = &export_->scratch,
                                       .error = export_->error,
                                       .objects = export_->objects};
        struct ekiden_key key;
        int r;

        ek_scratch_reset(&export_->scratch);
        ek_record_init(export_->type, export_->record);
        r = ek_native_export(&cursor, tagged->native, entry, export_->record);
        if (r < 0)
                return r;
        key = ek_key_of_record(export_->key, export_->record);
        r = ek_changes_put_off(export_->changes, &key);
        if (r < 0)
                return r == EKIDEN_ELIMIT
                               ? ekiden_error_set(export_->error, r,
                                                  "item \"%s\": scan() gave more entries at once "
                                                  "than there is room for their keys",
                                                  export_->name)
                               : ek_ahead_export_no_memory(export_->error);
        export_->has_put_off = true;
        return 0;
}

/* All of these, or as many as a step may send. */
static int send_entries(struct ek_ahead_export *export_, struct ek_outbox *box,
                        void *const entries[], size_t count)
{
        for (size_t i = 0; i < count; i++)
                __builtin_prefetch(entries[i]);
        for (size_t i = 0; i < count; i++) {
                int r;

                fetch_content(export_->tagged->native->codec, entries, i + CONTENT_AHEAD, count);
                r = is_enough(export_) ? put_off(export_, entries[i])
                                       : ek_ahead_export_add(export_, box, entries[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* One that is not there any more was taken out, and the program has told of that. */
static int send_put_off(struct ek_ahead_export *export_, struct ek_outbox *box)
{
        const struct ek_tagged *tagged = export_->tagged;
        struct ekiden_key key;

        while (!is_enough(export_)) {
                const void *entry;
                int r;

                if (!ek_changes_next_put_off(export_->changes, &key)) {
                        export_->has_put_off = false;
                        return 0;
                }
                entry = tagged->container->find(tagged->container_functions, &key, tagged->data);
                r = entry ? ek_ahead_export_add(export_, box, entry) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Some of all records. */
static int scan(struct ek_ahead_export *export_, struct ek_outbox *box)
{
        void *few[ENTRIES], **entries = few;
        ek_auto_free void **many = NULL;
        size_t room = ENTRIES, count;
        int r;

        while ((r = ek_container_scan(export_->tagged, &export_->position, entries, room, &count,
                                      export_->error)) == 1) {
                free(many);
                room = count > 2 * room ? count : 2 * room;
                many = entries = reallocarray(NULL, room, sizeof(*many));
                if (!many)
                        return ek_ahead_export_no_memory(export_->error);
        }
        if (r == 0)
                r = send_entries(export_, box, entries, count);
        export_->is_scanned = r == 0 && export_->position == 0;
        return r;
}

/* Changes of a long first pass are sent in between, or memory would run out; but the pass has a
   part of the steps, or it would never end where much changes. */
static void drain_early(struct ek_ahead_export *export_)
{
        export_->owed -= export_->owed < DRAINS_PER_SCAN ? export_->owed : DRAINS_PER_SCAN;
        if (export_->owed > 0 || ek_changes_size(export_->changes) <= export_->changes_max / 2)
                return;
        ek_changes_turn(export_->changes);
        export_->is_draining = true;
}

/* A part of the first pass. */
static int go_on(struct ek_ahead_export *export_, struct ek_outbox *box)
{
        int r = export_->has_put_off ? send_put_off(export_, box) : scan(export_, box);

        if (r == 0 && (export_->has_put_off || !export_->is_scanned)) {
                drain_early(export_);
                r = 1;
        }
        return r;
}

/* A part of what had changed. */
static int drain(struct ek_ahead_export *export_, struct ek_outbox *box)
{
        int r = send_changes(export_, box);

        export_->is_draining = r != 0;
        export_->owed++;
        return r == 0 && (export_->has_put_off || !export_->is_scanned) ? 1 : r;
}

int ek_ahead_export_step(struct ek_ahead_export *export_, struct ek_outbox *box,
                         struct ekiden_error *error)
{
        int r = ek_ahead_export_look_up(export_, error);

        if (r < 0)
                return r;
        export_->step_until = export_->total.bytes + STEP_MAX;
        if (export_->is_draining)
                r = drain(export_, box);
        else if (export_->has_put_off || !export_->is_scanned)
                r = go_on(export_, box);
        if (r < 0 && error && error->item[0] == '\0')
                memcpy(error->item, export_->name, sizeof(error->item));
        return r;
}
