/* SPDX-License-Identifier: MIT */
/*
 * Entries on their way out in a straight line. What an entry is made of is fetched from memory
 * while others are packed: first the struct, and once it is there, what its pointers lead to.
 */
#include "state/fast.h"
#include "state/native.h"

#define LINE 64 /* bytes that are fetched at a time */
#define STRUCT_AHEAD 24 /* entries: so far ahead a struct is fetched, … */
#define CONTENT_AHEAD 12 /* … and so far what it leads to */
#define LINES_MAX 4 /* of a struct; what lies behind them the processor fetches itself */

_Static_assert(STRUCT_AHEAD <= EK_WALK_AHEAD, "they are in hand");

bool ek_fast_exports(const struct ek_batch *batch)
{
        const struct ek_tagged *tagged = batch->tagged;

        return EK_FAST && tagged->container && tagged->is_plain && tagged->native->codec &&
               !batch->export_->visitor;
}

static void fetch_struct(const struct ek_walk *walk, size_t index, size_t size)
{
        const char *entry;

        if (index >= walk->count)
                return;
        entry = walk->entries[index];
        for (size_t at = 0; at < size && at < LINES_MAX * LINE; at += LINE)
                __builtin_prefetch(entry + at);
}

static void fetch_content(const struct ek_walk *walk, size_t index,
                          const struct ekiden_native_codec *codec)
{
        if (codec->prefetch && index < walk->count)
                codec->prefetch(walk->entries[index]);
}

/* Entries that have just come: the first of them were not fetched ahead of others. */
static void fetch_first(const struct ek_walk *walk, const struct ek_tagged *tagged)
{
        for (size_t i = 0; i < STRUCT_AHEAD; i++)
                fetch_struct(walk, walk->first + i, tagged->native->size);
        for (size_t i = 0; i < CONTENT_AHEAD; i++)
                fetch_content(walk, walk->first + i, tagged->native->codec);
}

int ek_fast_export(struct ek_batch *batch, struct ekiden_cursor *cursor)
{
        const struct ek_tagged *tagged = batch->tagged;
        const struct ekiden_native_codec *codec = tagged->native->codec;
        struct ekiden_objects *objects = cursor->objects;
        struct ek_walk *walk = &objects->walk;
        int r;

        for (;;) {
                ek_walk_fill(walk, tagged, cursor, STRUCT_AHEAD + 1);
                if (walk->first == walk->count)
                        return EK_FAST_END;
                if (cursor->record == 0)
                        fetch_first(walk, tagged);
                fetch_struct(walk, walk->first + STRUCT_AHEAD, tagged->native->size);
                fetch_content(walk, walk->first + CONTENT_AHEAD, codec);
                objects->entry = walk->entries[walk->first++];
                r = ek_batch_add_entry(batch, codec, objects->entry);
                if (r <= 0)
                        return r < 0 ? r : EK_FAST_LEFT;
                cursor->record++;
                if (batch->size == 0)
                        return EK_FAST_SENT;
        }
}
