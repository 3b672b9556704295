/* SPDX-License-Identifier: MIT */
/* What the files of the predecessor's side share: predecessor.c, introduce.c, call_off.c,
   serve.c, serve_snapshot.c, commit.c, dismiss.c, keeper.c and keeper_back.c, counts.c, and those
   of sending ahead. */
#pragma once

#include "handover/early.h"
#include "handover/keeper.h"
#include "handover/predecessor.h"
#include "handover/spawn.h"

struct ek_predecessor {
        enum ekiden_phase phase; /* NONE: no upgrade is under way */
        uint64_t phase_until_ns;
        uint64_t serial; /* of this upgrade in this process, from 1 */
        const struct ek_predecessor_setup *setup;
        struct ek_upgrade_request request;
        struct ek_link *link;
        struct ek_child child;
        struct ek_token token; /* of this upgrade */
        struct ek_given given;
        struct ek_upgrade_report report;
        char item[EKIDEN_NAME_MAX + 1]; /* that the successor asked for last */
        uint64_t begun_ns; /* by ek_now_ns() */
        uint64_t stopped_ns; /* when nobody served any more; 0: not yet */
        struct ekiden_error cancelled; /* why it is to be called off; code 0: it is not */
        Ekiden__Ready *ready; /* what the report shows of it */
        struct ek_ahead ahead;
        struct ek_early early;
        struct ek_rooms rooms;
        struct ek_keeping keeping;
        struct ek_stands stands; /* of the threads that are stopped */
        bool is_stopped; /* they are */
        uint64_t pause_until_ns; /* by the operator's --max-pause; 0: no such limit, or no pause */
};

/* Why nothing crosses before the pause, as the end of a sentence. */
#define EK_REASON_PID_KEPT "the PID is kept, and nothing comes before the pause"

extern struct ek_predecessor ek_predecessor;

/** Whether the successor has this process's PID already, or in a rehearsal would have it: nobody
    serves then from its start on. (predecessor.c) */
bool ek_predecessor_is_kept(const struct ek_predecessor *p);

/** Enters a phase: its deadline starts, and the observer hears of it. */
void ek_predecessor_enter(enum ekiden_phase phase);

/** Tells the observer that the socket needs no watching any more. */
void ek_predecessor_unwatch(void);

/** Stops the program's other threads, if they are not: 0, or an error, and all go on. (serve.c) */
int ek_predecessor_stop(struct ek_predecessor *p, struct ekiden_error *error);

/** They go on, if they were stopped. (serve.c) */
void ek_predecessor_go_on(struct ek_predecessor *p);

/** The successor has made progress: the deadline of the phase starts anew. */
void ek_predecessor_renew(void);

/** A peer that refused and closed: its reason, which may still lie in the socket, becomes the
    error. (serve.c) */
void ek_predecessor_read_reason(struct ek_predecessor *p, struct ekiden_error *error);

/** Before anything is sent: is the item of the type that the successor expects? (serve.c) */
int ek_predecessor_check_type(const struct ek_tagged *tagged, const char *message,
                              struct ekiden_error *error);

/** How long to wait for the successor in a phase; the observer hears of long waits. */
struct ek_wait ek_predecessor_wait(enum ekiden_phase phase);

/** As that, but for a whole frame: a byte now and then does not renew it. */
struct ek_wait ek_predecessor_wait_whole(enum ekiden_phase phase);

/** Pause (from `stopped_ns`, by ek_now_ns()), transfer, ready, commit or dismissal:
   EK_STEP_COMMITTED when the successor has TAKEN, EK_STEP_REHEARSED when it is LEAVING, or an
   error. (serve.c) */
int ek_predecessor_hand_over(uint64_t stopped_ns, struct ekiden_error *error);

/** Completes an error that the successor did not word itself: its code. (serve.c) */
int ek_predecessor_explain(const struct ek_predecessor *p, struct ekiden_error *error);

/** A link to a successor, which the operator's end is watched beside. Consumes the descriptor, on
    failure as well. (predecessor.c) */
int ek_predecessor_open_link(struct ek_predecessor *p, int socket, struct ek_link **ret_link,
                             struct ekiden_error *error);

/** OFFER, over the link that is there. (introduce.c) */
int ek_predecessor_offer(struct ek_predecessor *p, bool is_returning, struct ekiden_error *error);

/** Takes note of the process that speaks on the link, to end it should the upgrade fail; if its end
    is closed by now, nobody. (predecessor.c) */
void ek_predecessor_note_speaker(struct ek_predecessor *p);

/** Checks a HELLO: 0 or why not. (introduce.c) */
int ek_predecessor_check_hello(struct ek_predecessor *p, const struct ek_frame *frame,
                               struct ekiden_error *error);

/** Answers a PULL out of the request's snapshot: 0, 1 (there is no such item), or an error.
    (serve_snapshot.c) */
int ek_predecessor_serve_snapshot(struct ek_export *export_, const Ekiden__Pull *pull,
                                  struct ekiden_error *error);

/** COMMIT and TAKEN: 0, or an error after which the successor surely never serves. (commit.c) */
int ek_predecessor_commit(struct ekiden_error *error);

/** DISMISS and LEAVING: 0, or an error. (dismiss.c) */
int ek_predecessor_dismiss(struct ekiden_error *error);

/** After a rehearsal: the link is closed, the successor left to leave, the next upgrade may come.
    (dismiss.c) */
void ek_predecessor_end_rehearsal(void);

/** A successor that looks at what it has is in phase READY, and says so when it has found all well;
    what it finds is told as of that phase. Whoever follows the phases hears then that it has begun.
    (call_off.c) */
void ek_predecessor_catch_up(struct ek_predecessor *p, const struct ekiden_error *error);

/** Ends successor and link; the program resumes. `error` is completed, from `result` if it is not
    set. Returns its code. (call_off.c) */
int ek_predecessor_call_off(int result, struct ekiden_error *error);
