/* SPDX-License-Identifier: MIT */
/* See spawner.h. The socket is this process's only while the program's function runs: no child that
   it forks later has it. */
#include "entry/spawner.h"

#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <ekiden/sandbox.h>

#include "entry/event.h"
#include "entry/process.h"
#include "entry/roles.h"
#include "handover/predecessor.h"
#include "handover/public_pid.h"
#include "utf8.h"
#include "wire/cleanup.h"
#include "wire/own.h"

#define EXIT_CALLED_OFF 75 /* EX_TEMPFAIL of sysexits.h: it can be tried again */

static struct {
        pid_t (*spawn)(void *data, const struct ekiden_spawn_request *request);
        void *data;
        struct ek_spawn_order *order; /* while the function runs, and the child has not taken it */
} spawner;

void ekiden_set_spawn(pid_t (*spawn)(void *data, const struct ekiden_spawn_request *request),
                      void *data)
{
        spawner.spawn = spawn;
        spawner.data = data;
}

bool ek_spawner_take(struct ek_spawn_order *ret_order)
{
        if (!spawner.order || ek_process_is_this())
                return false;
        *ret_order = *spawner.order;
        spawner.order->socket = -1;
        spawner.order = NULL;
        return true;
}

static int check(const char *role, struct ekiden_error *error)
{
        const char *spawned_by = ek_role_spawned_by(role);

        if (!spawner.spawn)
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "process %d of role \"%s\" starts no successors for "
                                        "others: its program does not call ekiden_set_spawn()",
                                        (int)ek_process.served_pid, ekiden_role());
        if (!spawned_by || strcmp(spawned_by, ekiden_role()) != 0)
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "successors of processes of role \"%s\" are not for one of "
                                        "role \"%s\" to start, as the program declares its roles",
                                        role, ekiden_role());
        /* A pause that lingers is attended to, and its state is between two records. */
        if (ek_predecessor_phase() >= EKIDEN_PHASE_PAUSE)
                return ekiden_error_set(error, EKIDEN_EBUSY,
                                        "process %d of role \"%s\" is handing over itself, and "
                                        "starts no successors for others meanwhile",
                                        (int)ek_process.served_pid, ekiden_role());
        return 0;
}

/* Takes the descriptor away from the operator, whose connection the child will close. */
static int take_order(struct ek_operator *operator_, const Ekiden__SpawnRequest *asked,
                      struct ek_spawn_order *order, struct ekiden_error *error)
{
        if (operator_->given < 0 || asked->token.len != EK_TOKEN_SIZE)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "an end of the handover's socket pair and its token belong "
                                        "to the request for a successor");
        ek_utf8_copy_line(order->role, sizeof(order->role), asked->role);
        memcpy(order->token.bytes, asked->token.data, EK_TOKEN_SIZE);
        order->token.is_given = true;
        order->socket = operator_->given;
        operator_->given = -1;
        return 0;
}

/* By which the operator knows it. It is not waited for before the program goes on. */
static pid_t public_pid_of(pid_t child)
{
        ek_auto_close int pidfd = pidfd_open(child, 0);

        return ek_public_pid_of(pidfd, child);
}

/* Returns in the parent only: the PID. */
static int run_program(struct ek_spawn_order *order, pid_t predecessor, struct ekiden_error *error)
{
        const struct ekiden_spawn_request request = {order->role, predecessor};
        pid_t self = ek_public_pid(), pid;

        spawner.order = order;
        pid = spawner.spawn(spawner.data, &request);
        (void)ek_public_pid_find();
        if (ek_public_pid() != self) { /* nothing of what it would return to is its own */
                ek_log(EKIDEN_LOG_ERROR, "the function given to ekiden_set_spawn() has returned in "
                                         "the child, which is ended: it calls ekiden_succeed() "
                                         "there, serves, and does not return");
                _exit(EXIT_CALLED_OFF);
        }
        spawner.order = NULL;
        if (pid > 0)
                return public_pid_of(pid);
        if (pid < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, -pid,
                                              "the successor cannot be forked");
        return ekiden_error_set(error, EKIDEN_EREFUSED,
                                "the program's function has started no successor");
}

static void tell_spawned(struct ek_operator *operator_, const char *role, pid_t pid)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        ek_log(EKIDEN_LOG_INFO, "process %d was started as the successor of one of role \"%s\"",
               (int)pid, role);
        event.kind = EKIDEN__EVENT_KIND__SPAWNED;
        event.has_from_version = event.has_successor_pid = 1;
        event.from_version = ek_process.schema->version;
        event.successor_pid = pid;
        ek_event_last(operator_, &event);
}

static void tell_failed(struct ek_operator *operator_, const struct ekiden_error *error)
{
        ek_log(EKIDEN_LOG_ERROR, "no successor was started: %s", error->sentence);
        ek_event_failed(operator_, error);
}

void ek_spawner_serve(struct ek_operator *operator_, const Ekiden__SpawnRequest *asked)
{
        struct ekiden_error error = {.phase = EKIDEN_PHASE_CHECK};
        pid_t predecessor = asked->has_predecessor_pid ? asked->predecessor_pid : 0;
        struct ek_spawn_order order = {.socket = -1};
        int r = take_order(operator_, asked, &order, &error);

        if (r == 0)
                r = check(order.role, &error);
        if (r == 0 && ek_link_is_closed(operator_->link))
                r = ekiden_error_set(&error, EKIDEN_ECANCELLED,
                                     "who asked for it has gone before this process came to an "
                                     "update point");
        if (r == 0)
                r = run_program(&order, predecessor, &error);
        if (r > 0)
                tell_spawned(operator_, order.role, r);
        else
                tell_failed(operator_, &error);
        ek_own_close(&order.socket); /* behind the answer: why, is known ahead of that */
}
