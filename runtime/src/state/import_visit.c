/* SPDX-License-Identifier: MIT */
/* Items that are looked at and not imported: each record and object goes to a visitor. */
#include <string.h>

#include "secret.h"
#include "state/import_private.h"
#include "state/key.h"

int ek_import_show(struct ek_import *import, const struct ekiden_message *type, uint64_t tag,
                   const uint8_t *data, size_t size)
{
        const struct ek_visitor *visitor = import->visitor;
        ProtobufCMessage *record = NULL;
        int r = ek_import_unpack(import, type, tag, data, size, &record);

        if (r == 0)
                r = visitor->visit(visitor->data, type, tag, record, import->error);
        if (r == EKIDEN_EREFUSED && record && tag == 0)
                ek_name_key(import->error, import->count.records, &import->tagged->item, record);
        if (tag == 0)
                import->count.records++; /* objects are counted by whoever took their frame apart */
        if (r == 0)
                ek_import_close_unclaimed(import);
        return r;
}

int ek_import_visit(struct ek_link *link, const struct ek_wait *wait,
                    const struct ekiden_item *source, const struct ekiden_schema *from,
                    const struct ek_visitor *visitor, struct ekiden_error *error)
{
        struct ek_tagged tagged = {.item = *source};
        struct ek_import import = {
                .link = link,
                .wait = wait,
                .tagged = &tagged,
                .visitor = visitor,
                .visited = from,
                .digest_kind = EK_DIGEST_LIVE, /* damage on the way is told from the rest */
                .error = error,
        };
        int r;

        strncpy(tagged.name, source->name, sizeof(tagged.name) - 1);
        ek_scratch_init(&import.scratch);
        import.scratch.is_secret = ek_message_has_secrets(source->message);
        if (import.scratch.is_secret)
                ek_link_keep_secret(link);
        r = ek_import_answer(&import);
        ek_import_drop_descriptors(&import);
        ek_scratch_deinit(&import.scratch);
        return r;
}
