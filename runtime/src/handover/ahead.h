/* SPDX-License-Identifier: MIT */
/*
 * The predecessor's side of sending ahead, in phase WARM: it serves, and in slices of its update
 * points sends what the successor asked for. When the successor is WARM what has changed is sent,
 * in rounds, until what is left can be sent within the pause.
 *
 *     IDLE → SENDING → (IDLE →) … WARM → SENDING → ANSWERED? → … → the pause
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ekiden/error.h>

#include "handover/ahead_pace.h"
#include "state/ahead_export.h"
#include "wire/link.h"

#define EK_AHEAD_ITEMS_MAX 16
#define EK_AHEAD_PAUSE_US 5000
#define EK_AHEAD_SLICE_US 1000

/* What the program chose; 0: as it is. */
struct ek_ahead_settings {
        unsigned int slice_us, pause_us;
        size_t changes_max_bytes;
};

/* How far it has come, for those who hear of it. */
struct ek_ahead_progress {
        const char *item; /* in hand */
        uint32_t round; /* 0: all records; from 1 on: what has changed */
        uint64_t records; /* of the item, in this round, and keys that have none */
        uint64_t announced; /* in round 0; 0: not known */
        uint64_t rest; /* keys that have changed, of all items */
        uint64_t bytes; /* in all */
};

/* What became of one item, at the end. */
struct ek_ahead_report {
        char item[EKIDEN_NAME_MAX + 1];
        bool is_declined; /* it crossed in the pause, … */
        char reason[128]; /* … and why, as the end of a sentence */
        bool is_outrun; /* it changed too fast for the pause to be as short as it should */
        uint32_t rounds; /* after the first pass, the pause's among them */
        uint64_t records; /* and keys without one, that were sent ahead */
        uint64_t rest; /* that were sent in the pause */
};

struct ek_ahead {
        struct ek_ahead_export *items[EK_AHEAD_ITEMS_MAX];
        size_t count;
        size_t at; /* the item whose portion is under way */
        bool is_sending; /* one is */
        bool is_warm; /* rounds are under way */
        bool is_counted; /* COUNT was asked for (counts.h) */
        unsigned int asked; /* AHEADs that have come */
        unsigned int unanswered; /* portions that PASSED has not come for */
        struct ek_outbox outbox;
        struct ek_pace pace;
        size_t changes_max_bytes;
        uint64_t pause_ns; /* that the rest may take */
        uint64_t max_pause_ns; /* the operator's word; 0: he said nothing */
        uint64_t watch_until_ns; /* while changes are watched for; otherwise 0 */
        bool was_watched; /* they were */
        unsigned int rounds, vain_rounds; /* all of them, and those that brought it no nearer */
        uint64_t least_rest; /* of all rounds */
        unsigned int pressed; /* how often, since keys filled their memory */
        bool is_outrun; /* they were given up */
        /* What was measured of changes, and of first passes: time and number, on both sides. */
        uint64_t own_ns, own_number, their_ns, their_number;
        struct ek_ahead_report reports[EK_AHEAD_ITEMS_MAX];
        size_t report_count;
};

struct ek_predecessor;

/** Whether an upgrade's OFFER tells of it. */
bool ek_ahead_is_offered(const struct ek_predecessor *p);

/** A new upgrade begins. */
void ek_ahead_begin(struct ek_predecessor *p);

/** Takes an AHEAD or a PASSED: 0 or an error. */
int ek_ahead_take(struct ek_predecessor *p, const struct ek_frame *frame,
                  struct ekiden_error *error);

/** WARM has come: 1, pause at once; 0: it is sent what has changed before that; or an error. */
int ek_ahead_warm(struct ek_predecessor *p, struct ekiden_error *error);

/** Sends for a slice, if one is due: 0; 1: it is time to pause; or an error. */
int ek_ahead_run(struct ek_predecessor *p, struct ekiden_error *error);

/** When the next slice is due; UINT64_MAX: nothing is to be sent. */
uint64_t ek_ahead_wake_ns(void);

/** In the pause: what is left of all items, and END for each. 0 or an error. */
int ek_ahead_send_rest(struct ek_predecessor *p, struct ekiden_error *error);

/** Before the commit: whether all changes were sent. 0 or an error. */
int ek_ahead_check(const struct ek_predecessor *p, struct ekiden_error *error);

/** Notes for the report that an item crosses in the pause though it is marked, if it is; and why,
   as the successor says, or NULL. */
void ek_ahead_note_pulled(struct ek_predecessor *p, const struct ek_tagged *tagged,
                          const char *reason);

/** What has crossed ahead. */
struct ek_count ek_ahead_count(const struct ek_predecessor *p);

/** Forgets all: changes are not noted any more. The reports stay. */
void ek_ahead_forget(struct ek_predecessor *p);
