/* SPDX-License-Identifier: MIT */
/* See ahead_export.h. */
#include "state/ahead_export.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "secret.h"
#include "state/ahead_export_private.h"
#include "state/key.h"
#include "state/record_key.h"

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

int ek_ahead_export_no_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while sending ahead");
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
                return ek_ahead_export_no_memory(error);
        memcpy(export_->name, tagged->name, sizeof(export_->name));
        export_->serial = tagged->serial;
        export_->type = tagged->item.message;
        export_->has_arenas = ek_message_has_arenas(export_->type);
        export_->arena_patches.is_ahead = true;
        export_->key = ek_key_field(tagged->item.message, &tagged->item);
        export_->announced = ek_export_announced(tagged);
        export_->changes_max = changes_max_bytes;
        ek_scratch_init(&export_->scratch);
        export_->scratch.is_secret = is_secret;
        export_->record = calloc(1, export_->type->descriptor->sizeof_message);
        r = export_->record ? begin_tracking(export_, tagged, is_secret, error)
                            : ek_ahead_export_no_memory(error);
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

double ek_ahead_export_fill(const struct ek_ahead_export *export_)
{
        return (double)ek_changes_size(export_->changes) / (double)export_->changes_max;
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
        return failure < 0 ? ek_ahead_export_no_memory(error) : 0;
}

/* The item, if it is still what it was, and no change has been lost. */
int ek_ahead_export_look_up(struct ek_ahead_export *export_, struct ekiden_error *error)
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
        int r = ek_ahead_export_look_up(export_, error);

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
                       ? ek_ahead_export_no_memory(error)
                       : 0;
}

void ek_ahead_export_again(struct ek_ahead_export *export_)
{
        export_->is_draining = true;
        ek_changes_turn(export_->changes);
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
        return r < 0 ? ek_ahead_export_no_memory(error) : 0;
}

int ek_ahead_export_check(struct ek_ahead_export *export_, struct ekiden_error *error)
{
        int r = check_noted(export_, error);

        if (r == 0 && ek_ahead_export_rest(export_) > 0)
                r = ekiden_error_set(
                        error, EKIDEN_EREFUSED,
                        "item \"%s\" was changed in the pause, after it had been sent: by "
                        "a callback that exports another item, or this one for --verify; take "
                        "out elsewhere what has expired",
                        export_->name);
        if (r < 0 && error && error->item[0] == '\0')
                memcpy(error->item, export_->name, sizeof(error->item));
        return r;
}
