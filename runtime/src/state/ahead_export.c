/* SPDX-License-Identifier: MIT */
/* See ahead_export.h. */
#include "state/ahead_export.h"
#include "state/arena_fields.h"

#include <stdlib.h>
#include <string.h>

#include <ekiden/codec.h>

#include "fields.h"
#include "record.h"
#include "scratch.h"
#include "secret.h"
#include "state/changes.h"
#include "state/fast.h"
#include "state/key.h"
#include "state/native.h"
#include "state/record_key.h"
#include "wire/message.h"

#define ENTRIES 64 /* that are asked for, or keys that are sent, in one step */
#define STEP_MAX (4 * EK_AHEAD_BATCH) /* bytes that a step may add, but for the last record */
#define PREFIX_MAX 10 /* bytes of a record's length */
#define CONTENT_AHEAD 12 /* entries, as in fast_export.c */

struct ek_ahead_export {
        char name[EKIDEN_NAME_MAX + 1];
        uint64_t serial; /* of what was tagged: what is tagged anew is another one */
        const struct ek_tagged *tagged; /* looked up in each step */
        const struct ekiden_message *type;
        const ProtobufCFieldDescriptor *key;
        struct ek_changes *changes;
        struct ekiden_objects *objects; /* of which there are none */
        struct ekiden_scratch scratch;
        ProtobufCMessage *record;
        bool has_arenas; /* bytes of records may lie in arenas */
        struct ek_arena_patches arena_patches;
        uint64_t announced;
        uint64_t position; /* of scan() */
        bool is_scanned, is_draining; /* changes are sent */
        uint64_t scan_until; /* so many records and keys have crossed: no changes before that */
        uint32_t round;
        uint16_t kind; /* of the frame that is being written */
        size_t changes_max;
        bool has_put_off; /* what scan() gave, and is noted as if it had changed */
        struct ek_ahead_count total, portion;
        uint64_t step_until; /* as many bytes in all, and this step has done enough */
        struct ekiden_error *error; /* of the call in hand */
};

const char *ek_ahead_obstacle(const struct ek_tagged *tagged)
{
        if (!tagged->item.ahead)
                return "the schema of the process that serves does not mark it";
        if (!tagged->container || !tagged->container->scan || !tagged->container->find)
                return "its container has no scan() and find()";
        if (!tagged->is_plain || !ek_key_field(tagged->item.message, &tagged->item))
                return "its records cannot cross one by one";
        return NULL;
}

static int out_of_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while sending ahead");
}

static uint64_t announced_count(const struct ek_tagged *tagged)
{
        uint64_t count = UINT64_MAX;

        if (tagged->container->count)
                count = tagged->container->count(tagged->container_functions, tagged->data);
        return count == UINT64_MAX ? 0 : count;
}

static int begin_tracking(struct ek_ahead_export *export_, const struct ek_tagged *tagged,
                          bool is_secret, struct ekiden_error *error)
{
        const struct ekiden_item *item = ekiden_schema_item(tagged->natives->schema, tagged->name);
        int r = item ? ek_changes_begin(item, export_->changes_max, is_secret, &export_->changes)
                     : EKIDEN_EINVAL;

        if (r == 0)
                r = ek_objects_new(tagged->natives, NULL, &export_->objects);
        return r < 0 ? ekiden_error_set(error, r, "item \"%s\" cannot be sent ahead: %s",
                                        tagged->name, ekiden_error_text(r))
                     : 0;
}

int ek_ahead_export_new(const struct ek_tagged *tagged, size_t changes_max_bytes,
                        struct ek_ahead_export **ret_export, struct ekiden_error *error)
{
        bool is_secret = ek_message_has_secrets(tagged->item.message);
        struct ek_ahead_export *export_ = calloc(1, sizeof(*export_));
        int r;

        if (!export_)
                return out_of_memory(error);
        memcpy(export_->name, tagged->name, sizeof(export_->name));
        export_->serial = tagged->serial;
        export_->type = tagged->item.message;
        export_->has_arenas = ek_message_has_arenas(export_->type);
        export_->arena_patches.is_ahead = true;
        export_->key = ek_key_field(tagged->item.message, &tagged->item);
        export_->announced = announced_count(tagged);
        export_->changes_max = changes_max_bytes;
        ek_scratch_init(&export_->scratch);
        export_->scratch.is_secret = is_secret;
        export_->record = calloc(1, export_->type->descriptor->sizeof_message);
        r = export_->record ? begin_tracking(export_, tagged, is_secret, error)
                            : out_of_memory(error);
        if (r < 0)
                ek_ahead_export_free(export_);
        else
                *ret_export = export_;
        return r;
}

