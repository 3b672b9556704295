/* SPDX-License-Identifier: MIT */
/*
 * Entries on their way out in a straight line. What an entry is made of is fetched from memory
 * while others are packed: first the struct, and once it is there, what its pointers lead to.
 */
#include "state/fast.h"
#include "state/native.h"

#define LINE 64 /* bytes that are fetched at a time */
#define GROUP 8 /* entries that are fetched at once: more lines than that are not under way */
#define CONTENT_AHEAD GROUP /* entries: so far ahead what a struct leads to is fetched, … */
#define STRUCT_AHEAD (2 * GROUP) /* … and so far the struct */
#define LINES_MAX 4 /* of a struct; what lies behind them the processor fetches itself */

_Static_assert(STRUCT_AHEAD + GROUP <= EK_WALK_AHEAD, "they are in hand");

bool ek_fast_is_on = EK_FAST;

bool ek_fast_exports(const struct ek_batch *batch)
{
        const struct ek_tagged *tagged = batch->tagged;

        return EK_FAST && ek_fast_is_on && tagged->container && tagged->is_plain &&
               tagged->native->codec && !batch->export_->visitor;
}

static void fetch_structs(const struct ek_walk *walk, size_t begin, size_t size)
{
        for (size_t i = begin; i < begin + GROUP && i < walk->count; i++) {
                const char *entry = walk->entries[i];

                for (size_t at = 0; at < size && at < LINES_MAX * LINE; at += LINE)
                        __builtin_prefetch(entry + at);
        }
}

static void fetch_contents(const struct ek_walk *walk, size_t begin,
                           const struct ekiden_native_codec *codec)
{
        for (size_t i = begin; codec->prefetch && i < begin + GROUP && i < walk->count; i++)
                codec->prefetch(walk->entries[i]);
}

/* A group of entries is in turn: those behind it are fetched, unless they were. */
static void fetch(struct ek_walk *walk, const struct ek_tagged *tagged, bool is_first)
{
        const struct ekiden_native *native = tagged->native;

        for (size_t ahead = is_first ? 0 : STRUCT_AHEAD; ahead <= STRUCT_AHEAD; ahead += GROUP)
                fetch_structs(walk, walk->first + ahead, native->size);
        for (size_t ahead = is_first ? 0 : CONTENT_AHEAD; ahead <= CONTENT_AHEAD; ahead += GROUP)
                fetch_contents(walk, walk->first + ahead, native->codec);
}

int ek_fast_export(struct ek_batch *batch, struct ekiden_cursor *cursor)
{
        const struct ek_tagged *tagged = batch->tagged;
        const struct ekiden_native_codec *codec = tagged->native->codec;
        struct ekiden_objects *objects = cursor->objects;
        struct ek_walk *walk = &objects->walk;
        int r;

        for (;;) {
                if (cursor->record % GROUP == 0) {
                        ek_walk_fill(walk, tagged, cursor, STRUCT_AHEAD + GROUP);
                        fetch(walk, tagged, cursor->record == 0);
                }
                if (walk->first == walk->count)
                        return EK_FAST_END;
                objects->entry = walk->entries[walk->first++];
                r = ek_batch_add_entry(batch, codec, objects->entry);
                if (r <= 0)
                        return r < 0 ? r : EK_FAST_LEFT;
                cursor->record++;
                if (batch->size == 0)
                        return EK_FAST_SENT;
        }
}
