/* SPDX-License-Identifier: MIT */
/*
 * Identities to addresses. An object is made when it is first heard of, so a pointer to it is
 * known before its record comes; only where its size or its place is not known yet, the pointer
 * waits in a list. No identity is believed: it must be in the range of what has been sent so far,
 * keep its type, and bring one record.
 */
#include <stdlib.h>
#include <string.h>

#include "state/native.h"

#define SMALLEST_LIMIT 65536 /* numbers that are accepted before anything was received */

static int out_of_memory(struct ekiden_cursor *cursor)
{
        return ekiden_error_set(cursor->error, EKIDEN_ENOMEM, "memory ran out while importing");
}

static int damaged(struct ekiden_cursor *cursor, const char *what)
{
        return ekiden_error_set(cursor->error, EKIDEN_EPROTOCOL, "%s %llu is malformed: %s",
                                cursor->objects->is_object ? "object" : "record",
                                (unsigned long long)cursor->record, what);
}

/* The number of an identity, with a place in the table: 0, EPROTOCOL, ENOMEM. */
static int find_number(struct ekiden_objects *objects, uint64_t identity, uint64_t *ret_number)
{
        uint64_t number = identity / 2;

        if (number == 0 || number >= SMALLEST_LIMIT + objects->received || number > UINT32_MAX)
                return EKIDEN_EPROTOCOL;
        *ret_number = number;
        return ek_objects_reach(objects, number);
}

static unsigned int type_of_state(uint16_t state)
{
        return state >> EK_OBJECT_TYPE_SHIFT;
}

static void touch(struct ekiden_objects *objects, uint64_t number)
{
        objects->pages[number / EK_OBJECTS_PAGE]->is_touched = true;
}

/* Whether the address of an object is not known yet: then patches hang there. */
static bool is_pending(const struct ekiden_objects *objects, uint16_t state)
{
        return !(state & EK_OBJECT_FILLED) &&
               ((state & EK_OBJECT_PLACED) || objects->types[type_of_state(state) - 1].is_flexible);
}

static int add_patch(struct ekiden_objects *objects, uint64_t number, void *place,
                     const struct ekiden_native *native, const struct ekiden_member *member)
{
        void **address = ek_objects_address(objects, number);
        uint32_t index = objects->free_patch;
        int r;

        if (index != 0) {
                objects->free_patch = objects->patches[index].next;
        } else {
                r = ek_objects_grow(&objects->patches, &objects->patch_capacity,
                                    objects->patch_count, sizeof(*objects->patches));
                if (r < 0)
                        return r;
                if (objects->patch_count > UINT32_MAX)
                        return EKIDEN_ELIMIT;
                index = (uint32_t)objects->patch_count++;
        }
        objects->patches[index] =
                (struct ek_objects_patch){place, native, member, (uint32_t)(uintptr_t)*address};
        *address = (void *)(uintptr_t)index;
        return 0;
}

static void set_address(struct ekiden_objects *objects, uint64_t number, void *object)
{
        void **address = ek_objects_address(objects, number);
        uint32_t index = 0;

        if (is_pending(objects, *ek_objects_state(objects, number)))
                index = (uint32_t)(uintptr_t)*address;
        *address = object;
        while (index != 0) {
                struct ek_objects_patch *patch = &objects->patches[index];
                uint32_t next = patch->next;

                memcpy(patch->place, &object, sizeof(object));
                *patch = (struct ek_objects_patch){.next = objects->free_patch};
                objects->free_patch = index;
                index = next;
        }
}

/* The place in `mentions` of an item's member. */
static int find_mention(struct ekiden_objects *objects, const struct ekiden_native *native,
                        const struct ekiden_member *member, uint32_t *ret_index)
{
        int r;

        for (size_t i = objects->mention_count; i-- > 0;)
                if (objects->mentions[i].member == member &&
                    strcmp(objects->mentions[i].item, objects->item) == 0) {
                        *ret_index = (uint32_t)i;
                        return 0;
                }
        r = ek_objects_grow(&objects->mentions, &objects->mention_capacity, objects->mention_count,
                            sizeof(*objects->mentions));
        if (r < 0)
                return r;
        *ret_index = (uint32_t)objects->mention_count;
        objects->mentions[objects->mention_count] =
                (struct ek_objects_mention){.native = native, .member = member};
        strncpy(objects->mentions[objects->mention_count++].item, objects->item, EKIDEN_NAME_MAX);
        return 0;
}

