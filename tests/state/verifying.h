/* SPDX-License-Identifier: MIT */
/*
 * A handover whose successor verifies: both ends are in this process, and the test changes what the
 * one end has taken before it is compared.
 */
#pragma once

#include "capture.h"
#include "state/verify.h"

#define VERIFIED_MAX 6

struct verifying {
        struct ek_tagged from[VERIFIED_MAX], to[VERIFIED_MAX];
        size_t count;
        const struct ek_chain *chain;
        const struct ek_registry *registry; /* NULL: no hop leads back */
        const struct ekiden_natives *from_natives, *to_natives; /* NULL: no item is bound */
        /* What came of it: */
        struct ekiden_error error;
        unsigned int asked_again; /* items */
        const struct capture *again; /* what answers then; NULL: the other end does */
        /* The two ends: */
        struct ek_link *links[2];
        struct ek_export export_;
        struct ekiden_objects *imported;
        unsigned int bound_items;
};

/** Adds an item; the tables are copied. */
void verifying_add(struct verifying *verifying, const struct ek_tagged *from,
                   const struct ek_tagged *to);

/** Hands all items over; each must arrive, unless it is to be absent. */
void verifying_hand_over(struct verifying *verifying);

/** Verifies: what ek_verify() returns. It may be called again, after changes. */
int verifying_verify(struct verifying *verifying);

/** Verifies; all must be the same, by digests alone. */
void expect_same(struct verifying *verifying);

/** Verifies; it must be refused for this item and field ("": none), with words in the sentence. */
void expect_difference(struct verifying *verifying, const char *item, const char *field,
                       const char *words);

/** The figures of an item at the end that verifies. */
const struct ek_figures *verifying_figures(const char *item);

/** Frees both ends, and takes the items out. */
void verifying_end(struct verifying *verifying);
