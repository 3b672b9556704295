/* SPDX-License-Identifier: MIT */
/*
 * What the files of one attempt have in common: upgrade.c, which reads the process's events, and
 * attempt*.c. Calling off is a half-close: the process then resumes and answers with the last
 * event, so that the tool says what became of the upgrade, not what it hopes. Should the commit
 * have been faster, the answer is COMMITTED.
 */
#pragma once

#include "ekiden/control.pb-c.h"
#include "handover_pair.h"
#include "spawn_by.h"
#include "spawn_here.h"
#include "standing.h"
#include "upgrade.h"

#define ATTEMPT_SEEN_MS 30000 /* for an update point to see a request, without --timeout */

struct attempt {
        struct upgrade upgrade; /* moved to the caller at the end */
        struct process process;
        struct handover_pair pair; /* of --spawn-here; and the new version, once it is started */
        struct spawn_here here;
        struct spawn_by by; /* where another process of the tree starts it */
        struct standing before; /* of the process, if its successor is another's to start */
        const struct options *options;
        char *binary; /* absolute path */
        struct show *show;
        struct ekiden_error *error; /* first one wins: why it was called off, or failed */
        int interrupt;
        uint64_t deadline_ns; /* UINT64_MAX: none */
        bool calling_off; /* half closed, waiting for the process's last word */
        bool has_heard_all; /* that the process could have said before the end */
        unsigned int late_events; /* read after the deadline */
};

/* What a step comes to; or an error, and then it is over. */
enum {
        ATTEMPT_GO_ON = 0,
        ATTEMPT_FINISHED = 1,
};

/* Its clock, and its end: attempt.c. */

/** A request is to be sent to the process that was found. `started_ns`: of the first one. */
void attempt_begin(struct attempt *attempt, uint64_t started_ns);

/** So long after a moment of ek_now_ns() the attempt waits no more. */
void attempt_set_deadline(struct attempt *attempt, uint64_t since_ns, uint64_t milliseconds);

/** Each step forward may move the deadline: what it was for is over. */
void attempt_renew_deadline(struct attempt *attempt);

/** From now on it is waited for the process's last word only. */
void attempt_await_farewell(struct attempt *attempt);

/** Whether the commit has begun, from where on nothing can be called off. */
bool attempt_is_too_late(const struct attempt *attempt);

/** Half closes; the reason is in attempt->error. */
int attempt_call_off(struct attempt *attempt);

/** The operator has sent this signal: it is called off, unless it is too late. A second one ends
   the wait for the process's last word. */
int attempt_on_signal(struct attempt *attempt, int signal_number);

/** The deadline has passed, and all that the process has sent is read: it is called off; or, where
    that was so already, or it is too late, given up. */
int attempt_on_deadline(struct attempt *attempt);

/** It is over; the reason is in attempt->error, whose code is returned. */
int attempt_failed(struct attempt *attempt, enum aftermath aftermath);

/** As that, before the commit: so the process serves on, if it is still there. */
int attempt_failed_unless_gone(struct attempt *attempt, enum aftermath if_gone);

/** The connection is of no more use, for this `reason`. (attempt_closed.c) */
int attempt_on_broken(struct attempt *attempt, int reason);

/* Requests: attempt_ask.c. */

/** Asks the process. `options`: as they are, or with less time left. 0 or an error. */
int attempt_ask(struct attempt *attempt, const struct options *options);

/** The process does not start its successor, and has said so: it is asked again, with an end of a
    socket pair whose other end is for the process that does. */
int attempt_ask_again(struct attempt *attempt);

/** The upgrade that this one waited for has replaced the process: its successor is asked, with what
    is left of the time. */
int attempt_follow(struct attempt *attempt);

/* A successor that is not the process's own to start: attempt_successor.c. */

/** The process waits for a successor, unless it has one. `event`: says with what arguments. */
void attempt_have_started(struct attempt *attempt, const Ekiden__Event *event);

/** Who was asked for the successor has answered, or not yet. */
int attempt_hear_spawner(struct attempt *attempt);

/** What was started is to be ended if it was not committed to. */
void attempt_let_go(struct attempt *attempt);

/** The process has refused: what was started is ended, and the reason completed by its end. */
void attempt_end_refused(struct attempt *attempt);

/** What was started serves, or is gone. Before phase WARM it cannot have been committed to, if no
    later event was overheard; after it only the process can say that it was not. */
void attempt_leave_or_end(struct attempt *attempt, bool is_done);

/** Who starts a successor lends it his own rights, until it gives them up. It has by now: it came
    to its update point. After a rehearsal it may be gone, and nothing is known of it. */
void attempt_compare_standings(struct attempt *attempt);
