/* SPDX-License-Identifier: MIT */
/*
 * Items whose records are the program's own structs. A singleton is filled as a copy, and entries
 * of a container whose objects are shared wait for the end of the item: so a failure at any record
 * leaves the program as it was.
 */
#include "state/native_state.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "scratch.h"
#include "secret.h"
#include "state/callback.h"
#include "state/key.h"
#include "state/native.h"

#define MEMBERS_MAX 1024 /* that are looked at; behind them may be pointers, for all we know */

static bool has_pointers(const struct ekiden_native *native, unsigned int *left)
{
        for (size_t i = 0; i < native->member_count; i++) {
                const struct ekiden_member *member = &native->members[i];

                if (*left == 0 || member->kind == EKIDEN_MEMBER_OBJECT)
                        return true;
                --*left;
                if (member->kind == EKIDEN_MEMBER_STRUCT && has_pointers(member->target, left))
                        return true;
        }
        return false;
}

bool ek_native_is_plain(const struct ekiden_native *native)
{
        unsigned int left = MEMBERS_MAX;

        for (size_t i = 0; i < native->member_count; i++)
                if (native->members[i].kind == EKIDEN_MEMBER_IDENTITY)
                        return false;
        return !has_pointers(native, &left);
}

bool ek_native_is_sound(const struct ekiden_native *native, bool is_entry)
{
        const struct ekiden_member *flexible = ek_native_flexible(native);

        return !flexible || (is_entry && !native->create);
}

/* Whatever the program's container is, its iteration has gone round in a circle. */
static int refuse_twice(const struct ek_tagged *tagged, struct ekiden_cursor *cursor)
{
        return ekiden_error_set(cursor->error, EKIDEN_EREFUSED,
                                "next() of item \"%s\" gave an entry twice, the second time as "
                                "record %llu",
                                tagged->name, (unsigned long long)cursor->record);
}

static int next_entry(const struct ek_tagged *tagged, struct ekiden_cursor *cursor,
                      void **ret_entry)
{
        if (tagged->container)
                return ek_walk_next(&cursor->objects->walk, tagged, cursor, ret_entry);
        *ret_entry = cursor->record == 0 ? tagged->data : NULL;
        return 0;
}

int ek_native_export_entry(const struct ek_tagged *tagged, ProtobufCMessage *record,
                           struct ekiden_cursor *cursor)
{
        struct ekiden_objects *objects = cursor->objects;
        uint64_t identity;
        int r = ek_objects_root(cursor, tagged->native, objects->entry, &identity);

        if (r < 0)
                return r;
        objects->is_stub = r == 1;
        if (identity != 0 && ek_objects_came_before(objects, identity))
                return refuse_twice(tagged, cursor);
        if (identity != 0)
                ek_message_identify(record, tagged->native, identity);
        if (r == 0)
                r = ek_native_export(cursor, tagged->native, objects->entry, record);
        return r < 0 ? r : 1;
}

static int export_record(const void *functions, ProtobufCMessage *record,
                         struct ekiden_cursor *cursor, void *data)
{
        const struct ek_tagged *tagged = functions;
        struct ekiden_objects *objects = cursor->objects;
        int r;

        (void)data;
        r = next_entry(tagged, cursor, &objects->entry);
        if (r < 0 || !objects->entry)
                return r;
        return ek_native_export_entry(tagged, record, cursor);
}

void ek_native_reserve(const struct ek_tagged *tagged, uint64_t count)
{
        if (tagged->container && ek_container_has(tagged, EKIDEN_CONTAINER_RESERVE))
                tagged->container->reserve(tagged->container_functions, count, tagged->data);
}

static uint64_t count(const void *functions, void *data)
{
        const struct ek_tagged *tagged = functions;

        return tagged->container && tagged->container->count
                       ? tagged->container->count(tagged->container_functions, data)
                       : UINT64_MAX;
}

static int out_of_memory(struct ekiden_cursor *cursor)
{
        return ekiden_error_set(cursor->error, EKIDEN_ENOMEM, "memory ran out while importing");
}

/* A copy of the program's struct, with nothing in its bound members. */
static int import_singleton(const struct ek_tagged *tagged, const ProtobufCMessage *record,
                            struct ekiden_cursor *cursor, void *data)
{
        void *scratch = malloc(tagged->native->size);
        int r;

        if (!scratch)
                return out_of_memory(cursor);
        memcpy(scratch, data, tagged->native->size);
        ek_native_prepare(tagged->native, scratch);
        r = ek_objects_fill_placed(cursor, tagged->native, tagged->item.message, record, scratch,
                                   data);
        if (r == 0 && ek_objects_add_entry(cursor->objects, scratch, true) < 0) {
                ek_native_clear(tagged->native, NULL, scratch);
                r = out_of_memory(cursor);
        }
        if (r < 0)
                free(scratch);
        return r;
}

/* An entry that an identity keeps. Once it is filled, its descriptors are its own: nothing may fail
   behind that. */
static int import_object(const struct ek_tagged *tagged, const ProtobufCMessage *record,
                         uint64_t identity, struct ekiden_cursor *cursor)
{
        struct ekiden_objects *objects = cursor->objects;
        void *entry;
        int r;

        if (ek_objects_reserve_entry(objects) < 0)
                return out_of_memory(cursor);
        r = ek_objects_fill(cursor, tagged->native, record, &entry);
        return r < 0 ? r : ek_objects_add_object(objects, identity);
}

