/* SPDX-License-Identifier: MIT */
/* The operators who are connected to the control socket, and what each of them waits for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ekiden/control.pb-c.h"
#include "wire/link.h"

#define EK_OPERATORS_MAX 128 /* connections at once: a tool for each session of a large tree */

enum ek_role {
        EK_ROLE_NEW, /* has asked for nothing yet */
        EK_ROLE_UPGRADES, /* asked for the upgrade under way */
        EK_ROLE_QUEUES, /* asked for one that comes after it */
        EK_ROLE_LISTENS, /* waits for its end, or has called it off */
        EK_ROLE_WATCHES, /* waits for what is counted meanwhile */
};

struct ek_watch;

struct ek_operator {
        struct ek_link *link;
        enum ek_role role;
        pid_t pid; /* by the kernel's word */
        uid_t user;
        uint64_t asked_ns; /* when the request was seen; 0: none yet */
        uint64_t sent_ns; /* when something was sent last */
        bool is_mute; /* an event could not be sent: no more are */
        bool wants_arguments; /* of this process: he starts its successor with them */
        bool is_sent_on; /* another process starts the successor: he may ask again, with an end */
        bool asked_for_rehearsal, asked_for_verification; /* or listens to one */
        uint64_t until_ns; /* EK_ROLE_QUEUES: for all until its commit; 0: no limit */
        Ekiden__Request *queued; /* EK_ROLE_QUEUES: what it asked for; owned */
        int given; /* came ahead of the request: an end of a handover's socket pair; -1: none */
        struct ek_watch *watch; /* EK_ROLE_WATCHES; owned */
};

/**
 * Takes a connection in. Where there are too many, the oldest that asked for nothing makes room, or
 * else the oldest of those that only listen.
 *
 * @param link  watched (wake.h); consumed, on failure too
 * @return NULL: memory ran out, or all have more to do here than a newcomer
 */
struct ek_operator *ek_operator_admit(struct ek_link *link);

/** Closes the connection, and frees it with all that it owns. NULL is allowed. */
void ek_operator_release(struct ek_operator *operator_);

/** In a forked child, after ek_wake_after_fork(): forgets them all, who stay connected to the
    parent. */
void ek_operators_after_fork(void);

/** Copies the list, the oldest first, for loops in which operators are released. */
size_t ek_operators(struct ek_operator *ret_operators[EK_OPERATORS_MAX]);

/** The oldest in a role, or NULL. */
struct ek_operator *ek_operator_first(enum ek_role role);