struct ek_ahead_export *ek_ahead_export_free(struct ek_ahead_export *export_)
{
        if (!export_)
                return NULL;
        ek_changes_end(export_->changes);
        ek_objects_free(export_->objects);
        ek_arena_fields_free(&export_->arena_patches);
        ek_secret_free(export_->scratch.is_secret, export_->record,
                       export_->type->descriptor->sizeof_message);
        ek_scratch_deinit(&export_->scratch);
        free(export_);
        return NULL;
}

const char *ek_ahead_export_name(const struct ek_ahead_export *export_)
{
        return export_->name;
}

uint64_t ek_ahead_export_rest(const struct ek_ahead_export *export_)
{
        return ek_changes_noted(export_->changes);
}

uint32_t ek_ahead_export_round(const struct ek_ahead_export *export_)
{
        return export_->round;
}

struct ek_ahead_count ek_ahead_export_total(const struct ek_ahead_export *export_)
{
        return export_->total;
}

struct ek_ahead_count ek_ahead_export_portion(const struct ek_ahead_export *export_)
{
        return export_->portion;
}

uint64_t ek_ahead_export_announced(const struct ek_ahead_export *export_)
{
        return export_->announced;
}

/* Whether a change could not be noted. */
static int check_noted(const struct ek_ahead_export *export_, struct ekiden_error *error)
{
        int failure = ek_changes_failure(export_->changes);

        if (failure == EKIDEN_ELIMIT)
                return ekiden_error_set(
                        error, failure,
                        "item \"%s\" changes faster than it is sent ahead: over %zu bytes of keys "
                        "wait; try again at a quieter time, or allow more with ekiden_set_ahead()",
                        export_->name, export_->changes_max);
        return failure < 0 ? out_of_memory(error) : 0;
}

/* The item, if it is still what it was, and no change has been lost. */
static int look_up(struct ek_ahead_export *export_, struct ekiden_error *error)
{
        export_->error = error;
        export_->tagged = ek_tagged_find(export_->name);
        if (!export_->tagged || export_->tagged->serial != export_->serial)
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "item \"%s\" was untagged while it was sent ahead",
                                        export_->name);
        return check_noted(export_, error);
}

int ek_ahead_export_begin(struct ek_ahead_export *export_, struct ek_outbox *box,
                          struct ekiden_error *error)
{
        Ekiden__Item message = EKIDEN__ITEM__INIT;
        int r = look_up(export_, error);

        if (r < 0)
                return r;
        if (export_->is_scanned) {
                export_->round++;
                export_->is_draining = true;
                ek_changes_turn(export_->changes);
        }
        export_->portion = (struct ek_ahead_count){0};
        box->is_secret |= export_->scratch.is_secret;
        message.item = export_->name;
        message.has_stream = message.stream = 1;
        message.has_count = !export_->is_scanned && export_->announced > 0;
        message.count = export_->announced;
        return ek_outbox_message(box, EKIDEN__FRAME_KIND__ITEM, &message.base) < 0
                       ? out_of_memory(error)
                       : 0;
}

void ek_ahead_export_again(struct ek_ahead_export *export_)
{
        export_->is_draining = true;
        ek_changes_turn(export_->changes);
}

void ek_ahead_export_close(struct ek_ahead_export *export_, struct ek_outbox *box)
{
        ek_outbox_finish(box, export_->kind);
}

/* Room for a record in a frame of this kind; NULL: memory ran out. */
static uint8_t *open_frame(struct ek_ahead_export *export_, struct ek_outbox *box, uint16_t kind,
                           size_t size)
{
        if (kind != export_->kind || ek_outbox_written(box) + size > EK_FRAME_PAYLOAD_MAX / 2)
                ek_ahead_export_close(export_, box);
        export_->kind = kind;
        if (!box->is_open && ek_outbox_begin(box) < 0)
                return NULL;
        return ek_outbox_room(box, size + PREFIX_MAX);
}

/* The record is in it; a frame that is large is closed. */
static void note_added(struct ek_ahead_export *export_, struct ek_outbox *box, size_t size)
{
        if (ek_outbox_written(box) >= EK_AHEAD_BATCH)
                ek_ahead_export_close(export_, box);
        export_->portion.bytes += size;
        export_->total.bytes += size;
}

