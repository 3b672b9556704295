/* SPDX-License-Identifier: MIT */
/* Items on the wire: export writes one to a link, import reads one from it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "chain.h"
#include "ekiden/handover.pb-c.h"
#include "state/objects.h"
#include "state/tagged.h"
#include "wire/given.h"
#include "wire/link.h"

/* A batch is sent when it has reached this size; measured in peers' terms, 256 KiB suffice. */
#define EK_BATCH_TARGET ((size_t)256 << 10)

/* An item that has to be small has fewer bytes than this, and the descriptors of one frame. */
#define EK_SMALL ((size_t)8 << 10)

/* Descriptors of one record, and so of one batch, at most. */
#define EK_BATCH_DESCRIPTORS_MAX 65536

struct ek_count {
        uint64_t records, objects, bytes, descriptors;
};

/* How far an export has come. */
struct ek_progress {
        const char *item;
        uint64_t records; /* of the item */
        uint64_t announced; /* that the program said there would be; 0: it said nothing */
        bool is_complete; /* the item */
        struct ek_count total;
};

/* Who looks at records in place of sending them, or of giving them to the program. */
struct ek_visitor {
        /* `tag` of an object as on the wire, 0 of a record. The record is unchanged afterwards: it
           may be the program's own. An error ends the walk. */
        int (*visit)(void *data, const struct ekiden_message *type, uint64_t tag,
                     ProtobufCMessage *record, struct ekiden_error *error);
        void *data;
};

struct ek_export {
        struct ek_link *link;
        const struct ek_wait *wait;
        const struct ek_visitor *visitor; /* is given what would be sent; link and wait are NULL */
        struct ek_count total; /* over all items of this handover */
        /* Called as records leave, and at the end of each item; NULL: nobody. */
        void (*progress)(void *data, const struct ek_progress *progress);
        void *data;
        struct ekiden_objects *objects; /* made by the first item that needs it; freed by the caller
                                           at the handover's end */
        struct ek_given *given; /* descriptors that are sent are noted there; NULL: nowhere */
        enum ek_digest_kind digest_kind; /* of the digest that END carries */
        bool notes_figures; /* tagged->last is filled with what was sent */
        unsigned int unreceived; /* groups of descriptors that RECEIVED has not come for */
        size_t in_flight; /* descriptors that were sent since it had come for all */
        bool is_small; /* an item that is not ends with ELIMIT */
        bool is_snapshot; /* descriptors are told of, and none is sent */
};

/**
 * Sends ITEM, the item's records, END.
 *
 * @return 0, or an error with its sentence, the item named in it. The peer's own refusal is read by
 *         the caller: the error is then EPEER.
 */
int ek_export_item(struct ek_export *export_, const struct ek_tagged *tagged,
                   struct ekiden_error *error);

/**
 * Sends an item as ek_export_item() does, if that takes one frame of records that is small, and no
 * wait. It is not reported to `progress`, and `total` stays as it was.
 *
 * @param ret_count  what was sent
 * @return 0; 1: nothing was sent, as it is larger, or cannot be exported; or an error of the link
 */
int ek_export_small(struct ek_export *export_, const struct ek_tagged *tagged,
                    struct ek_count *ret_count, struct ekiden_error *error);

/** RECEIVED has come: 0, or EPROTOCOL (nothing was sent that it could be for). */
int ek_export_note_received(struct ek_export *export_, struct ekiden_error *error);

/** How many records an item has, as its program says; 0: it does not. */
uint64_t ek_export_announced(const struct ek_tagged *tagged);

/** The structs of singletons are known from the start: a pointer to one leads to what the
   successor's program has itself. 0 or ENOMEM. */
int ek_export_place_singletons(struct ekiden_objects *objects);

/** Receives a frame and answers the peer's REFUSAL with its error. As ek_link_receive(). */
int ek_receive(struct ek_link *link, const struct ek_wait *wait, struct ek_frame *ret_frame,
               struct ekiden_error *error);

/** Fills an error from what a peer gives as its reason; its texts are made harmless. Returns the
    code, which is an error in any case. */
int ek_refused(const Ekiden__Refusal *refusal, struct ekiden_error *error);

/** Fills an error from the code of a failed link call, in this handover's words. Returns the code.
 */
int ek_link_failed(int code, struct ekiden_error *error);

/** Whether an item's records are secret. `route` is NULL for a built-in item. */
bool ek_route_has_secrets(const struct ek_tagged *tagged, const struct ek_route *route);

/** Whether objects that come with an item are taken by nobody, as it is not bound to structs. */
bool ek_lets_objects_go(const struct ek_tagged *tagged, const struct ek_route *route);

/**
 * Receives the answer to a PULL: an item's records, through the route into the program, or ABSENT.
 *
 * @param route    NULL for a built-in item
 * @param objects  of this handover; NULL where the item is not bound to structs
 * @return EKIDEN_RESUMED, EKIDEN_FRESH (absent), or an error with its sentence
 */
int ek_import_item(struct ek_link *link, const struct ek_wait *wait, const struct ek_tagged *tagged,
                   const struct ek_route *route, struct ekiden_objects *objects,
                   struct ekiden_error *error);

/**
 * Receives the answer to a PULL that was made to look at an item, of one's own version or another.
 *
 * @param source   the item, as its source has it
 * @param from     the source's schema; NULL for a built-in item
 * @param visitor  is given each record and object, unpacked; descriptors are closed after the call
 * @return EKIDEN_RESUMED, EKIDEN_FRESH (absent), or an error with its sentence
 */
int ek_import_visit(struct ek_link *link, const struct ek_wait *wait,
                    const struct ekiden_item *source, const struct ekiden_schema *from,
                    const struct ek_visitor *visitor, struct ekiden_error *error);
