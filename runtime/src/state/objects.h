/* SPDX-License-Identifier: MIT */
/*
 * Objects: what pointers of bound structs lead to. On the way out, addresses become identities, in
 * the order in which they are found; on the way in, identities become addresses. Both sides keep
 * one table in a handover, so that an object that two items lead to crosses once. The table is
 * flat: beside the objects themselves at most 21 bytes for each on the way out, and 10 on the way
 * in.
 *
 * An identity on the wire is 2n, or 2n + 1 for the struct of a singleton, which the successor's
 * program has itself; n counts from 1. 0 is NULL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/native.h>

#include "chain.h"
#include "state/digest.h"
#include "state/ready.h"
#include "state/taken.h"
#include "state/walk.h"

#define EK_OBJECTS_PAGE 4096 /* identities in a page */
#define EK_OBJECT_TYPES_MAX 1023

/* An object's state: flags, and above them its type's number, from 1; 0: not known yet. */
enum {
        EK_OBJECT_PLACED = 1 << 0, /* the struct of a singleton */
        EK_OBJECT_ENTRY = 1 << 5, /* of the container in hand */
        /* On the way out: */
        EK_OBJECT_SENT = 1 << 1,
        EK_OBJECT_WANTED = 1 << 2, /* it will be sent, or was */
        EK_OBJECT_PINNED = 1 << 3, /* a part of another struct: no pointer may lead to it */
        /* On the way in: */
        EK_OBJECT_FILLED = 1 << 1, /* its record has come; without a type, it was dropped */
        EK_OBJECT_DEMANDED = 1 << 2, /* it must come with the item in hand */
        EK_OBJECT_NEW = 1 << 3, /* first heard of in the item in hand */
        EK_OBJECT_FILLED_NOW = 1 << 4, /* in the item in hand */
        EK_OBJECT_TYPE_SHIFT = 6,
};

struct ek_objects_page {
        void *addresses[EK_OBJECTS_PAGE];
        uint16_t states[EK_OBJECTS_PAGE];
        bool is_touched; /* by the item in hand; on the way out: it has its entries here */
};

/* A message type with an identity, and the struct that it is bound to. */
struct ek_object_type {
        const struct ekiden_native *native;
        const struct ekiden_message *message;
        size_t item; /* of kind OBJECTS: its index in the schema */
        bool is_flexible; /* how large an object is, its record says */
};

/* A pointer that waits for the address of an object. */
struct ek_objects_patch {
        void *place; /* of a pointer, which need not be aligned */
        const struct ekiden_native *native;
        const struct ekiden_member *member;
        uint32_t next; /* of the same object; 0: no more */
};

/* An object that a later item must bring. */
struct ek_objects_wait {
        uint32_t number;
        uint32_t mention; /* index */
};

/* The first item and member that wait for objects of others. */
struct ek_objects_mention {
        char item[EKIDEN_NAME_MAX + 1];
        const struct ekiden_native *native;
        const struct ekiden_member *member;
};

struct ekiden_objects {
        const struct ekiden_natives *natives;
        struct ek_object_type *types; /* sorted by `native` */
        size_t type_count;
        struct ek_objects_page **pages;
        size_t page_count;
        bool is_object; /* the record in hand: for messages */
        const char *item; /* in hand */

        /* On the way out. */
        uint32_t *slots; /* hash table of numbers; 0: free */
        size_t slot_count; /* a power of two */
        uint64_t count; /* of known objects; their numbers are 1 … count */
        uint64_t next; /* number from which on nothing was sent yet */
        uint32_t *again; /* numbers before `next` that are wanted since */
        size_t again_count, again_capacity;
        void *entry; /* of the container, that was exported last */
        struct ek_walk walk; /* of the container */
        bool is_stub; /* it had crossed before: its record says which it is, and no more */

