/* SPDX-License-Identifier: MIT */
/*
 * The predecessor's side of an upgrade: one state machine, from the request to TAKEN or to the
 * resume. It runs inside update points only.
 *
 *     IDLE → CHECK → WARM → PAUSE → TRANSFER → READY → COMMIT → (the process leaves)
 *       ↑_____ any failure: the successor is ended, the program resumes ____|
 *
 * A rehearsal goes the same way as far as READY; then the successor is dismissed, and the program
 * resumes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ekiden/schema.h>

#include "ekiden/handover.pb-c.h"
#include "handover/ahead.h"
#include "handover/deadlines.h"
#include "handover/lineage.h"
#include "handover/origin.h"
#include "handover/room.h"
#include "handover/stands.h"
#include "handover/token.h"
#include "state/snapshot_read.h"
#include "state/transfer.h"
#include "wire/link.h"

enum ek_split_stage {
        EK_SPLIT_BEFORE,
        EK_SPLIT_KEEPER,
        EK_SPLIT_FAILED,
        EK_SPLIT_ALONE,
};

/* Who asked, and hears of it. Each function may be NULL; none may fail the upgrade. */
struct ek_observer {
        void (*phase)(void *data, enum ekiden_phase phase);
        void (*progress)(void *data, const struct ek_progress *progress);
        /* Something was sent ahead, while the program serves. */
        void (*ahead)(void *data, const struct ek_ahead_progress *progress);
        /* It takes longer than usual, and has for so long: whoever waits should be told what was
           kept back. It may call ek_predecessor_cancel(). */
        void (*linger)(void *data, uint64_t waited_ms);
        /* Stops the program's other threads for the pause, within `wait`, and tells where they
           stand, to be freed; or an error, and all go on. NULL: there are none. */
        int (*stop)(void *data, const struct ek_wait *wait, struct ek_stands *ret_stands,
                    struct ekiden_error *error);
        /* They go on; also where they were not stopped. */
        void (*resume)(void *data);
        /* The handover's socket needs no watching any more: it is read in the pause, or closed; and
           it is another one now, and is to be watched. */
        void (*unwatch)(void *data, int socket);
        void (*watch)(void *data, int socket);
        /* A child was ended: what it left in the file system can go. */
        void (*child_ended)(void *data, pid_t pid);
        /* The PID is kept: this process is about to be two; it is the keeper now; it has stayed
           one; and, in the keeper, the process is gone, and the keeper serves in its place. */
        void (*split)(void *data, enum ek_split_stage stage);
        void *data;
};

/* A successor that somebody else starts: this process cannot. */
struct ek_elsewhere {
        int socket; /* this process's end of the handover's socket pair; -1 once it was taken */
        struct ek_token token; /* that the successor's environment names */
};

struct ek_upgrade_request {
        const char *binary; /* path */
        bool is_own_binary; /* what this process executes, whatever is at the path by now */
        char *const *arguments; /* NULL: the saved ones */
        struct ek_elsewhere *elsewhere; /* NULL: this process starts the successor */
        bool is_by_fork; /* of one that is started elsewhere: as a rule, it is a fork of another */
        uint64_t until_ns; /* for all until COMMIT; 0: the phases' deadlines alone */
        uint64_t max_pause_ns; /* rather than a longer pause it is called off; 0: no such limit */
        bool is_rehearsal; /* the successor is dismissed where it would be committed to */
        bool keeps_pid; /* the successor runs under this process's PID; of a rehearsal: it would */
        bool is_verified; /* the successor compares what it has with what it was given */
        struct ek_snapshot
                *snapshot; /* of a rehearsal: the state that it gets in place of this
                              process's; borrowed as operator_ is. NULL: this process's */
        struct ek_link *operator_; /* borrowed until the upgrade has ended; NULL: nobody waits */
        struct ek_observer observer;
};