static int add_wait(struct ekiden_objects *objects, uint64_t number,
                    const struct ekiden_native *native, const struct ekiden_member *member)
{
        uint32_t mention;
        int r = find_mention(objects, native, member, &mention);

        if (r == 0)
                r = ek_objects_grow(&objects->waits, &objects->wait_capacity, objects->wait_count,
                                    sizeof(*objects->waits));
        if (r == 0)
                objects->waits[objects->wait_count++] =
                        (struct ek_objects_wait){(uint32_t)number, mention};
        return r;
}

/* First word of an object: it is made, if nothing is missing for that. */
static int introduce(struct ekiden_objects *objects, uint64_t number, unsigned int type,
                     bool is_placed)
{
        uint16_t state = (uint16_t)(type << EK_OBJECT_TYPE_SHIFT | EK_OBJECT_NEW |
                                    (is_placed ? EK_OBJECT_PLACED : 0));
        void *object = NULL;

        if (!is_pending(objects, state)) {
                object = ek_native_new(objects->types[type - 1].native, NULL);
                if (!object)
                        return EKIDEN_ENOMEM;
                /* The program may look at it before its record comes: number 0 is a descriptor. */
                ek_native_unset_descriptors(objects->types[type - 1].native,
                                            objects->types[type - 1].message, object);
        }
        *ek_objects_address(objects, number) = object;
        *ek_objects_state(objects, number) = state;
        touch(objects, number);
        return 0;
}

static int refuse_identity(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                           const struct ekiden_member *member, int code)
{
        if (code == EKIDEN_EPROTOCOL)
                return ek_native_refuse(cursor, code, native, member,
                                        "points to an object whose identity cannot be");
        return out_of_memory(cursor);
}

int ek_objects_mention(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                       const struct ekiden_member *member, uint64_t identity, void *place)
{
        struct ekiden_objects *objects = cursor->objects;
        unsigned int type = ek_objects_type(objects, member->target);
        bool is_new, awaits = (identity & 1) || (member->flags & EKIDEN_MEMBER_REFERENCE);
        uint64_t number;
        uint16_t *state;
        void *object;
        int r;

        if (identity == 0)
                return 0;
        if (type == 0)
                return ek_native_refuse(cursor, EKIDEN_EINVAL, native, member,
                                        "points to a %s, whose message has no identity field",
                                        member->target->name);
        r = find_number(objects, identity, &number);
        if (r < 0)
                return refuse_identity(cursor, native, member, r);
        state = ek_objects_state(objects, number);
        is_new = *state == 0;
        if (is_new && introduce(objects, number, type, identity & 1) < 0)
                return out_of_memory(cursor);
        if (type_of_state(*state) == 0)
                return ek_native_refuse(cursor, EKIDEN_EREFUSED, native, member,
                                        "points to an object that a transformer dropped");
        if (type_of_state(*state) != type)
                return ek_native_refuse(cursor, EKIDEN_EPROTOCOL, native, member,
                                        "points to an object of another type");
        if (!(*state & EK_OBJECT_FILLED)) {
                if (awaits && is_new && add_wait(objects, number, native, member) < 0)
                        return out_of_memory(cursor);
                if (!awaits && !(*state & EK_OBJECT_DEMANDED)) {
                        *state |= EK_OBJECT_DEMANDED;
                        objects->missing++;
                }
        }
        if (is_pending(objects, *state))
                return add_patch(objects, number, place, native, member) < 0 ? out_of_memory(cursor)
                                                                             : 0;
        object = *ek_objects_address(objects, number);
        memcpy(place, &object, sizeof(object));
        return 0;
}

bool ek_objects_has(struct ekiden_objects *objects, uint64_t identity)
{
        uint64_t number = identity / 2;
        size_t page = (size_t)(number / EK_OBJECTS_PAGE);

        return number > 0 && page < objects->page_count && objects->pages[page] &&
               (*ek_objects_state(objects, number) & EK_OBJECT_FILLED);
}

