/* SPDX-License-Identifier: MIT */
/* The tag functions: each registers an item, and in a successor fetches it. */
#include <ekiden/tag.h>

#include <string.h>
#include <unistd.h>

#include <ekiden/arena.h>

#include "entry/process.h"
#include "entry/threads.h"
#include "handover/restore.h"
#include "handover/successor.h"
#include "state/native_state.h"
#include "state/tagged.h"
#include "utf8.h"

/* From a predecessor or a snapshot, into what was tagged. */
static int fetch(const struct ek_tagged *tagged, struct ekiden_error *error)
{
        if (ek_successor_state() != EK_SUCCESSOR_NONE)
                return ek_successor_fetch(tagged, error);
        return ek_restore_state() != EK_RESTORE_NONE ? ek_restore_fetch(tagged, error)
                                                     : EKIDEN_FRESH;
}

static int tag(const struct ek_tagged *tagged)
{
        struct ekiden_error error = {0};
        int r;

        if (!ek_thread_is_main())
                return EKIDEN_ESTATE; /* the handover is that one's */
        if (!ek_process.is_started || ek_successor_state() == EK_SUCCESSOR_FAILED ||
            ek_restore_state() == EK_RESTORE_FAILED)
                return EKIDEN_ESTATE;
        if (ek_process.is_attending)
                return EKIDEN_ESTATE; /* from a callback: another item is on its way */
        if (ek_successor_state() != EK_SUCCESSOR_NONE && !ek_process_is_this())
                return EKIDEN_ESTATE; /* forked by a successor: the handover is its parent's */
        if (ek_restore_state() != EK_RESTORE_NONE && !ek_process_is_this())
                return EKIDEN_ESTATE; /* it reads the file together with its parent */
        r = ek_tagged_add(tagged);
        if (r == EKIDEN_EEXISTS)
                ek_log(EKIDEN_LOG_ERROR, "item \"%s\" is tagged already; choose another name",
                       tagged->name);
        if (r < 0)
                return r;
        ek_process.is_attending = true;
        r = fetch(ek_tagged_find(tagged->name), &error);
        ek_process.is_attending = false;
        if (r < 0) {
                ek_tagged_remove(tagged->name);
                ek_log(EKIDEN_LOG_ERROR, "item \"%s\" could not be taken over: %s", tagged->name,
                       error.sentence);
        }
        return r;
}

static int set_name(struct ek_tagged *tagged, const char *name)
{
        size_t length = name ? strnlen(name, EKIDEN_NAME_MAX + 1) : 0;

        if (length == 0 || length > EKIDEN_NAME_MAX)
                return EKIDEN_EINVAL;
        ek_utf8_copy(tagged->name, sizeof(tagged->name), name);
        if (strcmp(tagged->name, name) != 0 || ek_utf8_has_control(name))
                return EKIDEN_EINVAL;
        tagged->item.name = tagged->name;
        return 0;
}

static int tag_item(const struct ekiden_item *item, enum ekiden_item_kind kind,
                    const struct ekiden_binding *binding, const void *functions, void *data)
{
        struct ek_tagged tagged = {.binding = binding, .functions = functions, .data = data};
        int r;

        if (!item || item->kind != kind || !binding || !binding->export_record ||
            !binding->import_record)
                return EKIDEN_EINVAL;
        if (!ek_process.is_started)
                return EKIDEN_ESTATE;
        if (ekiden_schema_item(ek_process.schema, item->name) != item)
                return EKIDEN_EINVAL;
        tagged.item = *item;
        r = set_name(&tagged, item->name);
        return r < 0 ? r : tag(&tagged);
}

int ekiden_tag_stream(const struct ekiden_item *item, const struct ekiden_binding *binding,
                      const void *functions, void *data)
{
        return functions ? tag_item(item, EKIDEN_ITEM_STREAM, binding, functions, data)
                         : EKIDEN_EINVAL;
}

int ekiden_tag_message(const struct ekiden_item *item, ProtobufCMessage *state)
{
        if (!item || !state || state->descriptor != item->message->descriptor)
                return EKIDEN_EINVAL;
        return tag_item(item, EKIDEN_ITEM_SINGLETON, &ek_message_binding, item->message, state);
}

/* The struct that an item's message is bound to; NULL where the tables do not fit. */
static const struct ekiden_native *find_native(const struct ekiden_item *item,
                                               const struct ekiden_natives *natives)
{
        const struct ekiden_schema *schema = ek_process.schema;

        if (!item || !natives || natives->schema != schema || item < schema->items ||
            item >= schema->items + schema->item_count)
                return NULL;
        return natives->by_item[item - schema->items];
}

