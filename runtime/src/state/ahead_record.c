/* SPDX-License-Identifier: MIT */
/*
 * Records that come ahead, and keys that have none any more, one by one into the program. Where no
 * transformer is in between, entries are made in a straight line, as in fast_import.c.
 */
#include <string.h>

#include "fields.h"
#include "state/ahead_import_private.h"
#include "state/arena_fields.h"
#include "state/fast.h"
#include "state/key.h"
#include "state/native.h"
#include "state/native_state.h"
#include "wire/message.h"

static int out_of_memory(const struct ek_ahead_import *import)
{
        return ekiden_error_set(import->error, EKIDEN_ENOMEM, "memory ran out while importing");
}

static unsigned long long number(const struct ek_ahead_import *import)
{
        return import->total.records + import->total.gone;
}

int ek_ahead_record_malformed(const struct ek_ahead_import *import, const char *what)
{
        return ekiden_error_set(import->error, EKIDEN_EPROTOCOL,
                                "record %llu of the stream is malformed: %s", number(import), what);
}

/* A record as its source has it. */
static int unpack(struct ek_ahead_import *import, const uint8_t *data, size_t size,
                  ProtobufCMessage **ret_record)
{
        const struct ekiden_message *type = import->route.decoded_as;
        int r;

        ek_scratch_reset(&import->scratch);
        r = ek_message_unpack(type->descriptor, &import->scratch.allocator, data, size, ret_record);
        if (r == EKIDEN_ELIMIT)
                return ek_ahead_record_malformed(import, "its messages are nested over 100 deep");
        if (r == EKIDEN_ENOMEM)
                return out_of_memory(import);
        if (r < 0)
                return ek_ahead_record_malformed(
                        import, "its encoding is damaged, or text in it is not UTF-8");
        if (import->has_arenas)
                r = ek_arena_fields_locate(type, *ret_record, number(import), EK_ARENA_AHEAD,
                                           import->error);
        if (r < 0)
                return r;
        ek_kept_key_note(&import->kept, *ret_record);
        return 0;
}

/* The entry becomes the program's, in place of the one with its key. */
static int insert(struct ek_ahead_import *import, void *entry, struct ekiden_cursor *cursor)
{
        const struct ek_tagged *tagged = import->tagged;
        int r = ek_native_insert(tagged, entry, cursor);

        if (r == 0)
                return 0;
        ek_name_native_key(import->error, cursor->record, &tagged->item, tagged->native, entry);
        ek_native_free(tagged->native, NULL, entry);
        return r;
}

static int sink(void *data, ProtobufCMessage *record)
{
        struct ek_ahead_import *import = data;
        const struct ek_tagged *tagged = import->tagged;
        struct ekiden_cursor cursor = {.record = number(import),
                                       .scratch = &import->scratch,
                                       .error = import->error,
                                       .objects = import->objects};
        void *entry;
        int r;

        r = ek_kept_key_check(&import->kept, import->name, cursor.record, record, import->error);
        if (r < 0)
                return r;
        entry = ek_native_new(tagged->native, record);
        if (!entry)
                return out_of_memory(import);
        r = ek_native_import(&cursor, tagged->native, tagged->item.message, record, entry);
        if (r < 0)
                ek_native_free(tagged->native, NULL, entry);
        else
                r = insert(import, entry, &cursor);
        if (r < 0)
                ek_name_key(import->error, cursor.record, &tagged->item, record);
        return r;
}

/* Nothing with this key is to be there. */
static int forget(struct ek_ahead_import *import)
{
        const struct ek_tagged *tagged = import->tagged;
        const struct ekiden_container *container = tagged->container;
        void *entry = container->find(tagged->container_functions, &import->kept.key, tagged->data);

        if (!entry)
                return 0;
        if (!container->remove(tagged->container_functions, entry, tagged->data))
                return ekiden_error_set(import->error, EKIDEN_EREFUSED,
                                        "record %llu is gone in the predecessor, and remove() of "
                                        "item \"%s\" did not take it out",
                                        number(import), import->name);
        ek_native_free(tagged->native, NULL, entry);
        return 0;
}