int ek_objects_drop(struct ekiden_cursor *cursor, uint64_t identity)
{
        struct ekiden_objects *objects = cursor->objects;
        uint64_t number;
        int r = find_number(objects, identity, &number);

        if (r == EKIDEN_EPROTOCOL)
                return damaged(cursor, "its identity cannot be");
        if (r < 0)
                return out_of_memory(cursor);
        if (*ek_objects_state(objects, number) == 0)
                *ek_objects_state(objects, number) = EK_OBJECT_FILLED;
        else if (*ek_objects_state(objects, number) & EK_OBJECT_DEMANDED)
                objects->dropped = number;
        return 0;
}

/* A record comes for an identity: the number, whose state is of this type and not filled, or 0. */
static int expect(struct ekiden_cursor *cursor, uint64_t identity, unsigned int type,
                  uint64_t *ret_number)
{
        struct ekiden_objects *objects = cursor->objects;
        uint16_t state;
        int r = find_number(objects, identity, ret_number);

        if (r == EKIDEN_EPROTOCOL)
                return damaged(cursor, "its identity cannot be");
        if (r < 0)
                return out_of_memory(cursor);
        state = *ek_objects_state(objects, *ret_number);
        if (state & EK_OBJECT_FILLED)
                return damaged(cursor, state & EK_OBJECT_PLACED
                                               ? "it is a singleton, and cannot be an entry, too"
                                               : "it came twice");
        if (state != 0 && type_of_state(state) != type)
                return damaged(cursor, "a pointer has led to it as an object of another type");
        if (state != 0 && !(state & EK_OBJECT_PLACED) != !(identity & 1))
                return damaged(cursor, "it is a singleton for one, and for another not");
        return 0;
}

static void set_filled(struct ekiden_objects *objects, uint64_t number, unsigned int type,
                       unsigned int flags, void *object)
{
        uint16_t *state = ek_objects_state(objects, number);

        if (*state == 0) {
                *state = (uint16_t)(type << EK_OBJECT_TYPE_SHIFT | EK_OBJECT_NEW | flags);
                *ek_objects_address(objects, number) = NULL;
        }
        set_address(objects, number, object);
        if (*state & EK_OBJECT_DEMANDED)
                objects->missing--;
        *state = (uint16_t)((*state & ~EK_OBJECT_DEMANDED) | EK_OBJECT_FILLED |
                            EK_OBJECT_FILLED_NOW);
        touch(objects, number);
}

int ek_objects_fill(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                    const ProtobufCMessage *message, void **ret_object)
{
        struct ekiden_objects *objects = cursor->objects;
        unsigned int type = ek_objects_type(objects, native);
        uint64_t identity = 0, number = 0;
        bool is_made;
        void *object;
        int r;

        if (type == 0 || !ek_message_identity(native, message, &identity))
                return damaged(cursor, "it has no identity");
        r = expect(cursor, identity, type, &number);
        if (r < 0)
                return r;
        if (*ek_objects_state(objects, number) == 0 &&
            introduce(objects, number, type, identity & 1) < 0)
                return out_of_memory(cursor);
        is_made = is_pending(objects, *ek_objects_state(objects, number));
        object = is_made ? ek_native_new(native, message) : *ek_objects_address(objects, number);
        if (!object)
                return out_of_memory(cursor);
        r = ek_native_import(cursor, native, objects->types[type - 1].message, message, object);
        if (r < 0) {
                if (is_made)
                        ek_native_free(native, NULL, object);
                else
                        ek_native_unset_descriptors(native, objects->types[type - 1].message,
                                                    object);
                return r;
        }
        set_filled(objects, number, type, 0, object);
        *ret_object = object;
        return 0;
}

int ek_objects_fill_placed(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                           const struct ekiden_message *type, const ProtobufCMessage *message,
                           void *scratch, void *address)
{
        struct ekiden_objects *objects = cursor->objects;
        unsigned int number_of_type = ek_objects_type(objects, native);
        uint64_t identity = 0, number = 0;
        int r;

        if (number_of_type == 0 || !ek_message_identity(native, message, &identity))
                return ek_native_import(cursor, native, type, message, scratch);
        r = expect(cursor, identity, number_of_type, &number);
        if (r < 0)
                return r;
        if (*ek_objects_state(objects, number) != 0 && !(identity & 1))
                return ekiden_error_set(cursor->error, EKIDEN_EREFUSED,
                                        "pointers led to this %s before it became a singleton; "
                                        "tag it before the items that point to it",
                                        native->name);
        set_filled(objects, number, number_of_type, EK_OBJECT_PLACED, address);
        return ek_native_import(cursor, native, type, message, scratch);
}
