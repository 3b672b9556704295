/* SPDX-License-Identifier: MIT */
/*
 * Records into entries in a straight line. Entries wait until a group of them has come; then the
 * program is told of all at once, so that the slots where they belong are on their way from memory
 * side by side, and inserts them when the next group has come. They are inserted in the order of
 * the stream, and before anything else is said of it.
 */
#include <string.h>

#include <ekiden/codec.h>

#include "state/fast.h"
#include "state/key.h"
#include "state/native.h"
#include "state/native_state.h"

#define GROUP (EK_WINDOW / 2) /* entries that are inserted one behind the other */

void ek_fast_import_begin(struct ek_import *import)
{
        const struct ek_tagged *tagged = import->tagged;
        const struct ek_route *route = import->route;

        import->is_fast = EK_FAST && ek_fast_is_on && tagged->container && tagged->is_plain &&
                          tagged->native->codec && import->objects && !import->visitor &&
                          import->digest_kind == EK_DIGEST_NONE &&
                          (!route || route->first == route->count);
        if (!import->is_fast)
                return;
        import->window.prefetches = ek_container_has(tagged, EKIDEN_CONTAINER_PREFETCH);
        import->window.remembers = ek_container_has(tagged, EKIDEN_CONTAINER_REMOVE);
}

static int out_of_memory(struct ek_import *import)
{
        return ekiden_error_set(import->error, EKIDEN_ENOMEM, "memory ran out while importing");
}

/* The one that has waited longest. */
static int insert_oldest(struct ek_import *import)
{
        const struct ek_tagged *tagged = import->tagged;
        struct ek_window *window = &import->window;
        void *entry = window->entries[window->first % EK_WINDOW];
        int r = window->remembers ? ek_taken_reserve(&import->objects->taken) : 0;

        window->first++;
        ek_scratch_reset(&import->scratch);
        r = r < 0 ? out_of_memory(import) : ek_native_insert(tagged, entry, &import->cursor);
        if (r < 0) {
                ek_name_native_key(import->error, import->cursor.record, &tagged->item,
                                   tagged->native, entry);
                ek_native_free(tagged->native, NULL, entry);
                return r;
        }
        if (window->remembers)
                ek_taken_add(&import->objects->taken, entry);
        import->cursor.record++;
        return 0;
}

int ek_fast_import_flush(struct ek_import *import)
{
        int r = 0;

        while (r == 0 && import->window.first < import->window.end)
                r = insert_oldest(import);
        return r;
}

void ek_fast_import_drop(struct ek_import *import)
{
        struct ek_window *window = &import->window;

        for (; window->first < window->end; window->first++)
                ek_native_free(import->tagged->native, NULL,
                               window->entries[window->first % EK_WINDOW]);
}

/* An entry that was made in vain: those before it come first, whatever is wrong with it. */
static int leave(struct ek_import *import, void *entry, int result)
{
        int r;

        ek_native_free(import->tagged->native, NULL, entry);
        r = ek_fast_import_flush(import);
        if (r == 0 && result < 0)
                r = out_of_memory(import);
        return r;
}

void *ek_fast_new_entry(struct ek_ready *ready, const struct ekiden_native *native,
                        const uint8_t *data, size_t size_bytes, int *ret_result)
{
        const struct ekiden_native_codec *codec = native->codec;
        size_t room = codec->room ? codec->room(data, size_bytes) : native->size;
        void *entry;

        *ret_result = room == EKIDEN_CODEC_LEFT ? 0 : EKIDEN_ENOMEM;
        if (room == EKIDEN_CODEC_LEFT)
                return NULL;
        if (native->create)
                return ek_native_new(native, NULL);
        entry = ek_ready_take(ready, native);
        if (!entry)
                entry = ek_native_memory(native)->allocate(room);
        return entry ? memset(entry, 0, room) : NULL;
}

/* A group has come: its slots are fetched, and the one before it is inserted. */
static int turn(struct ek_import *import)
{
        const struct ek_tagged *tagged = import->tagged;
        struct ek_window *window = &import->window;
        size_t begin = window->end - GROUP;
        int r = 0;

        if (begin < window->first) /* one in between was left: those before it are the program's */
                begin = window->first;
        for (size_t i = begin; window->prefetches && i < window->end; i++)
                tagged->container->prefetch(tagged->container_functions,
                                            window->entries[i % EK_WINDOW], tagged->data);
        while (r == 0 && window->first < begin)
                r = insert_oldest(import);
        return r;
}

int ek_fast_import(struct ek_import *import, const uint8_t *data, size_t size_bytes)
{
        const struct ek_tagged *tagged = import->tagged;
        const struct ekiden_native *native = tagged->native;
        struct ek_window *window = &import->window;
        int r;
        void *entry = ek_fast_new_entry(&import->objects->ready, native, data, size_bytes, &r);

        if (entry)
                r = native->codec->unpack(data, size_bytes, entry, ek_native_memory(native));
        if (r != 1)
                return leave(import, entry, r);
        import->count.records++;
        import->count.bytes += size_bytes;
        window->entries[window->end++ % EK_WINDOW] = entry;
        r = window->end % GROUP == 0 ? turn(import) : 0;
        return r < 0 ? r : 1;
}