        /* On the way in. */
        const struct ek_chain *chain;
        struct ek_route *routes; /* of each item of chain->from that is of kind OBJECTS */
        bool are_let_go; /* an item that is not bound came: nobody took the objects that it had */
        bool are_repeated; /* the item in hand is a snapshot's, and brings objects that have come */
        struct ek_digest given; /* of what is in the objects that the program was given */
        uint64_t received; /* bytes of the handover so far: no more objects than that can be */
        uint64_t missing; /* objects that are demanded, and have not come */
        uint64_t dropped; /* number of one of them that a transformer dropped; 0: none */
        struct ek_objects_patch *patches; /* the first is not used */
        size_t patch_count, patch_capacity;
        uint32_t free_patch; /* 0: none */
        struct ek_objects_wait *waits;
        size_t wait_count, wait_capacity;
        struct ek_objects_mention *mentions;
        size_t mention_count, mention_capacity;
        struct ek_ready ready; /* memory of entries that are about to come */
        struct ek_taken taken; /* entries of the item in hand that waited for nothing else */
        void **entries; /* those that did, and are not yet the program's */
        size_t entry_count, entry_capacity, inserted;
        size_t *loose; /* indices of entries that no identity keeps */
        size_t loose_count, loose_capacity;
        bool is_kept; /* the program keeps entries of a failed import */
};

/**
 * Makes the table of one handover.
 *
 * @param chain  on the way in; NULL on the way out
 * @return 0, ENOMEM, ELIMIT (too many types), EINVAL (tables that do not fit each other)
 */
int ek_objects_new(const struct ekiden_natives *natives, const struct ek_chain *chain,
                   struct ekiden_objects **ret_objects);

/** Frees it; no object. NULL is allowed. Returns NULL. */
struct ekiden_objects *ek_objects_free(struct ekiden_objects *objects);

/** Whether a schema has items of kind OBJECTS: without, no pointer crosses. */
bool ek_schema_has_objects(const struct ekiden_schema *schema);

/** Number of the type of a struct, from 1; 0: it has no identity. */
unsigned int ek_objects_type(const struct ekiden_objects *objects,
                             const struct ekiden_native *native);

/** The type of an item of kind OBJECTS, of our schema; NULL: it is not bound. */
const struct ek_object_type *ek_objects_type_of_item(const struct ekiden_objects *objects,
                                                     const struct ekiden_item *item);

/** The identity that a message carries; false: none. `descriptor` is the message's. */
bool ek_message_identity(const struct ekiden_native *native, const ProtobufCMessage *message,
                         uint64_t *ret_identity);

/** Sets it; nothing where the type has none. */
void ek_message_identify(ProtobufCMessage *message, const struct ekiden_native *native,
                         uint64_t identity);

/** Makes room for a number: 0 or ENOMEM. */
int ek_objects_reach(struct ekiden_objects *objects, uint64_t number);

static inline uint16_t *ek_objects_state(struct ekiden_objects *objects, uint64_t number)
{
        return &objects->pages[number / EK_OBJECTS_PAGE]->states[number % EK_OBJECTS_PAGE];
}

static inline unsigned int ek_objects_type_of(struct ekiden_objects *objects, uint64_t number)
{
        return *ek_objects_state(objects, number) >> EK_OBJECT_TYPE_SHIFT;
}

static inline void **ek_objects_address(struct ekiden_objects *objects, uint64_t number)
{
        return &objects->pages[number / EK_OBJECTS_PAGE]->addresses[number % EK_OBJECTS_PAGE];
}

/** Makes room for one more element in an array of `*capacity`: 0 or ENOMEM. */
int ek_objects_grow(void *array, size_t *capacity, size_t count, size_t element_size);

/* On the way out (objects_export.c). */

/** Enters the struct of a singleton: 0 or ENOMEM. */
int ek_objects_place(struct ekiden_objects *objects, const struct ekiden_native *native,
                     const void *address);

/** The identity of what a member points to, which will be sent unless it is a reference. */
int ek_objects_refer(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                     const struct ekiden_member *member, const void *address,
                     uint64_t *ret_identity);

/** Says that a struct is a part of another: no pointer may lead to it. */
int ek_objects_pin(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                   const struct ekiden_member *member, const void *address);

