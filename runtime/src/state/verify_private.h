/* SPDX-License-Identifier: MIT */
/* What verify.c, verify_back.c and verify_find.c share. */
#pragma once

#include "arena.h"
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
        struct ekiden_arena arena;
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
 * @param ret_reason  why it cannot be compared
 * @return whether it can be, as it crossed one to one
 */
bool ek_back_enter(struct ek_back *back, const struct ek_tagged *tagged, char ret_reason[128]);

/** Exports the item in hand through the way back, to a visitor. 0 or an error: ETRANSFORMER where a
    transformer on the way back failed. */
int ek_back_export(struct ek_back *back, struct ek_export *export_,
                   const struct ek_visitor *visitor, struct ekiden_error *error);

/** Our message for the records, or (by its tag) for an object, of the predecessor's; or NULL. */
const struct ekiden_message *ek_back_ours(const struct ek_back *back, uint64_t tag);

/**
 * Looks for the first difference in the item in hand.
 *
 * @param ret_in_part  whether there were fields that cannot be compared
 * @return 0: there is none; EREFUSED: it is told; or another error
 */
int ek_verify_find(struct ek_back *back, const struct ek_verification *verification,
                   struct ek_export *export_, bool *ret_in_part, struct ekiden_error *error);
