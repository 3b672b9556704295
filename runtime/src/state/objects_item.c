/* SPDX-License-Identifier: MIT */
/*
 * The item in hand, as the table of objects sees it: its entries, whether all that it demands has
 * come, and what happens with what it made when it succeeds, or fails.
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

/* Visits the objects of the item in hand. */
static void each_new(struct ekiden_objects *objects,
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

/* Who points to an object that never came. */
struct search {
        const void *missing;
        const struct ekiden_native *native;
        const struct ekiden_member *member;
};

static void search_struct(struct search *search, const struct ekiden_native *native,
                          const void *object);

static void search_member(struct search *search, const struct ekiden_native *native,
                          const struct ekiden_member *member, const void *object)
{
        const char *values = (const char *)object + member->offset;
        const void *pointer;
        size_t count = 1;

        if (member->room != EKIDEN_ROOM_ONE && !ek_count_load(object, member, &count))
                return;
        if (member->room == EKIDEN_ROOM_POINTED)
                memcpy(&values, (const char *)object + member->offset, sizeof(values));
        for (size_t i = 0; values && i < count && !search->member; i++) {
                if (member->kind == EKIDEN_MEMBER_STRUCT) {
                        search_struct(search, member->target, values + i * member->size);
                        continue;
                }
                memcpy(&pointer, values + i * member->size, sizeof(pointer));
                if (pointer == search->missing) {
                        search->native = native;
                        search->member = member;
                }
        }
}

static void search_struct(struct search *search, const struct ekiden_native *native,
                          const void *object)
{
        for (size_t i = 0; i < native->member_count && !search->member; i++) {
                const struct ekiden_member *member = &native->members[i];

                if ((member->kind == EKIDEN_MEMBER_STRUCT ||
                     member->kind == EKIDEN_MEMBER_OBJECT) &&
                    ek_member_in_use(member, object))
                        search_member(search, native, member, object);
        }
}

static unsigned int type_of(struct ekiden_objects *objects, uint64_t number)
{
        return *ek_objects_state(objects, number) >> EK_OBJECT_TYPE_SHIFT;
}

static void search_object(struct ekiden_objects *objects, uint64_t number, void *data)
{
        struct search *search = data;
        unsigned int state = *ek_objects_state(objects, number);

        if (type_of(objects, number) > 0 && (state & EK_OBJECT_FILLED) &&
            !(state & EK_OBJECT_PLACED))
                search_struct(search, objects->types[type_of(objects, number) - 1].native,
                              *ek_objects_address(objects, number));
}

static void find_missing(struct ekiden_objects *objects, uint64_t number, void *data)
{
        uint64_t *missing = data;

        if (*ek_objects_state(objects, number) & EK_OBJECT_DEMANDED)
                *missing = number;
}

static void search_entries(struct ekiden_objects *objects, struct search *search,
                           const struct ekiden_native *native)
{
        for (size_t i = 0; i < objects->entry_count && !search->member; i++)
                search_struct(search, native, objects->entries[i]);
}

/* Demanded objects without a record may be known from items before, too: then no page tells. */
static int refuse_missing(struct ekiden_cursor *cursor, const struct ekiden_native *native)
{
        struct ekiden_objects *objects = cursor->objects;
        struct search search = {NULL, NULL, NULL};
        uint64_t missing = 0;
        unsigned int type;

        for (uint64_t number = 1; number < objects->page_count * EK_OBJECTS_PAGE; number++)
                if (objects->pages[number / EK_OBJECTS_PAGE])
                        find_missing(objects, number, &missing);
        type = missing > 0 ? type_of(objects, missing) : 0;
        if (type == 0)
                return ekiden_error_set(cursor->error, EKIDEN_EPROTOCOL,
                                        "objects that pointers lead to never came");
        search.missing = *ek_objects_address(objects, missing);
        if (objects->types[type - 1].is_flexible) { /* a number of a patch, if it is missing */
                uint32_t patch = (uint32_t)(uintptr_t)search.missing;

                search.native = objects->patches[patch].native;
                search.member = objects->patches[patch].member;
        } else {
                each_new(objects, search_object, &search);
                search_entries(objects, &search, native);
        }
        if (search.member)
                return ek_native_refuse(cursor, EKIDEN_EPROTOCOL, search.native, search.member,
                                        "points to a %s that never came",
                                        objects->types[type - 1].native->name);
        return ekiden_error_set(cursor->error, EKIDEN_EPROTOCOL,
                                "a %s that a pointer leads to, number %llu, never came",
                                objects->types[type - 1].native->name, (unsigned long long)missing);
}

int ek_objects_complete(struct ekiden_cursor *cursor, const struct ekiden_native *native)
{
        return cursor->objects->missing == 0 ? 0 : refuse_missing(cursor, native);
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

/* Objects that have come are not waited for any more. */
static void sift_waits(struct ekiden_objects *objects)
{
        size_t kept = 0;

        for (size_t i = 0; i < objects->wait_count; i++)
                if (!(*ek_objects_state(objects, objects->waits[i].number) & EK_OBJECT_FILLED))
                        objects->waits[kept++] = objects->waits[i];
        objects->wait_count = kept;
}

static void forget_entries(struct ekiden_objects *objects)
{
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
        sift_waits(objects);
        forget_entries(objects);
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
        if (type_of(objects, number) == 0 ||
            ((state & EK_OBJECT_PLACED) && !(state & EK_OBJECT_ENTRY)))
                return;
        type = &objects->types[type_of(objects, number) - 1];
        if (type->is_flexible && !(state & EK_OBJECT_FILLED))
                return; /* it was never made */
        object = *ek_objects_address(objects, number);
        message = state & EK_OBJECT_FILLED ? type->message : NULL;
        if (state & EK_OBJECT_NEW)
                ek_native_free(type->native, message, object);
        else
                ek_native_clear(type->native, message, object);
        *ek_objects_state(objects, number) = 0;
}

void ek_objects_undo(struct ekiden_objects *objects)
{
        if (!objects->is_kept)
                each_new(objects, undo_object, NULL);
        forget_entries(objects);
        objects->missing = 0;
}

int ek_objects_check(struct ekiden_objects *objects, struct ekiden_error *error)
{
        const struct ek_objects_mention *mention;

        sift_waits(objects);
        if (objects->wait_count == 0)
                return 0;
        mention = &objects->mentions[objects->waits[0].mention];
        if (error && error->code == 0) {
                memcpy(error->item, mention->item, sizeof(error->item));
                strncpy(error->field,
                        mention->native->descriptor->fields[mention->member->field].name,
                        EKIDEN_NAME_MAX);
        }
        return ekiden_error_set(error, EKIDEN_EREFUSED,
                                "member \"%s\" of %s points to a %s that no item brought; tag the "
                                "item that holds it",
                                mention->member->name, mention->native->name,
                                mention->member->target->name);
}
