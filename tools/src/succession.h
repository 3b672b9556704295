/* SPDX-License-Identifier: MIT */
/* Whether somebody serves in the place of a process that ended without a last word. */
#pragma once

#include <sys/types.h>

#include "upgrade.h"

enum succession {
        SUCCESSION_NONE, /* nobody has taken over */
        SUCCESSION_FOUND,
        SUCCESSION_UNSURE, /* some process of the program does not say who was before it */
};

struct successor {
        pid_t pid;
        uint32_t version;
        struct figure pause_us;
};

/** Who has a process that is gone in its lineage, by its own word; 0: nobody says so. */
pid_t succession_after(pid_t ended);

/** Whom a process of a program is to succeed that does not serve yet; 0: nobody says so. */
pid_t succession_before(const char *program, pid_t successor);

/**
 * Asks the processes of a program who was before them, again and again, for as long as a successor
 * needs to be sure that its predecessor is gone.
 *
 * @param ended          PID of the process that has ended
 * @param ret_successor  who has taken over from it; filled where one is found
 */
enum succession succession_find(const char *program, pid_t ended, struct successor *ret_successor);