static int add_message(struct ek_ahead_export *export_, struct ek_outbox *box, uint16_t kind)
{
        size_t size = protobuf_c_message_get_packed_size(export_->record);
        uint8_t *room;

        if (size > EK_FRAME_PAYLOAD_MAX - PREFIX_MAX)
                return ek_link_failed(EKIDEN_ELIMIT, export_->error);
        room = open_frame(export_, box, kind, size);
        if (!room)
                return out_of_memory(export_->error);
        ek_outbox_add(box, ek_varint_write(room, size));
        ek_outbox_add(box, protobuf_c_message_pack(export_->record, box->bytes + box->end));
        note_added(export_, box, size);
        return 0;
}

static int check(const struct ek_ahead_export *export_)
{
        char field[EKIDEN_NAME_MAX + 1];
        const char *wrong = ek_record_check(export_->record, true, field);

        if (!wrong)
                return 0;
        if (export_->error && export_->error->code == 0)
                memcpy(export_->error->field, field, sizeof(field));
        return ekiden_error_set(export_->error, EKIDEN_EREFUSED, "record %llu: field \"%s\" %s",
                                (unsigned long long)export_->total.records, field, wrong);
}

/* By the generated codec, as fast_export.c: 1; 0: it is left to the tables, which alone say what is
   wrong; or an error. */
static int add_fast(struct ek_ahead_export *export_, struct ek_outbox *box, const void *entry)
{
        const struct ekiden_native_codec *codec = export_->tagged->native->codec;
        size_t size = EK_FAST && ek_fast_is_on && codec ? codec->size(entry) : EKIDEN_CODEC_LEFT;
        uint8_t *room;

        if (size > EK_FRAME_PAYLOAD_MAX - PREFIX_MAX)
                return 0;
        room = open_frame(export_, box, EKIDEN__FRAME_KIND__BATCH, size);
        if (!room)
                return out_of_memory(export_->error);
        ek_outbox_add(box, (size_t)(codec->pack(entry, ekiden_put_varint(room, size)) - room));
        note_added(export_, box, size);
        return 1;
}

static int add_slowly(struct ek_ahead_export *export_, struct ek_outbox *box, const void *entry)
{
        const struct ek_tagged *tagged = export_->tagged;
        struct ekiden_cursor cursor = {.record = export_->total.records,
                                       .scratch = &export_->scratch,
                                       .error = export_->error,
                                       .objects = export_->objects};
        int r;

        ek_scratch_reset(&export_->scratch);
        ek_record_init(export_->type, export_->record);
        r = ek_native_export(&cursor, tagged->native, entry, export_->record);
        if (r == 0)
                r = check(export_);
        if (r == 0 && export_->has_arenas)
                r = ek_arena_fields_refer(&export_->arena_patches, export_->type, export_->record,
                                          export_->error);
        if (r == 0)
                r = add_message(export_, box, EKIDEN__FRAME_KIND__BATCH);
        ek_arena_fields_restore(&export_->arena_patches);
        if (r < 0)
                ek_name_native_key(export_->error, export_->total.records, &tagged->item,
                                   tagged->native, entry);
        return r;
}

static int add_entry(struct ek_ahead_export *export_, struct ek_outbox *box, const void *entry)
{
        int r = add_fast(export_, box, entry);

        if (r == 0)
                r = add_slowly(export_, box, entry);
        if (r < 0)
                return r;
        export_->portion.records++;
        export_->total.records++;
        return 0;
}

/* A record that has nothing but its key. */
static int add_gone(struct ek_ahead_export *export_, struct ek_outbox *box,
                    const struct ekiden_key *key)
{
        int r;

        ek_record_init(export_->type, export_->record);
        ek_key_to_record(export_->key, key, export_->record);
        r = check(export_);
        if (r == 0)
                r = add_message(export_, box, EKIDEN__FRAME_KIND__GONE);
        if (r < 0)
                return r;
        export_->portion.gone++;
        export_->total.gone++;
        return 0;
}

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
                r = entry ? add_entry(export_, box, entry) : add_gone(export_, box, &key);
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

