/* SPDX-License-Identifier: MIT */
/*
 * The beginning: making a process upgradable. The ekiden_set_… and ekiden_add_… functions come
 * before ekiden_start(); all belong to the main thread.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <ekiden/error.h>
#include <ekiden/hop.h>
#include <ekiden/schema.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** The library's version. */
#define EKIDEN_VERSION "0.1.0"

/** How a process, or an item, began. Errors are negative EKIDEN_E… beside these. */
enum ekiden_beginning {
        EKIDEN_FRESH = 0, /* no predecessor had it: the program initialises it */
        EKIDEN_RESUMED = 1, /* it came from the predecessor, or from a snapshot */
};

/**
 * Makes this process upgradable: saves arguments, environment, working directory and umask for the
 * successor, opens the control socket, and installs the handler of the update signal. In a
 * successor it also checks that this binary can take the predecessor's state.
 *
 * Where the environment has EKIDEN_PREDECESSOR=PROGRAM|PID[:ROLE], and no predecessor has started
 * this process, it finds that one, among those of the role if one is named, and asks it to hand
 * over, waiting up to half a minute for an update point of it. Of a program, or in a role, that
 * nobody serves it begins afresh. The variable is taken away.
 *
 * Call it first in main(), with one thread running, before descriptors are opened. (The paper's
 * tag_args and main.) The descriptors that it opens must stay open: a program that closes all that
 * it did not open itself does so before. A program that becomes a daemon forks before as well; what
 * a successor forks between this call and its first update point must not serve, and is ended
 * there.
 *
 * @param argc, argv  main()'s; copied
 * @param schema      of the state that this binary works with; static
 * @param error       filled on failure; NULL allowed
 * @return EKIDEN_FRESH; EKIDEN_RESUMED in a successor, or after a start from a snapshot; or
 *         ESTATE (called twice), EEXISTS (the update signal has a handler already), EPERMISSION
 *         (the control socket's directory belongs to another user or is open to others), ESYSTEM,
 *         ENOMEM, ELIMIT (the socket's path is too long), EINVAL (also: the update signal is
 *         blocked); in a successor also EPROGRAM, EVERSION, ESCHEMA, EPROTOCOL, ETIMEOUT,
 *         EPEER: the predecessor was told, and this process must exit. One that looks for its
 *         predecessor also EAMBIGUOUS, ENOTFOUND, EBUSY, ECANCELLED, EREFUSED. From a snapshot also
 *         EPROGRAM, EVERSION, ESCHEMA, EPROTOCOL (it is damaged), ELIMIT, EPERMISSION (the file is
 *         another user's, or others can write it)
 */
int ekiden_start(int argc, char *const argv[], const struct ekiden_schema *schema,
                 struct ekiden_error *error);

/**
 * Registers a hop: transformers from one schema version to another. A chain is put together from
 * all that were registered.
 *
 * @param hop  static
 * @return 0; EINVAL (NULLs in it, schemas of two programs, an item that its schema does not have),
 *         EEXISTS (a hop between these versions is there), ESTATE (after ekiden_start()), ENOMEM
 */
int ekiden_add_hop(const struct ekiden_hop_table *hop);

/**
 * Chooses the update signal, SIGUSR2 if never called. Its handler does nothing but set a flag, and
 * arm a timer that knocks again should the signal have fallen between the check of the flag and
 * the blocking call. It is installed without SA_RESTART: a blocking accept(), read() or
 * epoll_wait() returns EINTR.
 *
 * @param signal_number  0: none; then wake by ekiden_poll_descriptor()
 * @return 0; EINVAL (no signal, one that cannot be caught, or a real-time signal), ESTATE (after
 *         ekiden_start())
 */
int ekiden_set_signal(int signal_number);

/**
 * Chooses the binary that a plain `kill -USR2 PID` upgrades to; if never called, the path of this
 * process's own executable, whatever file is there by then.
 *
 * @param path  copied; relative to the working directory at the call
 * @return 0; EINVAL, ENOMEM, ESYSTEM (no working directory), ESTATE (after ekiden_start())
 */
int ekiden_set_binary(const char *path);

/**
 * Sets how long a phase may last before the upgrade is called off. It may be called at any time; a
 * phase that is under way keeps the deadline that it began with.
 *
 *     CHECK     from the spawn to the successor's HELLO                     5,000 ms
 *     WARM      the successor's own start-up, until its first tag          60,000 ms
 *     PAUSE     the successor waits for an update point of the predecessor 60,000 ms
 *     TRANSFER  without any progress, on either side                       10,000 ms
 *     READY     from one request of the successor to the next              30,000 ms
 *     COMMIT    from COMMIT to TAKEN                                         5,000 ms
 *
 * @param phase       one of the above
 * @param timeout_ms  1 to 86,400,000
 * @return 0; EINVAL
 */
int ekiden_set_deadline(enum ekiden_phase phase, unsigned int timeout_ms);

/**
 * Chooses a snapshot to start from (`ekiden-upgrade --snapshot` wrote it): ekiden_start() then
 * returns EKIDEN_RESUMED, and the tag functions take the state out of the file, through the same
 * chain of transformers as from a predecessor. If never called, the environment's EKIDEN_SNAPSHOT
 * names one; ekiden_start() takes that variable away. In a successor neither counts: its
 * predecessor's state is newer.
 *
 * The file must belong to the process's user or to root, and be writable by nobody else. It is
 * neither changed nor removed.
 *
 * @param path  copied; relative to the working directory at ekiden_start(); NULL: none, unless the
 *              environment names one
 * @return 0; EINVAL (an empty path), ENOMEM, ESTATE (after ekiden_start())
 */
