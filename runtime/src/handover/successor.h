/* SPDX-License-Identifier: MIT */
/*
 * The successor's side of an upgrade. It drives: it says HELLO, is warm when it asks for its first
 * item, pulls what it wants in its own order, is READY at its first update point, and serves when
 * it has COMMIT and has answered TAKEN. After any failure it has never served, and must leave; so
 * it must after DISMISS, which is the only answer to READY that it takes in a rehearsal.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "chain.h"
#include "handover/lineage.h"
#include "handover/token.h"
#include "state/tagged.h"

/* What a successor that was called off exits with: EX_TEMPFAIL of sysexits.h, it can be tried
   again. */
#define EK_EXIT_CALLED_OFF 75

enum ek_successor_state {
        EK_SUCCESSOR_NONE = 0, /* a fresh process, or a successor that serves */
        EK_SUCCESSOR_WAITING, /* between HELLO and TAKEN */
        EK_SUCCESSOR_FAILED, /* called off */
        EK_SUCCESSOR_DISMISSED, /* it was a rehearsal, and is over */
};

/* What happens on the floor above at the end. Each may be NULL: nothing. An error calls the upgrade
   off. */
struct ek_successor_end {
        int (*check)(struct ekiden_error *error); /* before READY: the program's own */
        int (*publish)(struct ekiden_error *error); /* between COMMIT and TAKEN */
        void (*withdraw)(void); /* between DISMISS and LEAVING */
};

enum ek_successor_state ek_successor_state(void);

/**
 * Reads OFFER, checks that this binary can take the state, says HELLO.
 *
 * @param socket  of the handover; consumed
 * @param way_back_signal  whose handler takes the way back, where there is one (way_back.h); 0:
 * none
 * @param token   from this process's environment; OFFER must have the same
 * @return 0, or the refusal, which the predecessor was told
 */
int ek_successor_start(int socket, const struct ek_token *token, const struct ekiden_schema *schema,
                       const struct ek_registry *registry, int way_back_signal,
                       struct ekiden_error *error);

/** Tells the predecessor why this process will not even start, and closes the socket, consumed. */
void ek_successor_decline(int socket, const struct ekiden_error *error);

/** Whether what it takes over is a snapshot, to see whether it could start from it. */
bool ek_successor_is_restored(void);

/** The number of this leg: the predecessor's and one; 1 in a fresh process. */
uint32_t ek_successor_leg(void);

/** The predecessor's role, which this process is in as well; "": the first. */
const char *ek_successor_role(void);

/** What the predecessor's processes, forked from one another, have in common; 0: not known. */
uint64_t ek_successor_tree(void);

/** The legs before this one, as the predecessor tells them; empty in a fresh process. */
const struct ek_lineage *ek_successor_lineage(void);

/** The leg that goes on where this is the old version that has come back under its own PID
   (way_back.h); NULL: a leg begins. */
const struct ek_leg *ek_successor_returned(void);

/** From the predecessor's stop until TAKEN was sent; 0: it is not known, or there was none. */
uint64_t ek_successor_pause_ns(void);

/** Fetches an item: EKIDEN_RESUMED, EKIDEN_FRESH, or an error after which the upgrade is called
 * off. */
int ek_successor_fetch(const struct ek_tagged *tagged, struct ekiden_error *error);

/** The update point where the predecessor stopped, waiting until it has; NULL: called off, or it
   has not, and this is a callback of an item that is sent ahead, or a container's reserve(). */
const char *ek_successor_update_point(void);

/** Whether HELLO is all that was wanted of this process: it is to leave at once, by _exit(0). */
bool ek_successor_is_probe(void);

/** Whether this successor will be dismissed when it is ready; it then never serves. */
bool ek_successor_is_rehearsal(void);

/**
 * READY, COMMIT, TAKEN; or in a rehearsal READY, DISMISS, LEAVING.
 *
 * @return 0: this process serves, unless its state is DISMISSED: then, as after an error, it must
 * leave
 */
int ek_successor_finish(const char *update_point, const struct ek_successor_end *end,
                        struct ekiden_error *error);

/** Calls the upgrade off, telling the predecessor why: `error`, or if that is not set, `result`.
    Returns the error's code. */
int ek_successor_fail(int result, struct ekiden_error *error);
