/* SPDX-License-Identifier: MIT */
/*
 * The image of an item: what of it counts when what a program was given is compared with what it
 * exports, in its own version. It is two digests, of the item's records and of all objects: an
 * entry that has an identity counts as one in its item, and what is in it with the objects, as any
 * item may be the one that brings it, or leads to it.
 */
#pragma once

#include "scratch.h"
#include "state/tagged.h"

#define EK_PLACE_SIZE 8 /* bytes ahead of those that lie in an arena: where they do */

/* How records are made alike before they are compared. */
struct ek_likeness {
        /* They come from another version, or go there: a field that is absent is as good as one
           that has its default. */
        bool is_crossing;
        bool is_value; /* of a built-in item: a number is the same in whatever integer it is */
        bool is_ahead; /* of an item that was sent ahead: what may be older there does not count */
        bool places_blocks; /* where bytes in an arena lie counts, too */
        unsigned int key; /* number of the key field; 0: none. Of records, and not of objects */
        /* The struct that it is bound to, which may have room for a fixed number of values; NULL */
        const struct ekiden_native *native;
        const ProtobufCMessageDescriptor *mask; /* only what this one has counts, too; NULL: all */
};

/**
 * Copies a record, with nothing in it but what counts: descriptors are what they lead to.
 *
 * @param record     its descriptors are the process's own
 * @param ret_masked whether something was masked; NULL: who cares
 * @return the copy, in the scratch; NULL: memory ran out
 */
ProtobufCMessage *ek_likeness_copy(const struct ek_likeness *likeness,
                                   struct ekiden_scratch *scratch,
                                   const struct ekiden_message *type,
                                   const ProtobufCMessage *record, bool *ret_masked);

/** Whether what is in the record counts with the objects; an item that is bound to structs. */
bool ek_image_identity(const struct ekiden_native *native, const struct ekiden_message *type,
                       const ProtobufCMessage *record, uint64_t *ret_identity);

/* What the hash of a record is seeded with: so no entry is taken for an object. */
enum {
        EK_IMAGE_RECORD = 0,
        EK_IMAGE_ENTRY, /* of its identity, as 8 bytes */
        EK_IMAGE_OBJECT,
        EK_IMAGE_SEEDS,
};

struct ek_image {
        bool is_crossing, is_value, is_ahead, places_blocks; /* as in struct ek_likeness */
        const struct ekiden_message *last_type; /* of the record that was added last … */
        bool is_plain; /* … and whether all of it counts as it is */
        struct ekiden_scratch scratch; /* of the record in hand */
        struct ek_digest records;
        struct ek_digest *objects; /* of all items; not used where none is bound */
};

void ek_image_init(struct ek_image *image, const struct ek_tagged *tagged, bool is_crossing,
                   struct ek_digest *objects);

void ek_image_deinit(struct ek_image *image);

/**
 * Adds a record or an object.
 *
 * @param native     that the record is bound to; NULL: to none
 * @param is_object  it is no record of the item
 * @param record     unchanged afterwards
 * @return 0 or a negative EKIDEN_E…
 */
int ek_image_add(struct ek_image *image, const struct ekiden_message *type,
                 const struct ekiden_native *native, bool is_object, ProtobufCMessage *record);

/** Adds an entry whose record has come before. */
void ek_image_add_entry(struct ek_image *image, uint64_t identity);