/** An item begins: it has no entries yet. */
void ek_objects_begin(struct ekiden_objects *objects);

/** Whether the address was an entry of the item in hand before; from now on it is. Of types with an
    identity; ek_objects_root() has entered it. */
bool ek_objects_came_before(struct ekiden_objects *objects, uint64_t identity);

/** The identity of an entry of an item, 0: the type has none; 1: it crossed before, 0, or an
    error. */
int ek_objects_root(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                    const void *address, uint64_t *ret_identity);

/** The next object to be sent, and its identity; NULL: no more. */
const void *ek_objects_next(struct ekiden_objects *objects, const struct ek_object_type **ret_type,
                            uint64_t *ret_identity);

/** Enters all known objects into a larger hash table: 0 or ENOMEM. */
int ek_objects_index(struct ekiden_objects *objects);

/* A second time (objects_again.c). */

/** Enters what came in, into an empty table of the same natives, by the same identities: 0 or
 * ENOMEM.
 */
int ek_objects_seed(struct ekiden_objects *objects, const struct ekiden_objects *imported);

/** What is sent from now on brings all objects that it leads to, whether they were sent or not; by
   the same identities. */
void ek_objects_send_again(struct ekiden_objects *objects);

/* On the way in (objects_import.c, objects_settle.c, objects_missing.c). */

/** Sets a pointer to the object of an identity, now or when its address is known. */
int ek_objects_mention(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                       const struct ekiden_member *member, uint64_t identity, void *place);

/** Whether a record of this identity has come. */
bool ek_objects_has(struct ekiden_objects *objects, uint64_t identity);

/** Notes that a transformer dropped the object. */
int ek_objects_drop(struct ekiden_cursor *cursor, uint64_t identity);

/**
 * Takes an object's record: fills the object, made here if nothing led to it yet.
 *
 * @param message     that carries an identity
 * @param ret_object  the object
 */
int ek_objects_fill(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                    const ProtobufCMessage *message, void **ret_object);

/** As ek_objects_fill(), for a singleton: it fills `scratch`, and `address` is where it will be. */
int ek_objects_fill_placed(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                           const struct ekiden_message *type, const ProtobufCMessage *message,
                           void *scratch, void *address);

/** Makes room, so that the next entry is added without fail: 0 or ENOMEM. */
int ek_objects_reserve_entry(struct ekiden_objects *objects);

/** Adds an entry of the item in hand: 0 or ENOMEM. */
int ek_objects_add_entry(struct ekiden_objects *objects, void *entry, bool is_loose);

/** Adds an entry that an identity keeps: 0, ENOMEM, or EPROTOCOL (it is there already). */
int ek_objects_add_object(struct ekiden_objects *objects, uint64_t identity);

/** Whether entry `index` is kept by no identity. */
bool ek_objects_is_loose(const struct ekiden_objects *objects, size_t index);

/** Whether all has come that the item in hand demands; else an error that names the member. */
int ek_objects_complete(struct ekiden_cursor *cursor, const struct ekiden_native *native);

/** Visits the objects that the item in hand made or filled. */
void ek_objects_each_new(struct ekiden_objects *objects,
                         void (*visit)(struct ekiden_objects *objects, uint64_t number, void *data),
                         void *data);

/** Forgets that objects are waited for which have come. */
void ek_objects_sift_waits(struct ekiden_objects *objects);

/** Pointers that wait in [from, from + size) will be at `to`. */
void ek_objects_move(struct ekiden_objects *objects, const void *from, size_t size_bytes, void *to);

/** The item in hand is the program's now. */
void ek_objects_settle(struct ekiden_objects *objects);

/** The item in hand failed: what it made is freed, unless the program keeps entries. */
void ek_objects_undo(struct ekiden_objects *objects);

/** Whether all has come that any item waits for: 0, or EREFUSED naming item and member. */
int ek_objects_check(struct ekiden_objects *objects, struct ekiden_error *error);
