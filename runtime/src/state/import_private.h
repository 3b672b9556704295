/* SPDX-License-Identifier: MIT */
/* What import.c, import_descriptors.c and import_object_frame.c share: one item on its way in. */
#pragma once

#include "scratch.h"
#include "state/image.h"
#include "state/kept_key.h"
#include "state/transfer.h"

enum ek_claim {
        EK_CLAIM_UNNAMED = 0, /* it came with the batch */
        EK_CLAIM_NAMED, /* by the record in hand, or by one before it */
        EK_CLAIM_CLAIMED, /* it is in the record that the program is being given */
        EK_CLAIM_GONE, /* the program has it, or it was closed */
};

#define EK_WINDOW 32 /* entries that have come and wait; a power of two */

/* Entries that are filled, and that the program is not given yet (fast_import.c). */
struct ek_window {
        void *entries[EK_WINDOW];
        size_t first, end; /* those that wait: entries[first % EK_WINDOW] … */
        bool prefetches, remembers; /* the container is told of them; can give them back */
};

struct ek_import {
        struct ek_link *link;
        const struct ek_wait *wait;
        const struct ek_tagged *tagged;
        const struct ek_route *route;
        const struct ek_visitor *visitor; /* in place of route and program; NULL: they are */
        const struct ekiden_schema *visited; /* whose records the visitor sees */
        struct ekiden_objects *objects; /* NULL: the item is not bound to structs */
        const struct ek_object_type *object_type; /* of the object in hand */
        struct ekiden_error *error;
        struct ekiden_scratch scratch;
        struct ekiden_cursor cursor;
        struct ek_kept_key kept; /* of the record in hand */
        bool is_snapshot; /* ITEM said so: descriptors are told of and do not come, and each item
                             brings all objects that it leads to */
        struct ek_count count; /* bytes and descriptors are those of objects, too */
        uint64_t announced, reserved; /* records that ITEM told of, and that there is room for */
        bool is_fast;
        struct ek_window window;
        uint64_t taken; /* records that the program was given */
        enum ek_digest_kind digest_kind;
        struct ek_digest digest;
        const struct ekiden_message *arena_type; /* the last that was asked about … */
        bool has_arenas; /* … and whether it may have bytes in an arena */
        bool is_imaged; /* an image is made of what the program is given */
        struct ek_image image;
        /* Of the batch in hand: */
        int *descriptors;
        enum ek_claim *claims; /* as many */
        size_t descriptor_count;
        /* Of the record in hand: indices of those that it names. */
        size_t *mine;
        size_t mine_count;
};

/** The record or object in hand is malformed: EPROTOCOL, with a sentence. */
int ek_import_malformed(struct ek_import *import, const char *what);

/** Adds what the program is about to be given to the image. 0 or an error, with a sentence. */
int ek_import_add_to_image(struct ek_import *import, const struct ekiden_message *type,
                           const struct ekiden_native *native, ProtobufCMessage *record);

/** Unpacks a record as its source has it, its descriptors resolved; `tag` of an object, or 0. */
int ek_import_unpack(struct ek_import *import, const struct ekiden_message *type, uint64_t tag,
                     const uint8_t *data, size_t size_bytes, ProtobufCMessage **ret_record);

/** Receives what answers the PULL: EKIDEN_RESUMED, EKIDEN_FRESH or an error. */
int ek_import_answer(struct ek_import *import);

/** Unpacks a record or an object for the visitor, and closes its descriptors. (import_visit.c) */
int ek_import_show(struct ek_import *import, const struct ekiden_message *type, uint64_t tag,
                   const uint8_t *data, size_t size_bytes);

/** Takes a run of objects. (import_object_frame.c) */
int ek_import_objects(struct ek_import *import, const struct ek_frame *frame);

/* Descriptors of the batch in hand (import_descriptors.c). */

/** Takes what came with a DESCRIPTORS frame, and says RECEIVED. */
int ek_import_descriptors(struct ek_import *import, const struct ek_frame *frame);

/** Visitors of ek_resolve_descriptors(): a number on the wire becomes the descriptor; and one that
    comes out of the transformers is the record's own. `data` is the struct ek_import. */
int ek_import_resolve(void *data, int32_t *value);
int ek_import_claim(void *data, int32_t *value);

/** A transformer wants one more of a descriptor (scratch.h): as if it had come with the record. */
int ek_import_duplicate(void *data, int descriptor, int *ret_descriptor);

/** What the record in hand has claimed becomes the program's, or is the library's again. */
void ek_import_settle_claims(struct ek_import *import, enum ek_claim settled);

/** Closes what the record in hand named and nobody claimed. */
void ek_import_close_unclaimed(struct ek_import *import);

/** At the end of a batch: each must have been named. */
int ek_import_check_named(struct ek_import *import);

/** Closes all that is not the program's. */
void ek_import_drop_descriptors(struct ek_import *import);
