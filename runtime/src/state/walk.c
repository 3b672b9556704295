/* SPDX-License-Identifier: MIT */
/*
 * See walk.h. What goes wrong while entries are fetched ahead is told when its turn has come: the
 * records before it are looked at first.
 */
#include "state/walk.h"

#include <stdlib.h>
#include <string.h>

#include "state/tagged.h"

/* Whatever the program's container is, its iteration goes round in a circle. */
static void refuse_twice(struct ek_walk *walk, const struct ek_tagged *tagged)
{
        ekiden_error_set(
                &walk->error, EKIDEN_EREFUSED,
                "next() of item \"%s\" gave an entry twice, the second time as record %llu",
                tagged->name, (unsigned long long)walk->asked);
}

static void ask_next(struct ek_walk *walk, const struct ek_tagged *tagged,
                     struct ekiden_cursor *cursor)
{
        struct ekiden_cursor theirs = *cursor;
        void *entry;

        theirs.record = walk->asked;
        theirs.error = &walk->error;
        entry = tagged->container->next(tagged->container_functions, walk->previous, &theirs,
                                        tagged->data);
        cursor->position = theirs.position;
        if (entry && entry == walk->previous)
                refuse_twice(walk, tagged);
        walk->is_complete = !entry || walk->error.code < 0;
        if (walk->is_complete)
                return;
        walk->previous = entry;
        walk->asked++;
        walk->entries[walk->count++] = entry;
}

int ek_container_scan(const struct ek_tagged *tagged, uint64_t *position, void *entries[],
                      size_t room, size_t *ret_count, struct ekiden_error *error)
{
        uint64_t behind;

        *ret_count = 0;
        behind = tagged->container->scan(tagged->container_functions, *position, entries, room,
                                         ret_count, tagged->data);
        if (*ret_count > EK_SCAN_MOST)
                return ekiden_error_set(
                        error, EKIDEN_EREFUSED,
                        "scan() of item \"%s\" would give %zu entries at once; %zu is the most",
                        tagged->name, *ret_count, EK_SCAN_MOST);
        if (*ret_count > room)
                return 1;
        if (behind != 0 && behind == *position)
                return ekiden_error_set(
                        error, EKIDEN_EREFUSED,
                        "scan() of item \"%s\" returned the position that it was given",
                        tagged->name);
        *position = behind;
        return 0;
}

/* Room for so many more, and for twice as many as before at least: it is not asked for again and
   again. */
static int make_room(struct ek_walk *walk, const struct ek_tagged *tagged, size_t count)
{
        size_t room = walk->count + count > 2 * walk->room ? walk->count + count : 2 * walk->room;
        void **many = reallocarray(walk->many, room, sizeof(*many));

        if (!many)
                return ekiden_error_set(&walk->error, EKIDEN_ENOMEM,
                                        "memory ran out for %zu entries of item \"%s\" that lie "
                                        "together",
                                        count, tagged->name);
        if (!walk->many)
                memcpy(many, walk->few, walk->count * sizeof(*many));
        walk->many = walk->entries = many;
        walk->room = room;
        return 0;
}

static void ask_scan(struct ek_walk *walk, const struct ek_tagged *tagged)
{
        size_t count;
        int r = ek_container_scan(tagged, &walk->position, walk->entries + walk->count,
                                  walk->room - walk->count, &count, &walk->error);

        if (r == 1 && make_room(walk, tagged, count) == 0)
                return;
        if (r == 0)
                walk->count += count;
        walk->is_complete = r != 0 || walk->position == 0;
}

void ek_walk_fill(struct ek_walk *walk, const struct ek_tagged *tagged,
                  struct ekiden_cursor *cursor, size_t ahead)
{
        size_t wanted;
        bool scans;

        if (walk->is_complete || walk->count - walk->first >= ahead)
                return;
        if (!walk->entries) {
                walk->entries = walk->few;
                walk->room = EK_WALK_ROOM;
        }
        walk->count -= walk->first;
        memmove(walk->entries, walk->entries + walk->first, walk->count * sizeof(walk->entries[0]));
        walk->first = 0;
        scans = ek_container_has(tagged, EKIDEN_CONTAINER_SCAN);
        wanted = scans || ahead == 1 ? ahead : EK_WALK_ROOM;
        while (!walk->is_complete && walk->count < wanted)
                if (scans)
                        ask_scan(walk, tagged);
                else
                        ask_next(walk, tagged, cursor);
}

int ek_walk_next(struct ek_walk *walk, const struct ek_tagged *tagged, struct ekiden_cursor *cursor,
                 void **ret_entry)
{
        ek_walk_fill(walk, tagged, cursor, 1);
        if (walk->first < walk->count) {
                *ret_entry = walk->entries[walk->first++];
                return 0;
        }
        *ret_entry = NULL;
        if (walk->error.code < 0 && cursor->error && cursor->error->code == 0)
                *cursor->error = walk->error;
        return walk->error.code;
}

void ek_walk_end(struct ek_walk *walk)
{
        free(walk->many);
        *walk = (struct ek_walk){.count = 0};
}
