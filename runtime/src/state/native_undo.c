/* SPDX-License-Identifier: MIT */
/*
 * An item of structs failed: what was made for it, and what the program has taken of it, is taken
 * back. An entry with the key of a later one may have been replaced, and freed; so the container is
 * asked what it has before it is asked to remove anything.
 */
#include <stdlib.h>

#include "scratch.h"
#include "state/native.h"
#include "state/native_state.h"

/* Entries, whatever their order: sums of equal ones are equal, and of others are not, as good as
   certainly. */
struct sum {
        size_t count;
        uint64_t mixed; /* addresses */
};

/* Those that were taken, in the order of their addresses, and whether the container has them. */
struct present {
        void **entries;
        bool *is_there;
        size_t count;
};

struct undo {
        const struct ek_tagged *tagged;
        struct ekiden_objects *objects;
        bool are_all_there; /* and nothing else is: nothing was replaced */
        struct present present; /* otherwise */
};

static void add_to_sum(void *data, void *entry)
{
        struct sum *sum = data;
        uint64_t mixed = (uintptr_t)entry;

        mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9); /* splitmix64 */
        mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
        sum->mixed += mixed ^ mixed >> 31;
        sum->count++;
}

static int compare(const void *a, const void *b)
{
        uintptr_t left = (uintptr_t) * (void *const *)a, right = (uintptr_t) * (void *const *)b;

        return (left > right) - (left < right);
}

/* Whether the container has it, by the first that has this address; NULL: it was not taken. */
static bool *find_present(const struct present *present, const void *entry)
{
        size_t first = 0, end = present->count;

        while (first < end) {
                size_t middle = first + (end - first) / 2;

                if ((uintptr_t)present->entries[middle] < (uintptr_t)entry)
                        first = middle + 1;
                else
                        end = middle;
        }
        return first < present->count && present->entries[first] == entry
                       ? &present->is_there[first]
                       : NULL;
}

static void add_to_list(void *data, void *entry)
{
        struct present *present = data;

        present->entries[present->count++] = entry;
}

static void mark(void *data, void *entry)
{
        bool *is_there = find_present(data, entry);

        if (is_there)
                *is_there = true;
}

/* Gives what the container has. What it does not tell of, as its iteration fails, stays there. */
static void walk(const struct undo *undo, void (*give)(void *data, void *entry), void *data)
{
        struct ekiden_scratch scratch;
        struct ekiden_error ignored = {0};
        struct ekiden_cursor cursor = {
                .scratch = &scratch, .error = &ignored, .objects = undo->objects};
        struct ek_walk walk = {.first = 0};
        void *entry;

        ek_scratch_init(&scratch);
        while (ek_walk_next(&walk, undo->tagged, &cursor, &entry) == 0 && entry) {
                give(data, entry);
                cursor.record++;
        }
        ek_walk_end(&walk);
        ek_scratch_deinit(&scratch);
}

/* There may be millions, and the predecessor waits: one by one they are looked for only where
   something else is there than what was taken. Without memory for that, all stay the program's. */
static void find_out_what_is_there(struct undo *undo)
{
        const struct ek_taken *taken = &undo->objects->taken;
        struct present *present = &undo->present;
        struct sum taken_sum = {0}, there = {0};

        ek_taken_each(taken, add_to_sum, &taken_sum);
        if (taken_sum.count == 0)
                return;
        walk(undo, add_to_sum, &there);
        undo->are_all_there = there.count == taken_sum.count && there.mixed == taken_sum.mixed;
        if (undo->are_all_there)
                return;
        present->entries = calloc(taken_sum.count, sizeof(*present->entries));
        present->is_there = calloc(taken_sum.count, sizeof(*present->is_there));
        if (!present->entries || !present->is_there)
                return;
        ek_taken_each(taken, add_to_list, present);
        qsort(present->entries, present->count, sizeof(*present->entries), compare);
        walk(undo, mark, present);
}

static bool take_back(const struct undo *undo, void *entry)
{
        const struct ek_tagged *tagged = undo->tagged;
        bool is_back = ek_container_has(tagged, EKIDEN_CONTAINER_REMOVE) &&
                       tagged->container->remove(tagged->container_functions, entry, tagged->data);

        if (!is_back)
                undo->objects->is_kept = true;
        return is_back;
}

/* Of several that had one address, the last may be there: it is asked for once. */
static bool is_present(const struct undo *undo, const void *entry)
{
        bool *is_there = find_present(&undo->present, entry);

        if (!is_there || !*is_there)
                return false;
        *is_there = false;
        return true;
}

static bool take_back_if_present(void *data, void *entry)
{
        const struct undo *undo = data;

        if (undo->are_all_there || is_present(undo, entry))
                return take_back(undo, entry);
        undo->objects->is_kept = true;
        return false;
}

static void release_entry(void *data, void *entry)
{
        const struct undo *undo = data;

        ek_native_free(undo->tagged->native, undo->tagged->item.message, entry);
}

/* Takes back what the program has, the last first. Of entries that wait until all have come, those
   that are replaced are not freed. */
static void remove_entries(const struct ek_tagged *tagged, struct ekiden_objects *objects)
{
        struct undo undo = {.tagged = tagged, .objects = objects};

        find_out_what_is_there(&undo);
        ek_taken_undo(&objects->taken, take_back_if_present, release_entry, &undo);
        free(undo.present.entries);
        free(undo.present.is_there);
        while (objects->inserted > 0) {
                if (!take_back(&undo, objects->entries[objects->inserted - 1]))
                        objects->entries[objects->inserted - 1] = NULL;
                objects->inserted--;
        }
}

void ek_native_undo(const struct ek_tagged *tagged, struct ekiden_objects *objects)
{
        const struct ekiden_message *message = tagged->item.message;

        if (tagged->container)
                remove_entries(tagged, objects);
        for (size_t i = 0; i < objects->entry_count; i++) {
                void *entry = objects->entries[i];

                if (!entry || !ek_objects_is_loose(objects, i))
                        continue;
                if (tagged->container) {
                        ek_native_free(tagged->native, message, entry);
                } else {
                        ek_native_clear(tagged->native, message, entry);
                        free(entry);
                }
        }
        ek_objects_undo(objects);
}
