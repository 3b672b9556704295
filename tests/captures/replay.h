/* SPDX-License-Identifier: MIT */
/* A predecessor that is long gone: what it sent was captured, and a successor of today gets it. */
#pragma once

#include <sys/types.h>

#include "capture.h"
#include "talk.h"

struct replay {
        pid_t pid; /* of the successor */
        pid_t keeper; /* which ends it, should this process go away: see processes.h */
        int keeper_pipe;
        struct talk talk; /* its clients are the other ends of the captured connections */
        unsigned int connection_count;
        char failure[512];
};

/**
 * Starts a binary as the successor of the process that was captured, and hands it the state over.
 *
 * @return true: it serves. In any case replay_stop() ends it
 */
bool replay_start(struct replay *replay, const struct capture *capture, const char *binary);

void replay_stop(struct replay *replay);