/* What is the same for every upgrade of this process; borrowed for good. */
struct ek_predecessor_setup {
        const struct ekiden_schema *schema;
        const struct ek_origin *origin;
        const struct ek_deadlines *deadlines;
        uint32_t leg;
        const struct ek_lineage *lineage; /* this leg last; NULL: not known */
        const struct ek_ahead_settings *ahead; /* NULL: as they are */
        const char *role; /* NULL: the first */
        uint64_t tree; /* of processes forked from one another; 0: not known */
};

/* How an upgrade went. */
struct ek_upgrade_report {
        bool is_rehearsal, is_verified;
        bool keeps_pid;
        bool is_for_kept_pid; /* a rehearsal, of an upgrade that would keep it … */
        uint64_t unrehearsed_ns; /* … and pause so much longer than it */
        bool is_elsewhere; /* somebody else starts the successor */
        uint32_t to_version;
        pid_t successor; /* by which others know it (public_pid.h) */
        uint64_t pause_ns; /* from the stop at the update point until TAKEN was there, or what a
                              rehearsal makes of that, or until it was called off; 0: none yet */
        struct ek_count count;
        char update_point[EKIDEN_NAME_MAX + 1];
        /* What the successor said of itself, where it was asked to; checked as far as it is a
           message. NULL: nothing. Until ek_predecessor_forget(), or the next upgrade. */
        const Ekiden__Ready *ready;
        /* Of items that were sent ahead, or could not be; as long. */
        const struct ek_ahead_report *ahead;
        size_t ahead_count;
        const struct ek_rooms *rooms; /* made for large items; as long; NULL: none were pulled */
};

/* What a step may bring beside an error. */
enum ek_outcome {
        EK_STEP_SERVE_ON = 0, /* no upgrade, or it is still under way */
        EK_STEP_COMMITTED = 1, /* this process must leave */
        EK_STEP_REHEARSED = 2, /* it would have been; the program resumes */
        EK_STEP_RETURNED = 3, /* it was called off, as the error tells; this process must leave, as
                                 another serves on in its place under the PID that was kept */
};

/**
 * Begins an upgrade: checks the binary and starts the successor, or makes its offer to one that
 * somebody else starts.
 *
 * @return 0, or EBUSY (one is under way), EBINARY, ESYSTEM, ENOMEM; EINVAL for an upgrade, and no
 *         rehearsal, from a snapshot, and for a socket that is none of a pair
 */
int ek_predecessor_begin(const struct ek_predecessor_setup *setup,
                         const struct ek_upgrade_request *request, struct ekiden_error *error);

/**
 * Calls the upgrade under way off, if it is not too late for that: the next step fails, or the wait
 * that the observer was told of. Without one it does nothing.
 *
 * @param reason  copied
 */
void ek_predecessor_cancel(const struct ekiden_error *reason);

/** Whether the upgrade under way has failed, and the old version is being started again under the
   PID that is kept; then it cannot be called off. */
bool ek_predecessor_is_returning(void);

/** The phase of the upgrade under way, or EKIDEN_PHASE_NONE. */
enum ekiden_phase ek_predecessor_phase(void);

/**
 * Goes as far as it can without waiting; when the successor is warm, through pause and transfer
 * to the end.
 *
 * @return an enum ek_outcome, or an error: called off, the program resumes
 */
int ek_predecessor_step(const char *update_point, struct ekiden_error *error);

/** When the step must be called at the latest (ek_now_ns()); UINT64_MAX: no upgrade is under way.
 */
uint64_t ek_predecessor_deadline(void);

/** The descriptor that becomes readable when a step has something to do, or -1. */
int ek_predecessor_socket(void);

/** Whether the successor asked for the item in the upgrade under way or just ended. */
bool ek_predecessor_has_given(const struct ek_tagged *tagged);

/** The report of the upgrade under way or just ended. */
const struct ek_upgrade_report *ek_predecessor_report(void);

/** In a forked child: an upgrade that is under way is the parent's, and goes on there. */
void ek_predecessor_after_fork(void);

/** Frees what the report holds, when everybody has been told. */
void ek_predecessor_forget(void);