/* A program that returns more than it was asked to has taken the entry. */
int ek_native_insert(const struct ek_tagged *tagged, void *entry, struct ekiden_cursor *cursor)
{
        const struct ek_callback callback = {tagged->name, "insert", "refused"};
        int r = tagged->container->insert(tagged->container_functions, entry, cursor, tagged->data);

        return r < 0 ? ek_callback_failed(&callback, cursor->record, r, cursor->error) : 0;
}

/* An entry that no identity keeps; where nothing can be shared, it is the program's at once. */
static int import_loose(const struct ek_tagged *tagged, const ProtobufCMessage *record,
                        struct ekiden_cursor *cursor)
{
        struct ekiden_objects *objects = cursor->objects;
        void *entry;
        int r;

        if ((tagged->is_plain ? ek_taken_reserve(&objects->taken)
                              : ek_objects_reserve_entry(objects)) < 0)
                return out_of_memory(cursor);
        entry = ek_ready_new(&objects->ready, tagged->native, record);
        if (!entry)
                return out_of_memory(cursor);
        r = ek_native_import(cursor, tagged->native, tagged->item.message, record, entry);
        if (r == 0 && tagged->is_plain)
                r = ek_native_insert(tagged, entry, cursor);
        if (r < 0) {
                ek_native_free(tagged->native, NULL, entry);
                return r;
        }
        if (!tagged->is_plain)
                return ek_objects_add_entry(objects, entry, true);
        if (ek_container_has(tagged, EKIDEN_CONTAINER_REMOVE))
                ek_taken_add(&objects->taken, entry);
        return 0;
}

static int import_record(const void *functions, const ProtobufCMessage *record,
                         struct ekiden_cursor *cursor, void *data)
{
        const struct ek_tagged *tagged = functions;
        uint64_t identity;

        if (!tagged->container)
                return import_singleton(tagged, record, cursor, data);
        if (ek_objects_type(cursor->objects, tagged->native) > 0 &&
            ek_message_identity(tagged->native, record, &identity))
                return import_object(tagged, record, identity, cursor);
        return import_loose(tagged, record, cursor);
}

int ek_native_take_stub(const struct ek_tagged *tagged, const struct ekiden_message *type,
                        const ProtobufCMessage *record, struct ekiden_cursor *cursor)
{
        struct ekiden_objects *objects = cursor->objects;
        unsigned int number = ek_objects_type(objects, tagged->native);
        unsigned int state, known;
        uint64_t identity;
        int r;

        if (!tagged->container || number == 0 || !ek_record_identity(type, record, &identity))
                return 0;
        if (!ek_objects_has(objects, identity)) {
                if (!objects->are_let_go || !ek_record_is_stub(type, record))
                        return 0;
                return ekiden_error_set(cursor->error, EKIDEN_EREFUSED,
                                        "record %llu has crossed already, with an item that is not "
                                        "bound to a struct; bind both, or none of them",
                                        (unsigned long long)cursor->record);
        }
        state = *ek_objects_state(objects, identity / 2);
        known = state >> EK_OBJECT_TYPE_SHIFT;
        if ((!ek_record_is_stub(type, record) && !objects->are_repeated) ||
            (known != 0 && known != number))
                return ekiden_error_set(cursor->error, EKIDEN_EPROTOCOL,
                                        "record %llu is malformed: its object came before, or is "
                                        "of another type",
                                        (unsigned long long)cursor->record);
        if (state & EK_OBJECT_PLACED)
                return ekiden_error_set(cursor->error, EKIDEN_EPROTOCOL,
                                        "record %llu is malformed: its object is a singleton, or "
                                        "was one, and belongs to somebody already",
                                        (unsigned long long)cursor->record);
        if (known == 0)
                return 1; /* a transformer dropped it */
        r = ek_objects_add_object(objects, identity);
        if (r == EKIDEN_EPROTOCOL)
                return ekiden_error_set(cursor->error, r,
                                        "record %llu is malformed: its object is an entry already",
                                        (unsigned long long)cursor->record);
        if (r < 0)
                return out_of_memory(cursor);
        cursor->record++;
        return 1;
}

const struct ekiden_binding ek_native_binding = {
        .count = count,
        .export_record = export_record,
        .import_record = import_record,
};

/* Entries in the order of the stream; one that the program refuses is the last that is tried. */
static int insert_entries(const struct ek_tagged *tagged, struct ekiden_cursor *cursor)
{
        struct ekiden_objects *objects = cursor->objects;

        for (; objects->inserted < objects->entry_count; objects->inserted++) {
                void *entry = objects->entries[objects->inserted];
                int r;

                ek_scratch_reset(cursor->scratch);
                cursor->record = objects->inserted;
                r = ek_native_insert(tagged, entry, cursor);
                if (r < 0) {
                        ek_name_native_key(cursor->error, cursor->record, &tagged->item,
                                           tagged->native, entry);
                        return r;
                }
        }
        return 0;
}

int ek_native_finish(const struct ek_tagged *tagged, struct ekiden_cursor *cursor)
{
        struct ekiden_objects *objects = cursor->objects;
        int r = ek_objects_complete(cursor, tagged->native);

        if (r == 0 && tagged->container)
                r = insert_entries(tagged, cursor);
        if (r < 0)
                return r;
        if (!tagged->container && objects->entry_count > 0) {
                memcpy(tagged->data, objects->entries[0], tagged->native->size);
                ek_objects_move(objects, objects->entries[0], tagged->native->size, tagged->data);
                ek_secret_free(ek_message_has_secrets(tagged->item.message), objects->entries[0],
                               tagged->native->size);
        }
        ek_objects_settle(objects);
        return 0;
}
