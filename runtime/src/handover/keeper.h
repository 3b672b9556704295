/* SPDX-License-Identifier: MIT */
/*
 * An upgrade that keeps the PID. The new binary is first started as a probe, beside the process,
 * which serves on: it says HELLO, so that all that HELLO can refuse is refused before the pause,
 * and leaves. Then, at an update point, the process is split (split.h): the keeper hands over what
 * the process had, as any predecessor does; the process itself executes the new binary and takes
 * it.
 *
 * Where that fails before COMMIT, the process executes the old binary again (way_back.h) and the
 * keeper hands over to that: nothing has happened but a pause. Where even that fails, the process
 * is gone, and the keeper serves in its place, under its own PID.
 */
#pragma once

#include "handover/ended.h"
#include "handover/predecessor.h"
#include "handover/token.h"

struct ek_predecessor;

/* What is kept from the request until the process is split. */
struct ek_keeping {
        int binary; /* -1: no PID is kept */
        char **arguments; /* of the new binary, its name first; one block of memory */
        struct ek_link *way_back; /* in the keeper */
        struct ek_token return_token;
        int kept; /* pidfd of the process whose PID was kept; in the keeper, or -1 */
        pid_t pid; /* that of it, in this namespace */
        struct ek_ended ended; /* how the new version did, as the old one that is back says */
        int return_signal; /* that makes it take the way back; 0: none */
        bool is_probing; /* what was started is the probe */
        bool is_returning; /* the old version is being started again */
};

/** Notes what is to be executed: 0 or ENOMEM, ESYSTEM. `binary` is duplicated, the rest copied. */
int ek_keeping_begin(struct ek_predecessor *p, int binary, struct ekiden_error *error);

/** The upgrade has ended, or this process has no part in it. */
void ek_keeping_end(struct ek_predecessor *p);

/** The probe has said HELLO, and is ended: a second at the longest. */
void ek_keeper_end_probe(struct ek_predecessor *p);

/** Why a binary that speaks from another process than the one that executes it cannot keep a PID:
    EREFUSED. */
int ek_keeper_refuse_daemon(struct ekiden_error *error);

/**
 * The probe has said HELLO, and all is well: splits the process, and hands over. Returns as
 * ek_predecessor_step() does; beside that EK_STEP_RETURNED. Not in the process whose PID is kept.
 */
int ek_keeper_hand_over(struct ek_predecessor *p, const char *update_point,
                        struct ekiden_error *error);