static int tag_native(const struct ekiden_item *item, const struct ekiden_natives *natives,
                      struct ek_tagged *tagged, enum ekiden_item_kind kind)
{
        int r;

        if (!ek_process.is_started)
                return EKIDEN_ESTATE;
        tagged->native = find_native(item, natives);
        if (!tagged->native || item->kind != kind ||
            tagged->native->descriptor != item->message->descriptor ||
            !ek_native_is_sound(tagged->native, kind == EKIDEN_ITEM_STREAM))
                return EKIDEN_EINVAL;
        tagged->natives = natives;
        tagged->is_plain = ek_native_is_plain(tagged->native);
        tagged->binding = &ek_native_binding;
        tagged->item = *item;
        r = set_name(tagged, item->name);
        return r < 0 ? r : tag(tagged);
}

int ekiden_tag_native(const struct ekiden_item *item, const struct ekiden_natives *natives,
                      void *state)
{
        struct ek_tagged tagged = {.data = state};

        return state ? tag_native(item, natives, &tagged, EKIDEN_ITEM_SINGLETON) : EKIDEN_EINVAL;
}

int ekiden_tag_container(const struct ekiden_item *item, const struct ekiden_natives *natives,
                         const struct ekiden_container *container, const void *functions,
                         void *data)
{
        struct ek_tagged tagged = {
                .container = container, .container_functions = functions, .data = data};

        return functions && container && container->insert &&
                               (container->next || ek_container_has(&tagged, EKIDEN_CONTAINER_SCAN))
                       ? tag_native(item, natives, &tagged, EKIDEN_ITEM_STREAM)
                       : EKIDEN_EINVAL;
}

int ekiden_untag(const char *name)
{
        if (!ek_thread_is_main())
                return EKIDEN_ESTATE;
        if (ek_process.is_attending)
                return EKIDEN_ESTATE; /* from a callback: it may be the item on its way */
        return name ? ek_tagged_remove(name) : EKIDEN_ENOTFOUND;
}

static int tag_value(const char *name, enum ek_value_type type, void *value, size_t *size_bytes)
{
        struct ek_tagged tagged = {
                .item = {.kind = EKIDEN_ITEM_SINGLETON, .message = &ek_value_message},
                .binding = &ek_value_binding,
                .data = value,
                .value_type = type,
                .size_bytes = size_bytes,
        };
        int r;

        if (!value || (type == EK_VALUE_BYTES && !size_bytes))
                return EKIDEN_EINVAL;
        r = set_name(&tagged, name);
        return r < 0 ? r : tag(&tagged);
}

int ekiden_tag_int8(const char *name, int8_t *value)
{
        return tag_value(name, EK_VALUE_INT8, value, NULL);
}

int ekiden_tag_int16(const char *name, int16_t *value)
{
        return tag_value(name, EK_VALUE_INT16, value, NULL);
}

int ekiden_tag_int32(const char *name, int32_t *value)
{
        return tag_value(name, EK_VALUE_INT32, value, NULL);
}

int ekiden_tag_int64(const char *name, int64_t *value)
{
        return tag_value(name, EK_VALUE_INT64, value, NULL);
}

int ekiden_tag_uint8(const char *name, uint8_t *value)
{
        return tag_value(name, EK_VALUE_UINT8, value, NULL);
}

int ekiden_tag_uint16(const char *name, uint16_t *value)
{
        return tag_value(name, EK_VALUE_UINT16, value, NULL);
}

int ekiden_tag_uint32(const char *name, uint32_t *value)
{
        return tag_value(name, EK_VALUE_UINT32, value, NULL);
}

int ekiden_tag_uint64(const char *name, uint64_t *value)
{
        return tag_value(name, EK_VALUE_UINT64, value, NULL);
}

int ekiden_tag_double(const char *name, double *value)
{
        return tag_value(name, EK_VALUE_DOUBLE, value, NULL);
}

int ekiden_tag_bool(const char *name, bool *value)
{
        return tag_value(name, EK_VALUE_BOOL, value, NULL);
}

int ekiden_tag_descriptor(const char *name, int *value)
{
        return tag_value(name, EK_VALUE_DESCRIPTOR, value, NULL);
}

int ekiden_tag_arena(const char *name, struct ekiden_arena **arena)
{
        return tag_value(name, EK_VALUE_ARENA, arena, NULL);
}

int ekiden_tag_string(const char *name, char **value)
{
        return tag_value(name, EK_VALUE_STRING, value, NULL);
}

int ekiden_tag_bytes(const char *name, void **data, size_t *size_bytes)
{
        return tag_value(name, EK_VALUE_BYTES, data, size_bytes);
}