/* What a transformer drops may have been there before it changed. */
static int take_slowly(struct ek_ahead_import *import, const uint8_t *data, size_t size)
{
        ProtobufCMessage *record;
        int r = unpack(import, data, size, &record);

        if (r < 0)
                return r;
        r = ek_route_run(&import->route, record, number(import), &import->scratch, sink, import,
                         import->error);
        if (r == 0 && import->kept.given == 0)
                r = forget(import);
        if (r < 0) {
                ek_name_key(import->error, number(import), import->route.source, record);
                return r;
        }
        return 0;
}

void ek_ahead_record_begin(struct ek_ahead_import *import)
{
        const struct ek_tagged *tagged = import->tagged;

        import->is_fast = EK_FAST && ek_fast_is_on && tagged->native->codec &&
                          import->route.first == import->route.count;
        import->prefetches = ek_container_has(tagged, EKIDEN_CONTAINER_PREFETCH);
}

/* The entry that has waited longest. */
static int insert_oldest(struct ek_ahead_import *import)
{
        size_t waiting = import->end - import->first;
        struct ekiden_cursor cursor = {.record = import->total.records - waiting,
                                       .scratch = &import->scratch,
                                       .error = import->error,
                                       .objects = import->objects};

        ek_scratch_reset(&import->scratch);
        return insert(import, import->entries[import->first++ % EK_AHEAD_WINDOW], &cursor);
}

int ek_ahead_record_flush(struct ek_ahead_import *import)
{
        int r = 0;

        while (r == 0 && import->first < import->end)
                r = insert_oldest(import);
        return r;
}

void ek_ahead_record_drop(struct ek_ahead_import *import)
{
        for (; import->first < import->end; import->first++)
                ek_native_free(import->tagged->native, NULL,
                               import->entries[import->first % EK_AHEAD_WINDOW]);
}

/* By the generated codec: 1; 0: it is left to the tables, which alone say what is wrong. */
static int take_fast(struct ek_ahead_import *import, const uint8_t *data, size_t size)
{
        const struct ek_tagged *tagged = import->tagged;
        const struct ekiden_native *native = tagged->native;
        int r;
        void *entry = ek_fast_new_entry(&import->objects->ready, native, data, size, &r);

        if (entry)
                r = native->codec->unpack(data, size, entry, ek_native_memory(native));
        if (r != 1) {
                ek_native_free(native, NULL, entry);
                return r < 0 ? out_of_memory(import) : 0;
        }
        if (import->prefetches)
                tagged->container->prefetch(tagged->container_functions, entry, tagged->data);
        import->entries[import->end++ % EK_AHEAD_WINDOW] = entry;
        return 1;
}

int ek_ahead_record_take(struct ek_ahead_import *import, const uint8_t *data, size_t size_bytes)
{
        int r = 0;

        if (import->is_fast && import->end - import->first == EK_AHEAD_WINDOW)
                r = insert_oldest(import);
        if (r == 0 && import->is_fast)
                r = take_fast(import, data, size_bytes);
        if (r == 0)
                r = ek_ahead_record_flush(import);
        if (r == 0)
                r = take_slowly(import, data, size_bytes);
        if (r < 0)
                return r;
        import->portion.records++;
        import->total.records++;
        return 0;
}

int ek_ahead_record_forget(struct ek_ahead_import *import, const uint8_t *data, size_t size_bytes)
{
        ProtobufCMessage *record;
        int r = ek_ahead_record_flush(import);

        if (r == 0)
                r = unpack(import, data, size_bytes, &record);
        if (r == 0)
                r = forget(import);
        if (r < 0)
                return r;
        import->portion.gone++;
        import->total.gone++;
        return 0;
}
