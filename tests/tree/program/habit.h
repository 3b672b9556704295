/* SPDX-License-Identifier: MIT */
/*
 * What programs do, and an upgrade must cope with:
 *
 *     stop=noted      SIGTERM is noted by a handler, and the loop looks at that: status 0
 *     flush=SIGTERM   while the library flushes standard I/O in front of its first upgrade, SIGTERM
 *                     comes
 *     tidy            version 2 closes what it has inherited from descriptor 8 on
 *     linger          version 2 takes long to leave at the end of a rehearsal
 *     signal=N        is the update signal of version 2
 *     slow-return     the old version takes long until it starts when it comes back
 *     hold-return=…   and this as long as there is a file SOCKET-PREFIX.hold, before (early) or
 * after (late) the library starts
 */
#pragma once

/** Before the library starts. */
void habits_begin(int argc, char **argv, int version);

/** After it has. */
void habits_start(void);

/** In each round of the loop. */
void habit_look(void);