int ekiden_set_snapshot(const char *path);

/**
 * Whether this process has started from a snapshot that had no descriptors beside it
 * (<ekiden/snapshot.h>, <ekiden/systemd.h>), until its first update point is passed. Then
 * descriptors are -1 in what the tag functions return, and the program opens new ones; where it is
 * only rehearsed (`ekiden-inspect --for`) not in the same place, which the running service has:
 *
 *     int began = counter_v1_tag_clients(&clients);
 *     if (began == EKIDEN_FRESH || ekiden_is_restored())
 *             clients.listener = listen_on(ekiden_is_rehearsal() ? "0" : port);
 */
bool ekiden_is_restored(void);

enum ekiden_log_level {
        EKIDEN_LOG_DEBUG = 0,
        EKIDEN_LOG_INFO = 1,
        EKIDEN_LOG_WARNING = 2,
        EKIDEN_LOG_ERROR = 3,
};

/**
 * Sets where the library's messages go; without it they go nowhere.
 *
 * @param log   called in the thread that called the library, never in a signal handler; `message`
 *              is one line without a newline, valid during the call; NULL: no log
 * @param data  passed to it
 */
void ekiden_set_log(void (*log)(void *data, enum ekiden_log_level level, const char *message),
                    void *data);

/**
 * A log for ekiden_set_log(): lines on standard error, of EKIDEN_LOG_INFO and above, with the
 * program's name and PID. Without any, a start or an upgrade that is refused is told to the
 * operator alone, and a start from a snapshot that is refused to nobody.
 *
 *     ekiden_set_log(ekiden_log_to_stderr, NULL);
 *
 * @param data  not used
 */
void ekiden_log_to_stderr(void *data, enum ekiden_log_level level, const char *message);

/**
 * Sets a function that the predecessor calls when the successor serves, right before it leaves by
 * _exit(0). No atexit handler runs, so none removes a pid file or a socket path that the successor
 * uses; what must be done all the same belongs here: writing a pid file, telling a supervisor.
 * What was handed over is closed by then: the numbers of its descriptors lead to /dev/null, but
 * for regular files, which stay open until the process leaves.
 * What lies in arenas can be read, and what is written there nobody else sees.
 *
 * @param leave  `successor` is the PID that serves now; NULL: nothing
 * @param data   passed to it
 */
void ekiden_set_leave(void (*leave)(void *data, pid_t successor), void *data);

/**
 * Sets the program's own check of what it has taken over. A successor calls it at its first update
 * point, when all items have arrived and before it says that it is ready: the predecessor stands
 * still meanwhile (deadline READY), and serves on if the check refuses. It is called in rehearsals
 * and in upgrades alike, so that what is rehearsed is what happens. A process that was started from
 * a snapshot calls it at its first update point, too, and ends there if it refuses; one that began
 * afresh does not.
 *
 *     static int check(void *data, struct ekiden_error *error)
 *     {
 *             const struct clients *clients = data;
 *
 *             if (clients->count <= clients->limit)
 *                     return 0;
 *             return ekiden_error_set(error, EKIDEN_EREFUSED, "%zu clients, and the limit is %zu",
 *                                     clients->count, clients->limit);
 *     }
 *
 * @param check  returns 0, or a negative number to refuse; what it sets in `error`, which is empty,
 *               the operator is told: code (EREFUSED if it sets none), item, field and sentence. It
 *               can neither tag nor untag. NULL: no check
 * @param data   passed to it
 */
void ekiden_set_check(int (*check)(void *data, struct ekiden_error *error), void *data);

/**
 * Whether this process is a successor in a rehearsal: it takes over the state as in an upgrade, and
 * is ended at its first update point, by _exit(0), without having served. What has an effect beyond
 * this process, such as writing a pid file or telling a supervisor, is left out then.
 *
 * @return true from ekiden_start() on in such a process; false in all others
 */
bool ekiden_is_rehearsal(void);

/** An upgrade that somebody asks for. */
struct ekiden_request {
        const char *binary; /* path of the new one; valid during the call */
        uid_t user; /* who asks, by the kernel's word; (uid_t)-1: it was the update signal */
        pid_t pid; /* of who asks; 0: it was the update signal */
        bool is_rehearsal;
        bool is_pausing; /* it was permitted, and the pause is about to begin */
};

/**
 * Sets a function that may refuse an upgrade or rehearsal: in a maintenance window, at peak load.
 * It is called in an update point of the predecessor when one is asked for, before anything is
 * checked or started; not while another is under way, which is refused anyway. Where it permits
 * one, it is asked again when the successor is warm, in the update point where this process would
 * stop: between the two it has served, and may have given up rights that an upgrade needs. Who asks
 * has the right to upgrade this process. It can neither tag nor untag.
 *
 *     static int permit(void *data, const struct ekiden_request *request,
 *                       struct ekiden_error *error)
 *     {
 *             const struct server *server = data;
 *
 *             if (server->busy < BUSY_MAX || request->user == 0)
 *                     return 0;
 *             return ekiden_error_set(error, EKIDEN_EREFUSED,
 *                                     "%u requests are in progress; come back at night",
 *                                     server->busy);
 *     }
 *
 * @param permit  returns 0, or a negative number to refuse; the operator is told what it sets in
 *                `error`, which is empty: code (EREFUSED if it sets none) and sentence. NULL:
 *                nobody is refused
 * @param data    passed to it
 */
void ekiden_set_permit(int (*permit)(void *data, const struct ekiden_request *request,
                                     struct ekiden_error *error),
                       void *data);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
