/* SPDX-License-Identifier: MIT */
/*
 * Answers ahead of the question. In the pause each item that is pulled costs two turns of the
 * scheduler, one for either process, and where others want the processor as well, each may take
 * longer than the item itself. So WARM says what will be pulled soon, as far as the successor can
 * tell: what the predecessor tagged behind the item in hand, in its order, for a new version
 * mostly does as the old one did. What of that is small the predecessor sends at once, and the PULL
 * only tells it that it was wanted.
 *
 * Where the new version does otherwise, both forget what lies between, by the same rule, and the
 * item is pulled as ever: a wrong guess costs a few kilobytes.
 */
#pragma once

#include "ekiden/handover.pb-c.h"
#include "state/transfer.h"

#define EK_EARLY_TAGGED_MAX 64 /* items that OFFER names */
#define EK_EARLY_MAX 16 /* items that WARM names */

struct ek_predecessor;

/* An answer that was sent before its PULL. */
struct ek_early_answer {
        struct ek_count count;
        uint64_t duration_ns;
        size_t given, given_end; /* its descriptors among those that are noted as given */
};

/* The predecessor's side. */
struct ek_early {
        bool is_offered; /* OFFER has said that answers may come early */
        Ekiden__Warm *warm; /* what it said; NULL: nothing */
        size_t answered; /* of its list, from the beginning */
        size_t settled; /* of those: that were pulled, or are forgotten */
        struct ek_early_answer answers[EK_EARLY_MAX];
};

/** The items for OFFER to name, borrowed: how many. 0: answers cannot come early. */
size_t ek_early_tagged(struct ek_predecessor *p, char *ret_names[EK_EARLY_TAGGED_MAX]);

/** Takes WARM: 0 or why not. */
int ek_early_take(struct ek_predecessor *p, const struct ek_frame *frame,
                  struct ekiden_error *error);

/** In the pause, ahead of all PULLs: 0, or an error of the link. */
int ek_early_answer(struct ek_predecessor *p, struct ek_export *export_,
                    struct ekiden_error *error);

/** PULL has come: its answer, or NULL if it has none yet. */
const struct ek_early_answer *ek_early_answer_to(struct ek_predecessor *p,
                                                 const Ekiden__Pull *pull);

/** Nothing more will be pulled. */
void ek_early_forget_rest(struct ek_predecessor *p);

/** Forgets what WARM said. */
void ek_early_forget(struct ek_predecessor *p);
