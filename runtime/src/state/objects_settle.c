/* SPDX-License-Identifier: MIT */
/*
 * The item in hand, as the table of objects sees it: its entries, and what happens with all that it
 * made when it succeeds, or fails.
 */
#include <stdlib.h>
#include <string.h>

#include "state/native.h"

int ek_objects_reserve_entry(struct ekiden_objects *objects)
{
        int r = ek_objects_grow(&objects->entries, &objects->entry_capacity, objects->entry_count,
                                sizeof(*objects->entries));

        return r < 0 ? r
                     : ek_objects_grow(&objects->loose, &objects->loose_capacity,
                                       objects->loose_count, sizeof(*objects->loose));
}

int ek_objects_add_entry(struct ekiden_objects *objects, void *entry, bool is_loose)
{
        int r = ek_objects_reserve_entry(objects);

        if (r < 0)
                return r;
        if (is_loose)
                objects->loose[objects->loose_count++] = objects->entry_count;
        objects->entries[objects->entry_count++] = entry;
        return 0;
}

int ek_objects_add_object(struct ekiden_objects *objects, uint64_t identity)
{
        uint64_t number = identity / 2;
        uint16_t *state = ek_objects_state(objects, number);
        int r;

        if (*state & EK_OBJECT_ENTRY)
                return EKIDEN_EPROTOCOL;
        r = ek_objects_add_entry(objects, *ek_objects_address(objects, number), false);
        if (r < 0)
                return r;
        *state |= EK_OBJECT_ENTRY;
        objects->pages[number / EK_OBJECTS_PAGE]->is_touched = true;
        return 0;
}

static int compare_indices(const void *a, const void *b)
{
        size_t one = *(const size_t *)a, other = *(const size_t *)b;

        return one < other ? -1 : one > other;
}

bool ek_objects_is_loose(const struct ekiden_objects *objects, size_t index)
{
        return objects->loose_count > 0 && bsearch(&index, objects->loose, objects->loose_count,
                                                   sizeof(index), compare_indices) != NULL;
}

void ek_objects_each_new(struct ekiden_objects *objects,
                         void (*visit)(struct ekiden_objects *objects, uint64_t number, void *data),
                         void *data)
{
        for (size_t page = 0; page < objects->page_count; page++) {
                if (!objects->pages[page] || !objects->pages[page]->is_touched)
                        continue;
                for (uint64_t i = 0; i < EK_OBJECTS_PAGE; i++)
                        if (objects->pages[page]->states[i] &
                            (EK_OBJECT_NEW | EK_OBJECT_FILLED_NOW))
                                visit(objects, page * EK_OBJECTS_PAGE + i, data);
        }
}

void ek_objects_move(struct ekiden_objects *objects, const void *from, size_t size_bytes, void *to)
{
        uintptr_t begin = (uintptr_t)from;

        for (size_t i = 1; i < objects->patch_count; i++) {
                struct ek_objects_patch *patch = &objects->patches[i];
                uintptr_t at = (uintptr_t)patch->place;

                if (at >= begin && at < begin + size_bytes)
                        patch->place = (char *)to + (at - begin);
        }
}

static void forget_entries(struct ekiden_objects *objects)
{
        ek_taken_deinit(&objects->taken);
        free(objects->entries);
        free(objects->loose);
        objects->entries = NULL;
        objects->loose = NULL;
        objects->entry_count = objects->entry_capacity = objects->inserted = 0;
        objects->loose_count = objects->loose_capacity = 0;
}

void ek_objects_settle(struct ekiden_objects *objects)
{
        for (size_t page = 0; page < objects->page_count; page++) {
                if (!objects->pages[page] || !objects->pages[page]->is_touched)
                        continue;
                for (size_t i = 0; i < EK_OBJECTS_PAGE; i++)
                        objects->pages[page]->states[i] &= (uint16_t) ~(
                                EK_OBJECT_NEW | EK_OBJECT_FILLED_NOW | EK_OBJECT_ENTRY);
                objects->pages[page]->is_touched = false;
        }
        ek_objects_sift_waits(objects);
        forget_entries(objects);
}

static void clear_object(const struct ek_object_type *type, const struct ekiden_message *message,
                         void *object)
{
        ek_native_clear(type->native, message, object);
        ek_native_unset_descriptors(type->native, type->message, object);
}

/* Pointers of items before may lead to an object that is not new: it stays, without what it held.
   One that was a singleton is ours if it came as an entry; else it is the program's struct. */
static void undo_object(struct ekiden_objects *objects, uint64_t number, void *data)
{
        unsigned int state = *ek_objects_state(objects, number);
        const struct ek_object_type *type;
        const struct ekiden_message *message;
        void *object;

        (void)data;
        if (ek_objects_type_of(objects, number) == 0 ||
            ((state & EK_OBJECT_PLACED) && !(state & EK_OBJECT_ENTRY)))
                return;
        type = &objects->types[ek_objects_type_of(objects, number) - 1];
        if (type->is_flexible && !(state & EK_OBJECT_FILLED))
                return; /* it was never made */
        object = *ek_objects_address(objects, number);
        message = state & EK_OBJECT_FILLED ? type->message : NULL;
        if (state & EK_OBJECT_NEW)
                ek_native_free(type->native, message, object);
        else
                clear_object(type, message, object);
        *ek_objects_state(objects, number) = 0;
}

void ek_objects_undo(struct ekiden_objects *objects)
{
        if (!objects->is_kept)
                ek_objects_each_new(objects, undo_object, NULL);
        forget_entries(objects);
        objects->missing = 0;
}
