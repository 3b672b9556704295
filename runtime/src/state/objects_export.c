/* SPDX-License-Identifier: MIT */
/*
 * Addresses to identities. An object is known by its address and its type: a struct and its first
 * member share an address. What is found is sent in the order of its numbers, so the table is its
 * own queue, and no walk is ever deeper than one struct.
 */
#include <stdlib.h>
#include <string.h>

#include "state/native.h"

static size_t hash(const void *address, unsigned int type)
{
        uint64_t key = (uint64_t)(uintptr_t)address ^ ((uint64_t)type << 48);

        key *= UINT64_C(0x9e3779b97f4a7c15);
        return (size_t)(key ^ key >> 32);
}

/* The slot of an object, or the free one where it belongs. */
static uint32_t *find_slot(struct ekiden_objects *objects, const void *address, unsigned int type)
{
        size_t i = hash(address, type) & (objects->slot_count - 1);

        for (;; i = (i + 1) & (objects->slot_count - 1)) {
                uint32_t number = objects->slots[i];

                if (number == 0 || (*ek_objects_address(objects, number) == address &&
                                    ek_objects_type_of(objects, number) == type))
                        return &objects->slots[i];
        }
}

/* Three quarters of the slots are in use at most. */
static int make_room(struct ekiden_objects *objects)
{
        return objects->count < objects->slot_count - objects->slot_count / 4
                       ? 0
                       : ek_objects_index(objects);
}

/* Numbers that nobody has are in a page, too, or in one that is not there. */
static bool is_known(struct ekiden_objects *objects, uint64_t number)
{
        return objects->pages[number / EK_OBJECTS_PAGE] && ek_objects_type_of(objects, number) != 0;
}

int ek_objects_index(struct ekiden_objects *objects)
{
        size_t count = objects->slot_count > 0 ? objects->slot_count * 2 : 64;
        uint32_t *slots;

        while (objects->count >= count - count / 4)
                count *= 2;
        slots = calloc(count, sizeof(*slots));
        if (!slots)
                return EKIDEN_ENOMEM;
        free(objects->slots);
        objects->slots = slots;
        objects->slot_count = count;
        for (uint64_t number = 1; number <= objects->count; number++)
                if (is_known(objects, number))
                        *find_slot(objects, *ek_objects_address(objects, number),
                                   ek_objects_type_of(objects, number)) = (uint32_t)number;
        return 0;
}

/* The number of an object, which is entered with these flags if it is not known. */
static int number_of(struct ekiden_objects *objects, const void *address, unsigned int type,
                     unsigned int flags, uint32_t *ret_number)
{
        uint32_t *slot;
        int r = make_room(objects);

        if (r < 0)
                return r;
        slot = find_slot(objects, address, type);
        if (*slot == 0) {
                uint64_t number = objects->count + 1;

                if (number > UINT32_MAX)
                        return EKIDEN_ELIMIT;
                r = ek_objects_reach(objects, number);
                if (r < 0)
                        return r;
                *ek_objects_address(objects, number) = (void *)(uintptr_t)address;
                *ek_objects_state(objects, number) =
                        (uint16_t)(type << EK_OBJECT_TYPE_SHIFT | flags);
                objects->count = number;
                *slot = (uint32_t)number;
        }
        *ret_number = *slot;
        return 0;
}

static uint64_t identity_of(struct ekiden_objects *objects, uint32_t number)
{
        bool is_placed = *ek_objects_state(objects, number) & EK_OBJECT_PLACED;

        return 2 * (uint64_t)number + (is_placed ? 1 : 0);
}

static int failed(struct ekiden_cursor *cursor, int code)
{
        return ekiden_error_set(cursor->error, code,
                                "the table of objects that pointers lead to cannot grow: %s",
                                ekiden_error_text(code));
}

int ek_objects_place(struct ekiden_objects *objects, const struct ekiden_native *native,
                     const void *address)
{
        unsigned int type = ek_objects_type(objects, native);
        uint32_t number;

        return type == 0 ? 0
                         : number_of(objects, address, type,
                                     EK_OBJECT_PLACED | EK_OBJECT_WANTED | EK_OBJECT_SENT, &number);
}

/* An object that was passed over, as nothing but references led to it, has its turn again. */
static int want(struct ekiden_objects *objects, uint32_t number)
{
        int r;

        if (*ek_objects_state(objects, number) & EK_OBJECT_WANTED)
                return 0;
        if (number < objects->next) {
                r = ek_objects_grow(&objects->again, &objects->again_capacity, objects->again_count,
                                    sizeof(*objects->again));
                if (r < 0)
                        return r;
                objects->again[objects->again_count++] = number;
        }
        *ek_objects_state(objects, number) |= EK_OBJECT_WANTED;
        return 0;
}

