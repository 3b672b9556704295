/* SPDX-License-Identifier: MIT */
/*
 * ekiden_succeed(): a forked child becomes the successor of another process of the program. It is
 * ekiden_start() for a process that was started long ago, as its parent; so what it has in common
 * with that is called here in the same order, and what a child must drop comes first.
 */
#include <ekiden/sandbox.h>

#include <string.h>
#include <unistd.h>

#include <ekiden/role.h>
#include <ekiden/start.h>
#include <ekiden/update_point.h>

#include "entry/after_fork.h"
#include "entry/control_socket.h"
#include "entry/leg.h"
#include "entry/observer.h"
#include "entry/process.h"
#include "entry/roles.h"
#include "entry/spawner.h"
#include "entry/thread_stop.h"
#include "entry/wake.h"
#include "handover/successor.h"

static int enter_role(const char *said, struct ekiden_error *error)
{
        const char *role = ek_role_said(ek_successor_role());

        if (strcmp(role, said) != 0)
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "a successor for a process of role \"%s\" was asked for, "
                                        "and it is of role \"%s\"",
                                        said, role);
        ek_role_enter(role);
        if (ek_successor_tree() != 0)
                ek_tree_begin(ek_successor_tree());
        return 0;
}

/* As in ekiden_start(). The socket is consumed. */
static int set_up(const struct ek_spawn_order *order, struct ekiden_error *error)
{
        int r = ek_wake_begin(error);

        if (r < 0) {
                ek_successor_decline(order->socket, error);
                return r;
        }
        r = ek_successor_start(order->socket, &order->token, ek_process.schema,
                               &ek_process.registry, ek_process.signal_number, error);
        if (r >= 0 && ek_successor_is_probe())
                _exit(0); /* HELLO was all that was wanted */
        if (r >= 0)
                r = enter_role(order->role, error);
        if (r >= 0)
                r = ek_control_open(true, error);
        if (r < 0 && ek_successor_state() == EK_SUCCESSOR_WAITING)
                ek_successor_fail(r, error);
        return r;
}

static void begin_leg(void)
{
        ek_threads_hold();
        ek_process.setup.leg = ek_successor_leg();
        ek_process.setup.tree = ek_tree();
        ek_leg_begin(ek_successor_lineage(), 0, false);
        ek_observe_after_fork();
        ekiden_wake(); /* its first update point is where it becomes ready */
        ek_log(EKIDEN_LOG_DEBUG, "%s, schema version %u, a successor of role \"%s\"",
               ek_process.schema->program, ek_process.schema->version, ekiden_role());
}

int ekiden_succeed(struct ekiden_error *error)
{
        struct ekiden_error local = {0};
        struct ek_spawn_order order;
        int r;

        if (!error)
                error = &local;
        *error = (struct ekiden_error){0};
        if (!ek_spawner_take(&order))
                return ekiden_error_set(error, EKIDEN_ESTATE,
                                        "ekiden_succeed() is for a child that the function given "
                                        "to ekiden_set_spawn() has forked, once");
        ek_after_fork_drop();
        r = set_up(&order, error);
        if (r < 0) {
                ek_control_close();
                ek_process.pid = 0; /* it has no update points */
                return r;
        }
        begin_leg();
        return EKIDEN_RESUMED;
}
