/* SPDX-License-Identifier: MIT */
/* What a verification says of a record that differs: its place and key, the field, never a value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/tagged.h"

/* A record or an object, as the predecessor's version has it, packed. */
struct ek_record_kept {
        const struct ekiden_message *type;
        uint64_t tag; /* of an object; 0: a record */
        uint64_t number; /* among the records, or the objects, from 0 */
        uint8_t *packed;
        size_t size;
};

/**
 * Whether one was made of the other: they have one identity, or one key; where there is neither,
 * any may be.
 *
 * @param source  the item, as the predecessor has it
 */
bool ek_kept_are_one(const struct ekiden_item *source, const struct ek_record_kept *came,
                     const struct ek_record_kept *ours);

/** In how much two differ: a descriptor says less of what a record is than any other field. */
unsigned int ek_kept_distance(const struct ek_record_kept *came, const struct ek_record_kept *ours);

/* Of what a sentence is. */
struct ek_told {
        const struct ek_tagged *tagged;
        const struct ekiden_item *item; /* of the version in which it was compared */
        bool is_back; /* the way back was taken, so the transformers are to blame */
        bool is_crossing; /* what came was transformed before the program was given it */
};

/** A record differs from what it was made of: EREFUSED naming the field, or ENOMEM. */
int ek_verify_differs(const struct ek_told *told, const struct ek_record_kept *came,
                      const struct ek_record_kept *ours, struct ekiden_error *error);

/** A record came that the program does not have: EREFUSED, or ENOMEM. */
int ek_verify_is_lost(const struct ek_told *told, const struct ek_record_kept *came,
                      struct ekiden_error *error);

/** The program has a record that never came: EREFUSED, or ENOMEM. */
int ek_verify_is_new(const struct ek_told *told, const struct ek_record_kept *ours,
                     struct ekiden_error *error);

/** The program has a record more often than it came, which it did: EREFUSED, or ENOMEM. */
int ek_verify_is_repeated(const struct ek_told *told, const struct ek_record_kept *ours,
                          uint64_t times, uint64_t came, struct ekiden_error *error);

/** What the program exports is another thing each time: EREFUSED. */
int ek_verify_is_unsteady(const struct ek_tagged *tagged, struct ekiden_error *error);
