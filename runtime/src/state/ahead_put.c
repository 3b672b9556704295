/* SPDX-License-Identifier: MIT */
/* Records and keys of an item that is sent ahead, into the frames of an outbox. */
#include <string.h>

#include <ekiden/codec.h>

#include "fields.h"
#include "record.h"
#include "state/ahead_export_private.h"
#include "state/fast.h"
#include "state/key.h"
#include "state/native.h"
#include "state/record_key.h"
#include "wire/message.h"

#define PREFIX_MAX 10 /* bytes of a record's length */

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
                return ek_ahead_export_no_memory(export_->error);
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
                return ek_ahead_export_no_memory(export_->error);
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
        export_->arena_patches.number = export_->total.records;
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

int ek_ahead_export_add(struct ek_ahead_export *export_, struct ek_outbox *box, const void *entry)
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
int ek_ahead_export_add_gone(struct ek_ahead_export *export_, struct ek_outbox *box,
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