/* scan() gave an entry, and it is sent as one that has changed: records are large. */
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
        ek_changes_note(export_->changes, &key);
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
                                       : add_entry(export_, box, entries[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* What was put off is sent next. With it goes all that has changed, so if that is much it waits for
   the end of the pass, or the pass would never come to it. */
static void drain_put_off(struct ek_ahead_export *export_, uint64_t changed)
{
        if (!export_->has_put_off || (changed > 4 * ENTRIES && !export_->is_scanned))
                return;
        ek_changes_turn(export_->changes);
        export_->is_draining = true;
        export_->has_put_off = false;
}

/* All records, once. 1, or 0: the end. */
static int scan(struct ek_ahead_export *export_, struct ek_outbox *box)
{
        const struct ek_tagged *tagged = export_->tagged;
        void *entries[ENTRIES];
        uint64_t changed = ek_changes_noted(export_->changes), before = export_->position;
        size_t count = 0;
        int r;

        export_->position = tagged->container->scan(tagged->container_functions, export_->position,
                                                    entries, ENTRIES, &count, tagged->data);
        if (count > ENTRIES)
                return ekiden_error_set(export_->error, EKIDEN_EREFUSED,
                                        "scan() of item \"%s\" gave %zu entries, and there was "
                                        "room for %d",
                                        export_->name, count, ENTRIES);
        if (export_->position != 0 && export_->position == before)
                return ekiden_error_set(export_->error, EKIDEN_EREFUSED,
                                        "scan() of item \"%s\" returned the position that it was "
                                        "given",
                                        export_->name);
        r = send_entries(export_, box, entries, count);
        if (r < 0)
                return r;
        export_->is_scanned = export_->position == 0;
        drain_put_off(export_, changed);
        return export_->is_draining || !export_->is_scanned;
}

/* Changes of a long first pass are sent in between, or memory would run out; but not more often
   than the pass itself goes on, or it would never end where much changes. */
static void drain_early(struct ek_ahead_export *export_)
{
        uint64_t crossed = export_->total.records + export_->total.gone;
        uint64_t noted = ek_changes_noted(export_->changes);

        if (crossed < export_->scan_until ||
            ek_changes_size(export_->changes) <= export_->changes_max / 2)
                return;
        ek_changes_turn(export_->changes);
        export_->is_draining = true;
        export_->scan_until = crossed + noted + noted / 4;
}

int ek_ahead_export_step(struct ek_ahead_export *export_, struct ek_outbox *box,
                         struct ekiden_error *error)
{
        int r = look_up(export_, error);

        if (r < 0)
                return r;
        export_->step_until = export_->total.bytes + STEP_MAX;
        if (export_->is_draining) {
                r = send_changes(export_, box);
                export_->is_draining = r != 0;
                if (r == 0 && !export_->is_scanned)
                        r = 1;
        } else if (!export_->is_scanned) {
                r = scan(export_, box);
                if (r == 1)
                        drain_early(export_);
        }
        if (r < 0 && error && error->item[0] == '\0')
                memcpy(error->item, export_->name, sizeof(error->item));
        return r;
}

static int send_pass(struct ek_ahead_export *export_, struct ek_outbox *box)
{
        Ekiden__Pass message = EKIDEN__PASS__INIT;

        message.item = export_->name;
        message.round = export_->round;
        message.records = export_->portion.records;
        message.gone = export_->portion.gone;
        message.bytes = export_->portion.bytes;
        return ek_outbox_message(box, EKIDEN__FRAME_KIND__PASS, &message.base);
}

static int send_end(struct ek_ahead_export *export_, struct ek_outbox *box)
{
        Ekiden__End message = EKIDEN__END__INIT;

        message.records = export_->total.records;
        message.bytes = export_->total.bytes;
        message.has_gone = 1;
        message.gone = export_->total.gone;
        return ek_outbox_message(box, EKIDEN__FRAME_KIND__END, &message.base);
}

int ek_ahead_export_finish(struct ek_ahead_export *export_, bool is_last, struct ek_outbox *box,
                           struct ekiden_error *error)
{
        int r;

        ek_ahead_export_close(export_, box);
        r = is_last ? send_end(export_, box) : send_pass(export_, box);
        return r < 0 ? out_of_memory(error) : 0;
}

int ek_ahead_export_check(struct ek_ahead_export *export_, struct ekiden_error *error)
{
        int r = check_noted(export_, error);

        if (r == 0 && ek_ahead_export_rest(export_) > 0)
                r = ekiden_error_set(
                        error, EKIDEN_EREFUSED,
                        "item \"%s\" was changed in the pause, after it had been sent: by "
                        "a callback that exports another item",
                        export_->name);
        if (r < 0 && error && error->item[0] == '\0')
                memcpy(error->item, export_->name, sizeof(error->item));
        return r;
}
