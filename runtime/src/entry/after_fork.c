/* SPDX-License-Identifier: MIT */
/*
 * ekiden_after_fork(): a forked child becomes a process of the program in its own right. It begins
 * with a copy of everything that the parent's library had; what of it is the parent's affair, is
 * dropped here without the parent noticing. Descriptors are shared with it: so none is changed,
 * only closed.
 */
#include "entry/after_fork.h"

#include <unistd.h>

#include <ekiden/role.h>

#include "entry/control_socket.h"
#include "entry/leg.h"
#include "entry/observer.h"
#include "entry/operators.h"
#include "entry/process.h"
#include "entry/roles.h"
#include "entry/threads.h"
#include "entry/update_points.h"
#include "entry/upgrade.h"
#include "entry/wake.h"
#include "handover/linger.h"
#include "handover/public_pid.h"
#include "handover/restore.h"
#include "handover/successor.h"
#include "state/tagged.h"

static int check(const char *role, struct ekiden_error *error)
{
        if (!ek_process.is_started || ek_process_is_this())
                return ekiden_error_set(error, EKIDEN_ESTATE,
                                        "ekiden_after_fork() is for a child that was forked after "
                                        "ekiden_start(), once");
        if (ek_process.is_attending)
                return ekiden_error_set(error, EKIDEN_ESTATE,
                                        "a callback of libekiden must not fork a process of the "
                                        "program");
        if (ek_successor_state() != EK_SUCCESSOR_NONE || ek_restore_state() != EK_RESTORE_NONE)
                return ekiden_error_set(error, EKIDEN_ESTATE,
                                        "a process that has not taken over its state yet must not "
                                        "fork; fork after its first update point");
        if (!role || !ek_role_is_allowed(role))
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        "\"%.63s\" is no role that ekiden_set_roles() has declared",
                                        role ? role : "");
        return 0;
}

void ek_after_fork_drop(void)
{
        ek_wake_after_fork();
        ek_threads_after_fork();
        ek_operators_after_fork();
        ek_upgrade_after_fork();
        ek_predecessor_after_fork();
        ek_children_forget();
        ek_control_after_fork();
        ek_tagged_forget();
        ek_update_points_forget();
        (void)ek_public_pid_find();
        ek_process_mark();
        ek_process.public_pid = ek_process.served_pid = ek_public_pid();
        ek_process.is_attending = false;
}

int ekiden_after_fork(const char *role, struct ekiden_error *error)
{
        struct ekiden_error local = {0};
        int r;

        if (!error)
                error = &local;
        *error = (struct ekiden_error){0};
        r = check(role, error);
        if (r < 0)
                return r;
        ek_after_fork_drop();
        ek_process.setup.leg = 1;
        ek_role_enter(role);
        r = ek_wake_begin(error);
        if (r == 0)
                r = ek_control_open(false, error);
        if (r < 0) {
                ek_process.pid = 0; /* it has no update points */
                return r;
        }
        ek_observe_after_fork();
        ek_control_sweep();
        ek_leg_begin(NULL, 0, false);
        ek_log(EKIDEN_LOG_DEBUG, "process %d is of role \"%s\"", (int)ek_process.served_pid,
               ekiden_role());
        return 0;
}