int ek_objects_refer(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                     const struct ekiden_member *member, const void *address,
                     uint64_t *ret_identity)
{
        struct ekiden_objects *objects = cursor->objects;
        unsigned int type = ek_objects_type(objects, member->target);
        uint32_t number;
        int r;

        if (type == 0)
                return ek_native_refuse(cursor, EKIDEN_EINVAL, native, member,
                                        "points to a %s, whose message has no identity field",
                                        member->target->name);
        r = number_of(objects, address, type, 0, &number);
        if (r < 0)
                return failed(cursor, r);
        if (*ek_objects_state(objects, number) & EK_OBJECT_PINNED)
                return ek_native_refuse(cursor, EKIDEN_EREFUSED, native, member,
                                        "points into an array or an embedded struct; only whole "
                                        "objects can be pointed to");
        if (!(member->flags & EKIDEN_MEMBER_REFERENCE))
                r = want(objects, number);
        *ret_identity = identity_of(objects, number);
        return r < 0 ? failed(cursor, r) : 0;
}

int ek_objects_pin(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                   const struct ekiden_member *member, const void *address)
{
        struct ekiden_objects *objects = cursor->objects;
        unsigned int type = ek_objects_type(objects, member->target);
        uint32_t number;
        int r;

        if (type == 0)
                return 0;
        r = number_of(objects, address, type, EK_OBJECT_PINNED, &number);
        if (r < 0)
                return failed(cursor, r);
        if (*ek_objects_state(objects, number) & EK_OBJECT_PINNED)
                return 0;
        return ek_native_refuse(cursor, EKIDEN_EREFUSED, native, member,
                                "is an array or an embedded struct that a pointer points into; "
                                "only whole objects can be pointed to");
}

int ek_objects_root(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                    const void *address, uint64_t *ret_identity)
{
        struct ekiden_objects *objects = cursor->objects;
        unsigned int type = ek_objects_type(objects, native);
        uint32_t number;
        uint16_t *state;
        int r;

        *ret_identity = 0;
        if (type == 0)
                return 0;
        r = number_of(objects, address, type, 0, &number);
        if (r < 0)
                return failed(cursor, r);
        state = ek_objects_state(objects, number);
        if (*state & EK_OBJECT_PINNED)
                return ekiden_error_set(cursor->error, EKIDEN_EREFUSED,
                                        "record %llu: this %s is a part of another struct that has "
                                        "crossed; it cannot be an entry, too",
                                        (unsigned long long)cursor->record, native->name);
        *ret_identity = identity_of(objects, number);
        if ((*state & EK_OBJECT_SENT) && !(*state & EK_OBJECT_PLACED))
                return 1;
        *state |= EK_OBJECT_SENT | EK_OBJECT_WANTED;
        return 0;
}

void ek_objects_begin(struct ekiden_objects *objects)
{
        objects->entry = NULL;
        ek_walk_end(&objects->walk);
        for (size_t page = 0; page < objects->page_count; page++) {
                if (!objects->pages[page] || !objects->pages[page]->is_touched)
                        continue;
                for (size_t i = 0; i < EK_OBJECTS_PAGE; i++)
                        objects->pages[page]->states[i] &= (uint16_t)~EK_OBJECT_ENTRY;
                objects->pages[page]->is_touched = false;
        }
}

bool ek_objects_came_before(struct ekiden_objects *objects, uint64_t identity)
{
        uint16_t *state = ek_objects_state(objects, identity / 2);
        bool came_before = *state & EK_OBJECT_ENTRY;

        *state |= EK_OBJECT_ENTRY;
        objects->pages[identity / 2 / EK_OBJECTS_PAGE]->is_touched = true;
        return came_before;
}

static const void *send(struct ekiden_objects *objects, uint64_t number,
                        const struct ek_object_type **ret_type, uint64_t *ret_identity)
{
        uint16_t *state = ek_objects_state(objects, number);

        *state |= EK_OBJECT_SENT;
        *ret_type = &objects->types[(*state >> EK_OBJECT_TYPE_SHIFT) - 1];
        *ret_identity = identity_of(objects, (uint32_t)number);
        return *ek_objects_address(objects, number);
}

static bool is_due(struct ekiden_objects *objects, uint64_t number)
{
        unsigned int state = *ek_objects_state(objects, number);

        return (state & EK_OBJECT_WANTED) && !(state & (EK_OBJECT_SENT | EK_OBJECT_PINNED));
}

const void *ek_objects_next(struct ekiden_objects *objects, const struct ek_object_type **ret_type,
                            uint64_t *ret_identity)
{
        while (objects->again_count > 0) {
                uint32_t number = objects->again[--objects->again_count];

                if (is_due(objects, number))
                        return send(objects, number, ret_type, ret_identity);
        }
        while (objects->next <= objects->count) {
                uint64_t number = objects->next++;

                if (is_known(objects, number) && is_due(objects, number))
                        return send(objects, number, ret_type, ret_identity);
        }
        return NULL;
}
