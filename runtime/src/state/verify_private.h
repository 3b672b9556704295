/* SPDX-License-Identifier: MIT */
/* What verify.c and verify_….c share. */
#pragma once

#include "scratch.h"
#include "state/image.h"
#include "state/verify.h"

/* The way back: what the successor exports becomes what the predecessor sent. */
struct ek_back {
        const struct ek_chain *up;
        struct ek_chain down;
        bool is_same; /* both are of one version: nothing becomes anything */
        bool is_there; /* it is, or there is such a chain */
        struct ek_route *objects; /* of each item of ours that is of kind OBJECTS */
        /* For each item of the predecessor's of that kind, our message; NULL: none comes back. */
        const struct ekiden_message **ours;
        struct ekiden_scratch scratch;
        /* The item in hand: */
        const struct ek_tagged *tagged;
        const struct ekiden_item *source; /* as the predecessor has it */
        struct ek_route route;
        uint64_t record; /* number of the one in hand */
        const struct ek_visitor *visitor; /* sees what came back */
        const struct ek_export *export_; /* by which it goes */
};

/** Finds the way: 0 or ENOMEM, with a sentence; after both ek_back_deinit() is due. */
int ek_back_init(struct ek_back *back, const struct ek_chain *up,
                 const struct ek_registry *registry, struct ekiden_error *error);

void ek_back_deinit(struct ek_back *back);

/**
 * Takes an item in hand.
 *
 * @param ret_reason  why it cannot be compared so
 * @return whether it can be, as it crossed one to one
 */
bool ek_back_enter(struct ek_back *back, const struct ek_tagged *tagged,
                   char ret_reason[EK_REASON_SIZE]);

/** Exports the item in hand through the way back, to a visitor. 0 or an error: ETRANSFORMER where a
    transformer on the way back failed. */
int ek_back_export(struct ek_back *back, struct ek_export *export_,
                   const struct ek_visitor *visitor, struct ekiden_error *error);

/** Our message for the records, or (by its tag) for an object, of the predecessor's; or NULL. */
const struct ekiden_message *ek_back_ours(const struct ek_back *back, uint64_t tag);

/** The fields of the item in hand, and of objects that it may lead to, that do not come back: ", "
    between their names, as many as fit. */
void ek_back_name_masked(const struct ek_back *back, char *names, size_t size);

/** The identifying tag of an item of kind OBJECTS, as on the wire. */
uint64_t ek_object_tag(const struct ekiden_schema *schema, const struct ekiden_item *item);

/* What went by, as it is counted at the other end; what was sent ahead, as it counts here. */
struct ek_tally {
        struct ek_image image;
        struct ek_digest objects_unused; /* in that image all are records */
        uint64_t records, objects;
};

/** Of an item; ek_tally_deinit() is due afterwards. It must not be moved. */
void ek_tally_init(struct ek_tally *tally, const struct ek_tagged *tagged);

void ek_tally_deinit(struct ek_tally *tally);

/** Counts one more. As ek_digest_add(). */
int ek_tally_add(struct ek_tally *tally, const struct ekiden_message *type, uint64_t tag,
                 ProtobufCMessage *record);

/** How many records came, of those that are compared, and how many the program was given. */
static inline uint64_t ek_records_that_came(const struct ek_figures *last)
{
        return last->is_ahead ? last->again.records : last->records;
}

static inline uint64_t ek_records_that_were_given(const struct ek_figures *last)
{
        return last->is_ahead ? last->again.taken : last->taken;
}

/* What comes again, on its way up to our own version. */
struct ek_up {
        const struct ek_verification *verification;
        const struct ek_tagged *tagged;
        const struct ek_visitor *visitor; /* sees what the program was given */
        struct ek_tally *came; /* of what came, as it came; NULL: nobody counts */
        struct ek_route route;
        uint64_t target_tag; /* of the object in hand; 0: a record */
        struct ekiden_scratch scratch;
        uint64_t record; /* number of the one in hand */
        struct ekiden_error *error;
};

/** Asks for an item again and shows it as the program was given it: 0 or an error. `came` is NULL,
    or counts what came. */
int ek_up_again(const struct ek_verification *verification, const struct ek_tagged *tagged,
                const struct ek_visitor *visitor, struct ek_tally *came,
                struct ekiden_error *error);

/**
 * An item that was sent ahead: it comes again, as the predecessor has it at last, and its digests
 * are made of that, and so are the figures in `again`. (verify_ahead.c)
 *
 * @return 0 or an error
 */
int ek_verify_ahead(const struct ek_verification *verification, const struct ek_tagged *tagged,
                    struct ekiden_error *error);

/* How often something is there (verify_seen.c). */
struct ek_seen {
        struct ek_digest hash;
        uint64_t count; /* in the program, for which nothing has come yet */
        uint64_t matched; /* that came */
};

struct ek_seen_list {
        struct ek_seen *seen; /* sorted by hash, when it is complete */
        size_t count, capacity;
};

/** Adds one more: 0 or ENOMEM. */
int ek_seen_add(struct ek_seen_list *list, struct ek_digest hash);

/** The list is complete: each hash is in it once from now on. */
void ek_seen_sort(struct ek_seen_list *list);

/** The one of this hash, or NULL. */
struct ek_seen *ek_seen_find(const struct ek_seen_list *list, struct ek_digest hash);

/* What is looked at: one item; or all that are bound to structs, as they share objects. */
struct ek_comparison {
        const struct ek_verification *verification;
        struct ek_export *export_;
        struct ek_back *back;
        bool is_back; /* the way back is taken, too; else all is of our own version */
        const struct ek_tagged *const *items;
        size_t item_count;
};

/**
 * Looks for the first difference.
 *
 * @param ret_in_part  whether there were fields that cannot be compared
 * @return 0: there is none; EREFUSED: it is told; or another error
 */
int ek_verify_find(const struct ek_comparison *comparison, bool *ret_in_part,
                   struct ekiden_error *error);
