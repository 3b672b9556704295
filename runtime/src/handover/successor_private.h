/* SPDX-License-Identifier: MIT */
/* What successor.c, successor_fetch.c and successor_finish.c share. */
#pragma once

#include "handover/successor.h"
#include "state/fetch.h"
#include "wire/link.h"

struct ek_successor {
        enum ek_successor_state state;
        int failure; /* FAILED: why */
        const struct ekiden_schema *schema;
        const struct ek_registry *registry;
        struct ek_chain chain;
        struct ek_token token; /* of this handover */
        struct ek_link *link;
        int predecessor; /* pidfd, or -1 */
        uint32_t leg;
        char role[EKIDEN_NAME_MAX + 1]; /* "": the first */
        uint64_t tree; /* 0: not known */
        struct ek_lineage lineage; /* of the legs before */
        struct ek_leg returned; /* the predecessor's own leg, which goes on; number 0: none does */
        uint64_t stopped_ns; /* when the predecessor paused; 0: not known */
        uint64_t pause_ns;
        bool is_restored; /* what comes is a snapshot */
        unsigned int pause_ms, transfer_ms, commit_ms;
        struct ek_fetch fetch;
        bool is_verified; /* what was taken over is compared with what came */
        bool is_rehearsal;
        bool is_probe; /* HELLO is all that is wanted */
        int way_back_signal; /* that makes it take the way back; 0: none */
        bool takes_ahead; /* the predecessor knows how to send ahead */
        bool takes_counts; /* it says how many records will come */
        bool is_warm, is_paused; /* WARM was said; PAUSED has come */
        bool is_receiving; /* what comes ahead: callbacks run, and nothing else can be received */
        /* Where the predecessor stopped; "" until PAUSED, and after the first update point. */
        char update_point[EKIDEN_NAME_MAX + 1];
};

extern struct ek_successor ek_successor;

/** The first need of the predecessor's state: WARM goes ahead of it, and the predecessor stops.
    `first` is what will be pulled first; NULL: nothing will be. (successor_fetch.c) */
int ek_successor_announce_warm(const struct ekiden_item *first, struct ekiden_error *error);

/** PAUSED comes ahead of the first answer, and behind it what is left of what came ahead.
    (successor_fetch.c) */
int ek_successor_expect_paused(struct ekiden_error *error);
