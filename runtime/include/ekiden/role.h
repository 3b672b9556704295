/* SPDX-License-Identifier: MIT */
/*
 * Programs of several processes. A process that the program forks is of the same program in a role
 * of its own, "worker" say: it has its own control socket, its own tagged items and its own
 * upgrades, and its successor starts in the same role.
 *
 *     static const struct ekiden_role roles[] = {
 *             {.name = "worker"},
 *             {.name = "main", .keeps_pid = true},
 *     };
 *
 *     ekiden_set_roles(roles, 2);
 *     if (ekiden_start(argc, argv, &prefork_v1, &error) < 0) …
 *     if (strcmp(ekiden_role(), "worker") == 0)
 *             return work();
 *     …
 *     pid = fork();
 *     if (pid == 0) {
 *             ekiden_after_fork("worker", &error);
 *             return work();
 *     }
 *
 * What is tagged and in which order is each role's own affair; the schema is the program's, and has
 * the items of all roles. See docs/trees.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <ekiden/error.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** The role of the process that ekiden_start() began afresh. */
#define EKIDEN_ROLE_MAIN "main"

struct ekiden_role {
        const char *name; /* 1 to 63 bytes of UTF-8, without control characters */
        bool keeps_pid; /* the successor runs under the PID of the predecessor */
        const char *spawned_by; /* the role of who starts the successors (<ekiden/sandbox.h>); NULL:
                                   each process its own */
};

/**
 * Declares the program's roles, in the order in which `ekiden-upgrade PROGRAM` upgrades its
 * processes. If never called, every role is allowed, none keeps its PID, and those that were forked
 * are upgraded before "main".
 *
 * Who starts the successors of others is upgraded before them: so a role that is named in
 * `spawned_by` comes before the one that names it. Such a one cannot keep its PID.
 *
 * @param roles  1 to 32, names all different; copied, the names are borrowed for good
 * @return 0; EINVAL (a name is not in order, or comes twice, there are too many, or `spawned_by`
 *         is none that came before, or stands beside `keeps_pid`), ESTATE (after ekiden_start())
 */
int ekiden_set_roles(const struct ekiden_role *roles, size_t count);

/** This process's role: "main", or what was said in ekiden_after_fork(), by this process or by the
    one whose successor it is. Valid until that is called again. */
const char *ekiden_role(void);

/**
 * Makes a forked child a process of the program in its own right. Nothing of the parent's is left
 * in it: its control socket, its upgrade if one is under way, those who wait for that, and what it
 * has tagged are the parent's alone. The child begins with leg 1.
 *
 * Call it in the child right after fork(), in the thread that has called that. A child that never
 * does has no update points: it can serve, and is not upgraded; and while it lives, what waits for
 * the end of its parent may wait on. Where a libuv loop goes on in the child,
 * ekiden_uv_after_fork() comes after this.
 *
 * @param role   one of those declared, if any were
 * @param error  filled on failure; NULL allowed
 * @return 0; EINVAL (no such role), ESTATE (this is no forked child, or one of a successor that
 * does not serve yet, or a callback of this library), ESYSTEM, EPERMISSION, ELIMIT (of the control
 * socket, as in ekiden_start()). After a failure the child has no update points
 */
int ekiden_after_fork(const char *role, struct ekiden_error *error);

/**
 * From here on this process cannot be upgraded: for one that is about to enter a sandbox, say, in
 * which no upgrade could succeed. Its control socket is removed, an upgrade that is under way is
 * called off, and whoever waits for one is told why. Update points do nothing any more, the update
 * signal is ignored, and a poll descriptor that was asked for stays open and is never readable.
 * Only processes that it forks can be upgraded again, after ekiden_after_fork().
 *
 * In a forked child it comes in place of ekiden_after_fork(): the child is no process of the
 * program, and what its parent's library had open is closed in it. A second call does nothing.
 *
 * Call it in the main thread, outside of callbacks, while the process can still remove its control
 * socket.
 *
 * @return 0; ESTATE (before ekiden_start(), in another thread, in a callback of this library, or in
 *         a successor that does not serve yet, which is to leave if it cannot go on)
 */
int ekiden_leave_role(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
