/* SPDX-License-Identifier: MIT */
/*
 * Processes that have given up what it takes to start a successor: the file system (chroot(2)),
 * their rights, the right to fork. Another process of the program starts it for them, by a fork and
 * without an exec: the listener, say, that has forked them, and runs the new version already.
 *
 *     static const struct ekiden_role roles[] = {
 *             {.name = "main", .keeps_pid = true},
 *             {.name = "session", .spawned_by = "main"},
 *     };
 *
 *     static pid_t spawn(void *data, const struct ekiden_spawn_request *request)
 *     {
 *             struct ekiden_error error;
 *             pid_t pid;
 *
 *             if (!is_session(request->predecessor))
 *                     return -EPERM;
 *             pid = fork();
 *             if (pid != 0)
 *                     return pid < 0 ? -errno : pid;
 *             if (ekiden_succeed(&error) < 0)
 *                     _exit(ekiden_error_exit_status(error.code));
 *             close(listener);
 *             enter_sandbox();
 *             tag_session(&session);
 *             serve(&session);
 *             _exit(0);
 *     }
 *
 *     ekiden_set_roles(roles, 2);
 *     ekiden_set_spawn(spawn, NULL);
 *     if (ekiden_start(argc, argv, &ftp_v2, &error) < 0) …
 *
 * What was forked as a session and what succeeds to one go into the sandbox alike:
 *
 *     static void enter_sandbox(void)
 *     {
 *             ekiden_before_sandbox(&error);
 *             chroot("/var/empty");
 *             …
 *     }
 *
 * See docs/sandboxes.md. All of it belongs to the main thread.
 */
#pragma once

#include <sys/types.h>

#include <ekiden/error.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** Who is to have a successor. */
struct ekiden_spawn_request {
        const char *role; /* of the process, by its own word; valid during the call */
        pid_t predecessor; /* its PID, as who asks knows it: the one that /proc has; 0: not known. A
                              program whose roles differ in their rights looks whether it has forked
                              it in this role; in a PID namespace of its own it cannot tell, unless
                              it has a /proc of that namespace's own */
};

/**
 * Sets the function that starts successors for other processes of the program: for those of roles
 * that name this process's in `spawned_by`. It is called in an update point, when an operator
 * upgrades such a process, and forks as the program forks a process of that role: by fork(2), or
 * by clone(2) with flags of its own and memory that is not shared. Where the program has other
 * threads it is fork(2): in a child of clone(2) what they had locked stays locked for ever, in the
 * C library and here. A namespace is then entered by unshare(2). A child in a PID namespace of its
 * own does not see its predecessor end: if that is killed in the moment of its commit, nobody
 * serves.
 *
 * The child calls ekiden_succeed(), and never returns from the function; one that does is ended
 * with status 75. The parent returns at once, and can neither tag nor untag meanwhile. The child is
 * the program's own, to be waited for as any that it has forked, whether the upgrade succeeds or
 * not.
 *
 * @param spawn  returns, in the parent, the child's PID; or a negative errno(3), of which the
 *               operator is told. NULL: this program starts no successors
 * @param data   passed to it
 */
void ekiden_set_spawn(pid_t (*spawn)(void *data, const struct ekiden_spawn_request *request),
                      void *data);

/**
 * Makes a child that the function above has forked the successor of the process that was asked for.
 * What is the parent's is dropped, as by ekiden_after_fork(); then it goes on as ekiden_start()
 * does in a successor: ekiden_role() is the predecessor's, tag functions fetch its state, and at
 * its first update point it takes over, or is ended if the upgrade is called off.
 *
 * The schema is that of this image, so a chain of hops must lead to it from the predecessor's.
 * Settings (ekiden_set_check() and the like) stay as they are, and so does the umask. Descriptors
 * that the parent has open are the program's to close, as in any child. Where a libuv loop goes on
 * in the child, ekiden_uv_after_fork() comes after this.
 *
 * @param error  filled on failure; NULL allowed
 * @return EKIDEN_RESUMED; or an error, after which the child must leave, by _exit(): ESTATE (this
 *         is no such child, or it is called again), EREFUSED (the process is in another role than
 *         was said), or as ekiden_start() returns in a successor: EPROGRAM, EVERSION, ESCHEMA,
 *         EPROTOCOL, ETIMEOUT, EPEER, ESYSTEM, EPERMISSION, ELIMIT, ENOMEM. The predecessor was
 *         told, and serves on
 */
int ekiden_succeed(struct ekiden_error *error);

/**
 * Makes this process ready for giving up the file system and its rights; right before it does. A
 * successor that does not serve yet gives its control socket its name now, while it can; from then
 * until it serves, an operator finds both it and its predecessor. Other processes open what they
 * would open later. From now on nothing is looked at in /proc: warnings and sentences that need it
 * are left out. That holds for its later children, too: one in a PID namespace of its own, which
 * would find in /proc what its PID is outside, goes by the one that it has within, as others may;
 * fork such children before this. Nor is the name of a control socket removed: when its process has
 * ended, the next ekiden-upgrade removes it.
 *
 * After it a process needs no file for being upgraded, unless it starts its successor itself.
 *
 * @param error  filled on failure; NULL allowed
 * @return 0; ESTATE (ekiden_start() comes first, or this is a child that it does not know of; or
 *         the process is in its sandbox already, and can do nothing of this any more), ESYSTEM (the
 *         control socket cannot be given its name, or nothing can be opened): an upgrade may fail
 *         later then, and harms nobody
 */
int ekiden_before_sandbox(struct ekiden_error *error);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
