/* SPDX-License-Identifier: MIT */
/*
 * Objects that pointers lead to, and that never came: whether there are any, by the end of an item
 * or of all of them, and whose pointer it is, for the sentence.
 */
#include <string.h>

#include "state/native.h"

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

static void search_object(struct ekiden_objects *objects, uint64_t number, void *data)
{
        struct search *search = data;
        unsigned int state = *ek_objects_state(objects, number);

        if (ek_objects_type_of(objects, number) > 0 && (state & EK_OBJECT_FILLED) &&
            !(state & EK_OBJECT_PLACED))
                search_struct(search,
                              objects->types[ek_objects_type_of(objects, number) - 1].native,
                              *ek_objects_address(objects, number));
}

static void search_entries(struct ekiden_objects *objects, struct search *search,
                           const struct ekiden_native *native)
{
        for (size_t i = 0; i < objects->entry_count && !search->member; i++)
                search_struct(search, native, objects->entries[i]);
}

/* An object that is demanded may be known from items before, too: then no page tells. One that was
   dropped is the reason for others that did not come. */
static uint64_t find_missing(struct ekiden_objects *objects)
{
        uint64_t number = objects->dropped;

        if (number != 0 && (*ek_objects_state(objects, number) & EK_OBJECT_DEMANDED))
                return number;
        for (number = 1; number < objects->page_count * EK_OBJECTS_PAGE; number++)
                if (objects->pages[number / EK_OBJECTS_PAGE] &&
                    (*ek_objects_state(objects, number) & EK_OBJECT_DEMANDED))
                        break;
        return number;
}

static struct search find_pointer(struct ekiden_objects *objects, uint64_t missing,
                                  const struct ekiden_native *native)
{
        struct search search = {.missing = *ek_objects_address(objects, missing)};

        if (objects->types[ek_objects_type_of(objects, missing) - 1].is_flexible) {
                /* Without its record it has no address, but patches. */
                uint32_t patch = (uint32_t)(uintptr_t)search.missing;

                search.native = objects->patches[patch].native;
                search.member = objects->patches[patch].member;
        } else {
                ek_objects_each_new(objects, search_object, &search);
                search_entries(objects, &search, native);
        }
        return search;
}

static int refuse_missing(struct ekiden_cursor *cursor, const struct ekiden_native *native)
{
        struct ekiden_objects *objects = cursor->objects;
        uint64_t missing = find_missing(objects);
        struct search search = find_pointer(objects, missing, native);
        const char *name = objects->types[ek_objects_type_of(objects, missing) - 1].native->name;
        int code = missing == objects->dropped ? EKIDEN_EREFUSED : EKIDEN_EPROTOCOL;
        const char *why = missing == objects->dropped ? "a transformer dropped" : "never came";

        if (search.member)
                return ek_native_refuse(cursor, code, search.native, search.member,
                                        "points to a %s that %s", name, why);
        return ekiden_error_set(cursor->error, code,
                                "a pointer leads to a %s, number %llu, that %s", name,
                                (unsigned long long)missing, why);
}

int ek_objects_complete(struct ekiden_cursor *cursor, const struct ekiden_native *native)
{
        return cursor->objects->missing == 0 ? 0 : refuse_missing(cursor, native);
}

void ek_objects_sift_waits(struct ekiden_objects *objects)
{
        size_t kept = 0;

        for (size_t i = 0; i < objects->wait_count; i++)
                if (!(*ek_objects_state(objects, objects->waits[i].number) & EK_OBJECT_FILLED))
                        objects->waits[kept++] = objects->waits[i];
        objects->wait_count = kept;
}

int ek_objects_check(struct ekiden_objects *objects, struct ekiden_error *error)
{
        const struct ek_objects_mention *mention;

        ek_objects_sift_waits(objects);
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
